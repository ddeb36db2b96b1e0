"""Write that an event was received and what it moved: the receipt, which is new, and each progress, which is as it was read.

Where both hold, both are written, or neither. Nobody writes without the lock of the customer's account, so that whoever decides
while holding it is never overtaken.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import JSON, BigInteger, bindparam, column, func, select, true, update
from sqlalchemy.dialects import postgresql

from app.campaign.models.engagement import BehaviorProgress, EventReceipt
from app.db.guarded import Change, EarlierSteps, GuardedChange, Step, insert_into
from app.db.prepared import Executor, Prepared
from app.db.types import UtcDateTime, Written
from app.points.models import Account

_of_chain, _teller = bindparam("of_chain", type_=BigInteger()), bindparam("teller", type_=BigInteger())
_LOCK: Prepared[Any] = Prepared(
    select(Account.customer_id).where(Account.customer_id == _teller).with_for_update(key_share=True)
)


def lock(executor: Executor, customer_id: int) -> None:
    """Make everybody else wait who records an event of this customer or gives it something."""
    _LOCK.run(executor, {"teller": customer_id})


def write(executor: Executor, parameters: Mapping[str, object]) -> None:
    """Keep the receipt and the progress. Raises GuardFailed when either was written by somebody else meanwhile."""
    _WRITE.make(executor, parameters)


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


@dataclass(frozen=True)
class LockAccount(Step):
    """Make everybody else wait who records an event of this customer or gives it something."""

    name: str = "locked"

    def change(self, earlier: EarlierSteps) -> Change:
        query = select(Account.customer_id).where(Account.customer_id == _teller)
        return query.with_for_update(key_share=True)


@dataclass(frozen=True)
class MoveProgress(Step):
    """Write how far the customer has come in each behavior that the event moved. Guard: each is still of the version before."""

    rows_count = "moved_count"
    name: str = "moved"

    def change(self, earlier: EarlierSteps) -> Change:
        if earlier.dialect is postgresql:
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
        insert = insert_into(earlier.dialect, BehaviorProgress).from_select(
            ["chain_id", "customer_id", "behavior_id", "version", "achieved", "current", "counts"],
            select(_of_chain, _teller, *columns).select_from(rows).where(true(), *earlier.succeeded),
            include_defaults=False,
        )
        written = insert.excluded
        return insert.on_conflict_do_update(
            index_elements=["customer_id", "behavior_id"],
            set_={name: getattr(written, name) for name in ("version", "achieved", "current", "counts")},
            where=BehaviorProgress.version == written.version - 1,
        ).returning(BehaviorProgress.behavior_id)


@dataclass(frozen=True)
class WriteReceipt(Step):
    """Write the receipt of the event. Guard: it is new."""

    name: str = "receipt"

    def change(self, earlier: EarlierSteps) -> Change:
        columns: dict[str, Any] = {
            "chain_id": _of_chain,
            "customer_id": _teller,
            "name": bindparam("event", type_=Written()),
            "transaction_id": bindparam("transaction", type_=Written()),
            "quantity": bindparam("times", type_=BigInteger()),
            "occurred_at": bindparam("happened", type_=UtcDateTime()),
            "recorded_at": bindparam("moment", type_=UtcDateTime()),
            "recorded_by_token": bindparam("partner", type_=BigInteger()),
            "campaign_id": bindparam("only", type_=BigInteger()),
            "context": bindparam("details", type_=JSON()),
            "outcome": bindparam("became", type_=JSON()),
        }
        values: list[Any] = list(columns.values())
        row = select(*values).where(true(), *earlier.succeeded)
        return (
            insert_into(earlier.dialect, EventReceipt)
            .from_select(list(columns), row, include_defaults=False)
            .on_conflict_do_nothing()
            .returning(EventReceipt.customer_id)
        )


_WRITE: GuardedChange[None] = GuardedChange([LockAccount(), MoveProgress(), WriteReceipt()])
