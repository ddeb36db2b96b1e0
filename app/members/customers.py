"""Register customers, change them, find them, move them between levels and states."""

import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, ScalarSelect, bindparam, case, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from app.db.prepared import Executor, Prepared, is_postgresql
from app.media import pictures
from app.members import levels, sizes, telling
from app.members.errors import BadCustomer, CustomerNotFound, IdentifiersDisagree, LevelNotFound
from app.members.models import (
    ERASED,
    IDENTIFIERS,
    Customer,
    Level,
    LevelChange,
    Profile,
    Segment,
    SegmentMember,
    Spending,
    chain_of,
)
from app.organizations import chains, shops
from app.organizations.details import is_zone
from app.organizations.models import Chain
from app.organizations.scope import Chains, within
from app.refusal import AlreadyTaken
from app.text import is_email, written

SIGNS_IN = {"email", "phone", "loyalty_card_number"}
REFERRAL_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
REFERRAL_LENGTH = 8


class _Account(NamedTuple):
    id: int


@dataclass(frozen=True)
class Person:
    """A person's details. E-mail addresses are compared without regard to case."""

    first_name: str
    last_name: str
    email: str | None = None
    phone: str | None = None
    loyalty_card_number: str | None = None
    authentication_point_identifier: str | None = None
    auxiliary_identifier: str | None = None
    referral_code: str | None = None
    gender: str | None = None
    born_on: date | None = None
    address: Mapping[str, str] | None = field(default=None)
    company: Mapping[str, str] | None = field(default=None)
    agreement1: bool = False
    agreement2: bool = False
    agreement3: bool = False
    labels: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Joining:
    """How somebody becomes a customer, beside who it is: of a chain, or of the first one, on a level by hand, or on the lowest active one.

    `seller` is who looks after the customer; `registered_at` is told of who registered elsewhere before. `id` and `uuid` only for the
    demo world, whose ids are the documents'.
    """

    chain_id: int | None = None
    level: UUID | None = None
    status: str = "active"
    shop: UUID | None = None
    seller: UUID | None = None
    registered_at: datetime | None = None
    external_id: str | None = None
    time_zone: str | None = None
    is_anonymous: bool = False
    id: int | None = None
    uuid: UUID | None = None


PLAIN = Joining()
AGREEMENTS = ("agreement1", "agreement2", "agreement3")


def register(session: Session, person: Person, now: datetime, joining: Joining = PLAIN) -> Customer:
    """Add a customer. The login and the points account are the caller's to open, and the customer the caller's to count (`sizes`).

    Raises AlreadyTaken, LevelNotFound, PosNotFound or BadCustomer.
    """
    _require_plain({**vars(person), "external_id": joining.external_id})
    if joining.registered_at is not None and joining.registered_at > now:
        raise BadCustomer("Nobody registers before their time: the moment is still to come.", field="registered_at")
    chain_id = joining.chain_id or chains.first(session)
    _require_unique(session, chain_id, person)
    _require_new_external_id(session, chain_id, joining.external_id)
    _require_zone(joining.time_zone)
    manual = _level(session, chain_id, joining.level) if joining.level else None
    agreed = {f"{name}_at": now for name in AGREEMENTS if getattr(person, name)}
    customer = Customer(
        chain_id=chain_id,
        external_id=joining.external_id,
        time_zone=joining.time_zone,
        is_anonymous=joining.is_anonymous,
        status=joining.status,
        level=manual or levels.above(session, chain_id, None),
        manual_level=manual,
        shop=shops.get(session, joining.shop, {chain_id}, "shop") if joining.shop else None,
        seller_uuid=joining.seller,
        created_at=joining.registered_at or now,
        updated_at=now,
        profile=Profile(chain_id=chain_id, **_columns(person), **agreed),
        **{name: value for name in ("uuid", "id") if (value := getattr(joining, name))},
    )
    customer.profile.referral_code = customer.profile.referral_code or new_referral_code()
    session.add(customer)
    session.flush()
    telling.customer(session, customer, "customer.registered", now)
    return customer


def change(session: Session, customer: Customer, changes: Mapping[str, Any], now: datetime) -> Customer:
    """Change these details of a customer; the others stay. Raises AlreadyTaken."""
    _lock(session, customer)
    profile = customer.profile
    person = Person(**{name: changes.get(name, getattr(profile, name)) for name in Person.__dataclass_fields__})
    _require_plain(changes)
    names = (profile.email, profile.phone, profile.loyalty_card_number)
    if any(names) and not (person.email or person.phone or person.loyalty_card_number):
        raise BadCustomer("One of e-mail, phone and card has to stay: nobody could be found without.", field="email")
    _take_back_own(session, customer, person)
    _require_unique(session, customer.chain_id, person, but=customer.id)
    for name in AGREEMENTS:
        if getattr(person, name) != getattr(profile, name):
            setattr(profile, f"{name}_at", now if getattr(person, name) else None)
    for name, value in _columns(person).items():
        setattr(profile, name, value)
    customer.updated_at = now
    telling.customer(session, customer, "customer.changed", now)
    return customer


