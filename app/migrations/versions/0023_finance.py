"""The ledger as finance reads it: views, which keep their columns. See docs/finance.md."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, query in definitions(op.get_bind().dialect.name == "postgresql").items():
        op.execute(f"CREATE VIEW {name} AS {query}")


def downgrade() -> None:
    raise NotImplementedError("Restore a backup of before the upgrade.")


def definitions(on_postgresql: bool) -> dict[str, str]:
    """The views, by their names."""
    day = "CAST({0} AT TIME ZONE 'UTC' AS DATE)" if on_postgresql else "SUBSTR({0}, 1, 10)"
    month = "TO_CHAR({0} AT TIME ZONE 'UTC', 'YYYY-MM')" if on_postgresql else "SUBSTR({0}, 1, 7)"
    made, expires = day.format("created_at"), month.format("expires_at")
    return {
        "finance_movement": (
            f"SELECT chain_id, {made} AS day, kind, CAST(COUNT(*) AS BIGINT) AS entries, CAST(SUM(delta + locked) AS BIGINT) AS points"
            f" FROM ledger_entry WHERE kind <> 'unlocked' GROUP BY chain_id, {made}, kind"
        ),
        "finance_balance": (
            "SELECT chain_id, day, CAST(SUM(points) OVER (PARTITION BY chain_id ORDER BY day) AS BIGINT) AS points,"
            " CAST(SUM(locked) OVER (PARTITION BY chain_id ORDER BY day) AS BIGINT) AS locked FROM"
            f" (SELECT chain_id, {made} AS day, SUM(delta) AS points, SUM(locked) AS locked FROM ledger_entry"
            f" GROUP BY chain_id, {made}) moved"
        ),
        "finance_liability": (
            f"SELECT chain_id, CASE WHEN expires_at >= '9999-01-01 00:00:00' THEN NULL ELSE {expires} END AS expires_in,"
            ' CAST(SUM("left") AS BIGINT) AS points FROM points_lot WHERE "left" > 0'
            f" GROUP BY chain_id, CASE WHEN expires_at >= '9999-01-01 00:00:00' THEN NULL ELSE {expires} END"
        ),
        "finance_campaign": (
            "SELECT a.chain_id, a.campaign_id, CAST(COUNT(DISTINCT a.id) AS BIGINT) AS awards,"
            " CAST(SUM(CASE WHEN l.kind = 'rewarded' THEN l.delta + l.locked ELSE 0 END) AS BIGINT) AS given,"
            " CAST(SUM(CASE WHEN l.kind = 'bought' THEN -l.delta ELSE 0 END) AS BIGINT) AS taken"
            " FROM award a JOIN ledger_entry l ON l.award_id = a.id GROUP BY a.chain_id, a.campaign_id"
        ),
    }
