"""The guarded changes of an award: debit, count the usage, claim a coupon, record, and last count it for the campaign.

Each returns a row, or its guard has failed. PostgreSQL gets them as one statement, where each reads what the one before
returned: a round trip costs more than a change. SQLite, which has no round trips and no such statements, gets them one by
one; there each reads from the table what the one before has left. Both are built from the same expressions.

The order is everybody's: account, usage, coupon, records, then the tallies of the reward methods by their ids, and last the
campaign's stock, so that those who want the same wait for each other only while it commits.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from psycopg.errors import DivisionByZero
from sqlalchemy import (
    JSON,
    BigInteger,
    String,
    Uuid,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from app.amounts import BALANCE_MAX
from app.campaign import limits
from app.campaign.engagement import receipts
from app.campaign.models.awards import Award
from app.campaign.models.coupons import Coupon
from app.campaign.models.draws import Draw
from app.campaign.models.limits import MethodTally, MethodUsage, Stock, Usage
from app.campaign.models.vouchers import Voucher
from app.db.guarded import GuardFailed
from app.db.prepared import Executor, Prepared, is_postgresql
from app.db.types import UtcDateTime
from app.points.models import Account, LedgerEntry


class Part(NamedTuple):
    """One thing that an award gives: a coupon, a voucher, points or nothing.

    Parts of a reward method are counted for it (`counted`), and for the customer when it has a limit (`limited`).
    """

    kind: str
    counted: bool = False
    limited: bool = False


class Shape(NamedTuple):
    """What an award is made of; awards of one shape are the same statement. A coupon is the `pool`'s next, or `shared`.

    `with_receipt`: the event that earned it is written by the same statement; see `receipts`.
    """

    parts: tuple[Part, ...]
    coupon: str | None = None
    drawn: bool = False
    with_receipt: bool = False


Parameters = Mapping[str, object]  # values by the names of the statement's parameters
SHAPES_MAX = 256  # statements kept; a programme uses a few
SALE_FROM_POOL = Shape((Part("coupon"),), "pool")
SALE_OF_SHARED = Shape((Part("coupon"),), "shared")


def make(executor: Executor, shape: Shape, parameters: Parameters) -> str | None:
    """Make all changes of an award and return its coupon's code, if it has one.

    Raises GuardFailed when a guard failed; then nothing may be kept of the transaction.
    """
    return (_in_one_statement if is_postgresql(executor) else _in_steps)(executor, shape, dict(parameters))


def _in_one_statement(executor: Executor, shape: Shape, parameters: Parameters) -> str | None:
    try:
        [row] = _one_statement(shape).run(executor, parameters)
    except DivisionByZero as e:
        raise GuardFailed from e
    return row.code if shape.coupon else None


def _in_steps(executor: Executor, shape: Shape, parameters: Parameters) -> str | None:
    code = None
    for step in _steps(shape):
        rows = step.run(executor, parameters)
        if not rows:
            raise GuardFailed
        code = getattr(rows[0], "code", code)
    return code


class _Chain:
    """Changes as parts of one statement: each is made only if the one before was."""

    dialect: Any = postgresql

    def __init__(self) -> None:
        self.last: Any = None

    def add(self, name: str, build: Callable[..., Any], left_behind: Any = None) -> Any:
        after = () if self.last is None else (exists(select(literal(1)).select_from(self.last)),)
        self.last = build(*after).cte(name)
        return self.last


class _Steps:
    """Changes one by one: what a later one needs of an earlier is read from where that left it."""

    dialect: Any = sqlite

    def __init__(self) -> None:
        self.statements: list[Any] = []

    def add(self, name: str, build: Callable[..., Any], left_behind: Any = None) -> Any:
        self.statements.append(build())
        return None if left_behind is None else left_behind.subquery(name)


@lru_cache(SHAPES_MAX)
def _one_statement(shape: Shape) -> Prepared[Any]:
    """All changes as one statement, which fails as a whole when a guard fails.

    It divides by the number of campaigns counted last, which is one or none.
    """
    chain = _Chain()
    claimed = _arrange(chain, shape)
    counted = select(func.count()).select_from(chain.last).scalar_subquery()
    code = [select(claimed.c.code).scalar_subquery().label("code")] if shape.coupon else []
    return Prepared(select(*code, (literal(1) // counted).label("counted")))


@lru_cache(SHAPES_MAX)
def _steps(shape: Shape) -> tuple[Prepared[Any], ...]:
    steps = _Steps()
    _arrange(steps, shape)
    return tuple(Prepared(statement) for statement in steps.statements)


# No parameter may be named like a column that its statement sets.
def _integer(name: str) -> Any:
    return bindparam(name, type_=BigInteger())


def _text(name: str) -> Any:
    return bindparam(name, type_=String())


def _moment(name: str) -> Any:
    return bindparam(name, type_=UtcDateTime())


_customer, _campaign, _cost, _asker = (_integer(name) for name in ("buyer", "campaign", "price", "asker"))
_award = bindparam("award", type_=Uuid())
_now = _moment("moment")


def _arrange(line: Any, shape: Shape) -> Any:
    """Put an award's changes in a line, in everybody's order; return what holds the coupon."""
    points = [i for i, part in enumerate(shape.parts) if part.kind == "points"]
    debited = line.add(
        "debited",
        lambda *after: _debit(entries=1 + len(points)),
        select(Account).where(Account.customer_id == _customer),
    )
    if shape.with_receipt:
        moved = line.add("moved", lambda *after: receipts.move_progress(line.dialect, *after))
        line.add("receipt", lambda *after: receipts.record(line.dialect, moved, *after))
    counted = line.add(
        "counted",
        lambda *after: _count_usage(line.dialect, debited, *(after if shape.with_receipt else ())),
        select(Usage).where(Usage.customer_id == _customer, Usage.campaign_id == _campaign),
    )
    for i, part in enumerate(shape.parts):
        if part.limited:
            line.add(f"limited_{i}", lambda *after, i=i: _count_method_usage(line.dialect, i, *after))
    claimed = None
    if shape.coupon == "pool":
        claimed = line.add("claimed", _claim_coupon, select(Coupon).where(Coupon.award_id == _award))
    elif shape.coupon == "shared":
        claimed = line.add("claimed", _shared_coupon, select(Coupon).where(Coupon.campaign_id == _campaign))
    line.add("recorded", _record_award)
    if shape.drawn:
        line.add("drawn", lambda *after: _record_draw(counted, *after))
    line.add("paid", lambda *after: _record_price(debited, claimed, 1 + len(points), *after))
    for place, i in enumerate(points, 1):
        line.add(f"gained_{i}", lambda *after, i=i, place=place: _record_gain(debited, i, len(points) - place, *after))
    for i, part in enumerate(shape.parts):
        if part.kind == "coupon":
            line.add(f"held_{i}", lambda *after: _hold_coupon(claimed, *after))
        elif part.kind == "voucher":
            line.add(f"held_{i}", lambda *after, i=i: _issue_voucher(i, *after))
    for i, part in enumerate(shape.parts):
        if part.counted:
            line.add(f"tallied_{i}", lambda *after, i=i: _count_method(i, *after))
    line.add("given", lambda *after: _count_for_campaign(counted, *after))
    return claimed


def _debit(entries: int) -> Any:
    gain = _integer("gain")
    return (
        update(Account)
        .where(
            Account.customer_id == _customer, Account.balance >= _cost, Account.balance - _cost + gain <= BALANCE_MAX
        )
        .values(balance=Account.balance - _cost + gain, entries_count=Account.entries_count + entries)
        .returning(Account.customer_id, Account.balance, Account.entries_count)
    )


def _counted_on(tally: Any, period: Any) -> dict[str, Any]:
    """One more in this period, which may have just begun. A clock that lags behind counts in the period that has."""
    has_begun = tally.period_from < period
    return {
        "in_period": case((has_begun, 1), else_=tally.in_period + 1),
        "period_from": case((has_begun, period), else_=tally.period_from),
    }


def _count_usage(dialect: Any, debited: Any, *after: Any) -> Any:
    period, one = _moment("usage_period"), literal(1, BigInteger())
    mine = debited.c.customer_id == _customer
    first = select(debited.c.customer_id, _campaign, one, one, period).where(mine, *after)
    return (
        dialect.insert(Usage)
        .from_select(
            ["customer_id", "campaign_id", "received", "in_period", "period_from"], first, include_defaults=False
        )
        .on_conflict_do_update(
            index_elements=["customer_id", "campaign_id"],
            set_={"received": Usage.received + 1, **_counted_on(Usage, period)},
            where=limits.has_room(Usage.period_from, Usage.in_period, period, _integer("allowance")),
        )
        .returning(Usage.received)
    )


def _count_method_usage(dialect: Any, i: int, *after: Any) -> Any:
    period, method = _moment(f"method_usage_period_{i}"), _integer(f"method_{i}")
    first = select(_customer, method, literal(1, BigInteger()), period).where(true(), *after)
    return (
        dialect.insert(MethodUsage)
        .from_select(["customer_id", "method_id", "in_period", "period_from"], first, include_defaults=False)
        .on_conflict_do_update(
            index_elements=["customer_id", "method_id"],
            set_=_counted_on(MethodUsage, period),
            where=limits.has_room(
                MethodUsage.period_from, MethodUsage.in_period, period, _integer(f"method_allowance_{i}")
            ),
        )
        .returning(MethodUsage.method_id)
    )


def _claim_coupon(*after: Any) -> Any:
    free = (
        select(Coupon.id)
        .where(Coupon.campaign_id == _campaign, Coupon.award_id.is_(None), *after)
        .order_by(Coupon.position)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    return (
        update(Coupon)
        .where(Coupon.id == free, Coupon.award_id.is_(None))
        .values(award_id=_award)
        .returning(Coupon.id, Coupon.code)
    )


def _shared_coupon(*after: Any) -> Any:
    return select(Coupon.id, Coupon.code).where(Coupon.campaign_id == _campaign, *after).limit(1)


def _inserted(model: Any, columns: dict[str, Any], *after: Any, source: Any = None, returning: Any) -> Any:
    row = select(*columns.values())
    row = row if source is None else row.select_from(source)
    return (
        insert(model).from_select(list(columns), row.where(true(), *after), include_defaults=False).returning(returning)
    )


def _record_award(*after: Any) -> Any:
    columns = {
        "id": _award,
        "campaign_id": _campaign,
        "customer_id": _customer,
        "cause": _text("caused_by"),
        "cause_key": _text("only_once"),
        "cost": _cost,
        "given_at": _now,
        "given_by": _asker,
        "given_by_token": _integer("partner"),
    }
    return _inserted(Award, columns, *after, returning=Award.id)


def _record_draw(counted: Any, *after: Any) -> Any:
    """Only if the draw has the number for which its ticket was made."""
    number = _integer("draw_number")
    columns = {
        "award_id": _award,
        "campaign_id": _campaign,
        "customer_id": _customer,
        "number": number,
        "candidates": bindparam("draw_candidates", type_=JSON()),
        "ticket": _text("draw_ticket"),
        "method_id": _integer("method_0"),
    }
    return _inserted(Draw, columns, counted.c.received == number, *after, source=counted, returning=Draw.award_id)


def _record_entry(debited: Any, kind: str, columns: dict[str, Any], *after: Any) -> Any:
    columns = {
        "customer_id": debited.c.customer_id,
        "kind": literal(kind),
        "issuer": _text("by_whom"),
        "issued_by": _asker,
        "award_id": _award,
        "created_at": _now,
        **columns,
    }
    return _inserted(LedgerEntry, columns, *after, source=debited, returning=LedgerEntry.id)


def _record_price(debited: Any, claimed: Any, entries: int, *after: Any) -> Any:
    comment = _text("campaign_name")
    if claimed is not None:
        comment = comment + ", coupon: " + select(claimed.c.code).scalar_subquery()
    columns = {
        "uuid": bindparam("entry", type_=Uuid()),
        "sequence": debited.c.entries_count - (entries - 1),
        "delta": -_cost,
        "balance_after": debited.c.balance - _integer("gain"),
        "comment": comment,
    }
    return _record_entry(debited, "bought", columns, *after)


def _record_gain(debited: Any, i: int, later_entries: int, *after: Any) -> Any:
    columns = {
        "uuid": bindparam(f"entry_{i}", type_=Uuid()),
        "sequence": debited.c.entries_count - later_entries,
        "delta": _integer(f"gain_{i}"),
        "balance_after": debited.c.balance - _integer(f"later_gain_{i}"),
        "comment": _text("campaign_name"),
        "method_id": _integer(f"method_{i}"),
    }
    return _record_entry(debited, "rewarded", columns, *after)


def _hold_coupon(claimed: Any, *after: Any) -> Any:
    """A coupon is a voucher for its code, usable at once."""
    columns = {
        **_voucher_columns("coupon"),
        "coupon_id": claimed.c.id,
        "kind": literal("honour"),
        "code": claimed.c.code,
        "status": literal("claimed"),
        "claimed_at": _now,
        "amount": literal(0, BigInteger()),
    }
    return _inserted(Voucher, columns, *after, source=claimed, returning=Voucher.id)


def _issue_voucher(i: int, *after: Any) -> Any:
    columns = {
        **_voucher_columns(str(i)),
        "method_id": _integer(f"method_{i}"),
        "kind": _text(f"voucher_kind_{i}"),
        "code": _text(f"voucher_code_{i}"),
        "status": _text(f"voucher_status_{i}"),
        "claimed_at": _moment(f"voucher_claimed_{i}"),
        "amount": _integer(f"voucher_amount_{i}"),
        "hundredths_of_percent": _integer(f"voucher_percent_{i}"),
        "text": _text(f"voucher_text_{i}"),
        "expires_at": _moment(f"voucher_expires_{i}"),
    }
    return _inserted(Voucher, columns, *after, returning=Voucher.id)


def _voucher_columns(suffix: str) -> dict[str, Any]:
    return {
        "key": _text(f"voucher_key_{suffix}"),
        "third_party_id": _integer(f"third_party_{suffix}"),
        "campaign_id": _campaign,
        "customer_id": _customer,
        "award_id": _award,
        "redeemed": literal(0, BigInteger()),
        "superseded": literal(False),
        "created_at": _now,
    }


def _count_method(i: int, *after: Any) -> Any:
    period = _moment(f"method_period_{i}")
    return (
        update(MethodTally)
        .where(
            MethodTally.method_id == _integer(f"method_{i}"),
            MethodTally.given < MethodTally.allowed,
            limits.has_room(MethodTally.period_from, MethodTally.in_period, period, _integer(f"method_most_{i}")),
            *after,
        )
        .values(given=MethodTally.given + 1, **_counted_on(MethodTally, period))
        .returning(MethodTally.given)
    )


def _count_for_campaign(counted: Any, *after: Any) -> Any:
    is_first = select(case((counted.c.received == 1, 1), else_=0)).scalar_subquery()
    period = _moment("stock_period")
    return (
        update(Stock)
        .where(
            Stock.campaign_id == _campaign,
            limits.has_stock(Stock),
            limits.has_room(Stock.period_from, Stock.in_period, period, _integer("stock_most")),
            Stock.revision == _integer("terms_seen"),
            *after,
        )
        .values(given=Stock.given + 1, customers_count=Stock.customers_count + is_first, **_counted_on(Stock, period))
        .returning(Stock.given)
    )
