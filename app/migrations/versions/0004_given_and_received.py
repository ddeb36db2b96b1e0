"""Columns in the words of the code: what a campaign gave, what a customer received, and the revision of a campaign.

Renaming a column changes no row; both databases carry the new names into constraints.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

RENAMED = (
    ("stock", "sold", "given"),
    ("stock", "sellable", "allowed"),
    ("stock", "buyers_count", "customers_count"),
    ("stock", "terms", "revision"),
    ("usage", "bought", "received"),
)


def upgrade() -> None:
    for table, old, new in RENAMED:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")


def downgrade() -> None:
    for table, old, new in RENAMED:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {new} TO {old}")
