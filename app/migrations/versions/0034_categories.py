"""Categories of campaigns; campaigns that are featured, and those that everybody may see."""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    whole, text, uuid = ("BIGINT", "VARCHAR", "UUID") if is_postgresql else ("INTEGER", "TEXT", "TEXT")
    flag, no, serial = ("BOOLEAN", "false", "BIGSERIAL") if is_postgresql else ("INTEGER", "0", "INTEGER")
    json = "JSON" if is_postgresql else "TEXT"
    strict = "" if is_postgresql else " STRICT"
    for name in ("is_featured", "is_public"):
        op.execute(f"ALTER TABLE campaign ADD COLUMN {name} {flag} DEFAULT {no} NOT NULL")
    op.execute("CREATE INDEX ix_campaign_public ON campaign (chain_id, id) WHERE is_public" + ("" if is_postgresql else " = 1"))
    op.execute(
        f"CREATE TABLE category (id {serial} NOT NULL, uuid {uuid} NOT NULL, chain_id {whole} NOT NULL, name {text} NOT NULL,"
        f" active {flag} NOT NULL, position {whole} NOT NULL, translations {json} NOT NULL, CONSTRAINT pk_category PRIMARY KEY (id),"
        " CONSTRAINT uq_category_uuid UNIQUE (uuid),"
        f" CONSTRAINT fk_category_chain_id_chain FOREIGN KEY (chain_id) REFERENCES chain (id)){strict}"
    )
    op.execute("CREATE UNIQUE INDEX uq_category_chain_id_name ON category (chain_id, name)")
    op.execute(
        f"CREATE TABLE campaign_category (campaign_id {whole} NOT NULL, category_id {whole} NOT NULL,"
        " CONSTRAINT pk_campaign_category PRIMARY KEY (campaign_id, category_id),"
        " CONSTRAINT fk_campaign_category_campaign_id_campaign FOREIGN KEY (campaign_id) REFERENCES campaign (id),"
        f" CONSTRAINT fk_campaign_category_category_id_category FOREIGN KEY (category_id) REFERENCES category (id)){strict}"
    )
    op.execute("CREATE INDEX ix_campaign_category_category_id ON campaign_category (category_id)")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
