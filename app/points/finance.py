"""The ledger as finance reads it: views in SQL, read-only, which keep their columns; and what proves them.

Points in hundredths, days in UTC on both databases. See docs/finance.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Finding:
    """What does not agree, and by how much; `points` in hundredths."""

    sentence: str
    chain_id: int
    points: int


# Each sum twice, in two ways that know nothing of one another; where they differ, something is wrong.
PROOFS = {
    "The movements of all days are not what customers have: too much by": (
        "SELECT a.chain_id, COALESCE(m.points, 0) - a.points FROM (SELECT chain_id, SUM(balance + locked) points FROM account"
        " GROUP BY chain_id) a LEFT JOIN (SELECT chain_id, SUM(points) points FROM finance_movement GROUP BY chain_id) m"
        " ON m.chain_id = a.chain_id WHERE COALESCE(m.points, 0) <> a.points"
    ),
    "The last balances by day are not what customers have: too much by": (
        "SELECT a.chain_id, COALESCE(b.points, 0) - a.points FROM (SELECT chain_id, SUM(balance + locked) points FROM account"
        " GROUP BY chain_id) a LEFT JOIN (SELECT f.chain_id, f.points + f.locked points FROM finance_balance f JOIN"
        " (SELECT chain_id, MAX(day) AS day FROM finance_balance GROUP BY chain_id) l ON l.chain_id = f.chain_id AND l.day = f.day) b"
        " ON b.chain_id = a.chain_id WHERE COALESCE(b.points, 0) <> a.points"
    ),
    "The liability by month is not what customers have, but for what is owed: too much by": (
        # What the lots do not know yet is left out.
        "SELECT a.chain_id, COALESCE(l.points, 0) - a.points FROM (SELECT c.chain_id,"
        " SUM(c.balance + c.locked + c.owed - COALESCE(e.points, 0)) points FROM account c LEFT JOIN (SELECT e.customer_id,"
        " SUM(e.delta + e.locked) points FROM ledger_entry e JOIN account b ON b.customer_id = e.customer_id"
        " WHERE e.sequence > b.settled_count GROUP BY e.customer_id) e ON e.customer_id = c.customer_id GROUP BY c.chain_id) a"
        " LEFT JOIN (SELECT chain_id, SUM(points) points FROM finance_liability GROUP BY chain_id) l"
        " ON l.chain_id = a.chain_id WHERE COALESCE(l.points, 0) <> a.points"
    ),
    "What campaigns gave and took is not in the movements: too much by": (
        "SELECT c.chain_id, c.points - COALESCE(m.points, 0) FROM (SELECT chain_id, SUM(given - taken) points FROM finance_campaign"
        " GROUP BY chain_id) c LEFT JOIN (SELECT chain_id, SUM(points) points FROM finance_movement"
        " WHERE kind IN ('bought', 'rewarded') GROUP BY chain_id) m ON m.chain_id = c.chain_id"
        " WHERE c.points <> COALESCE(m.points, 0)"
    ),
}


def audit(session: Session) -> Iterator[Finding]:
    """Whatever does not agree. Each proof is one statement, and holds while customers buy."""
    for sentence, query in PROOFS.items():
        for chain_id, points in session.execute(text(query)):
            yield Finding(sentence, chain_id, int(points))


def totals(session: Session) -> list[tuple[int, int, int, int]]:
    """For each chain what customers may spend, what is locked, and what is owed."""
    query = "SELECT chain_id, SUM(balance), SUM(locked), SUM(owed) FROM account GROUP BY chain_id ORDER BY chain_id"
    return [(row[0], int(row[1]), int(row[2]), int(row[3])) for row in session.execute(text(query))]
