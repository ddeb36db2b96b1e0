"""Targetings, tags, behaviors with their goals, events, opting in, creatives; divisions and api keys.

Columns are added in place. SQLite cannot change a CHECK in place, but documents that the text of a schema may be rewritten when
what is stored stays the same; so the states, contexts and causes that are new are written into its tables' texts.
"""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

# Of the table, the constraint; what it allowed and what it allows.
CHECKS = (
    ("campaign", "known_lifecycle", "lifecycle IN ('draft', 'live', 'paused', 'completed')",
     "lifecycle IN ('draft', 'inreview', 'live', 'paused', 'completed')"),
    ("campaign", "known_context", "context IN ('interaction', 'basket', 'signup', 'referral', 'internal')",
     "context IN ('interaction', 'basket', 'signup', 'referral', 'event', 'internal')"),
    ("award", "known_cause", "cause IN ('purchase', 'interaction', 'basket', 'signup', 'referral')",
     "cause IN ('purchase', 'interaction', 'basket', 'signup', 'referral', 'event')"),
)
# {bool}, {moment} and {json} are what each database calls these types, {false} is its word for no.
ADDED = (
    "app_host ADD COLUMN api_key {text} NOT NULL DEFAULT ''",
    "business ADD COLUMN division_id {text} NOT NULL DEFAULT ''",
    "campaign ADD COLUMN targeting_id {integer} CONSTRAINT fk_campaign_targeting_id_targeting REFERENCES targeting (id)",
    "campaign ADD COLUMN business_id {integer} CONSTRAINT fk_campaign_business_id_business REFERENCES business (id)",
    "campaign ADD COLUMN external_id {text}",
    "campaign ADD COLUMN unique_name {text}",
    "campaign ADD COLUMN opt_in_required {bool} NOT NULL DEFAULT {false}",
    "campaign ADD COLUMN opt_in_from {moment}",
    "campaign ADD COLUMN opt_in_to {moment}",
    "campaign_text ADD COLUMN campaign_type {text}",
    "campaign_text ADD COLUMN details {json}",
    "campaign_text ADD COLUMN sponsor_name {text}",
    "campaign_text ADD COLUMN reporting_ends_at {moment}",
    "campaign_text ADD COLUMN qualify_tag {text}",
    "campaign_text ADD COLUMN disqualify_tag {text}",
    "chain ADD COLUMN has_divisions {bool} NOT NULL DEFAULT {false}",
    "customer ADD COLUMN external_id {text}",
    "customer ADD COLUMN is_anonymous {bool} NOT NULL DEFAULT {false}",
    "customer ADD COLUMN time_zone {text}",
    "reward_method ADD COLUMN behavior_id {integer} CONSTRAINT fk_reward_method_behavior_id_behavior REFERENCES behavior (id)",
    "reward_method ADD COLUMN goal_id {integer} CONSTRAINT fk_reward_method_goal_id_goal REFERENCES goal (id)",
    "reward_method ADD COLUMN offer {json}",
    "stock ADD COLUMN participants_count {integer} NOT NULL DEFAULT 0",
    "stock ADD COLUMN participants_max {integer} NOT NULL DEFAULT 1000000000"
    " CONSTRAINT ck_stock_not_overfull CHECK (participants_count BETWEEN 0 AND participants_max)",
)
WITHOUT_DEFAULT = (
    ("app_host", "api_key"), ("business", "division_id"), ("campaign", "opt_in_required"), ("chain", "has_divisions"),
    ("customer", "is_anonymous"), ("stock", "participants_count"), ("stock", "participants_max"),
)
WORDS = {
    "postgresql": {
        "text": "VARCHAR", "integer": "BIGINT", "bool": "BOOLEAN", "moment": "TIMESTAMP WITH TIME ZONE", "json": "JSON",
        "false": "false", "random40": "substr(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 1, 40)",
        "uuid": "gen_random_uuid()::text",
    },
    "sqlite": {
        "text": "TEXT", "integer": "INTEGER", "bool": "INTEGER", "moment": "TEXT", "json": "TEXT", "false": "0",
        "random40": "lower(hex(randomblob(20)))", "uuid": "lower(hex(randomblob(16)))",
    },
}


def upgrade() -> None:
    bind = op.get_bind()
    create_tables()
    words = WORDS[bind.dialect.name]
    for added in ADDED:
        op.execute("ALTER TABLE " + added.format(**words))
    op.execute(f"UPDATE app_host SET api_key = {words['random40']}")
    op.execute(f"UPDATE business SET division_id = {words['uuid']}")
    _move_restrictions(bind)
    op.drop_column("campaign", "restrictions")
    _allow_more(bind)
    if bind.dialect.name == "postgresql":
        for table, column in WITHOUT_DEFAULT:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} DROP DEFAULT")
    create_indexes()


