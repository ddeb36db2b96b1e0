"""Who was recommended the programme by whom, for the staff."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.campaign.models.referrals import ReferralRelation
from app.members.models import Customer, Spending
from app.organizations.scope import Chains, within
from app.paging import Page, Paged


@dataclass(frozen=True)
class Recommended:
    """Somebody registered as recommended by somebody; whether the recommended one has bought since."""

    referrer: Customer
    recipient: Customer
    since: datetime
    has_bought: bool


def page(session: Session, chains: Chains, paging: Page) -> Paged[Recommended]:
    """Each two once, in however many campaigns; the latest first."""
    pairs = (
        select(
            ReferralRelation.referring_id,
            ReferralRelation.referred_id,
            func.min(ReferralRelation.created_at).label("since"),
            func.max(ReferralRelation.id).label("latest"),
        )
        .where(within(chains, ReferralRelation.chain_id))
        .group_by(ReferralRelation.referring_id, ReferralRelation.referred_id)
        .subquery()
    )
    total = session.scalar(select(func.count()).select_from(pairs)) or 0
    referrer, recipient = aliased(Customer), aliased(Customer)
    query = (
        select(referrer, recipient, pairs.c.since, func.coalesce(Spending.transactions_count, 0))
        .join(referrer, referrer.id == pairs.c.referring_id)
        .join(recipient, recipient.id == pairs.c.referred_id)
        .outerjoin(Spending, Spending.customer_id == recipient.id)
        .order_by(pairs.c.latest.desc())
    )
    rows = session.execute(paging.cut(query)).unique().all()
    return Paged([Recommended(one, other, since, count > 0) for one, other, since, count in rows], total)
