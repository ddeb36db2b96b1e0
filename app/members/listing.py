"""Lists of customers for the staff: filtered, sorted, paged; and how many registered when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, between, case, func, literal, or_, select
from sqlalchemy.orm import Session

from app.db.types import UtcDateTime
from app.members.models import ERASED, Customer, Level, Profile, SegmentMember, Spending
from app.organizations.scope import Chains, within
from app.paging import Page, Paged
from app.text import folded

NEVER = datetime(1900, 1, 1, tzinfo=UTC)  # before whatever happened
# Of who has bought nothing there is no row.
SORTABLE_BY_SALES = {
    "purchases_count": func.coalesce(Spending.transactions_count, 0),
    "spent": func.coalesce(Spending.amount, 0),
    "spent_without_delivery": func.coalesce(Spending.amount_without_delivery, 0),
    "spent_on_average": func.coalesce(1.0 * Spending.amount / func.nullif(Spending.transactions_count, 0), 0),
    "last_bought_at": func.coalesce(Spending.last_at, literal(NEVER, UtcDateTime())),
}
SORTABLE = {
    "first_name": Profile.first_name_folded,
    "last_name": Profile.last_name_folded,
    "email": Profile.email,
    "phone": Profile.phone,
    "loyalty_card_number": Profile.loyalty_card_number,
    "created_at": Customer.created_at,
    "born_on": Profile.born_on,
    **SORTABLE_BY_SALES,
}
SEARCHED = {"first_name": Profile.first_name_folded, "last_name": Profile.last_name_folded}
LEAST = timedelta(microseconds=1)  # between two moments


@dataclass(frozen=True)
class CustomerFilter:
    """What to look for; texts are found anywhere in the value, or must equal it when `strict`. Amounts in hundredths."""

    texts: Mapping[str, str] = field(default_factory=dict)  # by the names of Profile's columns
    email_or_phone: str | None = None
    strict: bool = False
    address: Mapping[str, str] = field(default_factory=dict)  # by the names within the address
    manual_level: UUID | bool | None = None  # that one; or any, or none
    purchases_count: int | None = None
    spent: int | None = None
    spent_on_average: int | None = None
    bought_since: datetime | None = None
    changed_since: datetime | None = None
    segment_id: int | None = None


def page(session: Session, chains: Chains, wanted: CustomerFilter, paging: Page) -> Paged[Customer]:
    """Customers, the newest first unless sorted otherwise."""

    def holds(name: str, text: str) -> Any:
        if name in SEARCHED:
            column, text = SEARCHED[name], folded(text)
            return column == text if wanted.strict else column.contains(text, autoescape=True)
        column = getattr(Profile, name)
        if wanted.strict:
            return or_(column == text, func.lower(column) == text.lower())
        return column.icontains(text, autoescape=True)

    conditions = [holds(name, text) for name, text in wanted.texts.items()]
    if wanted.email_or_phone:
        conditions.append(holds("email", wanted.email_or_phone) | holds("phone", wanted.email_or_phone))
    conditions += [_in_address(name, text) for name, text in wanted.address.items()]
    if isinstance(wanted.manual_level, bool):
        is_by_hand = Customer.manual_level_id.is_not(None)
        conditions.append(is_by_hand if wanted.manual_level else ~is_by_hand)
    elif wanted.manual_level is not None:
        conditions.append(Customer.manual_level_id.in_(select(Level.id).where(Level.uuid == wanted.manual_level)))
    if wanted.segment_id is not None:
        of_segment = SegmentMember.segment_id == wanted.segment_id
        conditions.append(Customer.id.in_(select(SegmentMember.customer_id).where(of_segment)))
    if wanted.changed_since is not None:
        conditions.append(Customer.updated_at >= wanted.changed_since)
    if bought := _bought(wanted):
        has_bought = select(Spending.customer_id).where(Spending.transactions_count + Spending.amount != 0)
        of_nothing = (wanted.purchases_count, wanted.spent, wanted.spent_on_average, wanted.bought_since)
        is_so = Customer.id.in_(select(Spending.customer_id).where(*bought))
        # Who has bought nothing is printed with zeros.
        conditions.append(is_so if any(of_nothing) else or_(is_so, Customer.id.not_in(has_bought)))
    mine = within(chains, Customer.chain_id), Customer.status != ERASED
    query = select(Customer).join(Profile).where(*mine)
    count = select(func.count()).select_from(Customer).where(*mine)
    if conditions:
        query, count = query.where(*conditions), count.join(Profile).where(*conditions)
    ordered = in_order(query, paging)
    return Paged(list(session.scalars(paging.cut(ordered))), session.scalar(count) or 0)


def in_order(query: Select[Customer], paging: Page) -> Select[Customer]:
    """Customers with their profiles, in the order that a page asks for; else the newest first."""
    if paging.sort in SORTABLE_BY_SALES:
        query = query.outerjoin(Spending, Spending.customer_id == Customer.id)
    return query.order_by(*paging.order(SORTABLE, Customer.id.desc(), tie=Customer.id))


def _in_address(name: str, text: str) -> ColumnElement[bool]:
    """Databases know the capitals of ASCII only, and an address has no folded column: as it is written, or as one writes names."""
    said = Profile.address[name].as_string()
    ways = {text, text.lower(), text.upper(), text.title()}
    return or_(said.icontains(text, autoescape=True), *(said.contains(it, autoescape=True) for it in sorted(ways)))


def _bought(wanted: CustomerFilter) -> list[ColumnElement[bool]]:
    """What is asked of what somebody has bought; who has bought nothing meets none of it."""
    count, found = Spending.transactions_count, []
    if wanted.purchases_count is not None:
        found.append(count == wanted.purchases_count)
    if wanted.spent is not None:
        found.append(Spending.amount == wanted.spent)
    if (average := wanted.spent_on_average) is not None:  # which is printed rounded, half up
        twice = 2 * Spending.amount
        found += [count > 0, twice >= (2 * average - 1) * count, twice < (2 * average + 1) * count]
    if wanted.bought_since is not None:
        found.append(Spending.last_at >= wanted.bought_since)
    return found


def registrations(session: Session, chains: Chains, moments: Sequence[datetime]) -> list[int]:
    """How many customers registered from each of these moments, which are in order, until the next."""
    spans = [
        func.coalesce(func.sum(case((between(Customer.created_at, since, until - LEAST), 1), else_=0)), 0)
        for since, until in pairwise(moments)
    ]
    within_all = Customer.created_at >= moments[0], Customer.created_at < moments[-1]
    return [
        int(it) for it in session.execute(select(*spans).where(within(chains, Customer.chain_id), *within_all)).one()
    ]
