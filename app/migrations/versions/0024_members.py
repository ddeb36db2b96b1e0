"""Labels, a shop and the moments of agreements of customers; one who was merged into another; the levels that each has stood on."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

CAUSES = "'by_hand', 'released', 'reached', 'fell', 'merged'"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        whole, moment, text, json = "BIGINT", "TIMESTAMP WITH TIME ZONE", "VARCHAR", "JSON"
        flag, no, serial, strict = "BOOLEAN", "false", "BIGSERIAL", ""
    else:
        whole, moment, text, json = "INTEGER", "TEXT", "TEXT", "TEXT"
        flag, no, serial, strict = "INTEGER", "0", "INTEGER", " STRICT"
    op.execute(f"ALTER TABLE account ADD COLUMN closed {flag} DEFAULT {no} NOT NULL")
    op.execute(f"ALTER TABLE profile ADD COLUMN labels {json} DEFAULT '[]' NOT NULL")
    for name in ("agreement1_at", "agreement2_at", "agreement3_at"):
        op.execute(f"ALTER TABLE profile ADD COLUMN {name} {moment}")
    op.execute(
        f"ALTER TABLE customer ADD COLUMN shop_id {whole} CONSTRAINT fk_customer_shop_id_pos REFERENCES pos (id)"
    )
    op.execute(f"ALTER TABLE customer ADD COLUMN merged_into_id {whole}")
    merged = sa.text("merged_into_id IS NOT NULL")
    op.create_index(
        "ix_customer_merged_into_id", "customer", ["merged_into_id"], postgresql_where=merged, sqlite_where=merged
    )
    op.execute("CREATE INDEX ix_customer_chain_id ON customer (chain_id, created_at)")
    op.execute(f"ALTER TABLE level ADD COLUMN special_rewards {json} DEFAULT '[]' NOT NULL")
    op.execute(
        f"CREATE TABLE level_change (id {serial} NOT NULL, customer_id {whole} NOT NULL, before_id {whole}, after_id {whole},"
        f" cause {text} NOT NULL, changed_at {moment} NOT NULL, chain_id {whole} NOT NULL,"
        " CONSTRAINT pk_level_change PRIMARY KEY (id),"
        f" CONSTRAINT ck_level_change_known_cause CHECK (cause IN ({CAUSES})),"
        " CONSTRAINT fk_level_change_customer_id_customer FOREIGN KEY (customer_id) REFERENCES customer (id),"
        " CONSTRAINT fk_level_change_before_id_level FOREIGN KEY (before_id) REFERENCES level (id),"
        f" CONSTRAINT fk_level_change_after_id_level FOREIGN KEY (after_id) REFERENCES level (id)){strict}"
    )
    op.execute("CREATE INDEX ix_level_change_customer_id ON level_change (customer_id)")
    op.execute('CREATE INDEX ix_points_lot_expires_at ON points_lot (expires_at, customer_id) WHERE "left" > 0')


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
