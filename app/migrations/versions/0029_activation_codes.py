"""Codes that activate a new customer's account."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        whole, moment, text, strict = "BIGINT", "TIMESTAMP WITH TIME ZONE", "VARCHAR", ""
    else:
        whole, moment, text, strict = "INTEGER", "TEXT", "TEXT", " STRICT"
    op.execute(
        f"CREATE TABLE activation_code (customer_id {whole} NOT NULL, code {text} NOT NULL, expires_at {moment} NOT NULL,"
        f" chain_id {whole} NOT NULL, CONSTRAINT pk_activation_code PRIMARY KEY (customer_id),"
        " CONSTRAINT uq_activation_code_chain_id_code UNIQUE (chain_id, code),"
        f" CONSTRAINT fk_activation_code_customer_id_customer FOREIGN KEY (customer_id) REFERENCES customer (id)){strict}"
    )


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
