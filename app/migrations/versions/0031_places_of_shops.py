"""Where shops are."""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    json, degrees = ("JSON", "DOUBLE PRECISION") if is_postgresql else ("TEXT", "REAL")
    op.execute(f"ALTER TABLE pos ADD COLUMN address {json} DEFAULT '{{}}' NOT NULL")
    for name in ("latitude", "longitude"):
        op.execute(f"ALTER TABLE pos ADD COLUMN {name} {degrees}")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
