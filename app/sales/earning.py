"""Write what the rules give into the ledger: for a sale, for an event, and back again for a return."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from app import calendar
from app.amounts import BALANCE_MAX
from app.db.guarded import insert_into
from app.db.prepared import dialect_of
from app.members.models import Customer
from app.organizations import chains
from app.organizations.chains import ChainTerms
from app.points import ledger
from app.points.errors import TooManyPoints
from app.sales import facts, levels, rules
from app.sales.errors import EventUnknown, LimitExceeded, MayNotEarn
from app.sales.facts import RuleFacts
from app.sales.models import EarningUsage, Sale, SaleItem
from app.sales.rules import Bought, Earner, Item

# Events that happen here by themselves; a custom event is told by somebody.
REGISTERED, FIRST_PURCHASE = "registered", "first_purchase"


@dataclass(frozen=True)
class Earnings:
    """What a sale earns: points by the rules of sales, each item's share of them, and what rules have for a first purchase."""

    points: int
    of_item: Sequence[int]
    first: Sequence[tuple[RuleFacts, int]]
    explanation: list[dict[str, object]]

    @property
    def total(self) -> int:
        return self.points + sum(points for _, points in self.first)


class _Line(Protocol):
    """An item of a sale, stored or only reported."""

    @property
    def sku(self) -> Any: ...
    @property
    def quantity(self) -> Any: ...
    @property
    def amount(self) -> Any: ...
    @property
    def labels(self) -> Any: ...


def bought(
    chain: ChainTerms, amount: int, items: Sequence[_Line], bought_at: datetime, shop: UUID | None = None
) -> Bought:
    """A sale as the rules see it; one without items is a single item without a name."""
    delivery = set(chain.delivery_skus)
    seen = [Item(it.sku, it.quantity, it.amount, [(k, v) for k, v in it.labels], it.sku in delivery) for it in items]
    return Bought(amount, seen or [Item("", 1, amount)], bought_at, str(shop) if shop else None)


def of_sale(
    found: Sequence[RuleFacts], sale: Bought, who: Earner, room: int, is_first: bool, now: datetime
) -> Earnings:
    """What a sale earns by these rules, and why by some nothing; `room` is what the account can still take. Nothing is written."""
    by_id = {it.id: it for it in found}
    earned = rules.for_sale([it.pure() for it in facts.of_kinds(found, rules.SALE_KINDS, sale.bought_at)], sale, who)
    points, of_item, given = earned.points, earned.of_item, earned.given
    if points > room:  # an account that is full takes none, and the sale is recorded all the same
        points, of_item = 0, [0] * len(of_item)
        given = [it._replace(points=0, reason=it.reason or "too_many_points") for it in given]
    explanation = [_explained(by_id[it.rule_id], it.points, it.reason) for it in given]
    first, room = [], room - points
    for rule in facts.of_kinds(found, ["event"], now, FIRST_PURCHASE) if is_first else []:
        if rules.refusal(rule.pure(), who, now, None) is not None:
            continue
        more = int(rule.terms["points"])
        if more <= room:
            first.append((rule, more))
            room -= more
            explanation.append(_explained(rule, more))
        else:
            explanation.append(_explained(rule, 0, "too_many_points"))
    return Earnings(points, of_item, first, explanation)


def give_first(session: Session, customer_id: int, earned: Earnings, sale_id: int, now: datetime) -> None:
    """Give what rules have for a first purchase: it belongs to the sale, and is taken back with it."""
    for rule, points in earned.first:
        ledger.earn(session, customer_id, points, now, rule.name, sale_id=sale_id, rule_id=rule.id)


def explain(sale: Sale, rule: RuleFacts, points: int, reason: str | None = None) -> None:
    """Note what one more rule gave for a sale, or the code of the reason why it gave nothing."""
    sale.explanation = [*(sale.explanation or []), _explained(rule, points, reason)]


def _explained(rule: RuleFacts, points: int, reason: str | None = None) -> dict[str, object]:
    return {"rule": str(rule.uuid), "name": rule.name, "points": points, "reason": reason}


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
    return delivery_in(chains.terms(session, sale.chain_id), sale.items)


def delivery_in(chain: ChainTerms, items: Sequence[_Line]) -> int:
    """What of these items is the cost of delivery, in hundredths."""
    return sum(it.amount for it in items if it.sku in chain.delivery_skus)


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
    session.flush()
    found = facts.of_kinds(facts.rules_of(session, customer.chain_id, now), ["event"], now, event)
    return sum(_earn(session, customer, rule, now) for rule in _open_to(session, customer, found, now))


