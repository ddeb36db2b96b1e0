"""Of the request in which an event happened, its id."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    kind = "VARCHAR" if op.get_bind().dialect.name == "postgresql" else "TEXT"
    for table in ("outbox", "delivery"):
        op.execute(f"ALTER TABLE {table} ADD COLUMN request_id {kind}")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
