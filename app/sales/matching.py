"""Whose sale it is, by what the till knows of the buyer."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, String, bindparam, func, or_, select

from app.db.prepared import Executor, Prepared
from app.db.types import AnyColumn
from app.members.models import ERASED, Customer, Profile
from app.organizations.chains import ChainTerms
from app.organizations.models import MATCHES_BY
from app.text import written

Told = Mapping[str, str]  # identifiers of the profile, in written form, by name


def told(buyer: Mapping[str, Any]) -> Told:
    """The identifiers among what a till knows of a buyer, by names of the profile."""
    found = {name: text for name in MATCHES_BY if (text := written(str(buyer.get(name) or "")))}
    return {name: text.lower() if name == "email" else text for name, text in found.items()}


def whose(told: Iterable[str]) -> list[AnyColumn]:
    """The account of the chain's customer with each of these identifiers, no two of whom have the same.

    Inside a statement with the parameters `chain` and the identifiers. Of those that are told only: an answer is expected to be cheaper
    where nobody can have nothing, so that PostgreSQL would plan the statement anew each time.
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
        for name in told
    ]


@cache
def _matched(told: Sequence[str]) -> Prepared[Any]:
    return Prepared(select(*whose(told)))


def first(found: Mapping[str, int | None], names: Iterable[str]) -> int | None:
    """Whose the first of these identifiers is that is somebody's."""
    return next((it for name in names if (it := found.get(name)) is not None), None)


def find(
    executor: Executor, chain: ChainTerms, buyer: Mapping[str, Any], names: Sequence[str] | None = None
) -> int | None:
    """The customer of a chain whom the till means.

    The first identifier that is somebody's decides, in the chain's order or in that of `names`.
    """
    known = told(buyer)
    if not known:
        return None
    [row] = _matched(tuple(known)).run(executor, {"chain": chain.id, **known})
    return first(dict(zip(known, row, strict=True)), chain.matches_by if names is None else names)
