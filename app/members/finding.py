"""Find customers while somebody types: by how a name, an address, a phone or a card begins. As quick among millions as among ten."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.db.prepared import is_postgresql
from app.members.models import ERASED, Customer, Profile
from app.organizations.scope import Chains, within
from app.text import folded, written

SIZE_MAX = 50
_LAST = "\U0010ffff"  # sorts behind whatever may follow


def find(session: Session, chains: Chains, text: str, size: int = 20) -> list[Customer]:
    """Some customers of these chains whose card, phone, e-mail address or name begins so; the newest ones for no text at all.

    Whoever is named by a whole card, phone or address comes first. Two words are a first and a last name, in either order.
    Where more are called so than are asked for, which of them is the index's to say: nobody sorts a million for who types on.
    """
    if not written(text):
        newest = select(Customer).where(within(chains, Customer.chain_id), Customer.status != ERASED)
        return list(session.scalars(newest.order_by(Customer.id.desc()).limit(size)))
    begins = _begins_on_postgresql if is_postgresql(session) else _begins
    found = {it.id: it for it in session.scalars(_merged(chains, text))}
    for condition in _ways(text, begins):
        query = select(Customer).join(Profile).where(condition, within(chains, Customer.chain_id))
        some = session.scalars(query.where(Customer.status != ERASED).limit(size)).all()
        found |= {it.id: it for it in sorted(some, key=_name) if it.id not in found}
        if len(found) >= size:
            break
    return list(found.values())[:size]


def by_whole(session: Session, chains: Chains, texts: Mapping[str, str]) -> list[Customer]:
    """Who has a whole card, phone or address that is said, or into whose account such a one was merged; whatever else is said, too."""
    said = [
        getattr(Profile, name) == written(texts[name]) for name in ("loyalty_card_number", "phone") if name in texts
    ]
    said += [Profile.email == written(texts["email"]).lower()] if "email" in texts else []
    if not said:
        return []
    named = aliased(Customer)
    query = select(Customer).join(named, Customer.id == func.coalesce(named.merged_into_id, named.id))
    query = query.join(Profile, Profile.customer_id == named.id).where(within(chains, Customer.chain_id), and_(*said))
    return list(session.scalars(query.where(Customer.status != ERASED).order_by(Customer.id)).unique())


def _merged(chains: Chains, text: str) -> Select[Customer]:
    """Into whose account that of this card, phone or address was merged."""
    named = aliased(Customer)
    query = select(Customer).join(named, named.merged_into_id == Customer.id)
    query = query.join(Profile, Profile.customer_id == named.id)
    return query.where(_is_whole(written(text)), within(chains, Customer.chain_id), Customer.status != ERASED)


def _name(it: Customer) -> tuple[str, str, int]:
    return it.profile.last_name_folded, it.profile.first_name_folded, it.id


def _ways(text: str, begins: Any) -> list[ColumnElement[bool]]:
    """Each a condition that one index answers."""
    identifier, words = written(text), folded(written(text)).split()
    first, last = Profile.first_name_folded, Profile.last_name_folded
    names: list[ColumnElement[bool]] = []
    if len(words) == 1:
        names = [begins(column, words[0]) for column in (last, first)]
    elif words:
        rest = " ".join(words[1:])
        names = [
            and_(begins(last, words[0]), begins(first, rest)),
            and_(begins(first, words[0]), begins(last, rest)),
            begins(last, " ".join(words)),
            begins(first, " ".join(words)),
        ]
    identifiers = (
        (Profile.loyalty_card_number, identifier),
        (Profile.phone, identifier),
        (Profile.email, identifier.lower()),
    )
    return [_is_whole(identifier), *names, *(begins(column, value) for column, value in identifiers)]


def _is_whole(identifier: str) -> ColumnElement[bool]:
    return or_(
        Profile.loyalty_card_number == identifier, Profile.phone == identifier, Profile.email == identifier.lower()
    )


def _begins(column: InstrumentedAttribute[Any], text: str) -> ColumnElement[bool]:
    return and_(column >= text, column < text + _LAST)


def _begins_on_postgresql(column: InstrumentedAttribute[Any], text: str) -> ColumnElement[bool]:
    """By code points, whatever the database's language sorts by: what indexes with `text_pattern_ops` answer."""
    return and_(column.op("~>=~", is_comparison=True)(text), column.op("~<~", is_comparison=True)(text + _LAST))
