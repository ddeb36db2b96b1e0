"""What grows with customers or codes says itself to which chain it belongs."""

import sqlalchemy as sa
from alembic import op

from app.migrations.checks import require_value

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

OWNERS = {
    "customer": (
        "account",
        "behavior_progress",
        "creative_stat",
        "customer_attribute",
        "customer_tag",
        "event_receipt",
        "ledger_entry",
        "method_usage",
        "participation",
        "profile",
        "segment_member",
        "spending",
        "usage",
    ),
    "campaign": ("award", "coupon", "draw", "referral_relation", "voucher"),
}


def upgrade() -> None:
    """On PostgreSQL at once, but for the rows of chains that are not the largest: a default that no row holds yet costs nothing."""
    bind = op.get_bind()
    on_postgresql = bind.dialect.name == "postgresql"
    largest = bind.execute(
        sa.text("SELECT chain_id FROM customer GROUP BY chain_id ORDER BY COUNT(*) DESC, chain_id LIMIT 1")
    ).scalar()
    for owner, tables in OWNERS.items():
        for table in tables:
            kind = f"BIGINT NOT NULL DEFAULT {largest or 0}" if on_postgresql else "INTEGER"
            op.execute(f'ALTER TABLE "{table}" ADD COLUMN chain_id {kind}')
            others = f" AND {owner}.chain_id <> {largest or 0}" if on_postgresql else ""
            op.execute(
                f'UPDATE "{table}" SET chain_id = {owner}.chain_id FROM {owner}'
                f' WHERE {owner}.id = "{table}".{owner}_id{others}'
            )
            if on_postgresql:
                op.execute(f'ALTER TABLE "{table}" ALTER COLUMN chain_id DROP DEFAULT')
            else:
                require_value(table, "chain_id")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
