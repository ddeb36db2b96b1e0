"""Check a table of customers as a whole, and add them all or none: in one transaction, set by set. Amounts in hundredths."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    MetaData,
    String,
    Table,
    Uuid,
    case,
    cast,
    false,
    func,
    insert,
    literal,
    null,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable, DropTable

from app.access.models import CUSTOMER, Login
from app.batches import batched
from app.db.engine import Database
from app.db.types import AnyColumn, AnySelect, Base, UtcDateTime
from app.loading.rows import BadRow, NewCustomer
from app.members import customers, levels, sizes, telling
from app.members.customers import AGREEMENTS
from app.members.models import Customer, Profile
from app.organizations import chains
from app.outbox import writing
from app.points.models import Account, LedgerEntry
from app.points.terms import PointsTerms
from app.text import folded

BATCH = 2_000
SHOWN_MAX = 100  # of what is wrong
COMMENT = "Taken over"
_INCOMING = Table(
    "incoming_customer",
    MetaData(),
    Column("line", BigInteger, primary_key=True, autoincrement=False),
    Column("uuid", Uuid, nullable=False),
    Column("login_uuid", Uuid, nullable=False),
    Column("entry_uuid", Uuid, nullable=False),
    *(Column(name, String) for name in ("first_name", "last_name", "first_name_folded", "last_name_folded")),
    *(Column(name, String) for name in ("email", "phone", "loyalty_card_number", "referral_code", "gender")),
    Column("born_on", Date),
    Column("created_at", UtcDateTime, nullable=False),
    Column("level_id", BigInteger),
    Column("points", BigInteger, nullable=False),
    *(Column(name, Boolean, nullable=False) for name in AGREEMENTS),
    Column("labels", JSON, nullable=False),
    Column("address", JSON(none_as_null=True)),
    prefixes=["TEMPORARY"],
)
_NAMES = tuple(it.name for it in _INCOMING.columns)
_IDENTIFIERS = ("email", "phone", "loyalty_card_number")


@dataclass
class Taken:
    """What came of a table: how many customers, by level, with how many points in all; or what is wrong, the first SHOWN_MAX of it."""

    customers_count: int = 0
    points: int = 0
    by_level: dict[str, int] = field(default_factory=dict)
    wrong: list[BadRow] = field(default_factory=list)
    wrong_count: int = 0

    def complain(self, row: BadRow) -> None:
        self.wrong_count += 1
        if len(self.wrong) < SHOWN_MAX:
            self.wrong.append(row)


def take_over(
    database: Database,
    chain_id: int,
    rows: Iterable[NewCustomer | BadRow],
    now: datetime,
    only_check: bool = False,
    progress: Callable[[int], None] = lambda read: None,
) -> Taken:
    """Add the customers of a table to a chain, each with a login, a level and points; all of them, or none where anything is wrong.

    `only_check` looks, and adds nobody. Sign-up campaigns give nothing: these people have signed up before.
    """
    taken = Taken()
    with database.transaction() as session:
        database.without_time_limit(session)
        session.execute(CreateTable(_INCOMING))
        lowest = levels.above(session, chain_id, None)
        read = 0
        for batch in batched(_accepted(rows, taken), BATCH):
            _stage(session, [_values(it, lowest.id if lowest else None, now) for it in batch])
            read += len(batch)
            progress(read)
        _look_for_doubles(session, taken)
        _look_for_known(session, chain_id, taken)
        taken.wrong.sort(key=lambda it: it.line)
        _summarize(session, chain_id, taken)
        if taken.wrong_count or only_check:
            session.rollback()
            return taken
        _add(session, chain_id, now)
        _tell(session, chain_id, now)
        session.execute(DropTable(_INCOMING))
    return taken


def level_ids(session: Session, chain_id: int) -> dict[str, int]:
    """The levels of a chain by their keys and their names."""
    found = levels.of_chain(session, chain_id)
    return {**{it.name: it.id for it in found}, **{it.key: it.id for it in found}}


def _accepted(rows: Iterable[NewCustomer | BadRow], taken: Taken) -> Iterator[NewCustomer]:
    for row in rows:
        if isinstance(row, BadRow):
            taken.complain(row)
        else:
            yield row


def _values(it: NewCustomer, lowest: int | None, now: datetime) -> dict[str, Any]:
    return {
        "line": it.line,
        "uuid": it.uuid,
        "login_uuid": uuid4(),
        "entry_uuid": uuid4(),
        "first_name": it.first_name,
        "last_name": it.last_name,
        "first_name_folded": folded(it.first_name),
        "last_name_folded": folded(it.last_name),
        "email": it.email,
        "phone": it.phone,
        "loyalty_card_number": it.loyalty_card_number,
        "referral_code": customers.new_referral_code(),
        "gender": it.gender,
        "born_on": it.born_on,
        "created_at": it.created_at or now,
        "level_id": it.level_id or lowest,
        "points": it.points,
        **dict(zip(AGREEMENTS, it.agreements, strict=True)),
        "labels": it.labels,
        "address": it.address or None,
    }


def _stage(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Put rows into the temporary table, as fast as the database takes them."""
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        connection.execute(insert(_INCOMING), rows)
        return
    raw: Any = connection.connection.driver_connection
    converters = [
        it.type.dialect_impl(connection.dialect).bind_processor(connection.dialect) for it in _INCOMING.columns
    ]
    with raw.cursor() as cursor, cursor.copy(f"COPY {_INCOMING.name} ({', '.join(_NAMES)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(
                [
                    row[name] if convert is None else convert(row[name])
                    for name, convert in zip(_NAMES, converters, strict=True)
                ]
            )


