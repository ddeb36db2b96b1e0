"""A referral whose moment passed while somebody was not active lapses: no later purchase pays it by accident."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = "TIMESTAMP WITH TIME ZONE" if op.get_bind().dialect.name == "postgresql" else "TEXT"
    op.execute(f"ALTER TABLE referral_relation ADD COLUMN lapsed_at {moment}")


def downgrade() -> None:
    op.drop_column("referral_relation", "lapsed_at")