def _move_restrictions(bind: sa.Connection) -> None:
    """The same tree is kept once; each asks for no key, and is looked at for every customer."""
    rows = bind.execute(sa.text("SELECT id, restrictions FROM campaign WHERE restrictions IS NOT NULL ORDER BY id")).all()
    known: dict[str, int] = {}
    for campaign, tree in rows:
        tree = json.loads(tree) if isinstance(tree, str) else tree
        key = hashlib.sha256(repr(tree).encode()).hexdigest()
        if key not in known:
            values = {"key": key, "tree": json.dumps(tree)}
            bind.execute(sa.text("INSERT INTO targeting (key, tree) VALUES (:key, :tree)"), values)
            known[key] = bind.scalar(sa.text("SELECT id FROM targeting WHERE key = :key"), {"key": key}) or 0
            bind.execute(sa.text("INSERT INTO targeting_key (field, value, targeting_id) VALUES ('', '', :id)"), {"id": known[key]})
        bind.execute(
            sa.text("UPDATE campaign SET targeting_id = :targeting WHERE id = :id"), {"targeting": known[key], "id": campaign}
        )


def _allow_more(bind: sa.Connection) -> None:
    if bind.dialect.name == "postgresql":
        for table, name, _, check in CHECKS:
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}")
            op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ({check})")
        return
    # https://www.sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema Changes"
    version = bind.exec_driver_sql("PRAGMA schema_version").scalar_one()
    bind.exec_driver_sql("PRAGMA writable_schema = ON")
    for table, _, before, after in CHECKS:
        changed = bind.execute(
            sa.text("UPDATE sqlite_schema SET sql = replace(sql, :before, :after) WHERE type = 'table' AND name = :table"
                    " AND instr(sql, :before) > 0"),
            {"before": before, "after": after, "table": table},
        )
        if changed.rowcount != 1:
            raise RuntimeError(f"The table {table} is not as version 0002 left it: it does not say {before}")
    bind.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    bind.exec_driver_sql("PRAGMA writable_schema = OFF")
    found = bind.exec_driver_sql("PRAGMA quick_check").scalar_one()
    if found != "ok":
        raise RuntimeError(f"The changed tables do not pass SQLite's check: {found}")


def create_indexes() -> None:
    op.create_index('uq_app_host_api_key', 'app_host', ['api_key'], unique=True)
    op.create_index('uq_business_division_id', 'business', ['chain_id', 'division_id'], unique=True)
    op.create_index('ix_campaign_targeting_id', 'campaign', ['targeting_id'], unique=False)
    op.create_index('uq_campaign_external_id', 'campaign', ['chain_id', 'external_id'], unique=True, postgresql_where=sa.text('external_id IS NOT NULL'), sqlite_where=sa.text('external_id IS NOT NULL'))
    op.create_index('uq_campaign_unique_name', 'campaign', ['chain_id', 'unique_name'], unique=True, postgresql_where=sa.text('unique_name IS NOT NULL'), sqlite_where=sa.text('unique_name IS NOT NULL'))
    op.create_index('uq_customer_external_id', 'customer', ['chain_id', 'external_id'], unique=True, postgresql_where=sa.text('external_id IS NOT NULL'), sqlite_where=sa.text('external_id IS NOT NULL'))


