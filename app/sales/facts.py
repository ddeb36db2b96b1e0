"""What must be known before a sale is recorded or an event earns: of the buyer, of the chain's rules. Each is one prepared statement."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, ScalarSelect, String, and_, bindparam, func, select

from app.amounts import BALANCE_MAX
from app.db.prepared import Executor, Prepared
from app.db.types import UtcDateTime, holds
from app.members.models import Customer, Level, Segment, SegmentMember, Spending
from app.organizations.chains import ChainTerms
from app.organizations.models import Chain
from app.outbox import writing
from app.points import telling
from app.points.models import Account
from app.sales import matching
from app.sales.models import EarningRule, Sale
from app.sales.rules import Earner, Rule
from app.text import written


class BuyerFacts(NamedTuple):
    """Whose sale it is. Points in hundredths; `purchases_count` is of those before."""

    id: int
    uuid: UUID
    chain_id: int
    status: str
    may_earn: bool  # one of that status, by rules of the chain
    merged_into_id: int | None
    level: UUID | None
    balance: int
    locked_points: int
    purchases_count: int
    is_listened_to: bool  # somebody is told of points that rules give

    @property
    def is_active(self) -> bool:
        return self.status == "active"

    @property
    def room(self) -> int:
        """How many points the account can still take."""
        return BALANCE_MAX - self.balance - self.locked_points


class RuleFacts(NamedTuple):
    """An earning rule, as it is stored."""

    id: int
    uuid: UUID
    kind: str
    name: str
    starts_at: datetime
    ends_at: datetime
    levels: Sequence[str]
    segments: Sequence[str]
    shops: Sequence[str]
    terms: Mapping[str, Any]

    def pure(self) -> Rule:
        """As `rules` reads it."""
        return Rule(
            self.id,
            self.kind,
            self.starts_at,
            self.ends_at,
            frozenset(self.levels),
            frozenset(self.segments),
            frozenset(self.shops),
            # Looked up for each item.
            {
                name: frozenset(value) if name in ("skus", "excluded_skus") else value
                for name, value in self.terms.items()
            },
        )


class _Id(NamedTuple):
    id: int


class _Uuid(NamedTuple):
    uuid: UUID


_customer = bindparam("customer", type_=BigInteger())
_chain = bindparam("chain", type_=BigInteger())
_BUYER = Prepared(
    select(
        Customer.id,
        Customer.uuid,
        Customer.chain_id,
        Customer.status,
        holds(Chain.earning_statuses, Customer.status).label("may_earn"),
        Customer.merged_into_id,
        Level.uuid.label("level"),
        Account.balance,
        Account.locked.label("locked_points"),
        func.coalesce(Spending.transactions_count, 0).label("purchases_count"),
        writing.is_heard_in(Customer.chain_id, telling.event_of("earned")).label("is_listened_to"),
    )
    .join(Chain, Chain.id == Customer.chain_id)
    .join(Account, Account.customer_id == Customer.id)
    .outerjoin(Level, Level.id == Customer.level_id)
    .outerjoin(Spending, Spending.customer_id == Customer.id)
    .where(Customer.id == _customer),
    BuyerFacts,
)
_SEGMENTS = Prepared(
    select(Segment.uuid)
    .join(SegmentMember, SegmentMember.segment_id == Segment.id)
    .where(SegmentMember.customer_id == _customer),
    _Uuid,
)
_earns = and_(EarningRule.active.is_(True), EarningRule.ends_at > bindparam("since", type_=UtcDateTime()))
_RULES = Prepared(
    select(*(getattr(EarningRule, name) for name in RuleFacts._fields))
    .where(EarningRule.chain_id == _chain, _earns)
    .order_by(EarningRule.id),
    RuleFacts,
)
_OF_NUMBER = select(Sale.id).where(Sale.chain_id == _chain, Sale.number == bindparam("named", type_=String()))
_SALE = Prepared(_OF_NUMBER, _Id)


def buyer(executor: Executor, customer_id: int) -> BuyerFacts:
    """Of one who is known to be there."""
    [found] = _BUYER.run(executor, {"customer": customer_id})
    return found


def earner(executor: Executor, who: BuyerFacts, rules: Sequence[RuleFacts]) -> Earner:
    """The customer as these rules see them; segments are only asked for where a rule is for some."""
    segments: frozenset[str] = frozenset()
    if any(it.segments for it in rules):
        segments = frozenset(str(it.uuid) for it in _SEGMENTS.run(executor, {"customer": who.id}))
    return Earner(str(who.level) if who.level else None, segments, bool(who.may_earn))


def rules_of(executor: Executor, chain_id: int, since: datetime) -> list[RuleFacts]:
    """A chain's active rules that had not ended by then, the oldest first; see `of_kinds`."""
    return _RULES.run(executor, {"chain": chain_id, "since": since})


class ProgrammeFacts(NamedTuple):
    """What a chain decides, its `rules_of` a moment, and whose each identifier of a buyer is."""

    chain: ChainTerms
    rules: Sequence[RuleFacts]
    matched: Mapping[str, int | None]


@cache
def _programme(names: Sequence[str]) -> Prepared[Any]:
    return Prepared(
        select(
            *(getattr(Chain, name).label(f"chain_{name}") for name in ChainTerms._fields),
            *(getattr(EarningRule, name).label(f"rule_{name}") for name in RuleFacts._fields),
            *matching.columns(names),
        )
        .outerjoin(EarningRule, and_(EarningRule.chain_id == Chain.id, _earns))
        .where(Chain.id == _chain)
        .order_by(EarningRule.id)
    )


def programme(executor: Executor, chain_id: int, since: datetime, buyer: Mapping[str, Any]) -> ProgrammeFacts:
    """Of a chain that is known to be there; the buyer by names of the profile."""
    told = matching.told(buyer)
    rows = _programme(tuple(told)).run(executor, {"chain": chain_id, "since": since, **told})
    rules_at, matched_at = len(ChainTerms._fields), len(ChainTerms._fields) + len(RuleFacts._fields)
    rules = [RuleFacts(*row[rules_at:matched_at]) for row in rows if row.rule_id is not None]
    return ProgrammeFacts(ChainTerms(*rows[0][:rules_at]), rules, dict(zip(told, rows[0][matched_at:], strict=True)))


def of_kinds(
    rules: Iterable[RuleFacts], kinds: Collection[str], at: datetime, event: str | None = None
) -> list[RuleFacts]:
    """Those of these rules that are of some kinds, for an event if one is named, and had not ended by then."""
    return [
        it for it in rules if it.kind in kinds and it.ends_at > at and (event is None or it.terms.get("event") == event)
    ]


def of_number() -> ScalarSelect[int]:
    """The chain's sale with a number, inside a statement with the parameters `chain` and `named`, in its written form."""
    return _OF_NUMBER.scalar_subquery()


def sale_id(executor: Executor, chain_id: int, number: str) -> int | None:
    """The sale of a chain with this number."""
    found = _SALE.run(executor, {"chain": chain_id, "named": written(number)})
    return found[0].id if found else None
