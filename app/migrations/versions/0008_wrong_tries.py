"""How often somebody guessed wrong: the brakes that all hosts share."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wrong_tries",
        sa.Column("key_sha256", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_sha256", name="pk_wrong_tries"),
        sqlite_strict=True,
    )
    op.create_index("ix_wrong_tries_expires_at", "wrong_tries", ["expires_at"])


def downgrade() -> None:
    op.drop_table("wrong_tries")
