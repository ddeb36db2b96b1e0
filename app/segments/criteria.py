"""Whom each type of criterion means: a query for the ids of a chain's customers. Source: contract section 3.4.

Amounts in hundredths, days as ISO texts of the chain's calendar. Returns are no purchases; what was returned is taken off the amounts.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    JSON,
    ColumnElement,
    String,
    and_,
    between,
    bindparam,
    cast,
    exists,
    extract,
    func,
    literal,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.orm import Session, aliased

from app.db.types import UtcDateTime
from app.members.errors import BadSegment
from app.members.models import Customer, CustomerAttribute, CustomerTag, Level, Profile, Spending
from app.organizations.models import PointOfSale
from app.points.models import Account
from app.sales.models import Sale, SaleItem

DAYS_MAX = 3_660
BOUND = 10**14  # no sum is larger, see `app.amounts`


@dataclass(frozen=True)
class Criterion:
    """Of one of TYPES, with what it asks for: `{"customers": [UUID, phone, card or e-mail, …]}`. `id` is that of one that is there."""

    type: str
    terms: dict[str, Any]
    id: UUID | None = None


class Asked(NamedTuple):
    """In whose SQL, of which chain and when a criterion is asked; `today` is the zone's."""

    on_postgresql: bool
    chain_id: int
    zone: ZoneInfo
    today: date
    now: ColumnElement[datetime]

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone)


Condition = ColumnElement[bool]
Terms = Mapping[str, Any]


def _bought(*conditions: Condition) -> Condition:
    """A purchase of the customer, which is no return, for which these hold."""
    return exists().where(Sale.customer_id == Customer.id, Sale.returns_id.is_(None), *conditions)


def _bought_item(condition: Condition) -> Condition:
    return exists().where(
        Sale.customer_id == Customer.id, Sale.returns_id.is_(None), SaleItem.sale_id == Sale.id, condition
    )


def _in_shop(uuids: Sequence[str]) -> Condition:
    shops = select(PointOfSale.id).where(PointOfSale.uuid.in_([UUID(it) for it in uuids]))
    return Sale.shop_id.in_(shops)


def _bounds(terms: Terms, low: str, high: str) -> tuple[int, int]:
    """An end that is not said is open."""
    return terms.get(low, -BOUND), terms.get(high, BOUND)


def _spending(column: Any) -> ColumnElement[int]:
    found = select(column).where(Spending.customer_id == Customer.id).correlate(Customer).scalar_subquery()
    return func.coalesce(found, 0)


def _bought_in_pos(asked: Asked, terms: Terms) -> Condition:
    return _bought(_in_shop(terms["posIds"]))


def _transaction_count(asked: Asked, terms: Terms) -> Condition:
    return between(_spending(Spending.transactions_count), *_bounds(terms, "min", "max"))


def _transaction_amount(asked: Asked, terms: Terms) -> Condition:
    return between(_spending(Spending.amount), *_bounds(terms, "fromAmount", "toAmount"))


def _average_transaction_amount(asked: Asked, terms: Terms) -> Condition:
    count, amount = Spending.transactions_count, Spending.amount
    least, most = _bounds(terms, "fromAmount", "toAmount")
    return exists().where(
        Spending.customer_id == Customer.id,
        count > 0,
        amount >= least * count if least > -BOUND else true(),
        amount <= most * count if most < BOUND else true(),
    )


def _transaction_percent_in_pos(asked: Asked, terms: Terms) -> Condition:
    of_customer = select(func.count()).where(Sale.customer_id == Customer.id, Sale.returns_id.is_(None))
    all_sales = of_customer.correlate(Customer).scalar_subquery()
    there = of_customer.where(_in_shop([terms["posId"]])).correlate(Customer).scalar_subquery()
    return and_(_bought(), there * 10_000 >= all_sales * terms["percent"])


def _purchase_period(asked: Asked, terms: Terms) -> Condition:
    since, until = date.fromisoformat(terms["fromDate"]), date.fromisoformat(terms["toDate"])
    ends = asked.midnight(until + timedelta(days=1))
    return _bought(Sale.bought_at >= asked.midnight(since), Sale.bought_at < ends)


def _last_purchase_n_days_before(asked: Asked, terms: Terms) -> Condition:
    """As the original reads it: a purchase in the last so many days."""
    since = asked.midnight(asked.today - timedelta(days=terms["days"]))
    return _bought(Sale.bought_at >= since, Sale.bought_at <= asked.now)


def _bought_skus(asked: Asked, terms: Terms) -> Condition:
    return _bought_item(SaleItem.sku.in_(terms["skuIds"]))


