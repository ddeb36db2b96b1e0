"""Of which statuses customers may earn and spend."""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = "VARCHAR" if op.get_bind().dialect.name == "postgresql" else "TEXT"
    for name in ("earning_statuses", "spending_statuses"):
        op.execute(f"ALTER TABLE chain ADD COLUMN {name} {text} DEFAULT 'active' NOT NULL")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
