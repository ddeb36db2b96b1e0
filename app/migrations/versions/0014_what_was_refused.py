"""How often campaigns gave nothing, and why; which rewards may run out; and how many customers restrictions admit."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    of_postgresql = op.get_bind().dialect.name == "postgresql"
    integer, moment, text = ("BIGINT", "TIMESTAMP WITH TIME ZONE", "VARCHAR") if of_postgresql else ("INTEGER", "TEXT", "TEXT")
    columns = f"campaign_id {integer} NOT NULL, hour {moment} NOT NULL, reason {text} NOT NULL, chain_id {integer} NOT NULL"
    columns += f", count {integer} NOT NULL, last_at {moment} NOT NULL"
    keys = "CONSTRAINT pk_refused PRIMARY KEY (campaign_id, hour, reason)"
    for name in ("campaign", "chain"):
        keys += f", CONSTRAINT fk_refused_{name}_id_{name} FOREIGN KEY ({name}_id) REFERENCES {name} (id)"
    op.execute(f"CREATE TABLE refused ({columns}, {keys}){'' if of_postgresql else ' STRICT'}")
    op.execute("CREATE INDEX ix_refused_chain_id_last_at ON refused (chain_id, last_at)")
    op.execute("CREATE INDEX ix_refused_hour ON refused (hour)")
    columns = ", ".join(f"{name}_id {integer} NOT NULL" for name in ("chain", "audience", "targeting"))
    columns += f", customers_count {integer}, asked_at {moment} NOT NULL"
    keys = "CONSTRAINT pk_reached PRIMARY KEY (chain_id, audience_id, targeting_id)"
    for name in ("chain", "audience", "targeting"):
        keys += f", CONSTRAINT fk_reached_{name}_id_{name} FOREIGN KEY ({name}_id) REFERENCES {name} (id)"
    op.execute(f"CREATE TABLE reached ({columns}, {keys}){'' if of_postgresql else ' STRICT'}")
    is_open = "NOT closed" if of_postgresql else "closed = 0"
    where = f"WHERE stock < 1000000000 AND {is_open}"
    op.execute(f"CREATE INDEX ix_reward_method_of_a_number ON reward_method (campaign_id) {where}")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
