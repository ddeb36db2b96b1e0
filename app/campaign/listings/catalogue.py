"""The campaigns that admins, sellers and customers look through to buy coupons, in a fixed number of statements a page.

Campaigns that give something else, or by chance, are not for sale, and not shown here; see `chain_campaigns`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, not_, select, union_all
from sqlalchemy.orm import Session, joinedload, selectinload

from app.campaign import activity, limits
from app.campaign.audience import audiences, reached, traits, visibility, visibility_sql
from app.campaign.audience.reached import Place
from app.campaign.audience.visibility import Visibility
from app.campaign.eligibility import rules
from app.campaign.eligibility.facts import facts_by_campaign, facts_by_uuid
from app.campaign.errors import CampaignNotFound
from app.campaign.models.audiences import AudienceTarget
from app.campaign.models.campaigns import AlwaysOnShow, Campaign, CampaignLabel, Category, InCategory
from app.campaign.models.limits import Stock, Usage
from app.campaign.setup import coupons
from app.db.prepared import is_postgresql
from app.media import pictures
from app.media.models import ShownPicture
from app.members.models import Customer
from app.organizations.scope import Chains, within
from app.paging import Page, Paged
from app.text import folded

SORTABLE = {
    "name": Campaign.name_folded,
    "reward": Campaign.reward,
    "active": case((activity.is_live(Campaign), 1), else_=0),
    "cost": Campaign.cost,
    "limit": Campaign.limit,
    "limit_per_customer": Campaign.limit_per_customer,
    "unlimited": Campaign.unlimited,
    "single_coupon": Campaign.single_coupon,
    "active_from": Campaign.active_from,
    "active_to": Campaign.active_to,
    "visible_from": Campaign.visible_from,
    "visible_to": Campaign.visible_to,
}


SELLS_COUPONS = Campaign.reward.is_not(None)


@dataclass(frozen=True)
class CampaignFilter:
    """What an admin searches for. A label condition is a key, a value, or both; all conditions must hold."""

    labels: Sequence[tuple[str | None, str | None]] = ()
    name: str | None = None
    active: bool | None = None
    coupon_kind: str | None = None
    is_featured: bool | None = None
    is_public: bool | None = None
    has_segment: bool | None = None  # for some segments, or for none
    categories: Sequence[UUID] = ()  # in any of them

    @property
    def wants_some(self) -> bool:
        """Not just any; what is for segments is asked of the audiences, before the campaigns are."""
        return self != CampaignFilter(has_segment=self.has_segment)


EVERY_CAMPAIGN = CampaignFilter()
FOR_SEGMENTS = select(AudienceTarget.audience_id).where(AudienceTarget.kind == "segment")


@dataclass(frozen=True)
class CampaignForSale:
    """A campaign and what is printed with it; `facts` only when it is shown to, or for, one customer."""

    campaign: Campaign
    codes: list[str]
    audience_names: dict[UUID, str]
    audience_size: int
    reach_is_due: Place | None  # for whom it is, where that is to be counted
    now: datetime
    has_brand_icon: bool = False
    facts: Any = field(default=None)
    traits: Mapping[str, Any] | None = field(default=None)

    @property
    def may_buy(self) -> bool:
        return next(rules.refusals(self.facts, self.now, self.traits), None) is None


def page(
    session: Session, chains: Chains, paging: Page, now: datetime, wanted: CampaignFilter = EVERY_CAMPAIGN
) -> Paged[CampaignForSale]:
    """All campaigns of these chains, for an admin."""
    return _page(session, paging, now, [within(chains, Campaign.chain_id), *_conditions(wanted)])


def visible_page(
    session: Session, chains: Chains, paging: Page, now: datetime, wanted: CampaignFilter = EVERY_CAMPAIGN
) -> Paged[CampaignForSale]:
    """The campaigns that are switched on and visible, for a seller; or for anybody, those that are public."""
    on_show = [within(chains, Campaign.chain_id), visibility.is_on_show(Campaign, now)]
    return _page(session, paging, now, [*on_show, *_conditions(wanted, in_active=True)])


def available_page(
    session: Session,
    customer_id: int,
    paging: Page,
    now: datetime,
    with_codes: bool = True,
    wanted: CampaignFilter = EVERY_CAMPAIGN,
) -> Paged[CampaignForSale]:
    """The campaigns that a customer can buy now, or could with more points or a little later.

    Source: contract section 4.4: switched on, visible, targeted at the customer, not sold out, not used up by the customer;
    the activity window is not asked.
    """
    reach = visibility_sql.reach(session, customer_id, traits.of_customer(session, customer_id, now))
    if wanted.has_segment is not None:
        named = FOR_SEGMENTS.where(AudienceTarget.audience_id.in_(reach.audience_ids))
        for_segments = set(session.scalars(named))
        every = set(reach.audience_ids)
        reach = reach._replace(audience_ids=every & for_segments if wanted.has_segment else every - for_segments)
    on_show = and_(SELLS_COUPONS, visibility.is_on_show(Campaign, now), reach.meets())
    gone = _gone(customer_id)
    total = None if wanted.wants_some else _count_available(session, reach, gone, now)
    conditions = [on_show, not_(gone), *_conditions(replace(wanted, has_segment=None), in_active=True)]
    return _page(session, paging, now, conditions, customer_id, with_codes, total)


def _gone(customer_id: int) -> ColumnElement[bool]:
    """The campaigns that are sold out, or used up by the customer; few beside all. A condition on Campaign."""
    used_up = (
        select(Usage.campaign_id)
        .join(Campaign, Campaign.id == Usage.campaign_id)
        .where(
            Usage.customer_id == customer_id,
            Campaign.limit_per_customer_unit.is_(None),  # what is used up for today is not used up
            ~limits.has_allowance(Usage.received, Campaign.limit_per_customer),
        )
        .correlate(None)
    )
    sold_out = select(Stock.campaign_id).where(Stock.sold_out)
    return Campaign.id.in_(union_all(sold_out, used_up))


def _count_available(session: Session, reach: visibility_sql.Reach, gone: ColumnElement[bool], now: datetime) -> int:
    """How many campaigns on show are for a customer, less those that are gone; in one statement, so that all is of one instant.

    What is always visible is counted already, the rest in the index by its window.
    """
    kept = select(func.coalesce(func.sum(AlwaysOnShow.campaigns_count), 0)).where(
        AlwaysOnShow.chain_id == reach.chain_id,
        AlwaysOnShow.audience_id.in_(reach.audience_ids),
        AlwaysOnShow.targeting_id.in_([0, *reach.targeting_ids]),
    )
    windowed = select(func.count()).where(SELLS_COUPONS, visibility.is_on_show(Campaign, now), reach.meets())
    ranges = [windowed.where(it) for it in visibility.bounds(Campaign)]  # each of them one of the index
    queries = [kept, *ranges, windowed.where(gone)]
    *counts, gone_count = session.execute(select(*(it.scalar_subquery() for it in queries))).one()
    return int(sum(counts) - gone_count)


def one(session: Session, uuid: UUID, chains: Chains, now: datetime) -> CampaignForSale:
    """One campaign, whatever its state. Raises CampaignNotFound."""
    query = select(Campaign.id).where(Campaign.uuid == uuid, within(chains, Campaign.chain_id), SELLS_COUPONS)
    found = _loaded(session, session.scalars(query).all(), now)
    if not found:
        raise CampaignNotFound
    return found[0]


def one_for_customer(session: Session, uuid: UUID, customer: UUID, now: datetime) -> CampaignForSale:
    """One campaign for a customer who looks at it. Raises CampaignNotFound, also for one that this customer is not shown."""
    facts = facts_by_uuid(session, uuid, customer)
    if visibility_sql.to_customer(session, facts, now) is not Visibility.SHOWN:
        raise CampaignNotFound
    return one(session, uuid, {facts.chain_id}, now)


def customers(session: Session, uuid: UUID, chains: Chains, paging: Page, now: datetime) -> Paged[Customer]:
    """The customers whom a campaign is for, active or not; nobody outside its visibility window. Raises CampaignNotFound."""
    campaign = session.scalars(
        select(Campaign)
        .where(Campaign.uuid == uuid, within(chains, Campaign.chain_id), SELLS_COUPONS)
        .options(joinedload(Campaign.audience), joinedload(Campaign.targeting))
    ).one_or_none()
    if campaign is None:
        raise CampaignNotFound
    if not visibility.is_visible(campaign, now):
        return Paged([], 0)
    meant = visibility_sql.meant(campaign, now, is_postgresql(session))
    if campaign.restrictions:
        total = session.scalar(select(func.count()).select_from(Customer).where(meant)) or 0
    else:
        place = campaign.audience_id, campaign.chain_id
        total = audiences.customers_counts(session, [(campaign.audience, campaign.chain_id)])[place]
    query = select(Customer).where(meant).order_by(Customer.id)
    return Paged(list(session.scalars(paging.cut(query))), total)


def _conditions(wanted: CampaignFilter, in_active: bool = False) -> list[Any]:
    """`in_active`: of the categories only those that are switched on."""
    conditions: list[Any] = []
    for key, value in wanted.labels:
        label = [CampaignLabel.campaign_id == Campaign.id]
        label += [CampaignLabel.key == key] if key is not None else []
        label += [CampaignLabel.value == value] if value is not None else []
        conditions.append(exists().where(and_(*label)))
    if wanted.name is not None:
        conditions.append(Campaign.name_folded.contains(folded(wanted.name), autoescape=True))
    if wanted.active is not None:
        conditions.append(activity.is_live(Campaign) if wanted.active else ~activity.is_live(Campaign))
    if wanted.coupon_kind is not None:
        conditions.append(Campaign.reward == wanted.coupon_kind)
    if wanted.is_featured is not None:
        conditions.append(Campaign.is_featured.is_(wanted.is_featured))
    if wanted.is_public is not None:
        conditions.append(Campaign.is_public if wanted.is_public else ~Campaign.is_public)  # as the index says it
    if wanted.has_segment is not None:
        for_some = Campaign.audience_id.in_(FOR_SEGMENTS)
        conditions.append(for_some if wanted.has_segment else ~for_some)
    if wanted.categories:
        named = select(Category.id).where(Category.uuid.in_(wanted.categories))
        named = named.where(Category.active.is_(True)) if in_active else named
        conditions.append(Campaign.id.in_(select(InCategory.campaign_id).where(InCategory.category_id.in_(named))))
    return conditions


def _page(
    session: Session,
    paging: Page,
    now: datetime,
    conditions: Sequence[Any],
    customer_id: int | None = None,
    with_codes: bool = True,
    total: int | None = None,
) -> Paged[CampaignForSale]:
    """A page of the campaigns of which these conditions hold, and how many they are, unless that is known."""
    conditions = [SELLS_COUPONS, *conditions]
    if total is None:
        total = session.scalar(select(func.count()).select_from(Campaign).where(*conditions)) or 0
    order = paging.order(SORTABLE, Campaign.id, tie=Campaign.id)
    # The ids first: choosing ten of ten thousand is cheap as long as nothing else is joined.
    ids = session.scalars(paging.cut(select(Campaign.id).where(*conditions).order_by(*order))).all()
    return Paged(_loaded(session, ids, now, customer_id, with_codes), total)


def _whole() -> Select[Campaign, bool]:
    """Each with whether its brand has an icon."""
    place = pictures.places_of("brand", Campaign.id)
    icon = exists().where(ShownPicture.chain_id == Campaign.chain_id, ShownPicture.place == place)
    return select(Campaign, icon).options(
        joinedload(Campaign.text),
        joinedload(Campaign.stock),
        joinedload(Campaign.photos),
        joinedload(Campaign.audience),
        joinedload(Campaign.targeting),
        selectinload(Campaign.labels),
        joinedload(Campaign.categories),
    )


def _loaded(
    session: Session, ids: Sequence[int], now: datetime, customer_id: int | None = None, with_codes: bool = True
) -> list[CampaignForSale]:
    """The campaigns with these ids, in their order, and all that is printed with them."""
    if not ids:
        return []
    rows = session.execute(_whole().where(Campaign.id.in_(ids))).unique()
    by_id = {campaign.id: (campaign, bool(has_icon)) for campaign, has_icon in rows}
    found = [by_id[campaign_id][0] for campaign_id in ids if campaign_id in by_id]
    codes = coupons.first_of_each(session, ids) if with_codes else {}
    places = [(campaign.audience, campaign.chain_id) for campaign in found]
    names, sizes = audiences.names(session, places), audiences.customers_counts(session, places)
    restricted = {campaign.id: place for campaign in found if (place := _place(campaign)) is not None}
    reaches, due = reached.known(session, set(restricted.values()), now)
    facts = facts_by_campaign(session, ids, customer_id) if customer_id else {}
    asks = customer_id and any(campaign.restrictions for campaign in found)
    customer_traits = traits.of_customer(session, customer_id, now) if customer_id and asks else None

    def size(campaign: Campaign) -> int:
        if not visibility.is_visible(campaign, now):
            return 0
        admitted = reaches.get(restricted[campaign.id]) if campaign.id in restricted else None
        return sizes[campaign.audience_id, campaign.chain_id] if admitted is None else admitted

    return [
        CampaignForSale(
            campaign=campaign,
            codes=codes.get(campaign.id, []),
            audience_names=names[campaign.audience_id, campaign.chain_id],
            audience_size=size(campaign),
            reach_is_due=place if (place := restricted.get(campaign.id)) in due else None,
            now=now,
            has_brand_icon=by_id[campaign.id][1],
            facts=facts.get(campaign.id),
            traits=customer_traits,
        )
        for campaign in found
    ]


def _place(campaign: Campaign) -> Place | None:
    """Whom a campaign with restrictions is for."""
    if campaign.targeting_id is None:
        return None
    return Place(campaign.chain_id, campaign.audience_id, campaign.targeting_id)
