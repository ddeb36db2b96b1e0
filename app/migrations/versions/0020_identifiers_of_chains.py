"""E-mail, phone, card and the other identifiers of customers are unique in a chain, and no longer over all."""

import re

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

IDENTIFIERS = (
    "email", "phone", "loyalty_card_number", "authentication_point_identifier", "auxiliary_identifier", "referral_code"
)  # fmt: skip


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name in IDENTIFIERS:
            op.execute(f"ALTER TABLE profile DROP CONSTRAINT uq_profile_{name}")
            op.execute(f"ALTER TABLE profile ADD CONSTRAINT uq_profile_{name}_chain_id UNIQUE ({name}, chain_id)")
    else:
        _make_anew()


def _make_anew() -> None:
    """SQLite cannot change what is unique in a table: one with the same columns takes its place. Nothing refers to it."""
    bind = op.get_bind()
    told = bind.execute(
        sa.text("SELECT type, sql FROM sqlite_schema WHERE tbl_name = 'profile' AND sql IS NOT NULL ORDER BY type DESC")
    ).all()
    [made] = [sql for kind, sql in told if kind == "table"]
    changed = re.sub(r"CREATE TABLE \"?profile\"?", "CREATE TABLE new_profile", made)
    for name in IDENTIFIERS:
        changed, count = re.subn(
            rf"CONSTRAINT uq_profile_{name} UNIQUE \({name}\)",
            f"CONSTRAINT uq_profile_{name}_chain_id UNIQUE ({name}, chain_id)",
            changed,
        )
        if count != 1:
            raise RuntimeError(f"The table profile does not say what is unique of {name}")
    op.execute(changed)
    op.execute("INSERT INTO new_profile SELECT * FROM profile")
    op.execute("DROP TABLE profile")
    op.execute("ALTER TABLE new_profile RENAME TO profile")
    for kind, sql in told:
        if kind != "table":
            op.execute(sql)


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
