"""Whether customers may change their own details."""

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    flag, yes = ("BOOLEAN", "true") if op.get_bind().dialect.name == "postgresql" else ("INTEGER", "1")
    op.execute(f"ALTER TABLE chain ADD COLUMN allows_profile_edits {flag} DEFAULT {yes} NOT NULL")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
