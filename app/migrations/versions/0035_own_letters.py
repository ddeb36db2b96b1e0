"""The words of chains' own letters."""

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    whole, text, moment = ("BIGINT", "VARCHAR", "TIMESTAMP WITH TIME ZONE") if is_postgresql else ("INTEGER", "TEXT", "TEXT")
    op.execute(
        f"CREATE TABLE mail_template (chain_id {whole} NOT NULL, kind {text} NOT NULL, subject {text} NOT NULL,"
        f" content {text} NOT NULL, updated_at {moment} NOT NULL, CONSTRAINT pk_mail_template PRIMARY KEY (chain_id, kind),"
        " CONSTRAINT fk_mail_template_chain_id_chain FOREIGN KEY (chain_id) REFERENCES chain (id))"
        + ("" if is_postgresql else " STRICT")
    )


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