def create_tables() -> None:
    op.create_table('targeting',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('tree', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_targeting')),
    sa.UniqueConstraint('key', name=op.f('uq_targeting_key')),
    sqlite_strict=True
    )
    op.create_table('targeting_key',
    sa.Column('field', sa.String(), nullable=False),
    sa.Column('value', sa.String(), nullable=False),
    sa.Column('targeting_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.ForeignKeyConstraint(['targeting_id'], ['targeting.id'], name=op.f('fk_targeting_key_targeting_id_targeting')),
    sa.PrimaryKeyConstraint('field', 'value', 'targeting_id', name=op.f('pk_targeting_key')),
    sqlite_strict=True
    )
    op.create_table('customer_attribute',
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=True),
    sa.Column('number', sa.Double(), nullable=True),
    sa.CheckConstraint('(text IS NULL) <> (number IS NULL)', name=op.f('ck_customer_attribute_text_or_number')),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_customer_attribute_customer_id_customer')),
    sa.PrimaryKeyConstraint('customer_id', 'name', name=op.f('pk_customer_attribute')),
    sqlite_strict=True
    )
    op.create_index('ix_customer_attribute_name_text', 'customer_attribute', ['name', 'text'], unique=False)
    op.create_table('customer_tag',
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('count', sa.BigInteger(), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('(count IS NULL) <> (expires_at IS NULL)', name=op.f('ck_customer_tag_count_or_expiry')),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_customer_tag_customer_id_customer')),
    sa.PrimaryKeyConstraint('customer_id', 'name', name=op.f('pk_customer_tag')),
    sqlite_strict=True
    )
    op.create_index('ix_customer_tag_name_customer_id', 'customer_tag', ['name', 'customer_id'], unique=False)
    op.create_table('behavior',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('uuid', sa.Uuid(), nullable=False),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('event_name', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('points', sa.BigInteger(), nullable=False),
    sa.Column('times_max', sa.BigInteger(), nullable=False),
    sa.Column('per_period_max', sa.BigInteger(), nullable=False),
    sa.Column('period_seconds', sa.BigInteger(), nullable=False),
    sa.Column('is_rewarded', sa.Boolean(), nullable=False),
    sa.CheckConstraint("kind IN ('count', 'unique', 'composite')", name=op.f('ck_behavior_known_kind')),
    sa.CheckConstraint('points >= 0 AND times_max > 0 AND per_period_max > 0 AND period_seconds > 0', name=op.f('ck_behavior_positive')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_behavior_campaign_id_campaign')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_behavior')),
    sa.UniqueConstraint('campaign_id', 'position', name=op.f('uq_behavior_campaign_id_position')),
    sa.UniqueConstraint('uuid', name=op.f('uq_behavior_uuid')),
    sqlite_strict=True
    )
    op.create_table('goal',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('behavior_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('event_name', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('points', sa.BigInteger(), nullable=False),
    sa.Column('earn_count', sa.BigInteger(), nullable=False),
    sa.Column('required', sa.Boolean(), nullable=False),
    sa.Column('group_key', sa.String(), nullable=False),
    sa.Column('group_wanted', sa.BigInteger(), nullable=False),
    sa.Column('min_gap_seconds', sa.BigInteger(), nullable=True),
    sa.Column('consecutive', sa.Boolean(), nullable=False),
    sa.Column('unique_key', sa.String(), nullable=True),
    sa.CheckConstraint("kind IN ('count', 'unique')", name=op.f('ck_goal_known_kind')),
    sa.CheckConstraint('points >= 0 AND earn_count > 0 AND group_wanted > 0', name=op.f('ck_goal_positive')),
    sa.ForeignKeyConstraint(['behavior_id'], ['behavior.id'], name=op.f('fk_goal_behavior_id_behavior')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_goal')),
    sa.UniqueConstraint('behavior_id', 'position', name=op.f('uq_goal_behavior_id_position')),
    sqlite_strict=True
    )
    op.create_index(op.f('ix_goal_event_name'), 'goal', ['event_name'], unique=False)
    op.create_table('behavior_progress',
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('behavior_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('achieved', sa.BigInteger(), nullable=False),
    sa.Column('current', sa.BigInteger(), nullable=True),
    sa.Column('counts', sa.JSON(none_as_null=True), nullable=True),
    sa.CheckConstraint('version >= 1 AND achieved >= 0 AND current >= 0', name=op.f('ck_behavior_progress_counts')),
    sa.CheckConstraint('(current IS NULL) <> (counts IS NULL)', name=op.f('ck_behavior_progress_current_or_counts')),
    sa.ForeignKeyConstraint(['behavior_id'], ['behavior.id'], name=op.f('fk_behavior_progress_behavior_id_behavior')),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_behavior_progress_customer_id_customer')),
    sa.PrimaryKeyConstraint('customer_id', 'behavior_id', name=op.f('pk_behavior_progress')),
    postgresql_with={'fillfactor': 70},
    sqlite_strict=True
    )
    op.create_table('event_receipt',
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('transaction_id', sa.String(), nullable=False),
    sa.Column('quantity', sa.BigInteger(), nullable=False),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by_token', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('context', sa.JSON(), nullable=False),
    sa.Column('outcome', sa.JSON(), nullable=False),
    sa.CheckConstraint('quantity >= 1', name=op.f('ck_event_receipt_positive')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_event_receipt_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_event_receipt_customer_id_customer')),
    sa.ForeignKeyConstraint(['recorded_by_token'], ['access_token.id'], name=op.f('fk_event_receipt_recorded_by_token_access_token')),
    sa.PrimaryKeyConstraint('customer_id', 'name', 'transaction_id', name=op.f('pk_event_receipt')),
    sqlite_strict=True
    )
    op.create_table('participation',
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('opted_in', sa.Boolean(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_participation_campaign_id_campaign')),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_participation_customer_id_customer')),
    sa.PrimaryKeyConstraint('customer_id', 'campaign_id', name=op.f('pk_participation')),
    sqlite_strict=True
    )
    op.create_index('ix_participation_campaign_id', 'participation', ['campaign_id'], unique=False)
    op.create_table('creative',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('group_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('tracks_clicks', sa.Boolean(), nullable=False),
    sa.CheckConstraint("kind IN ('internal_tile', 'internal_full_page', 'internal_behavior')", name=op.f('ck_creative_known_kind')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaign.id'], name=op.f('fk_creative_campaign_id_campaign')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_creative')),
    sa.UniqueConstraint('campaign_id', 'kind', name=op.f('uq_creative_campaign_id_kind')),
    sqlite_strict=True
    )
    op.create_table('creative_stat',
    sa.Column('creative_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('customer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('seen_count', sa.BigInteger(), nullable=False),
    sa.Column('clicks_count', sa.BigInteger(), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('seen_count >= 0 AND clicks_count >= 0', name=op.f('ck_creative_stat_counts')),
    sa.ForeignKeyConstraint(['creative_id'], ['creative.id'], name=op.f('fk_creative_stat_creative_id_creative')),
    sa.ForeignKeyConstraint(['customer_id'], ['customer.id'], name=op.f('fk_creative_stat_customer_id_customer')),
    sa.PrimaryKeyConstraint('creative_id', 'customer_id', name=op.f('pk_creative_stat')),
    sqlite_strict=True
    )