def set_shop(session: Session, customer: Customer, shop: UUID | None, now: datetime) -> None:
    """Say in which shop of the chain a customer is at home, or in none. Raises PosNotFound."""
    found = shops.get(session, shop, {customer.chain_id}, "shop") if shop is not None else None
    _lock(session, customer)
    customer.shop, customer.updated_at = found, now
    session.flush()
    telling.customer(session, customer, "customer.changed", now)


def set_seller(session: Session, customer: Customer, seller: UUID | None, now: datetime) -> None:
    """Say which seller of the chain looks after a customer, or that none does."""
    _lock(session, customer)
    customer.seller_uuid, customer.updated_at = seller, now
    session.flush()
    telling.customer(session, customer, "customer.changed", now)


def set_picture(
    session: Session, customer: Customer, sha256: str, media_type: str, bytes_count: int, now: datetime
) -> None:
    """Show a stored picture of a customer. Raises CustomerNotFound for one who was erased meanwhile."""
    _lock(session, customer)
    place = pictures.place_of("customer", customer.uuid)
    pictures.put(session, customer.chain_id, place, sha256, media_type, bytes_count, now)


def rename(session: Session, customer: Customer, external_id: str | None, time_zone: str | None, now: datetime) -> None:
    """Change how another system knows a customer, and where the customer lives. Raises AlreadyTaken or BadCustomer."""
    _require_plain({"external_id": external_id})
    if external_id != customer.external_id:
        _require_new_external_id(session, customer.chain_id, external_id)
    _require_zone(time_zone)
    customer.external_id, customer.time_zone, customer.updated_at = external_id, time_zone, now
    session.flush()
    telling.customer(session, customer, "customer.changed", now)


def get(session: Session, name: str, chains: Chains) -> Customer:
    """The customer of these chains with this UUID or loyalty card number, or into whose account theirs was merged.

    Raises CustomerNotFound.
    """
    is_there = or_(Customer.status != ERASED, Customer.merged_into_id.is_not(None))
    query = select(Customer).join(Profile).where(within(chains, Customer.chain_id), is_there)
    customer = None
    with suppress(ValueError):
        customer = session.scalars(query.where(Customer.uuid == UUID(name))).one_or_none()
    if customer is None:  # also one whose card reads as a UUID, from before such cards were refused
        found = session.scalars(query.where(Profile.loyalty_card_number == name).limit(2)).all()
        if len(found) > 1:
            raise IdentifiersDisagree("Customers of several chains have this card: name one by the UUID.")
        customer = found[0] if found else None
    if customer is not None and customer.merged_into_id is not None:
        customer = session.get_one(Customer, customer.merged_into_id)
    if customer is None or customer.status == ERASED:
        raise CustomerNotFound
    return customer


def referral_code(session: Session, chain_id: int, email: str) -> str | None:
    """With what the customer of a chain with this address recommends the programme. Raises CustomerNotFound."""
    named = select(Customer.id).join(Profile).where(Profile.email == email, Customer.chain_id == chain_id)
    found = session.scalar(named)
    customer = session.get_one(Customer, account_of(session, found)) if found is not None else None
    if customer is None or customer.status == ERASED:
        raise CustomerNotFound
    return customer.profile.referral_code


def find_by_email(session: Session, chain_id: int, email: str) -> Customer | None:
    """The customer of a chain with this address, whatever the status."""
    return session.scalars(
        select(Customer).join(Profile).where(Profile.email == email, Profile.chain_id == chain_id)
    ).one_or_none()


def of_referral_code(chain_id: int, code: str) -> ScalarSelect[int]:
    """The id of the customer of a chain who recommends the programme with this code, or into whose account theirs was merged."""
    query = select(func.coalesce(Customer.merged_into_id, Customer.id)).join(Profile)
    return query.where(Profile.referral_code == code, Customer.chain_id == chain_id).scalar_subquery()


def uuids(session: Session, customer_ids: Sequence[int]) -> dict[int, UUID]:
    rows = session.execute(select(Customer.id, Customer.uuid).where(Customer.id.in_(customer_ids)))
    return dict(rows.all())


_ACCOUNT = Prepared(
    select(func.coalesce(Customer.merged_into_id, Customer.id).label("id")).where(
        Customer.id == bindparam("customer", type_=BigInteger())
    ),
    _Account,
)


def account_of(executor: Executor, customer_id: int) -> int:
    """The customer in whose account somebody's things are: the customer, or into whom they were merged."""
    [found] = _ACCOUNT.run(executor, {"customer": customer_id})
    return found.id


