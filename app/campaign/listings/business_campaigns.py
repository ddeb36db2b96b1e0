"""All campaigns of a chain or of some of its businesses, without what they have given, for those who plan them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from app.campaign import activity
from app.campaign.models.campaigns import Campaign
from app.paging import Page, Paged


def page(
    session: Session,
    chain_id: int,
    paging: Page,
    now: datetime,
    lifecycles: Collection[str] | None = None,
    business_ids: Collection[int] | None = None,
) -> Paged[Campaign]:
    """By id. Of these lifecycles, or else those that are active at the moment; of these businesses, or else of all."""
    conditions: list[Any] = [Campaign.chain_id == chain_id]
    if lifecycles is None:
        conditions.append(activity.is_active(Campaign, now))
    else:
        conditions.append(Campaign.lifecycle.in_(lifecycles))
    if business_ids is not None:
        conditions.append(Campaign.business_id.in_(business_ids))
    total = session.scalar(select(func.count()).select_from(Campaign).where(*conditions)) or 0
    rows = session.scalars(paging.cut(_query().where(*conditions).order_by(Campaign.id))).unique()
    return Paged(list(rows), total)


def get(session: Session, campaign_id: int) -> Campaign:
    """One that is known to be there, as it is now."""
    query = _query().where(Campaign.id == campaign_id).execution_options(populate_existing=True)
    return session.scalars(query).unique().one()


def _query() -> Select[Campaign]:
    return select(Campaign).options(
        joinedload(Campaign.text), joinedload(Campaign.targeting), joinedload(Campaign.business)
    )
