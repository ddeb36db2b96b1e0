"""A campaign is one document: it has a key, a history of revisions, and parts that are closed rather than removed.

Levels and segments have keys as well, for documents to name them by; each is made of the name, and of the id where two would be the same.
Draws are drawn under the odds of a revision: until now, odds could not change.
"""

import json
from collections import Counter

import sqlalchemy as sa
from alembic import op

from app.text import slug

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

UNLIMITED = 1_000_000_000
NO_LIMITS = f"stock = {UNLIMITED} AND limit_in_period = {UNLIMITED} AND limit_per_customer = {UNLIMITED}"
# Not the points of behaviors and goals, which have a method each, and no key.
OWN_METHODS = (
    "SELECT id, campaign_id, title FROM reward_method"
    " WHERE NOT (behavior_id IS NOT NULL AND kind = 'points' AND offer IS NULL)"
)


def upgrade() -> None:
    of_postgresql = op.get_bind().dialect.name == "postgresql"
    text, boolean, false = ("VARCHAR", "BOOLEAN", "false") if of_postgresql else ("TEXT", "INTEGER", "0")
    json_, moment, integer = ("JSON", "TIMESTAMP WITH TIME ZONE", "BIGINT") if of_postgresql else ("TEXT", "TEXT", "INTEGER")
    for table in ("campaign", "level", "segment"):
        op.execute(f"ALTER TABLE {table} ADD COLUMN key {text} NOT NULL DEFAULT ''")
        _name(f"SELECT id, chain_id, name FROM {table}", table)
        op.execute(f"CREATE UNIQUE INDEX uq_{table}_key ON {table} (chain_id, key)")
    op.execute(f"ALTER TABLE reward_method ADD COLUMN key {text}")
    _name(OWN_METHODS, "reward_method")
    op.execute("CREATE UNIQUE INDEX uq_reward_method_key ON reward_method (campaign_id, key) WHERE key IS NOT NULL")
    for table in ("reward_method", "behavior", "creative"):
        op.execute(f"ALTER TABLE {table} ADD COLUMN closed {boolean} NOT NULL DEFAULT {false}")
    for table in ("campaign", "reward_method", "behavior"):
        op.execute(f"ALTER TABLE {table} ADD COLUMN changed_at {moment}")
    op.execute(f"ALTER TABLE campaign_text ADD COLUMN translations {json_}")
    op.execute(f"ALTER TABLE draw ADD COLUMN revision {integer} NOT NULL DEFAULT 1")
    if of_postgresql:
        for table, column in (
            *((table, "key") for table in ("campaign", "level", "segment")),
            *((table, "closed") for table in ("reward_method", "behavior", "creative")),
            ("draw", "revision"),
        ):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} DROP DEFAULT")
    op.create_table(
        "draw_odds",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("rewards", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_draw_odds_campaign_id_campaign"),
        sa.PrimaryKeyConstraint("campaign_id", "revision", name="pk_draw_odds"),
        sqlite_strict=True,
    )
    _tell_odds()
    op.create_table(
        "campaign_revision",
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("login_id", sa.BigInteger(), nullable=True),
        sa.Column("token_id", sa.BigInteger(), nullable=True),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_campaign_revision_campaign_id_campaign"),
        sa.ForeignKeyConstraint(["login_id"], ["login.id"], name="fk_campaign_revision_login_id_login"),
        sa.ForeignKeyConstraint(["token_id"], ["access_token.id"], name="fk_campaign_revision_token_id_access_token"),
        sa.PrimaryKeyConstraint("campaign_id", "revision", name="pk_campaign_revision"),
        sqlite_strict=True,
    )


def _name(rows: str, table: str) -> None:
    """A key for each of these rows (id, what it is unique in, name)."""
    bind = op.get_bind()
    found = [(id, owner, slug(name)[:50].rstrip("-")) for id, owner, name in bind.execute(sa.text(rows))]
    times = Counter((owner, key) for _, owner, key in found)
    keys = [{"id": id, "key": key if key and times[owner, key] == 1 else f"{key or table.replace('_', '-')}-{id}"} for id, owner, key in found]
    taken = Counter((owner, made["key"]) for (_, owner, _), made in zip(found, keys, strict=True))
    for (id, owner, _), made in zip(found, keys, strict=True):  # another is called like one with its number
        if taken[owner, made["key"]] > 1:
            made["key"] += f"-no-{id}"
    if keys:
        bind.execute(sa.text(f"UPDATE {table} SET key = :key WHERE id = :id"), keys)


def _tell_odds() -> None:
    bind = op.get_bind()
    odds: dict[int, list[list[object]]] = {}
    for campaign_id, method_id, weight, always in bind.execute(
        sa.text(
            f"SELECT m.campaign_id, m.id, m.weight, CASE WHEN m.kind <> 'coupon' AND m.restrictions IS NULL AND {NO_LIMITS}"
            " THEN 1 ELSE 0 END FROM reward_method m JOIN draw_seed s ON s.campaign_id = m.campaign_id WHERE m.weight > 0"
            " ORDER BY m.campaign_id, m.id"
        )
    ):
        odds.setdefault(campaign_id, []).append([method_id, weight, bool(always)])
    if odds:
        bind.execute(
            sa.text("INSERT INTO draw_odds (campaign_id, revision, rewards) VALUES (:campaign, 1, :rewards)"),
            [{"campaign": id, "rewards": json.dumps(rewards)} for id, rewards in odds.items()],
        )


def downgrade() -> None:
    raise NotImplementedError("The history of campaigns would be lost. Restore a backup of before the upgrade.")
