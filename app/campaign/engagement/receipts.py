"""Write that an event was received and what it moved: the receipt, which is new, and each progress, which is as it was read.

Where both hold, both are written, or neither. Nobody writes without the lock of the customer's account, so that whoever decides
while holding it is never overtaken.
"""

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from psycopg.errors import DivisionByZero
from sqlalchemy import JSON, BigInteger, FromClause, String, bindparam, column, func, literal, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from app.campaign.models.engagement import BehaviorProgress, EventReceipt
from app.db.guarded import Change, Condition, GuardFailed, insert_into
from app.db.prepared import Executor, Prepared, is_postgresql
from app.db.types import UtcDateTime
from app.points.models import Account

_teller = bindparam("teller", type_=BigInteger())
_account = select(Account.customer_id).where(Account.customer_id == _teller).with_for_update(key_share=True)
_LOCK: Prepared[Any] = Prepared(_account)


def lock(executor: Executor, customer_id: int) -> None:
    """Make everybody else wait who records an event of this customer or gives it something."""
    _LOCK.run(executor, {"teller": customer_id})


def write(executor: Executor, parameters: Mapping[str, object]) -> None:
    """Keep the receipt and the progress. Raises GuardFailed when either was written by somebody else meanwhile."""
    if is_postgresql(executor):
        try:
            _WRITE.run(executor, parameters)
        except DivisionByZero as e:
            raise GuardFailed from e
        return
    if len(_MOVE.run(executor, parameters)) != parameters["moved_count"] or not _RECORD.run(executor, parameters):
        raise GuardFailed


def amend(executor: Executor, parameters: Mapping[str, object]) -> None:
    """Change the outcome of a receipt that this transaction has written: some of what it earned was refused afterwards."""
    executor.execute(
        update(EventReceipt)
        .where(
            EventReceipt.customer_id == parameters["teller"],
            EventReceipt.name == parameters["event"],
            EventReceipt.transaction_id == parameters["transaction"],
        )
        .values(outcome=parameters["became"])
    )


def move_progress(dialect: ModuleType, *conditions: Condition) -> Change:
    """Write each progress that is still of the version before; returns those."""
    if dialect is postgresql:
        rows: Any = (
            func.json_to_recordset(bindparam("progress", type_=JSON()))
            .table_valued(
                column("b", BigInteger),
                column("v", BigInteger),
                column("a", BigInteger),
                column("n", BigInteger),
                column("c", JSON),
            )
            .render_derived("r", with_types=True)
        )
        columns: Sequence[Any] = [rows.c.b, rows.c.v, rows.c.a, rows.c.n, rows.c.c]
    else:
        rows = func.json_each(bindparam("progress", type_=JSON())).table_valued("value", name="r")
        columns = [func.json_extract(rows.c.value, f"$.{name}") for name in ("b", "v", "a", "n", "c")]
    insert = insert_into(dialect, BehaviorProgress).from_select(
        ["customer_id", "behavior_id", "version", "achieved", "current", "counts"],
        select(_teller, *columns).select_from(rows).where(true(), *conditions),
        include_defaults=False,
    )
    written = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=["customer_id", "behavior_id"],
        set_={name: getattr(written, name) for name in ("version", "achieved", "current", "counts")},
        where=BehaviorProgress.version == written.version - 1,
    ).returning(BehaviorProgress.behavior_id)


def record(dialect: ModuleType, moved: FromClause | None, *conditions: Condition) -> Change:
    """Write the receipt, if it is new and all that it moved was written (`moved`, where that is of the same statement)."""
    columns: dict[str, Any] = {
        "customer_id": _teller,
        "name": bindparam("event", type_=String()),
        "transaction_id": bindparam("transaction", type_=String()),
        "quantity": bindparam("times", type_=BigInteger()),
        "occurred_at": bindparam("happened", type_=UtcDateTime()),
        "recorded_at": bindparam("moment", type_=UtcDateTime()),
        "recorded_by_token": bindparam("partner", type_=BigInteger()),
        "campaign_id": bindparam("only", type_=BigInteger()),
        "context": bindparam("details", type_=JSON()),
        "outcome": bindparam("became", type_=JSON()),
    }
    values: list[Any] = list(columns.values())
    row = select(*values).where(true(), *conditions)
    if moved is not None:
        moved_count = select(func.count()).select_from(moved).scalar_subquery()
        row = row.where(moved_count == bindparam("moved_count", type_=BigInteger()))
    return (
        insert_into(dialect, EventReceipt)
        .from_select(list(columns), row, include_defaults=False)
        .on_conflict_do_nothing()
        .returning(EventReceipt.customer_id)
    )


def _write_on_postgresql() -> Prepared[Any]:
    """One statement, which fails as a whole when a guard fails: it divides by the number of receipts, which is one or none."""
    account = _account.cte("account")
    is_locked = select(literal(1)).select_from(account).exists()
    moved = move_progress(postgresql, is_locked).cte("moved")
    receipt = record(postgresql, moved, is_locked).cte("receipt")
    receipt_count = select(func.count()).select_from(receipt).scalar_subquery()
    return Prepared(select((literal(1) // receipt_count).label("whole")))


_WRITE = _write_on_postgresql()
_MOVE: Prepared[Any] = Prepared(move_progress(sqlite))
_RECORD: Prepared[Any] = Prepared(record(sqlite, None))
