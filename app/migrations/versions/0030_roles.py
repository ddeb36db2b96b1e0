"""Roles of admins who may not do everything."""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        serial, whole, uuid, json, text, strict = "BIGSERIAL", "BIGINT", "UUID", "JSON", "VARCHAR", ""
        flag = "BOOLEAN DEFAULT false"
    else:
        serial, whole, uuid, json, text, strict = "INTEGER", "INTEGER", "TEXT", "TEXT", "TEXT", " STRICT"
        flag = "INTEGER DEFAULT 0"
    op.execute(
        f"CREATE TABLE role (id {serial} NOT NULL, uuid {uuid} NOT NULL, chain_id {whole} NOT NULL, name {text} NOT NULL,"
        f" permissions {json} NOT NULL, CONSTRAINT pk_role PRIMARY KEY (id), CONSTRAINT uq_role_uuid UNIQUE (uuid),"
        " CONSTRAINT uq_role_chain_id_name UNIQUE (chain_id, name),"
        f" CONSTRAINT fk_role_chain_id_chain FOREIGN KEY (chain_id) REFERENCES chain (id)){strict}"
    )
    op.execute(
        f"CREATE TABLE login_role (login_id {whole} NOT NULL, role_id {whole} NOT NULL,"
        " CONSTRAINT pk_login_role PRIMARY KEY (login_id, role_id),"
        " CONSTRAINT fk_login_role_login_id_login FOREIGN KEY (login_id) REFERENCES login (id),"
        f" CONSTRAINT fk_login_role_role_id_role FOREIGN KEY (role_id) REFERENCES role (id)){strict}"
    )
    op.execute("CREATE INDEX ix_login_role_role_id ON login_role (role_id)")
    op.execute(f"ALTER TABLE login ADD COLUMN is_limited {flag} NOT NULL")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
