"""The guarded changes of a purchase: debit, count the usage, claim a coupon, record, and last count the sale.

Each returns a row, or its guard has failed. PostgreSQL gets them as one statement, where each reads what the one before
returned: a round trip costs more than a change. SQLite, which has no round trips and no such statements, gets them one by
one; there each reads from the table what the one before has left. Both are built from the same expressions.
"""

from typing import Any

from psycopg.errors import DivisionByZero
from sqlalchemy import BigInteger, String, Uuid, bindparam, case, exists, func, insert, literal, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from app.campaign import rules
from app.campaign.models import Coupon, Purchase, Stock, Usage
from app.database import Bind, Prepared, TryAgain, UtcDateTime, is_postgresql
from app.points.models import Account, LedgerEntry


class TermsChanged(TryAgain):
    """Between the decision and the change somebody else was faster; decide again on the new facts."""

    def __init__(self) -> None:
        super().__init__("another purchase or a change of the campaign came first")


def sell(bind: Bind, from_pool: bool, parameters: dict[str, Any]) -> str:
    """Make all changes of a purchase and return its coupon's code, from the campaign's pool or shared by all.

    Raises TermsChanged when a guard failed; then nothing may be kept of the transaction.
    """
    changes = POOL if from_pool else SHARED
    return (_in_one_statement if is_postgresql(bind) else _in_steps)(bind, changes, parameters)


def _in_one_statement(bind: Bind, changes: "Changes", parameters: dict[str, Any]) -> str:
    try:
        [row] = changes.in_one_statement.run(bind, parameters)
    except DivisionByZero as e:
        raise TermsChanged from e
    return str(row.code)


def _in_steps(bind: Bind, changes: "Changes", parameters: dict[str, Any]) -> str:
    code = ""
    for step in changes.in_steps:
        rows = step.run(bind, parameters)
        if not rows:
            raise TermsChanged
        code = getattr(rows[0], "code", code)
    return code


# No parameter may be named like a column that its statement sets.
_customer, _campaign, _cost = (bindparam(name, type_=BigInteger()) for name in ("buyer", "campaign", "price"))
_purchase, _entry = bindparam("purchase", type_=Uuid()), bindparam("entry", type_=Uuid())
_seller, _allowance = bindparam("seller", type_=BigInteger()), bindparam("allowance", type_=BigInteger())
_now = bindparam("moment", type_=UtcDateTime())


def _debit() -> Any:
    return (
        update(Account)
        .where(Account.customer_id == _customer, Account.balance >= _cost)
        .values(balance=Account.balance - _cost, entries_count=Account.entries_count + 1)
        .returning(Account.customer_id, Account.balance, Account.entries_count)
    )


def _count_usage(dialect: Any, debited: Any) -> Any:
    first = select(debited.c.customer_id, _campaign, literal(1, BigInteger())).where(debited.c.customer_id == _customer)
    return (
        dialect.insert(Usage)
        .from_select(["customer_id", "campaign_id", "bought"], first, include_defaults=False)
        .on_conflict_do_update(
            index_elements=["customer_id", "campaign_id"],
            set_={"bought": Usage.bought + 1},
            where=rules.has_allowance(Usage.bought, _allowance),
        )
        .returning(Usage.bought)
    )


def _claim_coupon(*after: Any) -> Any:
    free = (
        select(Coupon.id)
        .where(Coupon.campaign_id == _campaign, Coupon.purchase_id.is_(None), *after)
        .order_by(Coupon.position)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    return (
        update(Coupon)
        .where(Coupon.id == free, Coupon.purchase_id.is_(None))
        .values(purchase_id=_purchase)
        .returning(Coupon.id, Coupon.code)
    )


def _shared_coupon(*after: Any) -> Any:
    return select(Coupon.id, Coupon.code).where(Coupon.campaign_id == _campaign, *after).limit(1)


def _record_purchase(claimed: Any) -> Any:
    return (
        insert(Purchase)
        .from_select(
            ["id", "campaign_id", "customer_id", "coupon_id", "cost", "bought_at", "sold_by"],
            select(_purchase, _campaign, _customer, claimed.c.id, _cost, _now, _seller),
            include_defaults=False,
        )
        .returning(Purchase.id)
    )


def _record_entry(debited: Any, claimed: Any) -> Any:
    told = bindparam("campaign_name", type_=String()) + ", coupon: " + claimed.c.code
    columns = {
        "uuid": _entry,
        "customer_id": debited.c.customer_id,
        "sequence": debited.c.entries_count,
        "delta": -_cost,
        "balance_after": debited.c.balance,
        "kind": literal("bought"),
        "comment": told,
        "issuer": bindparam("by_whom", type_=String()),
        "issued_by": _seller,
        "purchase_id": _purchase,
        "created_at": _now,
    }
    entry = select(*columns.values()).select_from(debited).join(claimed, true())
    return insert(LedgerEntry).from_select(list(columns), entry, include_defaults=False).returning(LedgerEntry.id)


def _count_sale(counted: Any, *after: Any) -> Any:
    is_first = select(case((counted.c.bought == 1, 1), else_=0)).scalar_subquery()
    return (
        update(Stock)
        .where(
            Stock.campaign_id == _campaign,
            rules.has_stock(Stock),
            Stock.terms == bindparam("terms_seen", type_=BigInteger()),
            *after,
        )
        .values(sold=Stock.sold + 1, buyers_count=Stock.buyers_count + is_first)
        .returning(Stock.sold)
    )


class Changes:
    """The changes of a purchase, whose coupon comes from a pool or is shared by all."""

    def __init__(self, coupon: Any, coupon_left_behind: Any) -> None:
        self.in_one_statement = Prepared(_chained(coupon))
        debited = select(Account).where(Account.customer_id == _customer).subquery("debited")
        counted = (
            select(Usage).where(Usage.customer_id == _customer, Usage.campaign_id == _campaign).subquery("counted")
        )
        claimed = select(Coupon).where(coupon_left_behind).subquery("claimed")
        steps = (
            _debit(),
            _count_usage(sqlite, debited),
            coupon(),
            _record_purchase(claimed),
            _record_entry(debited, claimed),
            _count_sale(counted),
        )
        self.in_steps = tuple(Prepared(step) for step in steps)


def _chained(coupon: Any) -> Any:
    """All changes as one statement; `after` makes each wait for the one before, so that the locks keep their order.

    It fails as a whole when a guard fails: a division by the number of sales counted, which is one or none.
    """

    def happened(cte: Any) -> Any:
        return exists(select(literal(1)).select_from(cte))

    debited = _debit().cte("debited")
    counted = _count_usage(postgresql, debited).cte("counted")
    claimed = coupon(happened(counted)).cte("claimed")
    recorded = _record_purchase(claimed).cte("recorded")
    entered = _record_entry(debited, claimed).cte("entered")
    sold = _count_sale(counted, happened(recorded), happened(entered)).cte("sold")
    sales = select(func.count()).select_from(sold).scalar_subquery()
    return select(select(claimed.c.code).scalar_subquery().label("code"), (literal(1) // sales).label("sold"))


POOL = Changes(_claim_coupon, Coupon.purchase_id == _purchase)
SHARED = Changes(_shared_coupon, Coupon.campaign_id == _campaign)
