"""How often campaigns gave nothing, and why; which rewards may run out; how many customers restrictions admit; and how many campaigns run."""

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
    _keep_what_runs(of_postgresql)
    is_open = "NOT closed" if of_postgresql else "closed = 0"
    where = f"WHERE stock < 1000000000 AND {is_open}"
    op.execute(f"CREATE INDEX ix_reward_method_of_a_number ON reward_method (campaign_id) {where}")


KEY = "chain_id, audience_id, targeting_id"
ADDED = (
    f"ON CONFLICT ({KEY}) DO UPDATE SET campaigns_count = always_on_show.campaigns_count + excluded.campaigns_count,"
    " running_count = always_on_show.running_count + excluded.running_count"
)


def counted(row: str, offset: str) -> tuple[str, str, str]:
    """Whether a campaign is counted at all, and as what: 1 or 0 of those that sell coupons, and of those that are always active."""

    def always(name: str) -> str:
        first, last = (f"'{day} 00:00:00.000000{offset}'" for day in ("0001-01-01", "9999-12-31"))
        return f"{row}{name}_from = {first} AND {row}{name}_to = {last}"

    sells, runs = f"{row}reward IS NOT NULL", always("active")
    is_any = f"{row}lifecycle = 'live' AND {always('visible')} AND ({sells} OR ({runs}))"
    return is_any, f"CASE WHEN {sells} THEN 1 ELSE 0 END", f"CASE WHEN {runs} THEN 1 ELSE 0 END"


def _keep_what_runs(of_postgresql: bool) -> None:
    integer, offset = ("BIGINT", "+00") if of_postgresql else ("INTEGER", "")
    op.execute(f"ALTER TABLE always_on_show ADD COLUMN running_count {integer} NOT NULL DEFAULT 0")
    is_any, sells, runs = counted("", offset)
    op.execute("DELETE FROM always_on_show")
    op.execute(
        f"INSERT INTO always_on_show ({KEY}, campaigns_count, running_count) SELECT chain_id, audience_id, COALESCE(targeting_id, 0),"
        f" SUM({sells}), SUM({runs}) FROM campaign WHERE {is_any} GROUP BY chain_id, audience_id, COALESCE(targeting_id, 0)"
    )
    (_keep_on_postgresql if of_postgresql else _keep_on_sqlite)()


def _keep_on_postgresql() -> None:
    """The triggers of 0011 call this function: in one statement for what goes and what comes, in the order of the keys, as there."""
    is_any, sells, runs = counted("", "+00")

    def changed(*sources: tuple[str, int]) -> str:
        rows = " UNION ALL ".join(
            f"SELECT chain_id, audience_id, COALESCE(targeting_id, 0) AS targeting_id, {n} * {sells} AS sells, {n} * {runs} AS runs"
            f" FROM {table} WHERE {is_any}"
            for table, n in sources
        )
        sums = f"SELECT {KEY}, SUM(sells), SUM(runs) FROM ({rows}) r GROUP BY {KEY} HAVING SUM(sells) <> 0 OR SUM(runs) <> 0"
        return f"INSERT INTO always_on_show ({KEY}, campaigns_count, running_count) {sums} ORDER BY {KEY} {ADDED};"

    op.execute(
        "CREATE OR REPLACE FUNCTION keep_always_on_show() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF TG_OP = 'INSERT' THEN {changed(('come', 1))}"
        f" ELSIF TG_OP = 'DELETE' THEN {changed(('gone', -1))}"
        f" ELSE {changed(('gone', -1), ('come', 1))} END IF;"
        " RETURN NULL; END $$"
    )


def _keep_on_sqlite() -> None:
    for event, steps in (("insert", ["NEW"]), ("update", ["OLD", "NEW"]), ("delete", ["OLD"])):
        changes = ""
        for row in steps:
            is_any, sells, runs = counted(f"{row}.", "")
            n = -1 if row == "OLD" else 1
            changes += (
                f" INSERT INTO always_on_show ({KEY}, campaigns_count, running_count) SELECT {row}.chain_id, {row}.audience_id,"
                f" COALESCE({row}.targeting_id, 0), {n} * {sells}, {n} * {runs} WHERE {is_any} {ADDED};"
            )
        columns = f" OF {KEY}, lifecycle, reward, visible_from, visible_to, active_from, active_to" if event == "update" else ""
        op.execute(f"DROP TRIGGER always_on_show_{event}")
        op.execute(f"CREATE TRIGGER always_on_show_{event} AFTER {event.upper()}{columns} ON campaign BEGIN{changes} END")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")
