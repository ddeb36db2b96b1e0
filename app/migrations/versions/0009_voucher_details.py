"""What a voucher is called and says, as whoever issues it by hand decides; and what else tills say of a basket."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    kind = "JSON" if op.get_bind().dialect.name == "postgresql" else "TEXT"
    for table in ("voucher", "basket"):
        op.execute(f"ALTER TABLE {table} ADD COLUMN details {kind}")


def downgrade() -> None:
    for table in ("voucher", "basket"):
        op.drop_column(table, "details")