def for_referral(
    session: Session, referring: Sequence[Customer], referred: Customer, happened: Sequence[str], now: datetime
) -> None:
    """Give what the chain's rules have for something that a customer did who was referred by others: to these, to the one, or to all.

    It stays theirs, whatever is returned later.
    """
    session.flush()
    known = facts.rules_of(session, referred.chain_id, now)
    found = [it for event in happened for it in facts.of_kinds(known, ["referral"], now, event)]
    for customer, whom in (*((it, "referrer") for it in referring), (referred, "referred")):
        theirs = [it for it in found if it.terms["rewards"] in (whom, "both")]
        for rule in _open_to(session, customer, theirs, now):
            _earn(session, customer, rule, now)


def for_custom_event(session: Session, customer: Customer, event: str, now: datetime) -> int:
    """Give a customer what the chain's rules have for an event that somebody tells; how many points that was.

    Raises EventUnknown when no rule is for it, MayNotEarn, or LimitExceeded when each that is has given as often as it may.
    """
    return _for_report(session, customer, "custom_event", lambda it: it.terms["event"] == event, now)


def for_code(session: Session, customer: Customer, code: str, rule: UUID | None, now: datetime) -> int:
    """The same for a code that the customer has read, such as a QR code: by one rule, or by all that know it."""
    return _for_report(session, customer, "qr_code", lambda it: it.terms["code"] == code, now, rule)


def for_place(
    session: Session, customer: Customer, latitude: float, longitude: float, rule: UUID | None, now: datetime
) -> int:
    """The same for the place where the customer is, in degrees: by one rule, or by all whose place is near."""
    return _for_report(
        session, customer, "geolocation", lambda it: rules.is_within(it.terms, latitude, longitude), now, rule
    )


def _for_report(
    session: Session,
    customer: Customer,
    kind: str,
    is_for: Callable[[RuleFacts], bool],
    now: datetime,
    only: UUID | None = None,
) -> int:
    session.flush()
    known = facts.of_kinds(facts.rules_of(session, customer.chain_id, now), [kind], now)
    found = [it for it in known if is_for(it) and only in (None, it.uuid)]
    if not facts.buyer(session, customer.id).may_earn:
        raise MayNotEarn
    open_to = _open_to(session, customer, found, now)
    if not open_to:
        raise EventUnknown
    ledger.lock_accounts(session, [customer.id])
    given = [_earn(session, customer, rule, now) for rule in open_to if _count(session, rule, customer, now)]
    if not given:
        raise LimitExceeded
    levels.follow_points(session, [customer.id], now)
    return sum(given)


def _open_to(session: Session, customer: Customer, found: Sequence[RuleFacts], now: datetime) -> Sequence[RuleFacts]:
    """Those of some rules that are for this customer now."""
    if not found:
        return []
    who = facts.earner(session, facts.buyer(session, customer.id), found)
    return [it for it in found if rules.refusal(it.pure(), who, now, None) is None]


def _earn(session: Session, customer: Customer, rule: RuleFacts, now: datetime) -> int:
    """How many points a rule gave; none to an account that is full."""
    points = int(rule.terms["points"])
    try:
        ledger.earn(session, customer.id, points, now, rule.name, rule_id=rule.id)
    except TooManyPoints:
        return 0
    return points


def _count(session: Session, rule: RuleFacts, customer: Customer, now: datetime) -> bool:
    """Count that a rule gives once more in its period. False: it may not."""
    limit, unit = rule.terms.get("limit"), rule.terms.get("limit_unit")
    if limit is None:
        return True
    begins = calendar.start(unit, now, ZoneInfo(chains.terms(session, customer.chain_id).time_zone))
    first = insert_into(dialect_of(session), EarningUsage).values(
        chain_id=customer.chain_id, rule_id=rule.id, customer_id=customer.id, period_from=begins, in_period=1
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


def instant_rewards(
    session: Session, found: Sequence[RuleFacts], customer_id: int, sale: Bought
) -> list[tuple[RuleFacts, UUID]]:
    """Those of some rules that give a reward at once for a sale, and the campaign of each; the customer as of now."""
    instant = facts.of_kinds(found, ["instant_reward"], sale.bought_at)
    if not instant:
        return []
    who = facts.earner(session, facts.buyer(session, customer_id), instant)
    return [
        (it, UUID(it.terms["campaign"]))
        for it in instant
        if rules.refusal(it.pure(), who, sale.bought_at, sale.shop) is None
        and sale.amount >= it.terms.get("min_order", 0)
    ]


def simulate(
    session: Session, found: Sequence[RuleFacts], sale: Bought, customer_id: int | None, now: datetime
) -> Earnings:
    """What a sale would earn by these rules, which nobody records; by nobody, as by a customer who may earn and has no level."""
    who, is_first = Earner(None, frozenset()), False
    if customer_id is not None:
        buyer = facts.buyer(session, customer_id)
        who, is_first = facts.earner(session, buyer, found), bool(sale.amount) and not buyer.purchases_count
    return of_sale(found, sale, replace(who, may_earn=True), BALANCE_MAX, is_first, now)
