"""Find a customer by any of the numbers and names that other systems know."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import aliased

from app.db.prepared import Executor, Prepared
from app.members.errors import CustomerElsewhere, CustomerNotFound, IdentifiersDisagree
from app.members.models import ERASED, Customer, Profile
from app.text import written

COLUMNS: Mapping[str, Any] = {
    "id": Profile.customer_id,  # every column of one table, so that the database looks each up in its index
    "email": Profile.email,
    "loyalty_card_number": Profile.loyalty_card_number,
    "authentication_point_identifier": Profile.authentication_point_identifier,
    "auxiliary_identifier": Profile.auxiliary_identifier,
    "referral_code": Profile.referral_code,
}


_columns = (Customer.id, Customer.uuid, Customer.is_anonymous, Customer.status, Customer.chain_id)


class KnownCustomer(NamedTuple):
    """A customer's ids and status, as `by_uuid` and `by_external_id` find them."""

    id: int
    uuid: UUID
    is_anonymous: bool
    status: str
    chain_id: int


_named = aliased(Customer)  # who is named: the customer, or somebody whose account was merged into theirs
_known = (
    select(*_columns)
    .select_from(_named)
    .join(Customer, Customer.id == func.coalesce(_named.merged_into_id, _named.id))
    .where(_named.chain_id == bindparam("chain"), Customer.status != ERASED)
)
_BY_UUID = Prepared(_known.where(_named.uuid == bindparam("uuid")), KnownCustomer)
_BY_EXTERNAL_ID = Prepared(_known.where(_named.external_id == bindparam("external")), KnownCustomer)


def by_uuid(executor: Executor, chain_id: int, uuid: UUID) -> KnownCustomer:
    """The customer of a chain with this UUID: its ids and status. Raises CustomerNotFound."""
    return _only(_BY_UUID.run(executor, {"uuid": uuid, "chain": chain_id}))


def by_external_id(executor: Executor, chain_id: int, external_id: str) -> KnownCustomer:
    """The customer whom another system of the chain knows by this id. Raises CustomerNotFound."""
    return _only(_BY_EXTERNAL_ID.run(executor, {"external": external_id, "chain": chain_id}))


def _only(rows: list[KnownCustomer]) -> KnownCustomer:
    if not rows:
        raise CustomerNotFound
    return rows[0]


def customer_id(executor: Executor, named: Mapping[str, Any], chain_id: int, forgiving: bool = False) -> int:
    """The id of the customer of a chain whom all identifiers name; at least one is given. E-mails in lower case.

    `forgiving` passes over a referral code that nobody has (any more) beside other identifiers.
    Raises CustomerNotFound if one names nobody, CustomerElsewhere if only somebody of another chain, or IdentifiersDisagree.
    """
    named = {name: written(value) if isinstance(value, str) else value for name, value in named.items()}
    columns = {name: COLUMNS[name] for name in named}
    query = (
        select(
            func.coalesce(Customer.merged_into_id, Customer.id).label("id"),
            Customer.chain_id,
            *(column.label(f"by_{name}") for name, column in columns.items()),
        )
        .join(Profile)
        .where(or_(*(column == named[name] for name, column in columns.items())))
    )
    rows = executor.execute(query).all()
    here = [row for row in rows if row.chain_id == chain_id]
    for name, value in named.items():
        is_forgiven = forgiving and name == "referral_code" and len(named) > 1
        if is_forgiven or any(getattr(row, f"by_{name}") == value for row in here):
            continue
        raise CustomerElsewhere if any(getattr(row, f"by_{name}") == value for row in rows) else CustomerNotFound
    if len({row.id for row in here}) > 1:
        raise IdentifiersDisagree
    if not here:
        raise CustomerNotFound
    return int(here[0].id)
