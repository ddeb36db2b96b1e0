"""The changes that an award is made of, each a step with its guard and its place in the order.

A step succeeds only if what was decided still holds: the balance, the allowance, a free coupon, what is left of a reward and of
the campaign, and the revision of the campaign. See `app.db.guarded` for how they become a whole, `statement` for which there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Uuid,
    bindparam,
    case,
    insert,
    literal,
    literal_column,
    or_,
    select,
    true,
    update,
)

from app.amounts import BALANCE_MAX
from app.campaign import limits
from app.campaign.models.awards import Award
from app.campaign.models.coupons import Coupon
from app.campaign.models.draws import Draw
from app.campaign.models.limits import MethodTally, MethodUsage, Stock, Usage
from app.campaign.models.vouchers import Voucher
from app.db.guarded import Change, Condition, EarlierSteps, Step, insert_into, inserted, integer, moment, string
from app.db.types import AnyColumn, AnySelect
from app.outbox import writing
from app.outbox.models import Listener, Message
from app.points import entries
from app.points.models import Account, LedgerEntry

CHAIN, CUSTOMER, CAMPAIGN, COST, ASKER = (integer(name) for name in ("of_chain", "buyer", "campaign", "price", "asker"))
AWARD = bindparam("award", type_=Uuid())
NOW = moment("moment")


@dataclass(frozen=True)
class Debit(Step):
    """Take the price from the account and add what the award gives in points; `entries` of the ledger will tell.

    Guard: the account is open, its balance, of which nothing has expired, covers the price, and it can hold what is left. First, so
    that who wants the same account waits here.
    """

    entries: int
    gives_points: bool = False
    name: str = "debited"

    def change(self, earlier: EarlierSteps) -> Change:
        balance = Account.balance - COST
        values: dict[str, AnyColumn] = {"entries_count": Account.entries_count + self.entries}
        guards: list[Condition] = [
            or_(COST == 0, Account.balance >= COST),
            entries.is_up_to_date(NOW),
            Account.closed.is_(False),
        ]
        if self.gives_points:
            balance = balance + integer("gain")
            locked = Account.locked + integer("locked_gain")
            guards.append(balance + locked <= BALANCE_MAX)
            values |= {"locked": locked, "due_at": entries.sooner(moment("gain_due"))}
        return (
            update(Account)
            .where(Account.customer_id == CUSTOMER, *guards)
            .values(balance=balance, **values)
            .returning(Account.customer_id, Account.balance, Account.entries_count)
        )

    def left_behind(self) -> AnySelect:
        return select(Account).where(Account.customer_id == CUSTOMER)


@dataclass(frozen=True)
class CountUsage(Step):
    """Count the award for the customer. Guard: the customer may receive once more in this period."""

    is_with_receipt: bool = False
    name: str = "counted"

    def change(self, earlier: EarlierSteps) -> Change:
        debited = earlier.rows("debited")
        period, one = moment("usage_period"), literal(1, BigInteger())
        # The debited row itself is asked for, so that only a receipt between the two needs to be asked for as well.
        after = earlier.succeeded if self.is_with_receipt else ()
        first = select(CHAIN, debited.c.customer_id, CAMPAIGN, one, one, period).where(
            debited.c.customer_id == CUSTOMER, *after
        )
        columns = ["chain_id", "customer_id", "campaign_id", "received", "in_period", "period_from"]
        return (
            insert_into(earlier.dialect, Usage)
            .from_select(columns, first, include_defaults=False)
            .on_conflict_do_update(
                index_elements=["customer_id", "campaign_id"],
                set_={"received": Usage.received + 1, **_counted_on(Usage, period)},
                where=limits.has_room(Usage.period_from, Usage.in_period, period, integer("allowance")),
            )
            .returning(Usage.received)
        )

    def left_behind(self) -> AnySelect:
        return select(Usage).where(Usage.customer_id == CUSTOMER, Usage.campaign_id == CAMPAIGN)


@dataclass(frozen=True)
class _OfMethod(Step):
    """A step for the `i`-th reward that is given; its parameters end in that number."""

    i: int
    prefix: ClassVar[str]

    @property
    def name(self) -> str:
        return f"{self.prefix}_{self.i}"


@dataclass(frozen=True)
class CountForCustomer(_OfMethod):
    """Count a reward for the customer. Guard: the customer may be given it once more in this period."""

    prefix = "limited"

    def change(self, earlier: EarlierSteps) -> Change:
        period, method = moment(f"method_usage_period_{self.i}"), integer(f"method_{self.i}")
        first = select(CHAIN, CUSTOMER, method, literal(1, BigInteger()), period).where(true(), *earlier.succeeded)
        columns = ["chain_id", "customer_id", "method_id", "in_period", "period_from"]
        most = integer(f"method_allowance_{self.i}")
        return (
            insert_into(earlier.dialect, MethodUsage)
            .from_select(columns, first, include_defaults=False)
            .on_conflict_do_update(
                index_elements=["customer_id", "method_id"],
                set_=_counted_on(MethodUsage, period),
                where=limits.has_room(MethodUsage.period_from, MethodUsage.in_period, period, most),
            )
            .returning(MethodUsage.method_id)
        )


@dataclass(frozen=True)
class ClaimCoupon(Step):
    """Claim the pool's next free code, past those that others are claiming. Guard: it is still free."""

    name: str = "claimed"

    def change(self, earlier: EarlierSteps) -> Change:
        free = (
            select(Coupon.id)
            .where(Coupon.campaign_id == CAMPAIGN, Coupon.award_id.is_(None), *earlier.succeeded)
            .order_by(Coupon.position)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        return (
            update(Coupon)
            .where(Coupon.id == free, Coupon.award_id.is_(None))
            .values(award_id=AWARD)
            .returning(Coupon.id, Coupon.code)
        )

    def left_behind(self) -> AnySelect:
        return select(Coupon).where(Coupon.award_id == AWARD)


@dataclass(frozen=True)
class TakeSharedCoupon(Step):
    """Take the one code that all buyers share."""

    name: str = "claimed"

    def change(self, earlier: EarlierSteps) -> Change:
        return select(Coupon.id, Coupon.code).where(Coupon.campaign_id == CAMPAIGN, *earlier.succeeded).limit(1)

    def left_behind(self) -> AnySelect:
        return select(Coupon).where(Coupon.campaign_id == CAMPAIGN)


@dataclass(frozen=True)
class RecordAward(Step):
    name: str = "recorded"

    def change(self, earlier: EarlierSteps) -> Change:
        columns: dict[str, AnyColumn] = {
            "id": AWARD,
            "chain_id": CHAIN,
            "campaign_id": CAMPAIGN,
            "customer_id": CUSTOMER,
            "cause": string("caused_by"),
            "cause_key": string("only_once"),
            "cost": COST,
            "given_at": NOW,
            "given_by": ASKER,
            "given_by_token": integer("partner"),
        }
        return inserted(Award, columns, *earlier.succeeded, returning=Award.id)


@dataclass(frozen=True)
class RecordDraw(Step):
    """Guard: the draw has the number for which its ticket was made."""

    name: str = "drawn"

    def change(self, earlier: EarlierSteps) -> Change:
        counted, number = earlier.rows("counted"), integer("draw_number")
        columns: dict[str, AnyColumn] = {
            "award_id": AWARD,
            "chain_id": CHAIN,
            "campaign_id": CAMPAIGN,
            "customer_id": CUSTOMER,
            "number": number,
            "candidates": bindparam("draw_candidates", type_=JSON()),
            "revision": integer("revision_seen"),
            "ticket": string("draw_ticket"),
            "method_id": integer("method_0"),
        }
        guard = counted.c.received == number
        return inserted(Draw, columns, guard, *earlier.succeeded, source=counted, returning=Draw.award_id)


@dataclass(frozen=True)
class RecordPrice(Step):
    """The ledger entry of the price; it names the coupon, where one is claimed. `entries` are those of the whole award."""

    entries: int
    name: str = "paid"

    def change(self, earlier: EarlierSteps) -> Change:
        debited, comment = earlier.rows("debited"), string("campaign_name")
        named: Any = comment
        if earlier.has("claimed"):
            named = comment + ", coupon: " + select(earlier.rows("claimed").c.code).scalar_subquery()
        columns = {
            "uuid": bindparam("entry", type_=Uuid()),
            "sequence": debited.c.entries_count - (self.entries - 1),
            "delta": -COST,
            "balance_after": debited.c.balance - integer("gain") if self.entries > 1 else debited.c.balance,
            "comment": named,
        }
        return _entry(earlier, "bought", columns)


@dataclass(frozen=True)
class RecordGain(_OfMethod):
    """The ledger entry of points that a reward gives; `later` entries follow it."""

    later: int = 0
    prefix = "gained"

    def change(self, earlier: EarlierSteps) -> Change:
        debited = earlier.rows("debited")
        columns = {
            "uuid": bindparam(f"entry_{self.i}", type_=Uuid()),
            "sequence": debited.c.entries_count - self.later,
            "delta": integer(f"gain_{self.i}"),
            "locked": integer(f"locked_gain_{self.i}"),
            "unlocks_at": moment("gain_unlocks"),
            "expires_at": moment("gain_expires"),
            "balance_after": debited.c.balance - integer(f"later_gain_{self.i}"),
            "comment": string("campaign_name"),
            "method_id": integer(f"method_{self.i}"),
        }
        return _entry(earlier, "rewarded", columns)


@dataclass(frozen=True)
class HoldCoupon(_OfMethod):
    """Give the customer the claimed coupon: a voucher for its code, usable at once."""

    prefix = "held"

    def change(self, earlier: EarlierSteps) -> Change:
        claimed = earlier.rows("claimed")
        columns = {
            **_voucher_columns("coupon"),
            "coupon_id": claimed.c.id,
            "kind": literal("honour"),
            "code": claimed.c.code,
            "status": literal("claimed"),
            "claimed_at": NOW,
            "amount": literal(0, BigInteger()),
        }
        return inserted(Voucher, columns, *earlier.succeeded, source=claimed, returning=Voucher.id)


@dataclass(frozen=True)
class IssueVoucher(_OfMethod):
    """Give the customer a voucher on the reward's terms."""

    prefix = "held"

    def change(self, earlier: EarlierSteps) -> Change:
        i = self.i
        columns = {
            **_voucher_columns(str(i)),
            "method_id": integer(f"method_{i}"),
            "kind": string(f"voucher_kind_{i}"),
            "code": string(f"voucher_code_{i}"),
            "status": string(f"voucher_status_{i}"),
            "claimed_at": moment(f"voucher_claimed_{i}"),
            "amount": integer(f"voucher_amount_{i}"),
            "hundredths_of_percent": integer(f"voucher_percent_{i}"),
            "text": string(f"voucher_text_{i}"),
            "expires_at": moment(f"voucher_expires_{i}"),
        }
        return inserted(Voucher, columns, *earlier.succeeded, returning=Voucher.id)


@dataclass(frozen=True)
class WriteEvents(Step):
    """A message for each who listens for one of `kinds` in the chain; what they are told is read when it is sent. No guard."""

    kinds: tuple[str, ...]
    name: str = "told"
    may_be_empty = True

    def change(self, earlier: EarlierSteps) -> Change:
        heard = writing.heard(CHAIN, string("of_whom"), NOW).add_columns(AWARD)
        is_true = or_(Listener.kind != "points.paid", COST > 0) if "points.paid" in self.kinds else true()
        rows = heard.where(
            Listener.kind.in_([literal_column(f"'{kind}'") for kind in self.kinds]), is_true, *earlier.succeeded
        )
        columns = [*writing.COLUMNS, "award_id"]
        return insert(Message).from_select(columns, rows, include_defaults=False).returning(Message.id)


@dataclass(frozen=True)
class CountReward(_OfMethod):
    """Count a reward for all customers. Guard: there is one left, in all and in this period."""

    prefix = "tallied"

    def change(self, earlier: EarlierSteps) -> Change:
        period, most = moment(f"method_period_{self.i}"), integer(f"method_most_{self.i}")
        return (
            update(MethodTally)
            .where(
                MethodTally.method_id == integer(f"method_{self.i}"),
                MethodTally.given < MethodTally.allowed,
                limits.has_room(MethodTally.period_from, MethodTally.in_period, period, most),
                *earlier.succeeded,
            )
            .values(given=MethodTally.given + 1, **_counted_on(MethodTally, period))
            .returning(MethodTally.given)
        )


@dataclass(frozen=True)
class CountForCampaign(Step):
    """Count the award for the campaign. Guards: it has stock, in all and in this period, and is of the revision decided on.

    Last, so that who wants the same campaign waits only while this commits; or while the rest is sold of several that are bought at once.
    """

    name: str = "given"

    def change(self, earlier: EarlierSteps) -> Change:
        is_first = select(case((earlier.rows("counted").c.received == 1, 1), else_=0)).scalar_subquery()
        period = moment("stock_period")
        return (
            update(Stock)
            .where(
                Stock.campaign_id == CAMPAIGN,
                limits.has_stock(Stock),
                limits.has_room(Stock.period_from, Stock.in_period, period, integer("stock_most")),
                Stock.revision == integer("revision_seen"),
                *earlier.succeeded,
            )
            .values(
                given=Stock.given + 1, customers_count=Stock.customers_count + is_first, **_counted_on(Stock, period)
            )
            .returning(Stock.given)
        )


def _counted_on(tally: type[Stock | Usage | MethodTally | MethodUsage], period: AnyColumn) -> dict[str, AnyColumn]:
    """One more in this period, which may have just begun. A clock that lags behind counts in the period that has."""
    has_begun = tally.period_from < period
    return {
        "in_period": case((has_begun, 1), else_=tally.in_period + 1),
        "period_from": case((has_begun, period), else_=tally.period_from),
    }


def _entry(earlier: EarlierSteps, kind: str, columns: Mapping[str, AnyColumn]) -> Change:
    debited = earlier.rows("debited")
    whole = {
        "chain_id": CHAIN,
        "customer_id": debited.c.customer_id,
        "kind": literal(kind),
        "issuer": string("by_whom"),
        "issued_by": ASKER,
        "award_id": AWARD,
        "created_at": NOW,
        "locked": literal(0, BigInteger()),
        **columns,
    }
    return inserted(LedgerEntry, whole, *earlier.succeeded, source=debited, returning=LedgerEntry.id)


def _voucher_columns(suffix: str) -> dict[str, AnyColumn]:
    return {
        "key": string(f"voucher_key_{suffix}"),
        "third_party_id": integer(f"third_party_{suffix}"),
        "chain_id": CHAIN,
        "campaign_id": CAMPAIGN,
        "customer_id": CUSTOMER,
        "award_id": AWARD,
        "redeemed": literal(0, BigInteger()),
        "superseded": literal(False),
        "created_at": NOW,
    }
