"""What grows with customers or codes says itself to which chain it belongs."""

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
    integer = "BIGINT" if op.get_bind().dialect.name == "postgresql" else "INTEGER"
    for owner, tables in OWNERS.items():
        for table in tables:
            op.execute(f'ALTER TABLE "{table}" ADD COLUMN chain_id {integer}')
            op.execute(
                f'UPDATE "{table}" SET chain_id = {owner}.chain_id FROM {owner} WHERE {owner}.id = "{table}".{owner}_id'
            )
            require_value(table, "chain_id")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
