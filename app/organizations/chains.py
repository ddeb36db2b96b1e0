"""Chains, their businesses, and the apps that customers use."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, bindparam, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.db.prepared import Executor, Prepared
from app.db.types import AnyColumn
from app.organizations.details import ChainDetails, checked
from app.organizations.errors import AppNotFound, BadChain, BusinessNotFound, ChainNotFound, DivisionElsewhere
from app.organizations.models import AppHost, Business, Chain
from app.organizations.scope import EVERY_CHAIN, Chains, includes, within, within_or_unowned
from app.refusal import AlreadyTaken

HOSTNAME = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


def details(chain: Chain) -> ChainDetails:
    """What is decided about a chain now."""
    return ChainDetails(**{it.name: getattr(chain, it.name) for it in fields(ChainDetails)})


class ChainTerms(NamedTuple):
    """What a chain decides about sales and points; see ChainDetails."""

    id: int
    time_zone: str
    points_expiry: str
    points_days_active: int | None
    points_days_locked: int
    matches_by: Sequence[str]
    delivery_skus: Sequence[str]
    levels_by: str
    level_days: int | None


_TERMS = Prepared(
    select(*(getattr(Chain, name) for name in ChainTerms._fields)).where(
        Chain.id == bindparam("chain", type_=BigInteger())
    ),
    ChainTerms,
)


def terms(executor: Executor, chain_id: int) -> ChainTerms:
    """Of a chain that is known to be there."""
    [found] = _TERMS.run(executor, {"chain": chain_id})
    return found


def first(session: Session) -> int:
    """The id of the first chain, which everybody belongs to unless another is named. Raises ChainNotFound."""
    found = session.scalar(select(Chain.id).order_by(Chain.id).limit(1))
    if found is None:
        raise ChainNotFound
    return found


def is_open(chain_id: AnyColumn | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Of a row whose column holds a chain's id: the chain is not closed, see `app.cells`."""
    return chain_id.not_in(select(Chain.id).where(Chain.closed_at.is_not(None)))


def create(session: Session, terms: ChainDetails, now: datetime) -> Chain:
    """Raises AlreadyTaken or BadChain."""
    chain = Chain(created_at=now)
    _apply(session, chain, terms)
    session.add(chain)
    session.flush()
    return chain


def change(session: Session, chain_id: int, terms: ChainDetails, chains: Chains = EVERY_CHAIN) -> Chain:
    """Raises ChainNotFound, AlreadyTaken or BadChain."""
    chain = get(session, chain_id, chains)
    _apply(session, chain, terms)
    return chain


def get(session: Session, chain_id: int, chains: Chains = EVERY_CHAIN) -> Chain:
    """Raises ChainNotFound."""
    chain = session.get(Chain, chain_id)
    if chain is None or not includes(chains, chain_id):
        raise ChainNotFound
    return chain


def of_scope(session: Session, chains: Chains) -> list[Chain]:
    return list(session.scalars(select(Chain).where(within(chains, Chain.id)).order_by(Chain.id)))


def add_business(session: Session, chain_id: int, name: str, division_id: str | None = None) -> Business:
    """`division_id` is what others call it; without one, it is called by a UUID. Raises ChainNotFound, BadChain or AlreadyTaken."""
    get(session, chain_id)
    _require_new_name(session, chain_id, name)
    if division_id is not None and ("," in division_id or not division_id.strip()):
        raise BadChain(
            "A division's id is text without commas, for lists of them have commas between.", field="division_id"
        )
    if division_id is not None and _division(session, division_id, Business.chain_id == chain_id) is not None:
        raise AlreadyTaken(f"The chain has a division with this id already: {division_id}", field="division_id")
    business = Business(chain_id=chain_id, name=name, **({"division_id": division_id} if division_id else {}))
    session.add(business)
    session.flush()
    return business


def rename_business(session: Session, business_id: int, name: str, chains: Chains = EVERY_CHAIN) -> Business:
    """Raises BusinessNotFound or AlreadyTaken."""
    renamed = business(session, business_id)
    if not includes(chains, renamed.chain_id):
        raise BusinessNotFound
    if name != renamed.name:
        _require_new_name(session, renamed.chain_id, name)
    renamed.name = name
    return renamed


