"""Keys of admins that are programs."""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = "VARCHAR" if op.get_bind().dialect.name == "postgresql" else "TEXT"
    op.execute(f"ALTER TABLE login ADD COLUMN api_key_sha256 {text}")
    op.execute("CREATE UNIQUE INDEX uq_login_api_key_sha256 ON login (api_key_sha256) WHERE api_key_sha256 IS NOT NULL")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
