"""Whose sale it is, by what the till knows of the buyer."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, String, bindparam, func, or_, select

from app.db.prepared import Executor, Prepared
from app.db.types import AnyColumn
from app.members.models import ERASED, Customer, Profile
from app.organizations.models import MATCHES_BY
from app.text import written

Told = Mapping[str, str]  # identifiers of the profile, in written form, by name


def told(buyer: Mapping[str, Any]) -> Told:
    """The identifiers among what a till knows of a buyer, by names of the profile."""
    found = {name: text for name in MATCHES_BY if (text := written(str(buyer.get(name) or "")))}
    return {name: text.lower() if name == "email" else text for name, text in found.items()}


def columns(names: Iterable[str]) -> list[AnyColumn]:
    """The account of the chain's customer with each of these identifiers, no two of whom have the same.

    Inside a statement with the parameters `chain` and the identifiers. Only of those that are told: a plan for a known NULL looks
    cheaper than the kept one, so that PostgreSQL would plan the statement anew each time.
    """
    return [
        select(func.coalesce(Customer.merged_into_id, Customer.id))
        .join(Profile, Profile.customer_id == Customer.id)
        .where(
            getattr(Profile, name) == bindparam(name, type_=String()),
            Profile.chain_id == bindparam("chain", type_=BigInteger()),
            or_(Customer.status != ERASED, Customer.merged_into_id.is_not(None)),
        )
        .label(f"of_{name}")
        for name in names
    ]


@cache
def _matched(names: Sequence[str]) -> Prepared[Any]:
    return Prepared(select(*columns(names)))


def first(found: Mapping[str, int | None], names: Iterable[str]) -> int | None:
    """Whose the first of these identifiers is that is somebody's."""
    return next((it for name in names if (it := found.get(name)) is not None), None)


def find(executor: Executor, chain_id: int, buyer: Mapping[str, Any]) -> int | None:
    """The customer of a chain whom the till means: the first of these identifiers that is somebody's decides."""
    known = told(buyer)
    if not known:
        return None
    [row] = _matched(tuple(known)).run(executor, {"chain": chain_id, **known})
    return first(dict(zip(known, row, strict=True)), buyer)
