"""What clients show of a chain's programme, and their texts in each language."""

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        whole, moment, text, json, flag, strict = "BIGINT", "TIMESTAMP WITH TIME ZONE", "VARCHAR", "JSON", "BOOLEAN", ""
    else:
        whole, moment, text, json, flag, strict = "INTEGER", "TEXT", "TEXT", "TEXT", "INTEGER", " STRICT"
    op.execute(f"ALTER TABLE chain ADD COLUMN display {json} DEFAULT '{{}}' NOT NULL")
    op.execute(
        f"CREATE TABLE translation (chain_id {whole} NOT NULL, code {text} NOT NULL, name {text} NOT NULL,"
        f" is_default {flag} NOT NULL, position {whole} NOT NULL, content {text} NOT NULL, updated_at {moment} NOT NULL,"
        " CONSTRAINT pk_translation PRIMARY KEY (chain_id, code),"
        f" CONSTRAINT fk_translation_chain_id_chain FOREIGN KEY (chain_id) REFERENCES chain (id)){strict}"
    )


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
