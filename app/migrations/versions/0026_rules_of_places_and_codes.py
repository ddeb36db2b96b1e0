"""Earning rules for a place, and for a code that was read."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

BEFORE = "('spending', 'product', 'product_multiplier', 'label_multiplier', 'event', 'custom_event', 'referral', 'instant_reward')"
KINDS = BEFORE.replace("'referral'", "'geolocation', 'qr_code', 'referral'")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE earning_rule DROP CONSTRAINT ck_earning_rule_known_kind")
        op.execute(f"ALTER TABLE earning_rule ADD CONSTRAINT ck_earning_rule_known_kind CHECK (kind IN {KINDS})")
    else:
        _say_otherwise("earning_rule", f"CHECK (kind IN {BEFORE})", f"CHECK (kind IN {KINDS})")


def _say_otherwise(table: str, before: str, after: str) -> None:
    """SQLite cannot change a check, and others refer to the table, so that none can take its place: what is written of it is changed.

    Source: sqlite.org, "ALTER TABLE", section 8, for changes that do not touch what is on the disk.
    """
    bind = op.get_bind()
    made = bind.scalar(sa.text("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = :name"), {"name": table})
    if str(made).count(before) != 1:
        raise RuntimeError(f"The table {table} does not say {before}")
    version = bind.scalar(sa.text("PRAGMA schema_version"))
    op.execute("PRAGMA writable_schema = ON")
    bind.execute(
        sa.text("UPDATE sqlite_schema SET sql = :sql WHERE type = 'table' AND name = :name"),
        {"sql": str(made).replace(before, after), "name": table},
    )
    op.execute(f"PRAGMA schema_version = {version + 1}")
    op.execute("PRAGMA writable_schema = OFF")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
