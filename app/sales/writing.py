"""Write a sale with its items and all that follows from it at once, as one guarded change; see `app.db.guarded`.

The order is everybody's: the account, which the caller has locked, then the sale, and what is counted for its customer.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import JSON, BigInteger, Uuid, bindparam, case, cast, func, literal, select, type_coerce, update
from sqlalchemy.dialects import postgresql

from app.amounts import BALANCE_MAX
from app.db.guarded import Change, EarlierSteps, GuardedChange, Step, insert_into, inserted, integer, moment, string
from app.db.types import AnyColumn, AnySelect
from app.members.models import Spending
from app.points import entries
from app.points.models import Account, LedgerEntry
from app.sales.models import Sale, SaleItem

CHAIN, CUSTOMER, GAIN = integer("of_chain"), integer("buyer"), integer("gain")
SALE = bindparam("sale", type_=Uuid())
BOUGHT_AT, NOW = moment("moment"), moment("noted")


def _json(name: str) -> Any:
    return bindparam(name, type_=JSON(none_as_null=True))


@dataclass(frozen=True)
class Credit(Step):
    """Add what the sale earned to the account. Guard: the account can hold it."""

    name: str = "credited"

    def change(self, earlier: EarlierSteps) -> Change:
        locked = Account.locked + integer("locked_gain")
        balance = Account.balance + GAIN
        return (
            update(Account)
            .where(
                Account.customer_id == CUSTOMER,
                Account.closed.is_(False),
                balance + locked <= BALANCE_MAX,
                *earlier.succeeded,
            )
            .values(
                balance=balance,
                locked=locked,
                entries_count=Account.entries_count + 1,
                due_at=entries.sooner(moment("gain_due")),
            )
            .returning(Account.customer_id, Account.balance, Account.entries_count)
        )

    def left_behind(self) -> AnySelect:
        return select(Account).where(Account.customer_id == CUSTOMER)


@dataclass(frozen=True)
class RecordSale(Step):
    """Guard: there is none with this number; the database sees to it."""

    name: str = "recorded"

    def change(self, earlier: EarlierSteps) -> Change:
        columns: dict[str, AnyColumn] = {
            "uuid": SALE,
            "chain_id": CHAIN,
            "business_id": integer("of_business"),
            "shop_id": integer("of_shop"),
            "customer_id": CUSTOMER,
            "number": bindparam("document", type_=Sale.number.type),
            "amount": integer("total"),
            "place": string("where_bought"),
            "buyer": _json("who_bought"),
            "labels": _json("labelled"),
            "details": _json("said"),
            "bought_at": BOUGHT_AT,
            "recorded_at": NOW,
            "earned": integer("earned_in_all"),
            "taken_back": literal(0, BigInteger()),
            "returned": literal(0, BigInteger()),
            "explanation": _json("explained"),
        }
        return inserted(Sale, columns, *earlier.succeeded, returning=Sale.id)

    def left_behind(self) -> AnySelect:
        return select(Sale.id).where(Sale.uuid == SALE)


@dataclass(frozen=True)
class RecordItems(Step):
    """The lines, of a list of objects."""

    name: str = "listed"

    def change(self, earlier: EarlierSteps) -> Change:
        unnested = func.json_array_elements if earlier.dialect is postgresql else func.json_each
        lines = unnested(_json("lines")).table_valued("value", name="line")
        line, sale = type_coerce(lines.c.value, JSON), earlier.rows("recorded")
        columns: dict[str, AnyColumn] = {
            "sale_id": sale.c.id,
            "chain_id": CHAIN,
            **{name: cast(line[name].as_string(), BigInteger) for name in ("position", "quantity", "amount", "earned")},
            **{name: line[name].as_string() for name in ("sku", "name", "category", "maker")},
            "labels": line["labels"],
        }
        return inserted(SaleItem, columns, returning=SaleItem.sale_id, source=sale.join(lines, literal(True)))


@dataclass(frozen=True)
class RecordEarned(Step):
    """The ledger entry of what the sale earned."""

    name: str = "earned"

    def change(self, earlier: EarlierSteps) -> Change:
        credited = earlier.rows("credited")
        columns: dict[str, AnyColumn] = {
            "uuid": bindparam("entry", type_=Uuid()),
            "chain_id": CHAIN,
            "customer_id": credited.c.customer_id,
            "sequence": credited.c.entries_count,
            "delta": GAIN,
            "locked": integer("locked_gain"),
            "unlocks_at": moment("gain_unlocks"),
            "expires_at": moment("gain_expires"),
            "balance_after": credited.c.balance,
            "kind": literal("earned"),
            "comment": string("remark"),
            "issuer": literal("system"),
            "created_at": NOW,
            "sale_id": select(earlier.rows("recorded").c.id).scalar_subquery(),
        }
        return inserted(LedgerEntry, columns, *earlier.succeeded, source=credited, returning=LedgerEntry.id)


@dataclass(frozen=True)
class CountSpending(Step):
    """Count one more purchase of the customer, if it is one: what costs nothing is none."""

    name: str = "counted"

    def change(self, earlier: EarlierSteps) -> Change:
        columns: dict[str, AnyColumn] = {
            "chain_id": CHAIN,
            "customer_id": CUSTOMER,
            "transactions_count": integer("purchases"),
            "amount": integer("total"),
            "amount_without_delivery": integer("total_without_delivery"),
            "amount_excluded_for_level": literal(0, BigInteger()),
            "last_at": BOUGHT_AT,
        }
        first = insert_into(earlier.dialect, Spending).from_select(
            list(columns), select(*columns.values()).where(literal(True), *earlier.succeeded), include_defaults=False
        )
        counted = {
            name: getattr(Spending, name) + columns[name]
            for name in ("transactions_count", "amount", "amount_without_delivery")
        }
        latest = case((Spending.last_at > BOUGHT_AT, Spending.last_at), else_=BOUGHT_AT)
        return first.on_conflict_do_update(
            index_elements=["customer_id"], set_={**counted, "last_at": latest}
        ).returning(Spending.customer_id)


class SaleShape(NamedTuple):
    """What a sale is written of; sales of one shape are the same statement."""

    has_items: bool
    has_customer: bool
    earns: bool


@cache
def change(shape: SaleShape) -> GuardedChange[int]:
    """The changes of all sales of one shape; the result is the sale's id."""
    steps: list[Step] = [
        *([Credit()] if shape.earns else []),
        RecordSale(),
        *([RecordItems()] if shape.has_items else []),
        *([RecordEarned()] if shape.earns else []),
        *([CountSpending()] if shape.has_customer else []),
    ]
    return GuardedChange(steps, ("recorded", "id"))
