"""How many campaigns are on show is kept, or answered by an index; and so is which are sold out.

The database keeps the count of those that are always visible, whoever changes a campaign: with each statement on PostgreSQL, for a
statement may make ten thousand; with each row on SQLite, which has no other triggers.
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ON_SHOW = "chain_id, lifecycle, audience_id, visible_to, visible_from, reward, targeting_id, id"
KEY = "chain_id, audience_id, targeting_id"
ADDED = f"ON CONFLICT ({KEY}) DO UPDATE SET campaigns_count = always_on_show.campaigns_count + excluded.campaigns_count"


def counted(row: str = "", offset: str = "") -> str:
    """A campaign that sells coupons and is visible at all times, while it is switched on. PostgreSQL's moments have an offset."""
    return (
        f"{row}lifecycle = 'live' AND {row}reward IS NOT NULL"
        f" AND {row}visible_from = '0001-01-01 00:00:00.000000{offset}' AND {row}visible_to = '9999-12-31 00:00:00.000000{offset}'"
    )


def upgrade() -> None:
    of_postgresql = op.get_bind().dialect.name == "postgresql"
    kind, stored, is_true = ("BOOLEAN", "STORED", "sold_out") if of_postgresql else ("INTEGER", "", "sold_out = 1")
    op.execute(f"ALTER TABLE stock ADD COLUMN sold_out {kind} GENERATED ALWAYS AS (given >= allowed) {stored}")
    op.execute(f"CREATE INDEX ix_stock_sold_out ON stock (campaign_id) WHERE {is_true}")
    op.execute(f"CREATE INDEX ix_campaign_on_show ON campaign ({ON_SHOW})")
    integer = "BIGINT" if of_postgresql else "INTEGER"
    columns = "".join(f"{name} {integer} NOT NULL, " for name in (*KEY.split(", "), "campaigns_count"))
    op.execute(
        f"CREATE TABLE always_on_show ({columns}CONSTRAINT pk_always_on_show PRIMARY KEY ({KEY}))"
        + ("" if of_postgresql else " STRICT")
    )
    grouped = "chain_id, audience_id, COALESCE(targeting_id, 0)"
    is_counted = counted(offset="+00" if of_postgresql else "")
    sums = f"SELECT {grouped}, COUNT(*) FROM campaign WHERE {is_counted} GROUP BY {grouped}"
    op.execute(f"INSERT INTO always_on_show ({KEY}, campaigns_count) {sums}")
    (_keep_on_postgresql if of_postgresql else _keep_on_sqlite)()


def downgrade() -> None:
    raise NotImplementedError("Lists count by what is kept here. Restore a backup of before the upgrade.")


def _keep_on_postgresql() -> None:
    """In one statement for what goes and what comes, in the order of the keys, and only what differs: nobody waits for nothing."""

    def changed(*sources: tuple[str, int]) -> str:
        rows = " UNION ALL ".join(
            f"SELECT chain_id, audience_id, COALESCE(targeting_id, 0) AS targeting_id, {n} AS n FROM {table}"
            f" WHERE {counted(offset='+00')}"
            for table, n in sources
        )
        sums = f"SELECT {KEY}, SUM(n) FROM ({rows}) r GROUP BY {KEY} HAVING SUM(n) <> 0 ORDER BY {KEY}"
        return f"INSERT INTO always_on_show ({KEY}, campaigns_count) {sums} {ADDED};"

    op.execute(
        "CREATE OR REPLACE FUNCTION keep_always_on_show() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF TG_OP = 'INSERT' THEN {changed(('come', 1))}"
        f" ELSIF TG_OP = 'DELETE' THEN {changed(('gone', -1))}"
        f" ELSE {changed(('gone', -1), ('come', 1))} END IF;"
        " RETURN NULL; END $$"
    )
    for event, tables in (
        ("insert", "NEW TABLE AS come"),
        ("update", "OLD TABLE AS gone NEW TABLE AS come"),
        ("delete", "OLD TABLE AS gone"),
    ):
        op.execute(
            f"CREATE TRIGGER always_on_show_{event} AFTER {event.upper()} ON campaign REFERENCING {tables}"
            " FOR EACH STATEMENT EXECUTE FUNCTION keep_always_on_show()"
        )


def _keep_on_sqlite() -> None:
    for event, steps in (("insert", ["NEW"]), ("update", ["OLD", "NEW"]), ("delete", ["OLD"])):
        changes = "".join(
            f" INSERT INTO always_on_show ({KEY}, campaigns_count) SELECT {row}.chain_id, {row}.audience_id,"
            f" COALESCE({row}.targeting_id, 0), {-1 if row == 'OLD' else 1} WHERE {counted(f'{row}.')} {ADDED};"
            for row in steps
        )
        columns = f" OF {KEY}, lifecycle, reward, visible_from, visible_to" if event == "update" else ""
        op.execute(f"CREATE TRIGGER always_on_show_{event} AFTER {event.upper()}{columns} ON campaign BEGIN{changes} END")