def account_uuid(session: Session, uuid: UUID) -> UUID | None:
    """The same by UUID; None for nobody."""
    own = select(func.coalesce(Customer.merged_into_id, Customer.id)).where(Customer.uuid == uuid).scalar_subquery()
    return session.scalar(select(Customer.uuid).where(Customer.id == own))


def get_by_id(session: Session, customer_id: int) -> Customer:
    """One who is known to be there."""
    return session.get_one(Customer, customer_id)


def activate(session: Session, customer: Customer, now: datetime) -> None:
    """Let a customer sign in and buy, for the first time or again. See `signups.activate`, which welcomes new ones."""
    _set_status(session, customer, "active", now)


def block(session: Session, customer: Customer, now: datetime) -> None:
    """Let a customer neither sign in nor buy.

    Who was never active stays `new`, and is still to be welcomed, where the chain lets such customers do as little; else who is blocked
    is so, and is not welcomed later.
    """
    chain = session.get_one(Chain, customer.chain_id)
    may_nothing = "new" not in {*chain.earning_statuses, *chain.spending_statuses}
    _set_status(session, customer, "new" if customer.status == "new" and may_nothing else "blocked", now)


def _set_status(session: Session, customer: Customer, status: str, now: datetime) -> None:
    _lock(session, customer)
    customer.status = status
    customer.updated_at = now
    session.flush()
    telling.customer(session, customer, "customer.changed", now)


def assign_level(session: Session, customer: Customer, level: UUID, now: datetime) -> None:
    """Put a customer on a level by hand. Raises LevelNotFound."""
    given = _level(session, customer.chain_id, level)
    _move(session, customer, given, given, "by_hand", now)


def give_level(session: Session, customer: Customer, level: Level, now: datetime) -> None:
    """Let a customer, whose accounts are merged, have what was given by hand to either; a higher level stays."""
    stands = customer.level
    higher = level if stands is None or level.condition_value > stands.condition_value else stands
    _move(session, customer, higher, level, "merged", now)


def release_level(session: Session, customer: Customer, now: datetime) -> None:
    """Take back a level given by hand; the customer returns to the lowest active one."""
    _move(session, customer, levels.above(session, customer.chain_id, None), None, "released", now)


def move(session: Session, customer: Customer, level: Level | None, now: datetime) -> None:
    """Put a customer on a level that was reached, or lost; what was given by hand stays noted."""
    before, after = (it.condition_value if it else -1 for it in (customer.level, level))
    _move(session, customer, level, customer.manual_level, "reached" if after >= before else "fell", now)


def spending(session: Session, customer_ids: list[int]) -> dict[int, Spending]:
    rows = session.scalars(select(Spending).where(Spending.customer_id.in_(customer_ids)))
    return {row.customer_id: row for row in rows}


def add_spending(
    session: Session, customer_id: int, amount: int, bought_at: datetime, count: int = 1, delivery: int = 0
) -> bool:
    """Count one more purchase in the shops, or what is given back of one, which is none; whether it was the first.

    Amounts in hundredths; `delivery` is what of it is the cost of that.
    """
    dialect: Any = postgresql if is_postgresql(session) else sqlite
    first = dialect.insert(Spending).values(
        chain_id=chain_of(customer_id),
        customer_id=customer_id,
        transactions_count=count,
        amount=amount,
        amount_without_delivery=amount - delivery,
        amount_excluded_for_level=0,
        last_at=bought_at,
    )
    latest = case((Spending.last_at > bought_at, Spending.last_at), else_=bought_at)
    counted = session.execute(
        first.on_conflict_do_update(
            index_elements=["customer_id"],
            set_={
                "transactions_count": Spending.transactions_count + count,
                "amount": Spending.amount + amount,
                "amount_without_delivery": Spending.amount_without_delivery + amount - delivery,
                "last_at": latest,
            },
        ).returning(Spending.transactions_count)
    )
    return count == 1 and counted.scalar_one() == 1


def segments_of(session: Session, customer_id: int) -> list[UUID]:
    query = select(Segment.uuid).join(SegmentMember, SegmentMember.segment_id == Segment.id)
    return list(session.scalars(query.where(SegmentMember.customer_id == customer_id).order_by(Segment.id)))


def _lock(session: Session, customer: Customer) -> None:
    """Let others wait who want to change the customer, and see who was faster. Raises CustomerNotFound for one who was erased meanwhile."""
    session.flush()
    session.refresh(
        customer, attribute_names=["level_id", "status"], with_for_update={"key_share": True, "of": Customer}
    )
    if customer.status == ERASED:
        raise CustomerNotFound


def level_history(session: Session, customer_id: int) -> Sequence[LevelChange]:
    """On which levels a customer has stood, the latest change first."""
    query = select(LevelChange).where(LevelChange.customer_id == customer_id)
    return session.scalars(query.order_by(LevelChange.id.desc())).all()


