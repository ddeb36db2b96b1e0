"""What must leave the house: who listens, what waits, and what was sent."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    of_postgresql = op.get_bind().dialect.name == "postgresql"
    types = (
        {"serial": "BIGSERIAL", "integer": "BIGINT", "moment": "TIMESTAMP WITH TIME ZONE", "text": "VARCHAR", "uuid": "UUID", "json": "JSON"}
        if of_postgresql
        else {"serial": "INTEGER", "integer": "INTEGER", "moment": "TEXT", "text": "TEXT", "uuid": "TEXT", "json": "TEXT"}
    )
    chance = "gen_random_uuid()" if of_postgresql else "(lower(hex(randomblob(16))))"

    def table(name: str, columns: str, *constraints: str, storage: str = "") -> None:
        whole = ", ".join([columns.format(**types), *constraints])
        op.execute(f"CREATE TABLE {name} ({whole}){storage if of_postgresql else ' STRICT'}")

    table(
        "subscription",
        "id {serial} NOT NULL, uuid {uuid} NOT NULL, chain_id {integer} NOT NULL, url {text} NOT NULL, description {text},"
        " kinds {json} NOT NULL, secret {text} NOT NULL, earlier_secret {text}, earlier_secret_until {moment},"
        " created_at {moment} NOT NULL, paused_at {moment}, paused_because {text}, failures {integer} NOT NULL,"
        " failing_since {moment}, held_until {moment}, removed_at {moment}",
        "CONSTRAINT pk_subscription PRIMARY KEY (id)",
        "CONSTRAINT uq_subscription_uuid UNIQUE (uuid)",
        "CONSTRAINT fk_subscription_chain_id_chain FOREIGN KEY (chain_id) REFERENCES chain (id)",
        "CONSTRAINT ck_subscription_whole_earlier_secret CHECK ((earlier_secret IS NULL) = (earlier_secret_until IS NULL))",
    )
    op.execute("CREATE INDEX ix_subscription_chain_id ON subscription (chain_id)")
    table(
        "listener",
        "chain_id {integer} NOT NULL, kind {text} NOT NULL, subscription_id {integer} NOT NULL",
        "CONSTRAINT pk_listener PRIMARY KEY (chain_id, kind, subscription_id)",
    )
    # Its rows live for seconds: vacuum is to come after a few, whatever the table has held before.
    table(
        "outbox",
        f"id {{serial}} NOT NULL, uuid {{uuid}} DEFAULT {chance} NOT NULL, chain_id {{integer}} NOT NULL,"
        " subscription_id {integer} NOT NULL, kind {text} NOT NULL, subject {text} NOT NULL, award_id {uuid}, data {json},"
        " occurred_at {moment} NOT NULL, due_at {moment} NOT NULL, until {moment}, first_tried_at {moment}, tries {integer} DEFAULT 0 NOT NULL,"
        " lease {uuid}, dead_at {moment}",
        "CONSTRAINT pk_outbox PRIMARY KEY (id)",
        storage=" WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)",
    )
    op.execute("CREATE INDEX ix_outbox_due ON outbox (subscription_id, due_at, id) WHERE dead_at IS NULL")
    op.execute("CREATE INDEX ix_outbox_subject ON outbox (subscription_id, subject, id) WHERE dead_at IS NULL")
    op.execute("CREATE INDEX ix_outbox_dead ON outbox (subscription_id, id) WHERE dead_at IS NOT NULL")
    table(
        "delivery",
        "id {serial} NOT NULL, chain_id {integer} NOT NULL, subscription_id {integer} NOT NULL, message {uuid} NOT NULL,"
        " kind {text} NOT NULL, subject {text} NOT NULL, data {json}, occurred_at {moment} NOT NULL, tried_at {moment} NOT NULL,"
        " milliseconds {integer} NOT NULL, outcome {text} NOT NULL, status {integer}, answer {text}",
        "CONSTRAINT pk_delivery PRIMARY KEY (id)",
        "CONSTRAINT ck_delivery_known_outcome CHECK (outcome IN ('delivered', 'failed', 'dead'))",
    )
    for columns in (("subscription_id", "id"), ("subscription_id", "occurred_at"), ("tried_at",), ("message",)):
        op.execute(f"CREATE INDEX ix_delivery_{'_'.join(columns)} ON delivery ({', '.join(columns)})")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
