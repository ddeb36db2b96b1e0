"""What has come together in a programme so far. Reads all entries and sales of a chain: of a replica, if there is one."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.campaign.models.referrals import ReferralRelation
from app.organizations.scope import Chains, within
from app.points.models import LedgerEntry
from app.sales.models import Sale

BOUGHT_WITH = ("spent", "bought")  # points that are passed on to another customer are not spent


@dataclass(frozen=True)
class SalesFigures:
    """How many sales there were, and their money without what was returned, in hundredths."""

    count: int
    amount: int


@dataclass(frozen=True)
class ReferralFigures:
    """How many customers were recommended, and of how many the recommending one was rewarded."""

    count: int
    completed: int


def points_spent(session: Session, chains: Chains) -> int:
    """Hundredths of points."""
    spent = select(func.sum(LedgerEntry.delta)).where(
        within(chains, LedgerEntry.chain_id), LedgerEntry.kind.in_(BOUGHT_WITH)
    )
    return -int(session.scalar(spent) or 0)


def sales(session: Session, chains: Chains) -> SalesFigures:
    of_sales = select(func.count(), func.sum(Sale.amount - Sale.returned))
    count, amount = session.execute(of_sales.where(within(chains, Sale.chain_id), Sale.returns_id.is_(None))).one()
    return SalesFigures(int(count), int(amount or 0))


def referrals(session: Session, chains: Chains) -> ReferralFigures:
    of_all = select(func.count(), func.count(ReferralRelation.redeemed_at)).where(
        within(chains, ReferralRelation.chain_id)
    )
    count, completed = session.execute(of_all).one()
    return ReferralFigures(int(count), int(completed))
