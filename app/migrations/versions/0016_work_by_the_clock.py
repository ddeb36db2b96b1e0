"""Work by the clock, what the staff was told of stocks, and the vouchers that expire, in the order in which they do."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    of_postgresql = op.get_bind().dialect.name == "postgresql"
    integer, moment, text, uuid = ("BIGINT", "TIMESTAMP WITH TIME ZONE", "VARCHAR", "UUID") if of_postgresql else ("INTEGER", "TEXT", "TEXT", "TEXT")
    strict = "" if of_postgresql else " STRICT"
    op.execute(
        f"CREATE TABLE clock_job (name {text} NOT NULL, due_at {moment} NOT NULL, mark {text}, holder {uuid}, held_until {moment},"
        f" began_at {moment}, ended_at {moment}, outcome {text}, report {text}, CONSTRAINT pk_clock_job PRIMARY KEY (name),"
        " CONSTRAINT ck_clock_job_known_outcome CHECK (outcome IN ('done', 'failed', 'broken')),"
        f" CONSTRAINT ck_clock_job_held_by_somebody CHECK ((holder IS NULL) = (held_until IS NULL))){strict}"
    )
    op.execute(
        f"CREATE TABLE stock_notice (campaign_id {integer} NOT NULL, kind {text} NOT NULL, told_at {moment} NOT NULL,"
        " CONSTRAINT pk_stock_notice PRIMARY KEY (campaign_id),"
        " CONSTRAINT fk_stock_notice_campaign_id_campaign FOREIGN KEY (campaign_id) REFERENCES campaign (id),"
        f" CONSTRAINT ck_stock_notice_known_kind CHECK (kind IN ('pool.low', 'limit.reached'))){strict}"
    )
    op.execute("CREATE INDEX ix_voucher_expires_at_id ON voucher (expires_at, id) WHERE expires_at IS NOT NULL AND status <> 'redeemed'")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
