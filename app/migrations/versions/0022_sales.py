"""Sales with their items, which baskets become; the rules by which they earn points, and what is taken back for returns."""

import sqlalchemy as sa
from alembic import op

from app.migrations.checks import change_check, drop_check

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

OLD_KINDS = (
    "kind IN ('added', 'rewarded', 'received', 'spent', 'bought', 'passed_on', 'expired', 'cancelled', 'unlocked')"
)
KINDS = (
    "kind IN ('added', 'rewarded', 'received', 'earned', 'spent', 'bought', 'passed_on', 'expired', 'cancelled',"
    " 'taken_back', 'unlocked')"
)
RULES = (
    "'spending', 'product', 'product_multiplier', 'label_multiplier', 'event', 'custom_event', 'referral', 'instant_reward'"
)


def upgrade() -> None:
    bind = op.get_bind()
    on_postgresql = bind.dialect.name == "postgresql"
    if on_postgresql:
        whole, moment, text, json, flag, uuid = "BIGINT", "TIMESTAMP WITH TIME ZONE", "VARCHAR", "JSON", "BOOLEAN", "UUID"
        serial, strict = "BIGSERIAL", ""
    else:
        whole, moment, text, json, flag, uuid = "INTEGER", "TEXT", "TEXT", "TEXT", "INTEGER", "TEXT"
        serial, strict = "INTEGER", " STRICT"
    matched = '\'["loyalty_card_number", "email", "phone"]\''
    op.execute(f"ALTER TABLE chain ADD COLUMN matches_by {json} DEFAULT {matched} NOT NULL")
    op.execute(
        f"ALTER TABLE chain ADD COLUMN levels_by {text} DEFAULT 'hand' NOT NULL CONSTRAINT ck_chain_known_levels_by"
        " CHECK (levels_by IN ('hand', 'sales', 'points'))"
    )
    op.execute(f"ALTER TABLE chain ADD COLUMN level_days {whole}")
    op.execute(f"ALTER TABLE chain ADD COLUMN delivery_skus {json} DEFAULT '[]' NOT NULL")
    op.execute(
        f"ALTER TABLE account ADD COLUMN owed {whole} DEFAULT 0 NOT NULL CONSTRAINT ck_account_owed CHECK (owed >= 0)"
    )
    change_check("account", "not_negative", "balance >= 0", "balance >= -owed")
    op.execute(f"ALTER TABLE ledger_entry ADD COLUMN sale_id {whole}")
    op.execute(f"ALTER TABLE ledger_entry ADD COLUMN rule_id {whole}")
    op.execute("CREATE INDEX ix_ledger_entry_sale_id ON ledger_entry (sale_id) WHERE sale_id IS NOT NULL")
    change_check("ledger_entry", "known_kind", OLD_KINDS, KINDS)
    drop_check("ledger_entry", "balance_not_negative", "balance_after >= 0")
    op.execute(
        f"CREATE TABLE sale (id {serial} NOT NULL, uuid {uuid} NOT NULL, chain_id {whole} NOT NULL, business_id {whole},"
        f" shop_id {whole}, customer_id {whole}, number {text} NOT NULL, returns_id {whole}, amount {whole} NOT NULL, place {text},"
        f" buyer {json}, labels {json} NOT NULL, details {json}, bought_at {moment} NOT NULL, recorded_at {moment} NOT NULL,"
        f" earned {whole} NOT NULL, taken_back {whole} NOT NULL, returned {whole} NOT NULL, explanation {json},"
        " CONSTRAINT pk_sale PRIMARY KEY (id), CONSTRAINT uq_sale_uuid UNIQUE (uuid),"
        " CONSTRAINT uq_sale_chain_id_number UNIQUE (chain_id, number), CONSTRAINT ck_sale_not_negative CHECK (amount >= 0),"
        " CONSTRAINT ck_sale_returned_of_amount CHECK (returned BETWEEN 0 AND amount),"
        " CONSTRAINT ck_sale_taken_back_of_earned CHECK (taken_back BETWEEN 0 AND earned),"
        " CONSTRAINT fk_sale_business_id_business FOREIGN KEY (business_id) REFERENCES business (id),"
        " CONSTRAINT fk_sale_shop_id_pos FOREIGN KEY (shop_id) REFERENCES pos (id),"
        " CONSTRAINT fk_sale_customer_id_customer FOREIGN KEY (customer_id) REFERENCES customer (id),"
        f" CONSTRAINT fk_sale_returns_id_sale FOREIGN KEY (returns_id) REFERENCES sale (id)){strict}"
    )
    op.execute("CREATE INDEX ix_sale_customer_id ON sale (customer_id, bought_at)")
    op.execute("CREATE INDEX ix_sale_chain_id ON sale (chain_id, bought_at, id)")
    op.execute("CREATE INDEX ix_sale_shop_id ON sale (shop_id, bought_at)")
    op.execute("CREATE INDEX ix_sale_unmatched ON sale (chain_id, bought_at) WHERE customer_id IS NULL")
    op.execute("CREATE INDEX ix_sale_returns_id ON sale (returns_id)")
    op.execute(
        f"CREATE TABLE sale_item (sale_id {whole} NOT NULL, position {whole} NOT NULL, sku {text} NOT NULL, name {text} NOT NULL,"
        f" quantity {whole} NOT NULL, amount {whole} NOT NULL, category {text}, maker {text}, labels {json} NOT NULL,"
        f" earned {whole} NOT NULL, chain_id {whole} NOT NULL, CONSTRAINT pk_sale_item PRIMARY KEY (sale_id, position),"
        f" CONSTRAINT fk_sale_item_sale_id_sale FOREIGN KEY (sale_id) REFERENCES sale (id)){strict}"
    )
    op.execute(
        f"CREATE TABLE earning_rule (id {serial} NOT NULL, uuid {uuid} NOT NULL, chain_id {whole} NOT NULL, kind {text} NOT NULL,"
        f" name {text} NOT NULL, description {text}, active {flag} NOT NULL, starts_at {moment} NOT NULL, ends_at {moment} NOT NULL,"
        f" levels {json} NOT NULL, segments {json} NOT NULL, shops {json} NOT NULL, terms {json} NOT NULL, created_at {moment} NOT NULL,"
        " CONSTRAINT pk_earning_rule PRIMARY KEY (id), CONSTRAINT uq_earning_rule_uuid UNIQUE (uuid),"
        f" CONSTRAINT ck_earning_rule_known_kind CHECK (kind IN ({RULES})),"
        f" CONSTRAINT fk_earning_rule_chain_id_chain FOREIGN KEY (chain_id) REFERENCES chain (id)){strict}"
    )
    op.execute("CREATE INDEX ix_earning_rule_chain_id ON earning_rule (chain_id)")
    op.execute(
        f"CREATE TABLE earning_usage (rule_id {whole} NOT NULL, customer_id {whole} NOT NULL, period_from {moment} NOT NULL,"
        f" in_period {whole} NOT NULL, chain_id {whole} NOT NULL, CONSTRAINT pk_earning_usage PRIMARY KEY (rule_id, customer_id),"
        " CONSTRAINT fk_earning_usage_rule_id_earning_rule FOREIGN KEY (rule_id) REFERENCES earning_rule (id),"
        f" CONSTRAINT fk_earning_usage_customer_id_customer FOREIGN KEY (customer_id) REFERENCES customer (id)){strict}"
    )
    op.execute("CREATE INDEX ix_earning_usage_customer_id ON earning_usage (customer_id)")
    uuid_of_row = "gen_random_uuid()" if on_postgresql else "lower(hex(randomblob(16)))"
    op.execute(
        "INSERT INTO sale (id, uuid, chain_id, business_id, customer_id, number, amount, labels, details, bought_at, recorded_at,"
        f" earned, taken_back, returned) SELECT id, {uuid_of_row}, chain_id, business_id, customer_id, reference, amount, '[]', details,"
        " bought_at, recorded_at, 0, 0, 0 FROM basket"
    )
    if on_postgresql:
        # It counts on where the baskets did: awards are told apart by these numbers.
        last = bind.execute(sa.text("SELECT last_value, is_called FROM basket_id_seq")).one()
        bind.execute(sa.text("SELECT setval('sale_id_seq', :value, :is_called)"), {"value": last[0], "is_called": last[1]})
    op.execute("DROP TABLE basket")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