def _bought_makers(asked: Asked, terms: Terms) -> Condition:
    return _bought_item(SaleItem.maker.in_(terms["makers"]))


def _bought_labels(asked: Asked, terms: Terms) -> Condition:
    return _bought_item(or_(*(_has_label(asked, it["key"], it.get("value")) for it in terms["labels"])))


def _has_label(asked: Asked, key: str, value: str | None) -> Condition:
    """A pair of an item's labels: a list of lists in JSON."""
    return _pair_is(asked, SaleItem.labels, key, value or None)


def _pair_is(asked: Asked, column: Any, key: str, value: str | None) -> Condition:
    """One of a row's pairs has this key, and this value unless it is None."""
    unnested = func.json_array_elements if asked.on_postgresql else func.json_each
    pairs = unnested(column).table_valued("value", name="pair")
    pair = type_coerce(pairs.c.value, JSON)
    found = select(literal(1)).select_from(pairs).where(pair[0].as_string() == key)
    found = found if value is None else found.where(pair[1].as_string() == value)
    return exists(found).correlate(column.class_)


def _customer_has_labels(asked: Asked, terms: Terms) -> Condition:
    """Any of the labels, whatever is written beside its key."""
    return _labelled(asked, [(it["key"], None) for it in terms["labels"]])


def _customer_has_labels_with_values(asked: Asked, terms: Terms) -> Condition:
    """Any of the labels with just this beside its key."""
    return _labelled(asked, [(it["key"], it.get("value") or "") for it in terms["labels"]])


def _labelled(asked: Asked, labels: Sequence[tuple[str, str | None]]) -> Condition:
    holds = or_(*(_pair_is(asked, Profile.labels, key, value) for key, value in labels))
    return exists().where(Profile.customer_id == Customer.id, holds)


def _anniversary(asked: Asked, terms: Terms) -> Condition:
    """The day of the year falls in the next so many days; who was born on 29 February has it on 28 in other years."""
    days = [asked.today + timedelta(days=i) for i in range(min(terms["days"], 366) + 1)]
    wanted = {(it.month, it.day) for it in days}
    wanted |= {(2, 29) for it in days if (it.month, it.day) == (2, 28) and (it + timedelta(days=1)).month == 3}
    if terms["anniversaryType"] == "birthday":
        column: Any = Profile.born_on
        when = exists().where(Profile.customer_id == Customer.id, _on_days(asked, column, wanted))
        return and_(Customer.status == "active", when)
    # A year after, not on the day itself.
    last_year = asked.midnight(asked.today - timedelta(days=364 - min(terms["days"], 363)))
    is_old = Customer.created_at < literal(last_year, UtcDateTime())
    return and_(Customer.status == "active", is_old, _on_days(asked, Customer.created_at, wanted))


def _on_days(asked: Asked, column: Any, wanted: set[tuple[int, int]]) -> Condition:
    if asked.on_postgresql:
        if column is Customer.created_at:
            column = func.timezone(asked.zone.key, column)
        return (extract("month", column) * 100 + extract("day", column)).in_([m * 100 + d for m, d in wanted])
    return func.substr(cast(column, String), 6, 5).in_([f"{m:02}-{d:02}" for m, d in wanted])


def _customer_list(asked: Asked, terms: Terms) -> Condition:
    """By UUID, phone, card or e-mail; names that are nobody's are passed over."""
    names = _texts(asked, terms["customers"])
    small = _texts(asked, [it.lower() for it in terms["customers"]])
    uuids = _texts(asked, [_uuid_text(asked, it) for it in terms["customers"]])
    of_profile = or_(Profile.phone.in_(names), Profile.loyalty_card_number.in_(names), Profile.email.in_(small))
    named = aliased(Customer)  # or somebody whose account was merged into the customer's
    account = func.coalesce(named.merged_into_id, named.id)
    mine = select(account).where(named.chain_id == asked.chain_id)
    by_profile = mine.join(Profile, Profile.customer_id == named.id).where(of_profile)
    return or_(Customer.id.in_(by_profile), Customer.id.in_(mine.where(cast(named.uuid, String).in_(uuids))))


def _uuid_text(asked: Asked, name: str) -> str:
    try:
        return str(UUID(name)) if asked.on_postgresql else UUID(name).hex
    except ValueError:
        return ""


def _texts(asked: Asked, texts: Sequence[str]) -> Any:
    """Any number of texts, as one parameter."""
    sent = bindparam(None, list(texts), type_=JSON())
    if asked.on_postgresql:
        return select(func.json_array_elements_text(sent).column_valued())
    return select(func.json_each(sent).table_valued("value").c.value)


def _level(asked: Asked, terms: Terms) -> Condition:
    return Customer.level_id.in_(select(Level.id).where(Level.uuid.in_([UUID(it) for it in terms["levelIds"]])))


