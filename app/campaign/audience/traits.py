"""What restrictions may ask about a customer: level, segments, tags, age and so on; see `targeting.USER`."""

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Double, String, bindparam, cast, literal, null, select

from app.amounts import number
from app.campaign.audience import targeting
from app.campaign.audience.targeting import Traits
from app.db.prepared import Executor, Prepared
from app.db.types import UtcDateTime
from app.members.models import Customer, CustomerAttribute, CustomerTag, Level, Profile, Segment, SegmentMember
from app.points.models import Account


class _CustomerRow(NamedTuple):
    created_at: datetime
    level_uuid: UUID | None
    level: str | None
    level_key: str | None
    born_on: date | None
    gender: str | None
    balance: int


class _NamedRow(NamedTuple):
    """A segment, a tag or an attribute of the customer: what it is one `of`, and its name."""

    of: str
    name: str
    text: str | None
    key: str | None
    number: float | None
    expires_at: datetime | None


_CUSTOMER = Prepared(
    select(
        Customer.created_at,
        Level.uuid.label("level_uuid"),
        Level.name.label("level"),
        Level.key.label("level_key"),
        Profile.born_on,
        Profile.gender,
        Account.balance,
    )
    .join(Profile, Profile.customer_id == Customer.id)
    .join(Account, Account.customer_id == Customer.id)
    .outerjoin(Level, Level.id == Customer.level_id)
    .where(Customer.id == bindparam("customer")),
    _CustomerRow,
)
_no_text: Any = cast(null(), String)
_no_number: Any = cast(null(), Double)
_no_moment: Any = cast(null(), UtcDateTime)
_NAMES = Prepared(
    select(
        literal("segment").label("of"),
        Segment.name,
        cast(Segment.uuid, String).label("text"),
        Segment.key,
        _no_number.label("number"),
        _no_moment.label("expires_at"),
    )
    .join(SegmentMember, SegmentMember.segment_id == Segment.id)
    .where(SegmentMember.customer_id == bindparam("customer"))
    .union_all(
        select(literal("tag"), CustomerTag.name, _no_text, _no_text, _no_number, CustomerTag.expires_at).where(
            CustomerTag.customer_id == bindparam("customer")
        ),
        select(
            literal("attribute"),
            CustomerAttribute.name,
            CustomerAttribute.text,
            _no_text,
            CustomerAttribute.number,
            _no_moment,
        ).where(CustomerAttribute.customer_id == bindparam("customer")),
    ),
    _NamedRow,
)


def of_customer(executor: Executor, customer_id: int, now: datetime) -> Traits:
    """What restrictions may ask about a customer; see `targeting.USER`."""
    [it] = _CUSTOMER.run(executor, {"customer": customer_id})
    names = _NAMES.run(executor, {"customer": customer_id})
    return {
        "user.level": {str(it.level_uuid), it.level, it.level_key} if it.level_uuid else set(),
        "user.segments": {
            name for row in names if row.of == "segment" for name in (row.name, row.key, str(UUID(row.text)))
        },
        "user.tags": {
            row.name for row in names if row.of == "tag" and (row.expires_at is None or row.expires_at > now)
        },
        "user.age": _age(it.born_on, now) if it.born_on else None,
        "user.gender": it.gender,
        "user.created_at": it.created_at.replace(microsecond=0),
        "user.points": number(it.balance),
        **{
            targeting.ATTRIBUTES + row.name: row.text if row.number is None else row.number
            for row in names
            if row.of == "attribute"
        },
    }


def if_asked(executor: Executor, facts: Any, now: datetime) -> Traits:
    """The traits of the customer of these facts, if the campaign's restrictions ask for any."""
    return of_customer(executor, facts.customer_id, now) if facts.restrictions else {}


def _age(born_on: date, now: datetime) -> int:
    return int(now.year - born_on.year - ((now.month, now.day) < (born_on.month, born_on.day)))