def _move(
    session: Session, customer: Customer, level: Level | None, manual_level: Level | None, cause: str, now: datetime
) -> None:
    # Locked, so that two moves at once count the customer away from where it really stood.
    _lock(session, customer)
    before, after = customer.level_id, level.id if level else None
    if before != after or (manual_level.id if manual_level else None) != customer.manual_level_id:
        change = LevelChange(before_id=before, after_id=after, cause=cause, changed_at=now)
        change.chain_id, change.customer_id = customer.chain_id, customer.id
        session.add(change)
    sizes.move(session, customer, level.id if level else None)
    customer.level = level
    customer.manual_level = manual_level
    customer.updated_at = now
    telling.customer(session, customer, "customer.changed", now)


def _columns(person: Person) -> dict[str, Any]:
    columns = {name: getattr(person, name) for name in Person.__dataclass_fields__}
    for name in IDENTIFIERS:
        columns[name] = written(columns[name] or "") or None
    columns["email"] = columns["email"] and columns["email"].lower()
    columns["address"] = dict(person.address) if person.address else None
    columns["company"] = dict(person.company) if person.company else None
    columns["labels"] = [list(it) for it in person.labels]
    return columns


def _require_plain(sent: Mapping[str, Any]) -> None:
    """No identifier reads as one of another kind: addresses name customers by UUIDs, and people sign in by e-mail."""
    email = sent.get("email")
    if email and not is_email(written(email)):
        raise BadCustomer(f"{email} is no e-mail address.", field="email")
    for name in ("loyalty_card_number", "phone", "external_id"):
        with suppress(ValueError):
            UUID(written(sent.get(name) or ""))
            raise BadCustomer(f"{sent[name]} reads as a UUID, which names a customer by itself.", field=name)


def _take_back_own(session: Session, customer: Customer, person: Person) -> None:
    """An identifier that is on an account which was merged into the customer's becomes the customer's own again."""
    merged = select(Customer.id).where(Customer.merged_into_id == customer.id)
    for profile in session.scalars(select(Profile).where(Profile.customer_id.in_(merged))):
        for name, value in _columns(person).items():
            if name in IDENTIFIERS and value is not None and getattr(profile, name) == value:
                setattr(profile, name, None)
    session.flush()


def _require_unique(session: Session, chain_id: int, person: Person, but: int | None = None) -> None:
    for name, message in (
        ("email", "customer with such email already exists"),
        ("phone", "customer with such phone already exists"),
        ("loyalty_card_number", "customer with such loyalty card number already exists"),
        ("authentication_point_identifier", "customer with such authentication point identifier already exists"),
        ("auxiliary_identifier", "customer with such auxiliary identifier already exists"),
        ("referral_code", "customer with such referral code already exists"),
    ):
        value = _columns(person)[name]
        if value is None:
            continue
        # Any of the three may be signed in with, so nobody's may be another kind of somebody else's.
        signs_in = (Profile.email, Profile.phone, Profile.loyalty_card_number)
        identifiers = signs_in if name in SIGNS_IN else (getattr(Profile, name),)
        known = {value, value.lower()}
        taken = or_(*(column.in_(known) for column in identifiers))
        query = select(Profile.customer_id).where(taken, Profile.chain_id == chain_id).limit(1)
        if but is not None:
            query = query.where(Profile.customer_id != but)
        if session.scalar(query) is not None:
            raise AlreadyTaken(message, field=name)


def _require_new_external_id(session: Session, chain_id: int, external_id: str | None) -> None:
    if external_id is not None:
        query = select(Customer.id).where(Customer.chain_id == chain_id, Customer.external_id == external_id)
        if session.scalar(query) is not None:
            raise AlreadyTaken("customer with such external id already exists", field="external_id")


def _require_zone(time_zone: str | None) -> None:
    if time_zone is not None and not is_zone(time_zone):
        raise BadCustomer(f"{time_zone} is no time zone; write one like Europe/Amsterdam.", field="time_zone")


def new_referral_code() -> str:
    """Eight characters that nobody mistakes for one another; should two be the same, the registration is tried again."""
    number = secrets.randbelow(len(REFERRAL_ALPHABET) ** REFERRAL_LENGTH)
    letters = []
    for _ in range(REFERRAL_LENGTH):
        number, place = divmod(number, len(REFERRAL_ALPHABET))
        letters.append(REFERRAL_ALPHABET[place])
    return "".join(letters)


def _level(session: Session, chain_id: int, uuid: UUID) -> Level:
    """One that is in use. Raises LevelNotFound."""
    active = select(Level).where(Level.uuid == uuid, Level.chain_id == chain_id, Level.active.is_(True))
    level = session.scalars(active).one_or_none()
    if level is None:
        raise LevelNotFound(field="level")
    return level