def _tag(asked: Asked, terms: Terms) -> Condition:
    return exists().where(
        CustomerTag.customer_id == Customer.id,
        CustomerTag.name.in_(terms["tags"]),
        or_(CustomerTag.expires_at.is_(None), CustomerTag.expires_at > asked.now),
    )


def _attribute(asked: Asked, terms: Terms) -> Condition:
    """Text, or a number that is written so."""
    is_so = CustomerAttribute.text == terms["value"]
    with suppress(ValueError):
        is_so = or_(is_so, CustomerAttribute.number == float(terms["value"]))
    return exists().where(CustomerAttribute.customer_id == Customer.id, CustomerAttribute.name == terms["name"], is_so)


def _balance(asked: Asked, terms: Terms) -> Condition:
    found = Account.balance.between(*_bounds(terms, "fromPoints", "toPoints"))
    return exists().where(Account.customer_id == Customer.id, found)


class Type(NamedTuple):
    """A type of criterion: its condition on a customer, the names of its terms, and whether sales or time change who meets it."""

    condition: Callable[[Asked, Terms], Condition]
    terms: tuple[str, ...]
    moves: bool = True


TYPES: Mapping[str, Type] = {
    "bought_in_pos": Type(_bought_in_pos, ("posIds",)),
    "transaction_count": Type(_transaction_count, ("min", "max")),
    "transaction_amount": Type(_transaction_amount, ("fromAmount", "toAmount")),
    "average_transaction_amount": Type(_average_transaction_amount, ("fromAmount", "toAmount")),
    "transaction_percent_in_pos": Type(_transaction_percent_in_pos, ("posId", "percent")),
    "purchase_period": Type(_purchase_period, ("fromDate", "toDate")),
    "last_purchase_n_days_before": Type(_last_purchase_n_days_before, ("days",)),
    "bought_skus": Type(_bought_skus, ("skuIds",)),
    "bought_makers": Type(_bought_makers, ("makers",)),
    "bought_labels": Type(_bought_labels, ("labels",)),
    "anniversary": Type(_anniversary, ("anniversaryType", "days")),
    "customer_has_labels": Type(_customer_has_labels, ("labels",)),
    "customer_has_labels_with_values": Type(_customer_has_labels_with_values, ("labels",)),
    "customer_list": Type(_customer_list, ("customers",), moves=False),
    "level": Type(_level, ("levelIds",)),
    "tag": Type(_tag, ("tags",)),
    "attribute": Type(_attribute, ("name", "value")),
    "balance": Type(_balance, ("fromPoints", "toPoints")),
}
NAMED: Sequence[tuple[type[PointOfSale | Level], str, str]] = (
    (PointOfSale, "shop", "posIds"),
    (PointOfSale, "shop", "posId"),
    (Level, "level", "levelIds"),
)
OPEN_ENDED = (("min", "max"), ("fromAmount", "toAmount"), ("fromPoints", "toPoints"))
ORDERED = (("min", "max"), ("fromAmount", "toAmount"), ("fromDate", "toDate"), ("fromPoints", "toPoints"))


def validate(kind: str, terms: Terms) -> None:
    """Raises BadSegment for what cannot be."""
    if kind not in TYPES:
        raise BadSegment(f"There is no criterion of type {kind}; there are {', '.join(TYPES)}.", field="parts")
    missing = [name for name in TYPES[kind].terms if terms.get(name) in (None, [], "")]
    ends = next((pair for pair in OPEN_ENDED if set(pair) == set(TYPES[kind].terms)), ())
    if missing and kind != "customer_list" and len(missing) > (1 if ends else 0):
        raise BadSegment(f"A criterion {kind} needs {(' or ' if ends else ', ').join(missing)}.", field="parts")
    for low, high in ORDERED:
        if low in terms and high in terms and terms[low] > terms[high]:
            raise BadSegment(f"In a criterion {kind}, {low} is not more than {high}.", field="parts")


def require_known(session: Session, chain_id: int, kind: str, terms: Terms) -> None:
    """Raises BadSegment for a shop or a level that the chain does not have: nobody would ever meet such a criterion."""
    for owner, what, name in NAMED:
        if name not in TYPES[kind].terms:
            continue
        said = {UUID(it) for it in ([terms[name]] if isinstance(terms[name], str) else terms[name])}
        known = set(session.scalars(select(owner.uuid).where(owner.chain_id == chain_id, owner.uuid.in_(said))))
        if unknown := ", ".join(sorted(str(it) for it in said - known)):
            raise BadSegment(f"In a criterion {kind}, there is no {what} {unknown}.", field="parts")
