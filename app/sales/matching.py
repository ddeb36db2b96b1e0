"""Whose sale it is, by what the till knows of the buyer."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, String, bindparam, func, or_, select

from app.db.prepared import Executor, Prepared
from app.members.models import ERASED, Customer, Profile
from app.organizations.chains import ChainTerms
from app.organizations.models import MATCHES_BY
from app.text import written


class _Matched(NamedTuple):
    id: int


_BY = {
    name: Prepared(
        select(func.coalesce(Customer.merged_into_id, Customer.id).label("id"))
        .join(Profile, Profile.customer_id == Customer.id)
        .where(
            getattr(Profile, name) == bindparam("named", type_=String()),
            Profile.chain_id == bindparam("chain", type_=BigInteger()),
            or_(Customer.status != ERASED, Customer.merged_into_id.is_not(None)),
        ),
        _Matched,
    )
    for name in MATCHES_BY
}


def find(
    executor: Executor, chain: ChainTerms, buyer: Mapping[str, Any], names: Sequence[str] | None = None
) -> int | None:
    """The customer of a chain whom the till means.

    The first identifier that is somebody's decides, in the chain's order or in that of `names`.
    """
    for name in chain.matches_by if names is None else names:
        value = written(str(buyer.get(name) or ""))
        if not value:
            continue
        value = value.lower() if name == "email" else value
        found = _BY[name].run(executor, {"chain": chain.id, "named": value})
        if found:
            return found[0].id
    return None
