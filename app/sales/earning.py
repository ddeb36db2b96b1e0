"""Write what the rules give into the ledger: for a sale, for an event, and back again for a return."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from app import calendar
from app.db.guarded import insert_into
from app.db.prepared import dialect_of
from app.members import customers
from app.members.models import Customer
from app.organizations.models import Chain
from app.points import ledger
from app.points.errors import TooManyPoints
from app.sales import rules
from app.sales.errors import EventUnknown, LimitExceeded, MayNotEarn
from app.sales.models import EarningRule, EarningUsage, Sale, SaleItem
from app.sales.rules import Bought, Earned, Earner, Item, Rule

EARN = ("active",)  # the statuses that may earn
# Events that happen here by themselves; a custom event is told by somebody.
REGISTERED, FIRST_PURCHASE = "registered", "first_purchase"


def for_sale(session: Session, sale: Sale, now: datetime) -> None:
    """Give a sale's customer what it earns, and keep what each rule gave, or why it did not."""
    assert sale.customer_id is not None, "somebody bought it"
    customer = session.get_one(Customer, sale.customer_id)
    chain = session.get_one(Chain, sale.chain_id)
    found = _rules(session, sale.chain_id, list(rules.SALE_KINDS), sale.bought_at)
    earned = rules.for_sale([_rule(it) for it in found], bought(sale, chain), earner(session, customer))
    given = earned.given
    if earned.points and not _can_hold(session, customer, earned.points, now, sale):
        given = [it._replace(points=0, reason=it.reason or "too_many_points") for it in given]
    else:
        sale.earned = earned.points
        for item, share in zip(sale.items, earned.of_item, strict=False):
            item.earned = share
    names = {it.id: it for it in found}
    sale.explanation = [_explained(names[it.rule_id], it.points, it.reason) for it in given]


def _can_hold(session: Session, customer: Customer, points: int, now: datetime, sale: Sale) -> bool:
    """Give a sale's points; an account that is full takes none, and the sale is recorded all the same."""
    try:
        ledger.earn(session, customer.id, points, now, f"Sale {sale.number}", sale_id=sale.id)
    except TooManyPoints:
        return False
    return True


def explain(sale: Sale, rule: EarningRule, points: int, reason: str | None = None) -> None:
    """Note what one more rule gave for a sale, or the code of the reason why it gave nothing."""
    sale.explanation = [*(sale.explanation or []), _explained(rule, points, reason)]


def _explained(rule: EarningRule, points: int, reason: str | None = None) -> dict[str, object]:
    return {"rule": str(rule.uuid), "name": rule.name, "points": points, "reason": reason}


def for_first_purchase(session: Session, sale: Sale, now: datetime) -> None:
    """Give what the chain's rules have for somebody's first purchase: it belongs to the sale, and is taken back with it."""
    customer = session.get_one(Customer, sale.customer_id)
    who = earner(session, customer)
    for rule in _rules(session, sale.chain_id, ["event"], now, FIRST_PURCHASE):
        if rules.refusal(_rule(rule), who, now, None) is None:
            points = _earn(session, customer, rule, now, sale.id)
            sale.earned += points
            explain(sale, rule, points)


def bought(sale: Sale, chain: Chain) -> Bought:
    """A sale as the rules see it; one without items is a single item without a name."""
    delivery = set(chain.delivery_skus)
    items = [
        Item(it.sku, it.quantity, it.amount, [(key, value) for key, value in it.labels], it.sku in delivery)
        for it in sale.items
    ]
    shop = str(sale.shop.uuid) if sale.shop else None
    return Bought(sale.amount, items or [Item("", 1, sale.amount)], sale.bought_at, shop)


def earner(session: Session, customer: Customer) -> Earner:
    level = str(customer.level.uuid) if customer.level else None
    segments = frozenset(str(uuid) for uuid in customers.segments_of(session, customer.id))
    return Earner(level, segments, customer.status in EARN)


def take_back(session: Session, sale: Sale, returned: Sale, now: datetime) -> None:
    """Take back what a sale earned, as far as it is returned by now."""
    assert sale.customer_id is not None, "it earned"
    wanted = _to_take_back(session, sale) - sale.taken_back
    if wanted > 0:
        comment = f"Return {returned.number}"
        sale.taken_back += ledger.take_back(
            session, sale.customer_id, sale.id, returned.id, wanted, sale.taken_back, now, comment
        )


def delivery_of(session: Session, sale: Sale) -> int:
    """What of a sale is the cost of delivery, in hundredths."""
    skus = set(session.get_one(Chain, sale.chain_id).delivery_skus)
    return sum(it.amount for it in sale.items if it.sku in skus)


def given_back(session: Session, sale: Sale) -> dict[str, tuple[int, int]]:
    """How many pieces of each product all returns of a sale gave back, and their money."""
    rows = session.execute(
        select(SaleItem.sku, func.sum(SaleItem.quantity), func.sum(SaleItem.amount))
        .join(Sale, Sale.id == SaleItem.sale_id)
        .where(Sale.returns_id == sale.id)
        .group_by(SaleItem.sku)
    )
    return {sku: (int(pieces), int(amount)) for sku, pieces, amount in rows}


def _to_take_back(session: Session, sale: Sale) -> int:
    """What a sale earned for what is given back by now: of a product what its items earned, of all else by money; of everything, all."""
    if sale.returned >= sale.amount > 0:
        return sale.earned
    back, of_items = given_back(session, sale), 0
    for sku, (pieces, amount) in back.items():
        mine = [it for it in sale.items if it.sku == sku]
        earned, cost = sum(it.earned for it in mine), sum(it.amount for it in mine)
        if cost:
            of_items += rules.take_back(earned, cost, amount)
        elif mine:
            of_items += rules.take_back(earned, sum(it.quantity for it in mine), pieces)
    rest = sale.earned - sum(it.earned for it in sale.items)
    return of_items + (rules.take_back(rest, sale.amount, sale.returned) if sale.amount else 0)


