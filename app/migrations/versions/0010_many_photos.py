"""A campaign may have several photos; what is sent by post has a state of delivery; a seller may be kept from moving points."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

PHOTO = "id, uuid, campaign_id, sha256, media_type, bytes_count, created_at"


def upgrade() -> None:
    # Made anew: SQLite cannot drop a constraint.
    op.rename_table("photo", "photo_before")
    op.execute("DROP INDEX ix_photo_sha256")
    if op.get_bind().dialect.name == "postgresql":
        for kind in ("pk_photo", "uq_photo_uuid", "fk_photo_campaign_id_campaign"):
            op.execute(f"ALTER TABLE photo_before RENAME CONSTRAINT {kind} TO {kind}_before")
        op.execute("ALTER SEQUENCE photo_id_seq RENAME TO photo_before_id_seq")
    serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "photo",
        sa.Column("id", serial, nullable=False),
        sa.Column("uuid", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("bytes_count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_photo_campaign_id_campaign"),
        sa.PrimaryKeyConstraint("id", name="pk_photo"),
        sa.UniqueConstraint("uuid", name="uq_photo_uuid"),
        sqlite_strict=True,
    )
    op.create_index("ix_photo_sha256", "photo", ["sha256"])
    op.create_index("ix_photo_campaign_id", "photo", ["campaign_id"])
    op.execute(f"INSERT INTO photo ({PHOTO}) SELECT {PHOTO} FROM photo_before ORDER BY id")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SELECT setval('photo_id_seq', (SELECT COALESCE(MAX(id), 0) + 1 FROM photo), false)")
    op.drop_table("photo_before")
    known = "('ordered', 'canceled', 'shipped', 'delivered')"
    op.execute(
        f"ALTER TABLE voucher ADD COLUMN delivery {'VARCHAR' if op.get_bind().dialect.name == 'postgresql' else 'TEXT'}"
        f" CONSTRAINT ck_voucher_known_delivery CHECK (delivery IN {known})"
    )
    is_true, boolean = ("true", "BOOLEAN") if op.get_bind().dialect.name == "postgresql" else ("1", "INTEGER")
    op.execute(f"ALTER TABLE login ADD COLUMN may_move_points {boolean} NOT NULL DEFAULT {is_true}")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE login ALTER COLUMN may_move_points DROP DEFAULT")


def downgrade() -> None:
    raise NotImplementedError("Campaigns may have several photos now. Restore a backup of before the upgrade.")
