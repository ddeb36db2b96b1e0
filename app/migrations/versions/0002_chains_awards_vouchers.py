"""Chains, reward methods, awards, vouchers, draws, baskets and referrals.

What was a purchase is an award and a voucher now. Nearly every table refers to another that changes, and SQLite cannot change
tables in place; so all rows are kept aside, the tables are made anew, and the rows are put back.
"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None

# The old tables, each after those that it refers to.
KEPT = (
    "audience", "headcount", "installation", "level", "pos", "segment", "stored_answer", "audience_target", "campaign",
    "customer", "segment_part", "campaign_label", "campaign_text", "coupon", "photo", "stock", "account", "login", "profile",
    "segment_criterion", "segment_member", "spending", "usage", "audit_entry", "ledger_entry", "purchase", "refresh_token",
)
RENAMED = {("coupon", "purchase_id"): "award_id", ("ledger_entry", "purchase_id"): "award_id"}
SINCE_EVER = "'0001-01-01 00:00:00.000000'"
UNLIMITED = "1000000000"
# What the new columns hold of the old rows.
ADDED = {
    "customer": {"chain_id": "1"},
    "headcount": {"chain_id": "1"},
    "profile": {"referral_code": "{random16}"},
    "campaign": {
        "chain_id": "1", "kind": "'interaction'", "context": "'interaction'", "handling": "'independent'",
        "limit_in_period": UNLIMITED, "weekdays": "127", "opens_second": "0", "closes_second": "86400",
        "customer_may_claim": "{true}", "claimed_by_default": "{false}",
    },
    "stock": {"period_from": SINCE_EVER, "in_period": "sold"},
    "usage": {"period_from": SINCE_EVER, "in_period": "bought"},
}
RANDOM = {
    "postgresql": {
        "random16": "substr(replace(gen_random_uuid()::text, '-', ''), 1, 16)",
        "random64": "replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')",
        "true": "true", "false": "false",
    },
    "sqlite": {
        "random16": "lower(hex(randomblob(8)))", "random64": "lower(hex(randomblob(32)))", "true": "1", "false": "0",
    },
}


def upgrade() -> None:
    bind = op.get_bind()
    columns = {table: [column["name"] for column in sa.inspect(bind).get_columns(table)] for table in KEPT}
    for table in KEPT:
        op.execute(f'CREATE TEMPORARY TABLE "kept_{table}" AS SELECT * FROM "{table}"')
    for table in reversed(KEPT):
        op.drop_table(table)
    create_tables()
    op.execute(
        "INSERT INTO chain (id, name, currency, time_zone, third_party_voucher_ids, created_at)"
        f" VALUES (1, 'First chain', 'EUR', 'UTC', {_sql('{false}')}, CURRENT_TIMESTAMP)"
    )
    for table in KEPT:
        if table != "purchase":
            _put_back(table, columns[table])
    _awards()
    _permissions()
    for table in KEPT:
        op.execute(f'DROP TABLE "kept_{table}"')
    if bind.dialect.name == "postgresql":
        _continue_sequences(bind)
        op.execute("ANALYZE")  # the planner knows nothing of tables that were just made


def _sql(text: str) -> str:
    return text.format(**RANDOM[op.get_bind().dialect.name])


def _put_back(table: str, columns: list[str]) -> None:
    added = ADDED.get(table, {})
    into = [f'"{RENAMED.get((table, name), name)}"' for name in columns] + list(added)
    values = [f'"{name}"' for name in columns] + [_sql(value) for value in added.values()]
    op.execute(f'INSERT INTO "{table}" ({", ".join(into)}) SELECT {", ".join(values)} FROM "kept_{table}"')


def _awards() -> None:
    op.execute(
        "INSERT INTO award (id, campaign_id, customer_id, cause, cost, given_at, given_by)"
        " SELECT id, campaign_id, customer_id, 'purchase', cost, bought_at, sold_by FROM kept_purchase"
    )
    op.execute(_sql(
        "INSERT INTO voucher (key, campaign_id, customer_id, award_id, coupon_id, kind, code, status, amount, redeemed,"
        " superseded, created_at, claimed_at, redeemed_at) SELECT {random64}, p.campaign_id, p.customer_id, p.id, p.coupon_id,"
        " 'honour', k.code, CASE WHEN p.used_at IS NULL THEN 'claimed' ELSE 'redeemed' END, 0, 0, {false}, p.bought_at,"
        " p.bought_at, p.used_at FROM kept_purchase p JOIN coupon k ON k.id = p.coupon_id ORDER BY p.bought_at"
    ))


def _permissions() -> None:
    """Until now there was one programme, and every admin was its admin."""
    op.execute(_sql(
        "INSERT INTO chain_permission (login_id, chain_id, may_write) SELECT id, 1, {true} FROM login WHERE role = 'admin'"
    ))


def _continue_sequences(bind: sa.Connection) -> None:
    for table in sa.inspect(bind).get_table_names():
        if any(column["name"] == "id" and column["autoincrement"] for column in sa.inspect(bind).get_columns(table)):
            op.execute(
                f"SELECT setval(pg_get_serial_sequence('\"{table}\"', 'id'), (SELECT COALESCE(MAX(id), 0) + 1 FROM \"{table}\"), false)"
                f" WHERE pg_get_serial_sequence('\"{table}\"', 'id') IS NOT NULL"
            )


def create_tables() -> None:
    op.create_table('audience',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audience')),
    sa.UniqueConstraint('key', name=op.f('uq_audience_key')),
    sqlite_strict=True
    )
    op.create_table('chain',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('currency', sa.String(), nullable=False),
    sa.Column('time_zone', sa.String(), nullable=False),
    sa.Column('referral_window_quantity', sa.BigInteger(), nullable=True),
    sa.Column('referral_window_unit', sa.String(), nullable=True),
    sa.Column('third_party_voucher_ids', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("referral_window_unit IN ('second', 'minute', 'hour', 'day', 'week', 'month', 'year')", name=op.f('ck_chain_known_referral_window_unit')),
    sa.CheckConstraint('(referral_window_unit IS NULL) = (referral_window_quantity IS NULL)', name=op.f('ck_chain_whole_referral_window')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_chain')),
    sa.UniqueConstraint('name', name=op.f('uq_chain_name')),
    sqlite_strict=True
    )
    op.create_table('installation',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('value', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_installation')),
    sqlite_strict=True
    )
    op.create_table('level',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('uuid', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('description', sa.String(), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('condition_value', sa.BigInteger(), nullable=False),
    sa.Column('min_order', sa.BigInteger(), nullable=True),
    sa.Column('reward_name', sa.String(), nullable=True),
    sa.Column('reward_hundredths_of_percent', sa.BigInteger(), nullable=True),
    sa.Column('reward_code', sa.String(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_level')),
    sa.UniqueConstraint('uuid', name=op.f('uq_level_uuid')),
    sqlite_strict=True
    )
    op.create_table('pos',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('uuid', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('identifier', sa.String(), nullable=False),
    sa.Column('description', sa.String(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_pos')),
    sa.UniqueConstraint('identifier', name=op.f('uq_pos_identifier')),
    sa.UniqueConstraint('uuid', name=op.f('uq_pos_uuid')),
    sqlite_strict=True
    )
    op.create_table('segment',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('uuid', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('description', sa.String(), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_segment')),
    sa.UniqueConstraint('uuid', name=op.f('uq_segment_uuid')),
    sqlite_strict=True
    )
    op.create_table('stored_answer',
    sa.Column('principal', sa.String(), nullable=False),
    sa.Column('key_sha256', sa.String(), nullable=False),
    sa.Column('fingerprint', sa.String(), nullable=False),
    sa.Column('status', sa.Integer(), nullable=True),
    sa.Column('media_type', sa.String(), nullable=True),
    sa.Column('answer', sa.LargeBinary(), nullable=True),
    sa.Column('effect', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('principal', 'key_sha256', name=op.f('pk_stored_answer')),
    sa.UniqueConstraint('effect', name=op.f('uq_stored_answer_effect')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_stored_answer_created_at'), 'stored_answer', ['created_at'], unique=False)
    op.create_table('app_host',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('hostname', sa.String(), nullable=False),
    sa.Column('chain_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['chain_id'], ['chain.id'], name=op.f('fk_app_host_chain_id_chain')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_app_host')),
    sa.UniqueConstraint('hostname', name=op.f('uq_app_host_hostname')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_app_host_chain_id'), 'app_host', ['chain_id'], unique=False)
    op.create_table('audience_target',
    sa.Column('audience_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('uuid', sa.Uuid(), nullable=False),
    sa.CheckConstraint("kind IN ('level', 'segment', 'everyone')", name=op.f('ck_audience_target_known_kind')),
    sa.ForeignKeyConstraint(['audience_id'], ['audience.id'], name=op.f('fk_audience_target_audience_id_audience')),
    sa.PrimaryKeyConstraint('audience_id', 'position', name=op.f('pk_audience_target')),
    sqlite_strict=True
    )
    op.create_index('ix_audience_target_uuid_audience_id', 'audience_target', ['uuid', 'audience_id'], unique=False)
    op.create_table('business',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('chain_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['chain_id'], ['chain.id'], name=op.f('fk_business_chain_id_chain')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_business')),
    sa.UniqueConstraint('chain_id', 'name', name=op.f('uq_business_chain_id_name')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_business_chain_id'), 'business', ['chain_id'], unique=False)
    op.create_table('campaign',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('uuid', sa.Uuid(), nullable=False),
    sa.Column('permalink', sa.String(), nullable=False),
    sa.Column('chain_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('context', sa.String(), nullable=False),
    sa.Column('reward', sa.String(), nullable=True),
    sa.Column('handling', sa.String(), nullable=False),
    sa.Column('restrictions', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('lifecycle', sa.String(), nullable=False),
    sa.Column('cost', sa.BigInteger(), nullable=False),
    sa.Column('single_coupon', sa.Boolean(), nullable=False),
    sa.Column('unlimited', sa.Boolean(), nullable=False),
    sa.Column('limit', sa.BigInteger(), nullable=False),
    sa.Column('limit_per_customer', sa.BigInteger(), nullable=False),
    sa.Column('limit_per_customer_unit', sa.String(), nullable=True),
    sa.Column('limit_in_period', sa.BigInteger(), nullable=False),
    sa.Column('limit_unit', sa.String(), nullable=True),
    sa.Column('weekdays', sa.BigInteger(), nullable=False),
    sa.Column('opens_second', sa.BigInteger(), nullable=False),
    sa.Column('closes_second', sa.BigInteger(), nullable=False),
    sa.Column('customer_may_claim', sa.Boolean(), nullable=False),
    sa.Column('claimed_by_default', sa.Boolean(), nullable=False),
    sa.Column('active_from', sa.DateTime(timezone=True), nullable=False),
    sa.Column('active_to', sa.DateTime(timezone=True), nullable=False),
    sa.Column('visible_from', sa.DateTime(timezone=True), nullable=False),
    sa.Column('visible_to', sa.DateTime(timezone=True), nullable=False),
    sa.Column('audience_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("context IN ('interaction', 'basket', 'signup', 'referral', 'internal')", name=op.f('ck_campaign_known_context')),
    sa.CheckConstraint("handling IN ('independent', 'random_draw')", name=op.f('ck_campaign_known_handling')),
    sa.CheckConstraint("kind = 'composable' OR context = kind", name=op.f('ck_campaign_context_of_kind')),
    sa.CheckConstraint("kind IN ('interaction', 'composable', 'referral', 'signup', 'basket')", name=op.f('ck_campaign_known_kind')),
    sa.CheckConstraint("lifecycle IN ('draft', 'live', 'paused', 'completed')", name=op.f('ck_campaign_known_lifecycle')),
    sa.CheckConstraint("limit_unit IN ('second', 'minute', 'hour', 'day', 'week', 'month', 'year') AND limit_per_customer_unit IN ('second', 'minute', 'hour', 'day', 'week', 'month', 'year')", name=op.f('ck_campaign_known_unit')),
    sa.CheckConstraint('active_from <= active_to', name=op.f('ck_campaign_active_window')),
    sa.CheckConstraint('cost >= 0', name=op.f('ck_campaign_cost_not_negative')),
    sa.CheckConstraint('visible_from <= visible_to', name=op.f('ck_campaign_visible_window')),
    sa.ForeignKeyConstraint(['audience_id'], ['audience.id'], name=op.f('fk_campaign_audience_id_audience')),
    sa.ForeignKeyConstraint(['chain_id'], ['chain.id'], name=op.f('fk_campaign_chain_id_chain')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaign')),
    sa.UniqueConstraint('permalink', name=op.f('uq_campaign_permalink')),
    sa.UniqueConstraint('uuid', name=op.f('uq_campaign_uuid')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_campaign_audience_id'), 'campaign', ['audience_id'], unique=False)
    op.create_index('ix_campaign_chain_id_context', 'campaign', ['chain_id', 'context'], unique=False)
    op.create_table('customer',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('uuid', sa.Uuid(), nullable=False),
    sa.Column('chain_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('level_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('manual_level_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("status IN ('new', 'active', 'blocked', 'deleted')", name=op.f('ck_customer_known_status')),
    sa.ForeignKeyConstraint(['chain_id'], ['chain.id'], name=op.f('fk_customer_chain_id_chain')),
    sa.ForeignKeyConstraint(['level_id'], ['level.id'], name=op.f('fk_customer_level_id_level')),
    sa.ForeignKeyConstraint(['manual_level_id'], ['level.id'], name=op.f('fk_customer_manual_level_id_level')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_customer')),
    sa.UniqueConstraint('uuid', name=op.f('uq_customer_uuid')),
    sqlite_strict=True
    )
    op.create_index('ix_customer_level_id_id', 'customer', ['level_id', 'id'], unique=False)
    op.create_table('headcount',
    sa.Column('chain_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('level_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('segment_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('customers_count', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('customers_count >= 0', name=op.f('ck_headcount_not_negative')),
    sa.ForeignKeyConstraint(['chain_id'], ['chain.id'], name=op.f('fk_headcount_chain_id_chain')),
    sa.PrimaryKeyConstraint('chain_id', 'level_id', 'segment_id', name=op.f('pk_headcount')),
    sqlite_strict=True
    )
    op.create_table('segment_part',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('uuid', sa.Uuid(), nullable=False),
    sa.Column('segment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['segment_id'], ['segment.id'], name=op.f('fk_segment_part_segment_id_segment'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_segment_part')),
    sa.UniqueConstraint('uuid', name=op.f('uq_segment_part_uuid')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_segment_part_segment_id'), 'segment_part', ['segment_id'], unique=False)
    op.create_table('access_token',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('token_sha256', sa.String(), nullable=False),
    sa.Column('app_host_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('may_write', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['app_host_id'], ['app_host.id'], name=op.f('fk_access_token_app_host_id_app_host')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_access_token')),
    sa.UniqueConstraint('token_sha256', name=op.f('uq_access_token_token_sha256')),
    sqlite_strict=True
    )
    op.create_table('account',
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('balance', sa.BigInteger(), nullable=False),
    sa.Column('entries_count', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('balance >= 0', name=op.f('ck_account_not_negative')),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_account_customer_id_customer')),
    sa.PrimaryKeyConstraint('customer_id', name=op.f('pk_account')),
    postgresql_with={'fillfactor': 70},
    sqlite_strict=True
    )
    op.create_table('basket',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('chain_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('business_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reference', sa.String(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('bought_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('amount >= 0', name=op.f('ck_basket_not_negative')),
    sa.ForeignKeyConstraint(['business_id'], ['business.id'], name=op.f('fk_basket_business_id_business')),
    sa.ForeignKeyConstraint(['chain_id'], ['chain.id'], name=op.f('fk_basket_chain_id_chain')),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_basket_customer_id_customer')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_basket')),
    sa.UniqueConstraint('chain_id', 'reference', name=op.f('uq_basket_chain_id_reference')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_basket_customer_id'), 'basket', ['customer_id'], unique=False)
    op.create_table('campaign_label',
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('value', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_campaign_label_campaign_id_campaign')),
    sa.PrimaryKeyConstraint('campaign_id', 'position', name=op.f('pk_campaign_label')),
    sqlite_strict=True
    )
    op.create_index('ix_campaign_label_key_value', 'campaign_label', ['key', 'value'], unique=False)
    op.create_table('campaign_text',
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('short_description', sa.String(), nullable=True),
    sa.Column('conditions_description', sa.String(), nullable=True),
    sa.Column('usage_instruction', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_campaign_text_campaign_id_campaign')),
    sa.PrimaryKeyConstraint('campaign_id', name=op.f('pk_campaign_text')),
    sqlite_strict=True
    )
    op.create_table('coupon',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('award_id', sa.Uuid(), nullable=True),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_coupon_campaign_id_campaign')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_coupon')),
    sa.UniqueConstraint('campaign_id', 'code', name=op.f('uq_coupon_campaign_id_code')),
    postgresql_with={'autovacuum_vacuum_scale_factor': 0.01, 'autovacuum_vacuum_threshold': 1000},
    sqlite_strict=True
    )
    op.create_index('ix_coupon_free', 'coupon', ['campaign_id', 'position'], unique=False, postgresql_where=sa.text('award_id IS NULL'), sqlite_where=sa.text('award_id IS NULL'))
    op.create_index('uq_coupon_award_id', 'coupon', ['award_id'], unique=True, postgresql_where=sa.text('award_id IS NOT NULL'), sqlite_where=sa.text('award_id IS NOT NULL'))
    op.create_table('draw_seed',
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('seed', sa.String(), nullable=False),
    sa.Column('commitment', sa.String(), nullable=False),
    sa.Column('committed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_draw_seed_campaign_id_campaign')),
    sa.PrimaryKeyConstraint('campaign_id', name=op.f('pk_draw_seed')),
    sqlite_strict=True
    )
    op.create_table('login',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('uuid', sa.Uuid(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('username', sa.String(), nullable=True),
    sa.Column('email', sa.String(), nullable=True),
    sa.Column('password_hash', sa.String(), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('deleted', sa.Boolean(), nullable=False),
    sa.Column('token_version', sa.Integer(), nullable=False),
    sa.Column('last_login_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('first_name', sa.String(), nullable=True),
    sa.Column('last_name', sa.String(), nullable=True),
    sa.Column('phone', sa.String(), nullable=True),
    sa.Column('pos_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint("(role = 'customer') = (customer_id IS NOT NULL)", name=op.f('ck_login_customers_only')),
    sa.CheckConstraint("role IN ('admin', 'seller', 'customer')", name=op.f('ck_login_known_role')),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_login_customer_id_customer')),
    sa.ForeignKeyConstraint(['pos_id'], ['pos.id'], name=op.f('fk_login_pos_id_pos')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_login')),
    sa.UniqueConstraint('customer_id', name=op.f('uq_login_customer_id')),
    sa.UniqueConstraint('role', 'email', name=op.f('uq_login_role_email')),
    sa.UniqueConstraint('role', 'username', name=op.f('uq_login_role_username')),
    sa.UniqueConstraint('uuid', name=op.f('uq_login_uuid')),
    sqlite_strict=True
    )
    op.create_table('photo',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('uuid', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sha256', sa.String(), nullable=False),
    sa.Column('media_type', sa.String(), nullable=False),
    sa.Column('bytes_count', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_photo_campaign_id_campaign')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_photo')),
    sa.UniqueConstraint('campaign_id', name=op.f('uq_photo_campaign_id')),
    sa.UniqueConstraint('uuid', name=op.f('uq_photo_uuid')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_photo_sha256'), 'photo', ['sha256'], unique=False)
    op.create_table('profile',
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('first_name', sa.String(), nullable=False),
    sa.Column('last_name', sa.String(), nullable=False),
    sa.Column('email', sa.String(), nullable=True),
    sa.Column('phone', sa.String(), nullable=True),
    sa.Column('loyalty_card_number', sa.String(), nullable=True),
    sa.Column('authentication_point_identifier', sa.String(), nullable=True),
    sa.Column('auxiliary_identifier', sa.String(), nullable=True),
    sa.Column('referral_code', sa.String(), nullable=True),
    sa.Column('gender', sa.String(), nullable=True),
    sa.Column('born_on', sa.Date(), nullable=True),
    sa.Column('address', sa.JSON(), nullable=True),
    sa.Column('company', sa.JSON(), nullable=True),
    sa.Column('agreement1', sa.Boolean(), nullable=False),
    sa.Column('agreement2', sa.Boolean(), nullable=False),
    sa.Column('agreement3', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_profile_customer_id_customer')),
    sa.PrimaryKeyConstraint('customer_id', name=op.f('pk_profile')),
    sa.UniqueConstraint('authentication_point_identifier', name=op.f('uq_profile_authentication_point_identifier')),
    sa.UniqueConstraint('auxiliary_identifier', name=op.f('uq_profile_auxiliary_identifier')),
    sa.UniqueConstraint('email', name=op.f('uq_profile_email')),
    sa.UniqueConstraint('loyalty_card_number', name=op.f('uq_profile_loyalty_card_number')),
    sa.UniqueConstraint('phone', name=op.f('uq_profile_phone')),
    sa.UniqueConstraint('referral_code', name=op.f('uq_profile_referral_code')),
    sqlite_strict=True
    )
    op.create_table('reward_method',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('recipient', sa.String(), nullable=False),
    sa.Column('weight', sa.BigInteger(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('restrictions', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('stock', sa.BigInteger(), nullable=False),
    sa.Column('limit_in_period', sa.BigInteger(), nullable=False),
    sa.Column('limit_unit', sa.String(), nullable=True),
    sa.Column('limit_per_customer', sa.BigInteger(), nullable=False),
    sa.Column('limit_per_customer_unit', sa.String(), nullable=True),
    sa.Column('voucher_kind', sa.String(), nullable=True),
    sa.Column('voucher_hundredths_of_percent', sa.BigInteger(), nullable=True),
    sa.Column('voucher_code', sa.String(), nullable=True),
    sa.Column('voucher_text', sa.String(), nullable=True),
    sa.Column('voucher_seconds', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("(kind = 'voucher') = (voucher_kind IS NOT NULL)", name=op.f('ck_reward_method_voucher_kind_of_voucher')),
    sa.CheckConstraint("kind IN ('points', 'voucher', 'coupon', 'nothing')", name=op.f('ck_reward_method_known_kind')),
    sa.CheckConstraint("limit_unit IN ('second', 'minute', 'hour', 'day', 'week', 'month', 'year') AND limit_per_customer_unit IN ('second', 'minute', 'hour', 'day', 'week', 'month', 'year')", name=op.f('ck_reward_method_known_unit')),
    sa.CheckConstraint("recipient IN ('customer', 'referring', 'referred')", name=op.f('ck_reward_method_known_recipient')),
    sa.CheckConstraint("voucher_kind IN ('basket', 'basket_pct', 'honour')", name=op.f('ck_reward_method_known_voucher_kind')),
    sa.CheckConstraint('weight >= 0 AND amount >= 0', name=op.f('ck_reward_method_not_negative')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_reward_method_campaign_id_campaign')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reward_method')),
    sa.UniqueConstraint('campaign_id', 'position', name=op.f('uq_reward_method_campaign_id_position')),
    sqlite_strict=True
    )
    op.create_table('segment_criterion',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('uuid', sa.Uuid(), nullable=False),
    sa.Column('part_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('type', sa.String(), nullable=False),
    sa.Column('terms', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['part_id'], ['segment_part.id'], name=op.f('fk_segment_criterion_part_id_segment_part'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_segment_criterion')),
    sa.UniqueConstraint('uuid', name=op.f('uq_segment_criterion_uuid')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_segment_criterion_part_id'), 'segment_criterion', ['part_id'], unique=False)
    op.create_table('segment_member',
    sa.Column('segment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_segment_member_customer_id_customer')),
    sa.ForeignKeyConstraint(['segment_id'], ['segment.id'], name=op.f('fk_segment_member_segment_id_segment'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('segment_id', 'customer_id', name=op.f('pk_segment_member')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_segment_member_customer_id'), 'segment_member', ['customer_id'], unique=False)
    op.create_table('spending',
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('transactions_count', sa.BigInteger(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('amount_without_delivery', sa.BigInteger(), nullable=False),
    sa.Column('amount_excluded_for_level', sa.BigInteger(), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_spending_customer_id_customer')),
    sa.PrimaryKeyConstraint('customer_id', name=op.f('pk_spending')),
    sqlite_strict=True
    )
    op.create_table('stock',
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('sold', sa.BigInteger(), nullable=False),
    sa.Column('sellable', sa.BigInteger(), nullable=False),
    sa.Column('coupons_count', sa.BigInteger(), nullable=False),
    sa.Column('buyers_count', sa.BigInteger(), nullable=False),
    sa.Column('terms', sa.BigInteger(), nullable=False),
    sa.Column('period_from', sa.DateTime(timezone=True), nullable=False),
    sa.Column('in_period', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('sold <= sellable', name=op.f('ck_stock_not_oversold')),
    sa.CheckConstraint('sold >= 0 AND buyers_count >= 0 AND buyers_count <= sold', name=op.f('ck_stock_counts')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_stock_campaign_id_campaign')),
    sa.PrimaryKeyConstraint('campaign_id', name=op.f('pk_stock')),
    postgresql_with={'fillfactor': 50},
    sqlite_strict=True
    )
    op.create_table('usage',
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('bought', sa.BigInteger(), nullable=False),
    sa.Column('period_from', sa.DateTime(timezone=True), nullable=False),
    sa.Column('in_period', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('bought >= 1', name=op.f('ck_usage_positive')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_usage_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_usage_customer_id_customer')),
    sa.PrimaryKeyConstraint('customer_id', 'campaign_id', name=op.f('pk_usage')),
    sqlite_strict=True
    )
    op.create_table('audit_entry',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('login_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('token_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('action', sa.String(), nullable=False),
    sa.Column('subject', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['login_id'], ['login.id'], name=op.f('fk_audit_entry_login_id_login')),
    sa.ForeignKeyConstraint(['token_id'], ['access_token.id'], name=op.f('fk_audit_entry_token_id_access_token')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entry')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_audit_entry_at'), 'audit_entry', ['at'], unique=False)
    op.create_table('award',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('cause', sa.String(), nullable=False),
    sa.Column('cause_key', sa.String(), nullable=True),
    sa.Column('cost', sa.BigInteger(), nullable=False),
    sa.Column('given_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('given_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('given_by_token', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint("cause IN ('purchase', 'interaction', 'basket', 'signup', 'referral')", name=op.f('ck_award_known_cause')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_award_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_award_customer_id_customer')),
    sa.ForeignKeyConstraint(['given_by'], ['login.id'], name=op.f('fk_award_given_by_login')),
    sa.ForeignKeyConstraint(['given_by_token'], ['access_token.id'], name=op.f('fk_award_given_by_token_access_token')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_award')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_award_campaign_id'), 'award', ['campaign_id'], unique=False)
    op.create_index('uq_award_cause_key', 'award', ['cause_key'], unique=True, postgresql_where=sa.text('cause_key IS NOT NULL'), sqlite_where=sa.text('cause_key IS NOT NULL'))
    op.create_table('chain_permission',
    sa.Column('login_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('chain_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('may_write', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['chain_id'], ['chain.id'], name=op.f('fk_chain_permission_chain_id_chain')),
    sa.ForeignKeyConstraint(['login_id'], ['login.id'], name=op.f('fk_chain_permission_login_id_login')),
    sa.PrimaryKeyConstraint('login_id', 'chain_id', name=op.f('pk_chain_permission')),
    sqlite_strict=True
    )
    op.create_table('ledger_entry',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('uuid', sa.Uuid(), nullable=False),
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sequence', sa.BigInteger(), nullable=False),
    sa.Column('delta', sa.BigInteger(), nullable=False),
    sa.Column('balance_after', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('comment', sa.String(), nullable=True),
    sa.Column('issuer', sa.String(), nullable=False),
    sa.Column('issued_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('award_id', sa.Uuid(), nullable=True),
    sa.Column('method_id', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("(kind = 'rewarded') = (method_id IS NOT NULL)", name=op.f('ck_ledger_entry_method_of_rewarded')),
    sa.CheckConstraint("(kind IN ('bought', 'rewarded')) = (award_id IS NOT NULL)", name=op.f('ck_ledger_entry_award_of_bought')),
    sa.CheckConstraint("kind IN ('added', 'spent', 'bought', 'rewarded')", name=op.f('ck_ledger_entry_known_kind')),
    sa.CheckConstraint('balance_after >= 0', name=op.f('ck_ledger_entry_balance_not_negative')),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_ledger_entry_customer_id_customer')),
    sa.ForeignKeyConstraint(['issued_by'], ['login.id'], name=op.f('fk_ledger_entry_issued_by_login')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ledger_entry')),
    sa.UniqueConstraint('customer_id', 'sequence', name=op.f('uq_ledger_entry_customer_id_sequence')),
    sa.UniqueConstraint('uuid', name=op.f('uq_ledger_entry_uuid')),
    sqlite_strict=True
    )
    op.create_index('uq_ledger_entry_bought', 'ledger_entry', ['award_id'], unique=True, postgresql_where=sa.text("kind = 'bought'"), sqlite_where=sa.text("kind = 'bought'"))
    op.create_index('uq_ledger_entry_rewarded', 'ledger_entry', ['award_id', 'method_id'], unique=True, postgresql_where=sa.text("kind = 'rewarded'"), sqlite_where=sa.text("kind = 'rewarded'"))
    op.create_table('method_tally',
    sa.Column('method_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('given', sa.BigInteger(), nullable=False),
    sa.Column('allowed', sa.BigInteger(), nullable=False),
    sa.Column('period_from', sa.DateTime(timezone=True), nullable=False),
    sa.Column('in_period', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('given >= 0 AND given <= allowed', name=op.f('ck_method_tally_not_oversold')),
    sa.ForeignKeyConstraint(['method_id'], ['reward_method.id'], name=op.f('fk_method_tally_method_id_reward_method')),
    sa.PrimaryKeyConstraint('method_id', name=op.f('pk_method_tally')),
    postgresql_with={'fillfactor': 50},
    sqlite_strict=True
    )
    op.create_table('method_usage',
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('method_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('period_from', sa.DateTime(timezone=True), nullable=False),
    sa.Column('in_period', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_method_usage_customer_id_customer')),
    sa.ForeignKeyConstraint(['method_id'], ['reward_method.id'], name=op.f('fk_method_usage_method_id_reward_method')),
    sa.PrimaryKeyConstraint('customer_id', 'method_id', name=op.f('pk_method_usage')),
    sqlite_strict=True
    )
    op.create_table('refresh_token',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('token_sha256', sa.String(), nullable=False),
    sa.Column('family', sa.Uuid(), nullable=False),
    sa.Column('login_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('spent_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['login_id'], ['login.id'], name=op.f('fk_refresh_token_login_id_login')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refresh_token')),
    sa.UniqueConstraint('token_sha256', name=op.f('uq_refresh_token_token_sha256')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_refresh_token_family'), 'refresh_token', ['family'], unique=False)
    op.create_index(op.f('ix_refresh_token_login_id'), 'refresh_token', ['login_id'], unique=False)
    op.create_table('session_key',
    sa.Column('key_sha256', sa.String(), nullable=False),
    sa.Column('login_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['login_id'], ['login.id'], name=op.f('fk_session_key_login_id_login')),
    sa.PrimaryKeyConstraint('key_sha256', name=op.f('pk_session_key')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_session_key_expires_at'), 'session_key', ['expires_at'], unique=False)
    op.create_index(op.f('ix_session_key_login_id'), 'session_key', ['login_id'], unique=False)
    op.create_table('draw',
    sa.Column('award_id', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('candidates', sa.JSON(), nullable=False),
    sa.Column('ticket', sa.String(), nullable=False),
    sa.Column('method_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['award_id'], ['award.id'], name=op.f('fk_draw_award_id_award')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_draw_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_draw_customer_id_customer')),
    sa.ForeignKeyConstraint(['method_id'], ['reward_method.id'], name=op.f('fk_draw_method_id_reward_method')),
    sa.PrimaryKeyConstraint('award_id', name=op.f('pk_draw')),
    sa.UniqueConstraint('campaign_id', 'customer_id', 'number', name=op.f('uq_draw_campaign_id_customer_id_number')),
    sqlite_strict=True
    )
    op.create_table('referral_relation',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('referring_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('referred_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('redeemed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('award_id', sa.Uuid(), nullable=True),
    sa.CheckConstraint('(redeemed_at IS NULL) = (award_id IS NULL)', name=op.f('ck_referral_relation_redeemed_with_an_award')),
    sa.CheckConstraint('redeemed_at >= created_at', name=op.f('ck_referral_relation_redeemed_afterwards')),
    sa.CheckConstraint('referring_id <> referred_id', name=op.f('ck_referral_relation_nobody_refers_himself')),
    sa.ForeignKeyConstraint(['award_id'], ['award.id'], name=op.f('fk_referral_relation_award_id_award')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_referral_relation_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['referred_id'], ['customer.id'], name=op.f('fk_referral_relation_referred_id_customer')),
    sa.ForeignKeyConstraint(['referring_id'], ['customer.id'], name=op.f('fk_referral_relation_referring_id_customer')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_referral_relation')),
    sa.UniqueConstraint('award_id', name=op.f('uq_referral_relation_award_id')),
    sa.UniqueConstraint('referred_id', 'campaign_id', name=op.f('uq_referral_relation_referred_id_campaign_id')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_referral_relation_referring_id'), 'referral_relation', ['referring_id'], unique=False)
    op.create_table('voucher',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('third_party_id', sa.BigInteger(), nullable=True),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('award_id', sa.Uuid(), nullable=True),
    sa.Column('method_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('parent_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('coupon_id', sa.BigInteger(), nullable=True),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('code', sa.String(), nullable=True),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('redeemed', sa.BigInteger(), nullable=False),
    sa.Column('hundredths_of_percent', sa.BigInteger(), nullable=True),
    sa.Column('text', sa.String(), nullable=True),
    sa.Column('superseded', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('claimed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('claimed_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('claimed_by_token', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('redeemed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('locked_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lock_code', sa.String(), nullable=True),
    sa.Column('basket_code', sa.String(), nullable=True),
    sa.CheckConstraint("(status = 'redeemed') = (redeemed_at IS NOT NULL)", name=op.f('ck_voucher_redeemed_at_of_redeemed')),
    sa.CheckConstraint("kind IN ('basket', 'basket_pct', 'honour')", name=op.f('ck_voucher_known_kind')),
    sa.CheckConstraint("status <> 'claimed' OR claimed_at IS NOT NULL", name=op.f('ck_voucher_claimed_at_of_claimed')),
    sa.CheckConstraint("status = 'redeemed' OR redeemed = 0", name=op.f('ck_voucher_redeemed_of_redeemed')),
    sa.CheckConstraint("status IN ('generated', 'claimed', 'redeemed')", name=op.f('ck_voucher_known_status')),
    sa.CheckConstraint('redeemed BETWEEN 0 AND amount', name=op.f('ck_voucher_redeemed_within_amount')),
    sa.ForeignKeyConstraint(['award_id'], ['award.id'], name=op.f('fk_voucher_award_id_award')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_voucher_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['claimed_by'], ['login.id'], name=op.f('fk_voucher_claimed_by_login')),
    sa.ForeignKeyConstraint(['claimed_by_token'], ['access_token.id'], name=op.f('fk_voucher_claimed_by_token_access_token')),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_voucher_customer_id_customer')),
    sa.ForeignKeyConstraint(['method_id'], ['reward_method.id'], name=op.f('fk_voucher_method_id_reward_method')),
    sa.ForeignKeyConstraint(['parent_id'], ['voucher.id'], name=op.f('fk_voucher_parent_id_voucher')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_voucher')),
    sa.UniqueConstraint('key', name=op.f('uq_voucher_key')),
    sqlite_strict=True
    )
    op.create_index('ix_voucher_award_id', 'voucher', ['award_id'], unique=False)
    op.create_index('ix_voucher_customer_id_id', 'voucher', ['customer_id', 'id'], unique=False)
    op.create_index('uq_voucher_parent_id', 'voucher', ['parent_id'], unique=True, postgresql_where=sa.text('parent_id IS NOT NULL'), sqlite_where=sa.text('parent_id IS NOT NULL'))
    op.create_index('uq_voucher_third_party_id', 'voucher', ['third_party_id'], unique=True, postgresql_where=sa.text('third_party_id IS NOT NULL'), sqlite_where=sa.text('third_party_id IS NOT NULL'))