def for_event(session: Session, customer: Customer, event: str, now: datetime) -> int:
    """Give a customer what the chain's rules have for something that happened here; how many points that was."""
    who = earner(session, customer)
    return sum(
        _earn(session, customer, rule, now)
        for rule in _rules(session, customer.chain_id, ["event"], now, event)
        if rules.refusal(_rule(rule), who, now, None) is None
    )


def for_referral(
    session: Session, referring: Sequence[Customer], referred: Customer, happened: Sequence[str], now: datetime
) -> None:
    """Give what the chain's rules have for something that a customer did who was referred by others: to these, to the one, or to all.

    It stays theirs, whatever is returned later.
    """
    found = [it for event in happened for it in _rules(session, referred.chain_id, ["referral"], now, event)]
    if not found:
        return
    for customer, whom in (*((it, "referrer") for it in referring), (referred, "referred")):
        who = earner(session, customer)
        for rule in found:
            if rule.terms["rewards"] in (whom, "both") and rules.refusal(_rule(rule), who, now, None) is None:
                _earn(session, customer, rule, now)


def for_custom_event(session: Session, customer: Customer, event: str, now: datetime) -> int:
    """Give a customer what the chain's rules have for an event that somebody tells; how many points that was.

    Raises EventUnknown when no rule is for it, MayNotEarn, or LimitExceeded when each that is has given as often as it may.
    """
    found = _rules(session, customer.chain_id, ["custom_event"], now, event)
    who = earner(session, customer)
    if not who.may_earn:
        raise MayNotEarn
    open_to = [it for it in found if rules.refusal(_rule(it), who, now, None) is None]
    if not open_to:
        raise EventUnknown
    ledger.lock_accounts(session, [customer.id])
    given = [_earn(session, customer, rule, now) for rule in open_to if _count(session, rule, customer, now)]
    if not given:
        raise LimitExceeded
    return sum(given)


def _earn(session: Session, customer: Customer, rule: EarningRule, now: datetime, sale_id: int | None = None) -> int:
    """How many points a rule gave; none to an account that is full."""
    points = int(rule.terms["points"])
    try:
        ledger.earn(session, customer.id, points, now, rule.name, sale_id=sale_id, rule_id=rule.id)
    except TooManyPoints:
        return 0
    return points


def _count(session: Session, rule: EarningRule, customer: Customer, now: datetime) -> bool:
    """Count that a rule gives once more in its period. False: it may not."""
    limit, unit = rule.terms.get("limit"), rule.terms.get("limit_unit")
    if limit is None:
        return True
    zone = ZoneInfo(session.get_one(Chain, rule.chain_id).time_zone)
    begins = calendar.start(unit, now, zone)
    first = insert_into(dialect_of(session), EarningUsage).values(
        chain_id=rule.chain_id, rule_id=rule.id, customer_id=customer.id, period_from=begins, in_period=1
    )
    is_new = EarningUsage.period_from < begins
    counted = first.on_conflict_do_update(
        index_elements=["rule_id", "customer_id"],
        set_={
            "in_period": case((is_new, 1), else_=EarningUsage.in_period + 1),
            "period_from": case((is_new, begins), else_=EarningUsage.period_from),
        },
        where=or_(is_new, EarningUsage.in_period < limit),
    ).returning(EarningUsage.in_period)
    return limit > 0 and session.execute(counted).first() is not None


def _rules(
    session: Session, chain_id: int, kinds: Sequence[str], at: datetime, event: str | None = None
) -> Sequence[EarningRule]:
    """The active rules of some kinds that had not ended by then, the oldest first."""
    query = select(EarningRule).where(
        EarningRule.chain_id == chain_id,
        EarningRule.active.is_(True),
        EarningRule.kind.in_(kinds),
        EarningRule.ends_at > at,
    )
    found: Iterable[EarningRule] = session.scalars(query.order_by(EarningRule.id))
    return [it for it in found if event is None or it.terms.get("event") == event]


def _rule(it: EarningRule) -> Rule:
    return Rule(
        it.id,
        it.kind,
        it.starts_at,
        it.ends_at,
        frozenset(it.levels),
        frozenset(it.segments),
        frozenset(it.shops),
        # Looked up for each item.
        {name: frozenset(value) if name in ("skus", "excluded_skus") else value for name, value in it.terms.items()},
    )


def instant_rewards(session: Session, sale: Sale, customer: Customer) -> list[tuple[EarningRule, UUID]]:
    """The rules that give a reward at once for a sale, and the campaign of each."""
    found = _rules(session, sale.chain_id, ["instant_reward"], sale.bought_at)
    who, shop = earner(session, customer), str(sale.shop.uuid) if sale.shop else None
    return [
        (it, UUID(it.terms["campaign"]))
        for it in found
        if rules.refusal(_rule(it), who, sale.bought_at, shop) is None and sale.amount >= it.terms.get("min_order", 0)
    ]


def simulate(session: Session, sale: Sale, customer: Customer | None) -> Earned:
    """What a sale would earn, which nobody records; by nobody, as by an active customer without a level."""
    chain = session.get_one(Chain, sale.chain_id)
    who = earner(session, customer) if customer else Earner(None, frozenset())
    found = [_rule(it) for it in _rules(session, sale.chain_id, list(rules.SALE_KINDS), sale.bought_at)]
    return rules.for_sale(found, bought(sale, chain), replace(who, may_earn=True))