def _named(names: Sequence[str]) -> AnySelect:
    """Each identifier of each row: its line and its text, whatever kind it is; people sign in with any of them."""
    columns = [_INCOMING.c[name] for name in names]
    each = [select(_INCOMING.c.line, it.label("text")).where(it.is_not(None)) for it in columns]
    return select(union_all(*each).subquery("named"))


def _look_for_doubles(session: Session, taken: Taken) -> None:
    """No two rows share an identifier."""
    named = _named(_IDENTIFIERS).subquery()
    lines = select(named.c.text, func.min(named.c.line).label("first"), func.max(named.c.line).label("last"))
    double = lines.group_by(named.c.text).having(func.count(named.c.line.distinct()) > 1)
    for text, first, last in session.execute(double.order_by("last")):
        taken.complain(BadRow(last, f"{text} stands in line {first}, too."))


def _look_for_known(session: Session, chain_id: int, taken: Taken) -> None:
    """No customer of the chain has one of the identifiers already."""
    named = _named(_IDENTIFIERS).subquery()
    for name in _IDENTIFIERS:
        column = getattr(Profile, name)
        known = select(named.c.line, named.c.text).join(Profile, column == cast(named.c.text, String))
        for line, text in session.execute(known.where(Profile.chain_id == chain_id).order_by(named.c.line)):
            taken.complain(BadRow(line, f"{text} is a customer's already."))


def _summarize(session: Session, chain_id: int, taken: Taken) -> None:
    counts = select(_INCOMING.c.level_id, func.count(), func.sum(_INCOMING.c.points)).group_by(_INCOMING.c.level_id)
    names = {it.id: it.name for it in levels.of_chain(session, chain_id)}
    for level_id, count, points in session.execute(counts):
        taken.customers_count += count
        taken.points += int(points)
        taken.by_level[names.get(level_id, "no level")] = count


def _add(session: Session, chain_id: int, now: datetime) -> None:
    """The rows of everything that a customer has, in the order in which they refer to one another."""
    moment, chain, zero, one = literal(now, UtcDateTime()), *(literal(it, BigInteger()) for it in (chain_id, 0, 1))
    i = _INCOMING.c
    person: dict[str, Any] = {"uuid": i.uuid, "level_id": i.level_id, "created_at": i.created_at, "updated_at": moment}
    _insert(session, Customer, {**person, "chain_id": chain, "is_anonymous": false(), "status": literal("active")})

    own = ("first_name", "last_name", "first_name_folded", "last_name_folded", *_IDENTIFIERS, "referral_code", "gender")
    said = {name: i[name] for name in (*own, "born_on", "address", "labels", *AGREEMENTS)}
    since = {f"{name}_at": case((i[name], i.created_at), else_=null()) for name in AGREEMENTS}
    _insert(session, Profile, {**said, **since, "customer_id": Customer.id, "chain_id": chain})

    opens: dict[str, Any] = {"role": literal(CUSTOMER), "active": true(), "deleted": false(), "token_version": zero}
    _insert(session, Login, {**opens, "uuid": i.login_uuid, "customer_id": Customer.id, "may_move_points": true()})

    terms = chains.terms(session, chain_id)
    life = PointsTerms.of(terms).lifetime(now, terms.time_zone)
    spendable, locked = (zero, i.points) if life.unlocks_at is not None else (i.points, zero)
    has_some = i.points > 0
    account: dict[str, Any] = {
        "balance": spendable,
        "locked": locked,
        "entries_count": case((has_some, 1), else_=0),
        "due_at": case((has_some, literal(life.due_at(), UtcDateTime())), else_=null()),
        "settled_count": zero,
        "owed": zero,
    }
    _insert(session, Account, {**account, "customer_id": Customer.id, "chain_id": chain})
    entry: dict[str, Any] = {
        "uuid": i.entry_uuid,
        "customer_id": Customer.id,
        "chain_id": chain,
        "sequence": one,
        "delta": spendable,
        "locked": locked,
        "balance_after": spendable,
        "kind": literal("added"),
        "comment": literal(COMMENT),
        "issuer": literal("system"),
        "created_at": moment,
        "unlocks_at": literal(life.unlocks_at, UtcDateTime()),
        "expires_at": literal(life.expires_at, UtcDateTime()),
    }
    _insert(session, LedgerEntry, entry, has_some)
    # Last: all who sign up with this chain wait for these rows.
    counts = select(i.level_id, func.count()).group_by(i.level_id).order_by(i.level_id)
    for level_id, count in session.execute(counts).all():
        sizes.add(session, chain_id, level_id, sizes.ANY_SEGMENT, count)


def _insert(session: Session, model: type[Base], columns: Mapping[str, Any], *conditions: AnyColumn) -> None:
    """A row for each that is incoming; of columns of the customer, too, unless it is the customer that is added."""
    rows = select(*columns.values()).select_from(_INCOMING).where(*conditions).order_by(_INCOMING.c.line)
    if model is not Customer:
        rows = rows.join(Customer, Customer.uuid == _INCOMING.c.uuid)
    session.execute(insert(model).from_select(list(columns), rows, include_defaults=False))


def _tell(session: Session, chain_id: int, now: datetime) -> None:
    """Whoever is told of customers is told of these."""
    if not writing.is_heard(session, chain_id, "customer.registered"):
        return
    mine = select(Customer).join(_INCOMING, _INCOMING.c.uuid == Customer.uuid)
    after = 0
    while batch := session.scalars(mine.where(Customer.id > after).order_by(Customer.id).limit(BATCH)).all():
        for it in batch:
            telling.customer(session, it, "customer.registered", now)
        after = batch[-1].id
        session.expunge_all()
