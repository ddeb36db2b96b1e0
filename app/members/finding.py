"""Find customers while somebody types: by how a name, an address, a phone or a card begins. As quick among millions as among ten."""

from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.db.prepared import is_postgresql
from app.members.models import Customer, Profile
from app.organizations.scope import Chains, within
from app.text import folded, written

SIZE_MAX = 50
_LAST = "\U0010ffff"  # sorts behind whatever may follow


def find(session: Session, chains: Chains, text: str, size: int = 20) -> list[Customer]:
    """The customers of these chains whose card, phone, e-mail address or name begins so; the newest ones for no text at all.

    Whoever is named by a whole card, phone or address comes first. Two words are a first and a last name, in either order.
    """
    if not written(text):
        newest = select(Customer).where(within(chains, Customer.chain_id)).order_by(Customer.id.desc()).limit(size)
        return list(session.scalars(newest))
    begins = _begins_on_postgresql if is_postgresql(session) else _begins
    found: dict[int, None] = {}
    for condition, order in _ways(text, begins):
        query = (
            select(Profile.customer_id)
            .join(Customer, Customer.id == Profile.customer_id)
            .where(condition, within(chains, Customer.chain_id), Customer.status != "deleted")
            .order_by(*order)
            .limit(size)
        )
        found |= dict.fromkeys(session.scalars(query))
        if len(found) >= size:
            break
    ids = list(found)[:size]
    by_id = {it.id: it for it in session.scalars(select(Customer).where(Customer.id.in_(ids)))}
    return [by_id[id] for id in ids]


def _ways(text: str, begins: Any) -> list[tuple[ColumnElement[bool], tuple[Any, ...]]]:
    """Each a condition that one index answers, and the order of that index."""
    identifier, words = written(text), folded(written(text)).split()
    first, last = Profile.first_name_folded, Profile.last_name_folded
    whole = or_(
        Profile.loyalty_card_number == identifier, Profile.phone == identifier, Profile.email == identifier.lower()
    )
    ways: list[tuple[ColumnElement[bool], tuple[Any, ...]]] = [(whole, ())]
    if len(words) == 1:
        ways += [(begins(column, words[0]), (column,)) for column in (last, first)]
    else:
        rest = " ".join(words[1:])
        ways += [
            (and_(begins(last, words[0]), begins(first, rest)), (last, first)),
            (and_(begins(first, words[0]), begins(last, rest)), (first, last)),
            (begins(last, " ".join(words)), (last,)),
            (begins(first, " ".join(words)), (first,)),
        ]
    for column, value in (
        (Profile.loyalty_card_number, identifier),
        (Profile.phone, identifier),
        (Profile.email, identifier.lower()),
    ):
        ways.append((begins(column, value), (column,)))
    return ways


def _begins(column: InstrumentedAttribute[Any], text: str) -> ColumnElement[bool]:
    return and_(column >= text, column < text + _LAST)


def _begins_on_postgresql(column: InstrumentedAttribute[Any], text: str) -> ColumnElement[bool]:
    """By code points, whatever the database's language sorts by: what indexes with `text_pattern_ops` answer."""
    return and_(column.op("~>=~", is_comparison=True)(text), column.op("~<~", is_comparison=True)(text + _LAST))
