"""Of which statuses customers may earn and spend; and which seller looks after a customer."""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    text, uuid = ("VARCHAR", "UUID") if is_postgresql else ("TEXT", "TEXT")
    op.execute(f"ALTER TABLE customer ADD COLUMN seller_uuid {uuid}")
    for name in ("earning_statuses", "spending_statuses"):
        op.execute(f"ALTER TABLE chain ADD COLUMN {name} {text} DEFAULT 'active' NOT NULL")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
