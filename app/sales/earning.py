"""Write what the rules give into the ledger: for a sale, for an event, and back again for a return."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import case, or_, select
from sqlalchemy.orm import Session

from app import calendar
from app.db.guarded import insert_into
from app.db.prepared import dialect_of
from app.members import customers
from app.members.models import Customer
from app.organizations.models import Chain
from app.points import ledger
from app.sales import rules
from app.sales.errors import EventUnknown, LimitExceeded, MayNotEarn
from app.sales.models import EarningRule, EarningUsage, Sale
from app.sales.rules import Bought, Earner, Given, Item, Rule

EARN = ("active",)  # the statuses that may earn
# Events that happen here by themselves; a custom event is told by somebody.
REGISTERED, FIRST_PURCHASE = "registered", "first_purchase"
EVENTS = (REGISTERED, FIRST_PURCHASE)


def for_sale(session: Session, sale: Sale, now: datetime) -> None:
    """Give a sale's customer what it earns, and keep what each rule gave, or why it did not."""
    assert sale.customer_id is not None, "somebody bought it"
    customer = session.get_one(Customer, sale.customer_id)
    chain = session.get_one(Chain, sale.chain_id)
    found = _rules(session, sale.chain_id, list(rules.SALE_KINDS), sale.bought_at)
    given = rules.for_sale([_rule(it) for it in found], bought(sale, chain), earner(session, customer))
    names = {it.id: it for it in found}
    sale.explanation = [
        {"rule": str(names[it.rule_id].uuid), "name": names[it.rule_id].name, "points": it.points, "reason": it.reason}
        for it in given
    ]
    sale.earned = max(0, sum(it.points for it in given))
    if sale.earned:
        ledger.earn(session, customer.id, sale.earned, now, f"Sale {sale.number}", sale_id=sale.id)


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
    wanted = rules.take_back(sale.earned, sale.amount, sale.returned) - sale.taken_back
    if wanted > 0:
        comment = f"Return {returned.number}"
        sale.taken_back += ledger.take_back(
            session, sale.customer_id, sale.id, returned.id, wanted, sale.taken_back, now, comment
        )


def for_event(session: Session, customer: Customer, event: str, now: datetime) -> int:
    """Give a customer what the chain's rules have for something that happened here; how many points that was."""
    return sum(
        _earn(session, customer, rule, now)
        for rule in _rules(session, customer.chain_id, ["event"], now, event)
        if rules.refusal(_rule(rule), earner(session, customer), now, None) is None
    )


def for_referral(
    session: Session, referring: Customer, referred: Customer, happened: Sequence[str], now: datetime
) -> None:
    """Give what the chain's rules have for something that a customer did who was referred by another: to either, or to both."""
    for event in happened:
        for rule in _rules(session, referred.chain_id, ["referral"], now, event):
            for customer, whom in ((referring, "referrer"), (referred, "referred")):
                is_for = rule.terms["rewards"] in (whom, "both")
                if is_for and rules.refusal(_rule(rule), earner(session, customer), now, None) is None:
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


def _earn(session: Session, customer: Customer, rule: EarningRule, now: datetime) -> int:
    points = int(rule.terms["points"])
    ledger.earn(session, customer.id, points, now, rule.name, rule_id=rule.id)
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
        it.terms,
    )


def instant_rewards(session: Session, sale: Sale, customer: Customer) -> list[UUID]:
    """The campaigns of which rules give a reward for a sale."""
    found = _rules(session, sale.chain_id, ["instant_reward"], sale.bought_at)
    who, shop = earner(session, customer), str(sale.shop.uuid) if sale.shop else None
    return [
        UUID(it.terms["campaign"])
        for it in found
        if rules.refusal(_rule(it), who, sale.bought_at, shop) is None and sale.amount >= it.terms.get("min_order", 0)
    ]


def simulate(session: Session, sale: Sale, customer: Customer | None) -> list[Given]:
    """What a sale would earn, which nobody records; by nobody, as by an active customer without a level."""
    chain = session.get_one(Chain, sale.chain_id)
    who = earner(session, customer) if customer else Earner(None, frozenset())
    found = [_rule(it) for it in _rules(session, sale.chain_id, list(rules.SALE_KINDS), sale.bought_at)]
    return rules.for_sale(found, bought(sale, chain), replace(who, may_earn=True))
