"""What must be true of points, coupons and limits at any instant, whatever happened. Each check finds what breaks it.

Source: the design's list I1 to I16; those that apply so far.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.campaign.awards.kinds import REWARD_KINDS
from app.media.blobs import BlobStore

FOUND_MAX = 20
_LEAVE_A_ROW = ", ".join(f"'{kind.name}'" for kind in REWARD_KINDS.values() if kind.leaves_a_row)
_TAKE_A_CODE = ", ".join(f"'{kind.name}'" for kind in REWARD_KINDS.values() if kind.takes_code)


# Each table of `OfChain`, and whose chain its rows must name; `tests/cli` compares the list with the models.
OWNERS = {
    "sale_item": "sale",
    **dict.fromkeys(("award", "coupon", "draw", "referral_relation", "voucher"), "campaign"),
    **dict.fromkeys(
        (
            "account",
            "behavior_progress",
            "creative_stat",
            "activation_code",
            "customer_attribute",
            "customer_tag",
            "earning_usage",
            "event_receipt",
            "ledger_entry",
            "level_change",
            "lot_use",
            "method_usage",
            "participation",
            "points_lot",
            "profile",
            "sale",
            "segment_member",
            "spending",
            "usage",
        ),
        "customer",
    ),
}
# Whose limits it counts for: who was merged into somebody, is they; but draws are numbered by account.
_OWNER = "COALESCE(m.merged_into_id, p.customer_id)"
_OWNED = (
    f"(SELECT p.campaign_id, CASE WHEN k.handling = 'random_draw' THEN p.customer_id ELSE {_OWNER} END customer_id FROM award p"
    " JOIN customer m ON m.id = p.customer_id JOIN campaign k ON k.id = p.campaign_id)"
)
_IS_MERGED = "EXISTS (SELECT 1 FROM customer m WHERE m.merged_into_id = u.customer_id)"
_OF_ANOTHER_CHAIN = " UNION ALL ".join(
    f"SELECT '{table}', o.id, r.chain_id FROM \"{table}\" r JOIN {owner} o ON o.id = r.{owner}_id WHERE r.chain_id <> o.chain_id"
    for table, owner in OWNERS.items()
)


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
        "I1",
        "What may be spent, and what is locked, are the sums of the customer's ledger entries, of which there are as many as the account says.",
        "SELECT a.customer_id, a.balance, COALESCE(SUM(l.delta), 0) FROM account a LEFT JOIN ledger_entry l"
        " ON l.customer_id = a.customer_id GROUP BY a.customer_id, a.balance, a.locked, a.entries_count"
        " HAVING a.balance <> COALESCE(SUM(l.delta), 0) OR a.locked <> COALESCE(SUM(l.locked), 0) OR a.locked < 0"
        " OR a.entries_count <> COUNT(l.id)",
    ),
    Invariant(
        "L1",
        "What is left of an account's lots, but for what is owed, is its balance, and what is left of the locked ones is locked, as of its"
        " settled entries.",
        "SELECT a.customer_id, e.spendable, o.usable, e.waiting, o.waiting FROM account a LEFT JOIN (SELECT l.customer_id,"
        " SUM(l.delta) spendable, SUM(l.locked) waiting FROM ledger_entry l JOIN account b ON b.customer_id = l.customer_id"
        " AND l.sequence <= b.settled_count GROUP BY l.customer_id) e ON e.customer_id = a.customer_id LEFT JOIN"
        ' (SELECT customer_id, SUM(CASE WHEN unlocks_at IS NULL THEN "left" ELSE 0 END) usable,'
        ' SUM(CASE WHEN unlocks_at IS NULL THEN 0 ELSE "left" END) waiting FROM points_lot GROUP BY customer_id) o'
        " ON o.customer_id = a.customer_id WHERE COALESCE(e.spendable, 0) <> COALESCE(o.usable, 0) - a.owed"
        " OR COALESCE(e.waiting, 0) <> COALESCE(o.waiting, 0) OR a.settled_count > a.entries_count",
    ),
    Invariant(
        "L2",
        "Of each lot that much is left that no entry has taken; nobody takes of another's, or, but for what is owed, before it was there.",
        'SELECT t.entry_id, t.amount, t."left", COALESCE(SUM(u.amount), 0) FROM points_lot t LEFT JOIN lot_use u'
        ' ON u.lot_id = t.entry_id GROUP BY t.entry_id, t.amount, t."left" HAVING t.amount - t."left" <> COALESCE(SUM(u.amount), 0)'
        " UNION ALL SELECT u.entry_id, u.lot_id, 0, 0 FROM lot_use u JOIN ledger_entry e ON e.id = u.entry_id"
        " JOIN ledger_entry f ON f.id = u.lot_id WHERE e.customer_id <> f.customer_id"
        " OR (e.sequence <= f.sequence AND e.kind <> 'taken_back')"
        " OR e.customer_id <> u.customer_id",
    ),
    Invariant(
        "L3",
        "An entry that takes points took as many of lots, and every addition has its lot, as far as the account is settled.",
        "SELECT e.id, e.kind, e.delta + e.locked, u.n FROM ledger_entry e JOIN account a ON a.customer_id = e.customer_id"
        " AND e.sequence <= a.settled_count LEFT JOIN (SELECT entry_id, SUM(amount) n FROM lot_use GROUP BY entry_id) u"
        " ON u.entry_id = e.id LEFT JOIN points_lot t ON t.entry_id = e.id"
        " WHERE (e.delta + e.locked < 0 AND e.kind <> 'taken_back' AND e.delta + e.locked <> -COALESCE(u.n, 0)) OR (e.delta + e.locked >= 0 AND u.n IS NOT NULL)"
        " OR (e.kind IN ('added', 'rewarded', 'received', 'earned')) <> (t.entry_id IS NOT NULL)"
        " OR t.amount <> e.delta + e.locked OR t.chain_id <> e.chain_id"
        " UNION ALL SELECT a.customer_id, 'owed', a.owed, SUM(-e.delta - e.locked - COALESCE(u.n, 0)) FROM account a JOIN ledger_entry e"
        " ON e.customer_id = a.customer_id AND e.kind = 'taken_back' LEFT JOIN (SELECT entry_id, SUM(amount) n FROM lot_use"
        " GROUP BY entry_id) u ON u.entry_id = e.id GROUP BY a.customer_id, a.owed"
        " HAVING SUM(-e.delta - e.locked - COALESCE(u.n, 0)) <> a.owed",
    ),
    Invariant(
        "L4",
        "Nothing unlocks or expires before its account knows.",
        'SELECT t.entry_id FROM points_lot t JOIN account a ON a.customer_id = t.customer_id WHERE t."left" > 0'
        " AND COALESCE(t.unlocks_at, t.expires_at) < '9999-01-01' AND (a.due_at IS NULL OR a.due_at > COALESCE(t.unlocks_at, t.expires_at))"
        " UNION ALL SELECT e.id FROM ledger_entry e JOIN account a ON a.customer_id = e.customer_id"
        " WHERE e.sequence > a.settled_count AND COALESCE(e.unlocks_at, e.expires_at) IS NOT NULL"
        " AND (a.due_at IS NULL OR a.due_at > COALESCE(e.unlocks_at, e.expires_at))",
    ),
    Invariant(
        "S1",
        "A sale earned what its entries say, and returns took back what theirs say; no more is given back than was bought.",
        "SELECT s.id, s.earned, s.taken_back, s.returned FROM sale s LEFT JOIN (SELECT sale_id, SUM(delta + locked) n FROM ledger_entry"
        " WHERE kind = 'earned' GROUP BY sale_id) e ON e.sale_id = s.id LEFT JOIN (SELECT r.returns_id, SUM(r.amount) n,"
        " SUM(COALESCE(l.n, 0)) t FROM sale r LEFT JOIN (SELECT sale_id, SUM(delta + locked) n FROM ledger_entry"
        " WHERE kind = 'taken_back' GROUP BY sale_id) l ON l.sale_id = r.id WHERE r.returns_id IS NOT NULL GROUP BY r.returns_id) b"
        " ON b.returns_id = s.id WHERE s.earned <> COALESCE(e.n, 0) OR s.returned <> COALESCE(b.n, 0)"
        " OR s.taken_back <> -COALESCE(b.t, 0)"
        " UNION ALL SELECT r.id, r.amount, 0, 0 FROM sale r JOIN sale s ON s.id = r.returns_id"
        " WHERE COALESCE(r.customer_id, 0) <> COALESCE(s.customer_id, 0) OR r.chain_id <> s.chain_id OR s.returns_id IS NOT NULL",
    ),
    Invariant(
        "L5",
        "What one customer passed on, another of the chain received.",
        "SELECT e.id, e.delta + e.locked, SUM(r.delta + r.locked) FROM ledger_entry e"
        " LEFT JOIN ledger_entry r ON r.counterpart_id = e.id"
        " WHERE e.kind = 'passed_on' GROUP BY e.id, e.delta, e.locked, e.customer_id, e.chain_id"
        " HAVING e.delta + e.locked + COALESCE(SUM(r.delta + r.locked), 0) <> 0"
        " OR MIN(r.chain_id) <> e.chain_id OR MAX(CASE WHEN r.customer_id = e.customer_id THEN 1 ELSE 0 END) = 1"
        " UNION ALL SELECT id, delta, 0 FROM ledger_entry WHERE (kind = 'received') <> (counterpart_id IS NOT NULL)",
    ),
    Invariant(
        "I1b",
        "Every customer has an account, and every entry belongs to one.",
        "SELECT c.id FROM customer c LEFT JOIN account a ON a.customer_id = c.id WHERE a.customer_id IS NULL"
        " UNION ALL SELECT l.id FROM ledger_entry l LEFT JOIN account a ON a.customer_id = l.customer_id"
        " WHERE a.customer_id IS NULL",
    ),
    Invariant(
        "I2",
        "Nothing but a return ever took more than there was, and each entry says what the sum was after it.",
        "SELECT id FROM (SELECT id, kind, delta, balance_after, sequence,"
        " SUM(delta) OVER (PARTITION BY customer_id ORDER BY sequence) s,"
        " ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY sequence) n FROM ledger_entry) t"
        " WHERE s <> balance_after OR (s < 0 AND delta < 0 AND kind <> 'taken_back') OR n <> sequence"
        " UNION ALL SELECT customer_id FROM account WHERE balance < -owed",
    ),
    Invariant(
        "I3",
        "No more is given than the limit and the coupons allow, and the stock counts what was given.",
        "SELECT c.id, s.given, s.allowed FROM campaign c JOIN stock s ON s.campaign_id = c.id LEFT JOIN"
        f" (SELECT campaign_id, COUNT(*) n, COUNT(DISTINCT customer_id) b FROM {_OWNED} a GROUP BY campaign_id) p"
        " ON p.campaign_id = c.id WHERE s.given <> COALESCE(p.n, 0) OR s.customers_count <> COALESCE(p.b, 0)"
        ' OR s.given > s.allowed OR s.given > c."limit" OR s.in_period > s.given'
        " OR (s.in_period > c.limit_in_period AND (c.changed_at IS NULL OR s.period_from >= c.changed_at))",
    ),
    Invariant(
        "I3b",
        "The stock knows how many coupons there are, and how many rewards can be given.",
        "SELECT s.campaign_id FROM stock s JOIN campaign c ON c.id = s.campaign_id LEFT JOIN"
        " (SELECT campaign_id, COUNT(*) n FROM coupon GROUP BY campaign_id) k ON k.campaign_id = c.id"
        " WHERE s.coupons_count <> COALESCE(k.n, 0) OR s.allowed <> CASE"
        ' WHEN c.reward IS NULL OR (c.single_coupon AND s.coupons_count > 0) THEN c."limit"'
        ' WHEN s.coupons_count < c."limit" THEN s.coupons_count ELSE c."limit" END',
    ),
    Invariant(
        "I3c",
        "No reward method gives more than it may, and its tally counts its vouchers, points, coupons and draws.",
        "SELECT m.id, t.given FROM reward_method m JOIN campaign c ON c.id = m.campaign_id LEFT JOIN method_tally t"
        " ON t.method_id = m.id LEFT JOIN (SELECT method_id, COUNT(*) n FROM voucher WHERE award_id IS NOT NULL"
        " AND parent_id IS NULL GROUP BY method_id) v ON v.method_id = m.id LEFT JOIN (SELECT method_id, COUNT(*) n"
        " FROM ledger_entry WHERE kind = 'rewarded' GROUP BY method_id) l ON l.method_id = m.id LEFT JOIN"
        " (SELECT campaign_id, COUNT(*) n FROM voucher WHERE coupon_id IS NOT NULL AND parent_id IS NULL"
        f" GROUP BY campaign_id) k ON k.campaign_id = m.campaign_id AND m.kind IN ({_TAKE_A_CODE}) LEFT JOIN (SELECT method_id,"
        " COUNT(*) n FROM draw GROUP BY method_id) d ON d.method_id = m.id"
        " WHERE t.given IS NULL OR t.allowed <> m.stock OR t.given > t.allowed OR t.in_period > t.given"
        " OR (t.in_period > m.limit_in_period AND (m.changed_at IS NULL OR t.period_from >= m.changed_at))"
        " OR (c.handling = 'random_draw' AND t.given <> COALESCE(d.n, 0))"
        f" OR (m.kind IN ({_LEAVE_A_ROW}) AND t.given <> COALESCE(v.n, 0) + COALESCE(l.n, 0) + COALESCE(k.n, 0))",
    ),
    Invariant(
        "I4",
        "A coupon belongs to at most one award, whose voucher holds it; unless the campaign shares a single one.",
        "SELECT v.coupon_id FROM voucher v JOIN campaign c ON c.id = v.campaign_id LEFT JOIN coupon k"
        " ON k.id = v.coupon_id AND k.award_id = v.award_id AND k.campaign_id = v.campaign_id AND k.code = v.code"
        " WHERE v.coupon_id IS NOT NULL AND NOT c.single_coupon AND k.id IS NULL"
        " UNION ALL SELECT k.id FROM coupon k LEFT JOIN voucher v ON v.award_id = k.award_id AND v.coupon_id = k.id"
        " AND NOT v.superseded WHERE k.award_id IS NOT NULL AND v.id IS NULL",
    ),
    Invariant(
        "I5",
        "A shared coupon is its campaign's only one, and is nobody's own.",
        "SELECT c.id FROM campaign c JOIN coupon k ON k.campaign_id = c.id WHERE c.single_coupon GROUP BY c.id"
        " HAVING COUNT(*) <> 1 OR COUNT(k.award_id) <> 0",
    ),
    Invariant(
        "I6",
        "An award took exactly its cost from exactly its customer, once.",
        "SELECT l.id FROM award p LEFT JOIN ledger_entry l ON l.award_id = p.id AND l.kind = 'bought'"
        " WHERE l.id IS NULL OR l.delta <> -p.cost OR l.customer_id <> p.customer_id"
        " UNION ALL SELECT l.id FROM ledger_entry l LEFT JOIN award p ON p.id = l.award_id"
        " WHERE l.award_id IS NOT NULL AND p.id IS NULL",
    ),
    Invariant(
        "I6b",
        "Points were given by a reward method that gives points, as many as it gives, to the award's customer.",
        "SELECT l.id FROM ledger_entry l LEFT JOIN award p ON p.id = l.award_id LEFT JOIN reward_method m"
        " ON m.id = l.method_id AND m.campaign_id = p.campaign_id AND m.kind = 'points' WHERE l.kind = 'rewarded'"
        " AND (m.id IS NULL OR (l.delta + l.locked <> m.amount AND m.changed_at IS NULL) OR l.customer_id <> p.customer_id)",
    ),
    Invariant(
        "I7",
        "No customer was given more of a campaign than one may, and the usage counts what was given.",
        "SELECT u.campaign_id, u.customer_id FROM usage u JOIN campaign c ON c.id = u.campaign_id LEFT JOIN"
        f" (SELECT campaign_id, customer_id, COUNT(*) n FROM {_OWNED} a GROUP BY campaign_id, customer_id) p"
        " ON p.campaign_id = u.campaign_id AND p.customer_id = u.customer_id"
        f" WHERE (u.in_period > c.limit_per_customer AND NOT {_IS_MERGED} AND (c.changed_at IS NULL OR c.limit_per_customer_unit IS NULL"
        " OR u.period_from >= c.changed_at)) OR u.in_period > u.received OR u.received <> COALESCE(p.n, 0)"
        " OR (c.limit_per_customer_unit IS NULL AND u.in_period <> u.received)"
        f" UNION ALL SELECT p.campaign_id, p.customer_id FROM {_OWNED} p LEFT JOIN usage u"
        " ON u.campaign_id = p.campaign_id AND u.customer_id = p.customer_id WHERE u.received IS NULL",
    ),
    Invariant(
        "I7b",
        "No customer was given more of a reward method in its period than one may.",
        "SELECT u.method_id, u.customer_id FROM method_usage u JOIN reward_method m ON m.id = u.method_id"
        " WHERE (u.in_period > m.limit_per_customer AND (m.changed_at IS NULL OR u.period_from >= m.changed_at)"
        f" AND NOT {_IS_MERGED.replace('customer m', 'customer o').replace('m.merged', 'o.merged')})"
        " OR u.in_period < 1",
    ),
    Invariant(
        "I8",
        "Vouchers are redeemed after they were claimed, and a child begins when its parent was redeemed.",
        "SELECT id FROM voucher WHERE (status <> 'generated' AND claimed_at IS NULL) OR redeemed_at < claimed_at"
        " OR (status = 'redeemed') <> (redeemed_at IS NOT NULL)"
        " UNION ALL SELECT c.id FROM voucher c JOIN voucher p ON p.id = c.parent_id WHERE p.status <> 'redeemed'"
        " OR NOT p.superseded OR c.campaign_id <> p.campaign_id OR c.customer_id <> p.customer_id",
    ),
    Invariant(
        "I8b",
        "Of a redeemed voucher's amount, all was redeemed or lives on in its child.",
        "SELECT p.id FROM voucher p LEFT JOIN voucher c ON c.parent_id = p.id WHERE p.status = 'redeemed'"
        " AND p.amount <> p.redeemed + COALESCE(c.amount, 0)"
        " UNION ALL SELECT p.id FROM voucher p LEFT JOIN voucher c ON c.parent_id = p.id"
        " WHERE p.superseded <> (c.id IS NOT NULL)",
    ),
    Invariant(
        "I9",
        "A referral was rewarded exactly if it is redeemed, to the one who referred somebody else.",
        "SELECT r.id FROM referral_relation r LEFT JOIN (SELECT a.*, m.merged_into_id FROM award a JOIN customer m ON m.id = a.customer_id) p"
        " ON p.id = r.award_id AND r.referring_id IN (p.customer_id, p.merged_into_id)"
        " AND p.campaign_id = r.campaign_id AND p.cause = 'referral'"
        " WHERE (r.redeemed_at IS NULL) <> (p.id IS NULL) OR r.referring_id = r.referred_id"
        " UNION ALL SELECT campaign_id FROM referral_relation GROUP BY campaign_id, referred_id HAVING COUNT(*) > 1",
    ),
    Invariant(
        "I11",
        "Every award of a draw has its draw, and each customer's draws are numbered without a gap.",
        "SELECT c.id FROM campaign c JOIN award p ON p.campaign_id = c.id LEFT JOIN draw d ON d.award_id = p.id"
        " AND d.customer_id = p.customer_id AND d.campaign_id = c.id WHERE (c.handling = 'random_draw') <> (d.number IS NOT NULL)"
        " UNION ALL SELECT campaign_id FROM draw GROUP BY campaign_id, customer_id"
        " HAVING MIN(number) <> 1 OR MAX(number) <> COUNT(*)",
    ),
    Invariant(
        "C1",
        "Customers are given what campaigns of their own chain have.",
        "SELECT p.campaign_id FROM award p JOIN campaign c ON c.id = p.campaign_id JOIN customer u ON u.id = p.customer_id"
        " WHERE u.chain_id <> c.chain_id",
    ),
    Invariant(
        "M1",
        "Whoever was merged is of the same chain as who has their things now, who was not merged; nothing is left to them.",
        "SELECT o.id FROM customer o LEFT JOIN customer k ON k.id = o.merged_into_id AND k.chain_id = o.chain_id"
        " AND k.merged_into_id IS NULL WHERE o.merged_into_id IS NOT NULL AND (k.id IS NULL OR o.status <> 'deleted')"
        " UNION ALL SELECT a.customer_id FROM account a JOIN customer o ON o.id = a.customer_id"
        " WHERE (o.merged_into_id IS NOT NULL) <> a.closed OR (a.closed AND (a.balance <> 0 OR a.locked <> 0))"
        " UNION ALL SELECT s.id FROM sale s JOIN customer o ON o.id = s.customer_id WHERE o.merged_into_id IS NOT NULL"
        " UNION ALL SELECT v.id FROM voucher v JOIN customer o ON o.id = v.customer_id WHERE o.merged_into_id IS NOT NULL"
        " UNION ALL SELECT u.campaign_id FROM usage u JOIN customer o ON o.id = u.customer_id JOIN campaign c ON c.id = u.campaign_id"
        " WHERE o.merged_into_id IS NOT NULL AND c.handling <> 'random_draw'"
        " UNION ALL SELECT m.segment_id FROM segment_member m JOIN customer o ON o.id = m.customer_id WHERE o.merged_into_id IS NOT NULL",
    ),
    Invariant(
        "E1",
        "As many customers take part in a campaign as have opted in and not out again, and no more than may.",
        "SELECT s.campaign_id, s.participants_count, p.n FROM stock s LEFT JOIN"
        " (SELECT campaign_id, COUNT(*) n FROM participation WHERE opted_in GROUP BY campaign_id) p"
        " ON p.campaign_id = s.campaign_id WHERE s.participants_count <> COALESCE(p.n, 0)"
        " OR s.participants_count > s.participants_max",
    ),
    Invariant(
        "E2",
        "Nobody was rewarded more often by a campaign's behaviors than these were achieved.",
        f"SELECT w.campaign_id, w.customer_id, w.n, p.n FROM (SELECT p.campaign_id, {_OWNER} customer_id, COUNT(*) n FROM award p"
        f" JOIN customer m ON m.id = p.customer_id WHERE p.cause = 'event' GROUP BY p.campaign_id, {_OWNER}) w"
        f" LEFT JOIN (SELECT b.campaign_id, {_OWNER} customer_id, SUM(p.achieved) n FROM behavior_progress p"
        " JOIN customer m ON m.id = p.customer_id JOIN behavior b ON b.id = p.behavior_id"
        f" GROUP BY b.campaign_id, {_OWNER}) p ON p.campaign_id = w.campaign_id AND p.customer_id = w.customer_id"
        " WHERE w.n > COALESCE(p.n, 0)",
    ),
    Invariant(
        "E3",
        "A behavior that gives points gave them each time that it was achieved.",
        f"SELECT m.id, p.customer_id, p.achieved, l.n FROM reward_method m JOIN (SELECT p.behavior_id, {_OWNER} customer_id,"
        " SUM(p.achieved) achieved FROM behavior_progress p JOIN customer m ON m.id = p.customer_id"
        f" GROUP BY p.behavior_id, {_OWNER}) p ON p.behavior_id = m.behavior_id LEFT JOIN (SELECT p.method_id, {_OWNER} customer_id,"
        " COUNT(*) n FROM ledger_entry p JOIN customer m ON m.id = p.customer_id"
        f" WHERE p.kind = 'rewarded' GROUP BY p.method_id, {_OWNER}) l ON l.method_id = m.id AND l.customer_id = p.customer_id"
        " WHERE m.key IS NULL AND m.goal_id IS NULL"
        " AND (p.achieved < COALESCE(l.n, 0) OR (p.achieved > COALESCE(l.n, 0) AND m.changed_at IS NULL))",
    ),
    Invariant(
        "E4",
        "Progress is made by events that were recorded, within the behavior's limit.",
        "SELECT p.behavior_id, p.customer_id FROM behavior_progress p JOIN behavior b ON b.id = p.behavior_id"
        f" WHERE (p.achieved > b.times_max AND b.changed_at IS NULL AND NOT {_IS_MERGED.replace('u.', 'p.')}) OR NOT EXISTS (SELECT 1 FROM event_receipt r"
        " JOIN customer m ON m.id = r.customer_id WHERE p.customer_id IN (m.id, m.merged_into_id))",
    ),
    Invariant(
        "H2",
        "The count of what is always on show is the number of those campaigns.",
        "SELECT * FROM (SELECT chain_id, audience_id, targeting_id, campaigns_count n, running_count r FROM always_on_show"
        " WHERE campaigns_count <> 0 OR running_count <> 0) k FULL JOIN (SELECT * FROM"
        " (SELECT chain_id c, audience_id a, COALESCE(targeting_id, 0) t, SUM(CASE WHEN reward IS NOT NULL THEN 1 ELSE 0 END) m,"
        " SUM(CASE WHEN active_from = '0001-01-01 00:00:00.000000' AND active_to = '9999-12-31 00:00:00.000000' THEN 1 ELSE 0 END) s"
        " FROM campaign WHERE lifecycle = 'live'"
        " AND visible_from = '0001-01-01 00:00:00.000000' AND visible_to = '9999-12-31 00:00:00.000000'"
        " GROUP BY chain_id, audience_id, COALESCE(targeting_id, 0)) g WHERE m <> 0 OR s <> 0) f"
        " ON k.chain_id = f.c AND k.audience_id = f.a AND k.targeting_id = f.t"
        " WHERE k.n IS NULL OR f.m IS NULL OR k.n <> f.m OR k.r <> f.s",
    ),
    Invariant(
        "C1",
        "What grows with customers or codes stands under the chain of its customer or its campaign.",
        _OF_ANOTHER_CHAIN,
    ),
    Invariant(
        "I10",
        "Every stored answer is whole, and an answered award exists.",
        "SELECT a.key_sha256 FROM stored_answer a LEFT JOIN award p ON p.id = a.effect"
        " WHERE a.status IS NULL OR (a.effect IS NOT NULL AND p.id IS NULL)",
    ),
    Invariant(
        "H1",
        "The headcounts of chains, levels and segments are the numbers of their customers.",
        "SELECT COALESCE(h.level_id, c.level_id), h.customers_count, c.n FROM"
        " (SELECT chain_id, level_id, segment_id, customers_count FROM headcount WHERE customers_count <> 0) h FULL JOIN"
        " (SELECT chain_id, COALESCE(level_id, 0) level_id, 0 segment_id, COUNT(*) n FROM customer GROUP BY chain_id, level_id"
        " UNION ALL SELECT c.chain_id, COALESCE(c.level_id, 0), m.segment_id, COUNT(*) FROM segment_member m"
        " JOIN customer c ON c.id = m.customer_id GROUP BY c.chain_id, c.level_id, m.segment_id) c"
        " ON c.chain_id = h.chain_id AND c.level_id = h.level_id AND c.segment_id = h.segment_id"
        " WHERE h.customers_count IS NULL OR c.n IS NULL OR h.customers_count <> c.n",
    ),
]


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
    lost, held = [], "SELECT sha256, bytes_count"
    for sha256, bytes_count in session.execute(text(f"{held} FROM photo UNION {held} FROM shown_picture")).all():
        content = blobs.get(sha256)
        if content is None or len(content) != bytes_count:
            lost.append((sha256,))
    if lost:
        yield Breach(invariant, lost[:FOUND_MAX])