def businesses(session: Session, chain_id: int) -> list[Business]:
    """Raises ChainNotFound."""
    get(session, chain_id)
    return list(session.scalars(select(Business).where(Business.chain_id == chain_id).order_by(Business.id)))


def business(session: Session, business_id: int) -> Business:
    """Raises BusinessNotFound."""
    one = session.get(Business, business_id)
    if one is None:
        raise BusinessNotFound
    return one


def division(session: Session, chain_id: int, division_id: str) -> Business:
    """The part of a chain that others know by this text. Raises BusinessNotFound, or DivisionElsewhere if another chain has it."""
    one = _division(session, division_id, Business.chain_id == chain_id)
    if one is not None:
        return one
    raise BusinessNotFound if _division(session, division_id) is None else DivisionElsewhere


def set_app(session: Session, hostname: str, chain_id: int | None, chains: Chains = EVERY_CHAIN) -> AppHost:
    """Register an app's host name, or give it to another chain, or to none. See `tokens.give_app`.

    Raises ChainNotFound, BadChain, or AlreadyTaken when the name is another chain's.
    """
    if not HOSTNAME.fullmatch(hostname.lower()):
        raise BadChain(f"{hostname} is no host name.", field="hostname")
    if chain_id is not None:
        get(session, chain_id, chains)
    host = session.scalars(select(AppHost).where(AppHost.hostname == hostname.lower())).one_or_none()
    if host is None:
        host = AppHost(hostname=hostname.lower())
        session.add(host)
    elif host.chain_id is not None and not includes(chains, host.chain_id):
        raise AlreadyTaken(f"The host name is another chain's: {hostname}", field="hostname")
    host.chain_id = chain_id
    session.flush()
    return host


def app(session: Session, hostname: str, chains: Chains = EVERY_CHAIN) -> AppHost:
    """Raises AppNotFound."""
    query = select(AppHost).where(AppHost.hostname == hostname.lower(), within(chains, AppHost.chain_id))
    host = session.scalars(query).one_or_none()
    if host is None:
        raise AppNotFound
    return host


def printed_currencies(session: Session, chain_ids: Iterable[int]) -> dict[int, str]:
    """The currencies of chains by their ids, in small letters, as Open Loyalty prints them."""
    query = select(Chain.id, Chain.currency).where(Chain.id.in_(set(chain_ids)))
    return {id: currency.lower() for id, currency in session.execute(query)}


def of_host(session: Session, host: str) -> int | None:
    """The chain whose app is reached at this host name, whatever the port; None where it is nobody's."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    return session.scalar(select(AppHost.chain_id).where(AppHost.hostname == name.lower()))


def apps(session: Session, chains: Chains) -> list[AppHost]:
    """The apps of these chains; those that belong to no chain only to who acts for all."""
    is_theirs = within_or_unowned(session, chains, AppHost.chain_id)
    return list(session.scalars(select(AppHost).where(is_theirs).order_by(AppHost.hostname)))


def _division(session: Session, division_id: str, *conditions: Any) -> Business | None:
    query = select(Business).where(Business.division_id == division_id, *conditions)
    return session.scalars(query.order_by(Business.id).limit(1)).one_or_none()


def _require_new_name(session: Session, chain_id: int, name: str) -> None:
    if session.scalar(select(Business.id).where(Business.chain_id == chain_id, Business.name == name)) is not None:
        raise AlreadyTaken(f"The chain has a business with this name already: {name}", field="name")


def _apply(session: Session, chain: Chain, terms: ChainDetails) -> None:
    if terms.name != chain.name and session.scalar(select(Chain.id).where(Chain.name == terms.name)) is not None:
        raise AlreadyTaken(f"There is a chain with this name already: {terms.name}", field="name")
    decided = checked(terms)
    for it in fields(ChainDetails):
        setattr(chain, it.name, getattr(decided, it.name))
