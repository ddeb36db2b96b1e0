"""Photos of levels and of earning rules."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        whole, moment, text, strict = "BIGINT", "TIMESTAMP WITH TIME ZONE", "VARCHAR", ""
    else:
        whole, moment, text, strict = "INTEGER", "TEXT", "TEXT", " STRICT"
    op.execute(
        f"CREATE TABLE shown_picture (chain_id {whole} NOT NULL, place {text} NOT NULL, sha256 {text} NOT NULL,"
        f" media_type {text} NOT NULL, bytes_count {whole} NOT NULL, created_at {moment} NOT NULL,"
        " CONSTRAINT pk_shown_picture PRIMARY KEY (chain_id, place),"
        f" CONSTRAINT fk_shown_picture_chain_id_chain FOREIGN KEY (chain_id) REFERENCES chain (id)){strict}"
    )
    op.execute("CREATE INDEX ix_shown_picture_sha256 ON shown_picture (sha256)")
    op.execute("CREATE INDEX ix_shown_picture_place ON shown_picture (place)")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
