"""Points unlock and expire, by lots; what is left of each addition is made from the entries when somebody needs to know."""

from alembic import op

from app.migrations.checks import change_check

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

OLD_KINDS = "kind IN ('added', 'spent', 'bought', 'rewarded')"
KINDS = (
    "kind IN ('added', 'rewarded', 'received', 'spent', 'bought', 'passed_on', 'expired', 'cancelled', 'unlocked')"
)


def upgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    whole, moment, text = ("BIGINT", "TIMESTAMP WITH TIME ZONE", "VARCHAR") if on_postgresql else ("INTEGER", "TEXT", "TEXT")
    strict = "" if on_postgresql else " STRICT"
    op.execute(
        f"ALTER TABLE chain ADD COLUMN points_expiry {text} DEFAULT 'never' NOT NULL CONSTRAINT ck_chain_known_points_expiry"
        " CHECK (points_expiry IN ('never', 'after_days', 'month_end', 'year_end'))"
    )
    op.execute(
        f"ALTER TABLE chain ADD COLUMN points_days_active {whole} CONSTRAINT ck_chain_whole_points_expiry"
        " CHECK ((points_expiry = 'after_days') = (points_days_active IS NOT NULL))"
    )
    op.execute(f"ALTER TABLE chain ADD COLUMN points_days_locked {whole} DEFAULT 0 NOT NULL")
    op.execute(f"ALTER TABLE account ADD COLUMN locked {whole} DEFAULT 0 NOT NULL")
    op.execute(f"ALTER TABLE account ADD COLUMN due_at {moment}")
    op.execute(f"ALTER TABLE account ADD COLUMN settled_count {whole} DEFAULT 0 NOT NULL")
    op.execute("CREATE INDEX ix_account_due_at ON account (due_at) WHERE due_at IS NOT NULL")
    op.execute(f"ALTER TABLE ledger_entry ADD COLUMN locked {whole} DEFAULT 0 NOT NULL")
    op.execute(f"ALTER TABLE ledger_entry ADD COLUMN unlocks_at {moment}")
    op.execute(f"ALTER TABLE ledger_entry ADD COLUMN expires_at {moment}")
    op.execute(f"ALTER TABLE ledger_entry ADD COLUMN counterpart_id {whole}")
    change_check("ledger_entry", "known_kind", OLD_KINDS, KINDS)
    op.execute(
        f"CREATE TABLE points_lot (entry_id {whole} NOT NULL, customer_id {whole} NOT NULL, amount {whole} NOT NULL,"
        f' "left" {whole} NOT NULL, unlocks_at {moment}, expires_at {moment} NOT NULL, ended {text}, chain_id {whole} NOT NULL,'
        " CONSTRAINT pk_points_lot PRIMARY KEY (entry_id),"
        ' CONSTRAINT ck_points_lot_left_of_amount CHECK ("left" BETWEEN 0 AND amount),'
        " CONSTRAINT ck_points_lot_known_end CHECK (ended IN ('expired', 'cancelled')),"
        " CONSTRAINT fk_points_lot_entry_id_ledger_entry FOREIGN KEY (entry_id) REFERENCES ledger_entry (id),"
        f" CONSTRAINT fk_points_lot_customer_id_customer FOREIGN KEY (customer_id) REFERENCES customer (id)){strict}"
    )
    op.execute('CREATE INDEX ix_points_lot_open ON points_lot (customer_id, expires_at, entry_id) WHERE "left" > 0')
    op.execute("CREATE INDEX ix_points_lot_customer_id ON points_lot (customer_id)")
    op.execute(
        f"CREATE TABLE lot_use (entry_id {whole} NOT NULL, lot_id {whole} NOT NULL, customer_id {whole} NOT NULL,"
        f" amount {whole} NOT NULL, chain_id {whole} NOT NULL, CONSTRAINT pk_lot_use PRIMARY KEY (entry_id, lot_id),"
        " CONSTRAINT ck_lot_use_some CHECK (amount > 0),"
        " CONSTRAINT fk_lot_use_entry_id_ledger_entry FOREIGN KEY (entry_id) REFERENCES ledger_entry (id),"
        " CONSTRAINT fk_lot_use_lot_id_points_lot FOREIGN KEY (lot_id) REFERENCES points_lot (entry_id),"
        f" CONSTRAINT fk_lot_use_customer_id_customer FOREIGN KEY (customer_id) REFERENCES customer (id)){strict}"
    )
    op.execute("CREATE INDEX ix_lot_use_lot_id ON lot_use (lot_id)")
    op.execute("CREATE INDEX ix_lot_use_customer_id ON lot_use (customer_id)")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
