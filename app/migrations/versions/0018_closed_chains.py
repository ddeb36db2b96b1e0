"""A chain may be closed while it moves to another installation."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    kind = "TIMESTAMP WITH TIME ZONE" if op.get_bind().dialect.name == "postgresql" else "TEXT"
    op.execute(f"ALTER TABLE chain ADD COLUMN closed_at {kind}")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
