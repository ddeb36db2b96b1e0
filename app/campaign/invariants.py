"""What must be true of points, coupons and limits at any instant, whatever happened. Each check finds what breaks it.

Source: the design's list I1 to I16; those that apply so far.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.blobs import BlobStore

FOUND_MAX = 20


@dataclass(frozen=True)
class Invariant:
    """A sentence, and the query whose rows are its exceptions."""

    name: str
    sentence: str
    exceptions: str


@dataclass(frozen=True)
class Breach:
    """An invariant that does not hold, and the first rows that show it."""

    invariant: Invariant
    rows: list[tuple[Any, ...]]


INVARIANTS = [
    Invariant(
        "I1", "A balance is the sum of the customer's ledger entries, and there are as many as the account says.",
        "SELECT a.customer_id, a.balance, COALESCE(SUM(l.delta), 0) FROM account a LEFT JOIN ledger_entry l"
        " ON l.customer_id = a.customer_id GROUP BY a.customer_id, a.balance, a.entries_count"
        " HAVING a.balance <> COALESCE(SUM(l.delta), 0) OR a.entries_count <> COUNT(l.id)",
    ),
    Invariant(
        "I1b", "Every customer has an account, and every entry belongs to one.",
        "SELECT c.id FROM customer c LEFT JOIN account a ON a.customer_id = c.id WHERE a.customer_id IS NULL"
        " UNION ALL SELECT l.id FROM ledger_entry l LEFT JOIN account a ON a.customer_id = l.customer_id"
        " WHERE a.customer_id IS NULL",
    ),
    Invariant(
        "I2", "No balance is or ever was negative, and each entry says what the sum was after it.",
        "SELECT id FROM (SELECT id, balance_after, sequence, SUM(delta) OVER (PARTITION BY customer_id ORDER BY sequence) s,"
        " ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY sequence) n FROM ledger_entry) t"
        " WHERE s <> balance_after OR s < 0 OR n <> sequence"
        " UNION ALL SELECT customer_id FROM account WHERE balance < 0",
    ),
    Invariant(
        "I3", "No more is sold than the limit and the coupons allow, and the stock counts what was sold.",
        "SELECT c.id, s.sold, s.sellable FROM campaign c JOIN stock s ON s.campaign_id = c.id LEFT JOIN"
        " (SELECT campaign_id, COUNT(*) n, COUNT(DISTINCT customer_id) b FROM purchase GROUP BY campaign_id) p"
        " ON p.campaign_id = c.id WHERE s.sold <> COALESCE(p.n, 0) OR s.buyers_count <> COALESCE(p.b, 0)"
        " OR s.sold > s.sellable OR s.sold > c.\"limit\"",
    ),
    Invariant(
        "I3b", "The stock knows how many coupons there are, and how many rewards can be sold.",
        "SELECT s.campaign_id FROM stock s JOIN campaign c ON c.id = s.campaign_id LEFT JOIN"
        " (SELECT campaign_id, COUNT(*) n FROM coupon GROUP BY campaign_id) k ON k.campaign_id = c.id"
        " WHERE s.coupons_count <> COALESCE(k.n, 0) OR s.sellable <> CASE WHEN c.single_coupon THEN c.\"limit\""
        " WHEN s.coupons_count < c.\"limit\" THEN s.coupons_count ELSE c.\"limit\" END",
    ),
    Invariant(
        "I4", "A coupon belongs to at most one purchase, and both say so; unless the campaign shares a single one.",
        "SELECT p.coupon_id FROM purchase p JOIN campaign c ON c.id = p.campaign_id LEFT JOIN coupon k"
        " ON k.id = p.coupon_id AND k.purchase_id = p.id AND k.campaign_id = p.campaign_id"
        " WHERE NOT c.single_coupon AND k.id IS NULL"
        " UNION ALL SELECT k.id FROM coupon k LEFT JOIN purchase p ON p.id = k.purchase_id AND p.coupon_id = k.id"
        " WHERE k.purchase_id IS NOT NULL AND p.id IS NULL",
    ),
    Invariant(
        "I5", "A shared coupon is its campaign's only one, and is nobody's own.",
        "SELECT c.id FROM campaign c JOIN coupon k ON k.campaign_id = c.id WHERE c.single_coupon GROUP BY c.id"
        " HAVING COUNT(*) <> 1 OR COUNT(k.purchase_id) <> 0",
    ),
    Invariant(
        "I6", "A purchase took exactly its cost from exactly its customer, once.",
        "SELECT l.id FROM purchase p LEFT JOIN ledger_entry l ON l.purchase_id = p.id"
        " WHERE l.id IS NULL OR l.delta <> -p.cost OR l.customer_id <> p.customer_id OR l.kind <> 'bought'"
        " UNION ALL SELECT l.id FROM ledger_entry l LEFT JOIN purchase p ON p.id = l.purchase_id"
        " WHERE l.purchase_id IS NOT NULL AND p.id IS NULL",
    ),
    Invariant(
        "I7", "No customer bought more of a campaign than one may, and the usage counts what was bought.",
        "SELECT u.campaign_id, u.customer_id FROM usage u JOIN campaign c ON c.id = u.campaign_id LEFT JOIN"
        " (SELECT campaign_id, customer_id, COUNT(*) n FROM purchase GROUP BY campaign_id, customer_id) p"
        " ON p.campaign_id = u.campaign_id AND p.customer_id = u.customer_id"
        " WHERE u.bought > c.limit_per_customer OR u.bought <> COALESCE(p.n, 0)"
        " UNION ALL SELECT p.campaign_id, p.customer_id FROM purchase p LEFT JOIN usage u"
        " ON u.campaign_id = p.campaign_id AND u.customer_id = p.customer_id WHERE u.bought IS NULL",
    ),
    Invariant(
        "I10", "Every stored answer is whole, and an answered purchase exists.",
        "SELECT a.key_sha256 FROM stored_answer a LEFT JOIN purchase p ON p.id = a.effect"
        " WHERE a.status IS NULL OR (a.effect IS NOT NULL AND p.id IS NULL)",
    ),
    Invariant(
        "H1", "The headcounts of levels and segments are the numbers of their customers.",
        "SELECT COALESCE(h.level_id, c.level_id), h.customers_count, c.n FROM"
        " (SELECT level_id, segment_id, customers_count FROM headcount WHERE customers_count <> 0) h FULL JOIN"
        " (SELECT COALESCE(level_id, 0) level_id, 0 segment_id, COUNT(*) n FROM customer GROUP BY level_id"
        " UNION ALL SELECT COALESCE(c.level_id, 0), m.segment_id, COUNT(*) FROM segment_member m"
        " JOIN customer c ON c.id = m.customer_id GROUP BY c.level_id, m.segment_id) c"
        " ON c.level_id = h.level_id AND c.segment_id = h.segment_id"
        " WHERE h.customers_count IS NULL OR c.n IS NULL OR h.customers_count <> c.n",
    ),
]  # fmt: skip


def check(session: Session, blobs: BlobStore | None = None) -> Iterator[Breach]:
    """Every invariant that does not hold. Reads whole tables: for nights, restores and tests."""
    for invariant in INVARIANTS:
        rows = session.execute(text(f"SELECT * FROM ({invariant.exceptions}) found LIMIT {FOUND_MAX}")).all()
        if rows:
            yield Breach(invariant, [tuple(row) for row in rows])
    if blobs is not None:
        yield from _photos_without_bytes(session, blobs)


def _photos_without_bytes(session: Session, blobs: BlobStore) -> Iterator[Breach]:
    invariant = Invariant("I12", "A photo's bytes are in the store, as many as it says.", "")
    lost = []
    for sha256, bytes_count in session.execute(text("SELECT sha256, bytes_count FROM photo")).all():
        content = blobs.get(sha256)
        if content is None or len(content) != bytes_count:
            lost.append((sha256,))
    if lost:
        yield Breach(invariant, lost[:FOUND_MAX])
