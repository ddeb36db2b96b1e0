"""By whom somebody was referred who is still to be activated."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    whole = "BIGINT" if op.get_bind().dialect.name == "postgresql" else "INTEGER"
    op.execute(f"ALTER TABLE customer ADD COLUMN referred_by_id {whole}")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
