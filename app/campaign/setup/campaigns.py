"""Set campaigns up: create, change, switch on and off. Every change is a revision of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import inspect, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from app.calendar import ALWAYS_FROM
from app.campaign.audience import audiences
from app.campaign.awards import draws
from app.campaign.awards.give import SYSTEM, Actor, lock_stocks
from app.campaign.document import problems, shape, stored
from app.campaign.document.spec import EVERYONE, CampaignSpec, TextSpec, TranslationSpec, keeping, sold_plainly
from app.campaign.eligibility import rules
from app.campaign.engagement import creatives
from app.campaign.errors import (
    CampaignNotFound,
    LifecycleRefused,
    NobodyMeant,
    NoCodes,
    RevisionMoved,
    SingleCouponFixed,
)
from app.campaign.models.awards import receivers
from app.campaign.models.campaigns import Campaign, CampaignLabel, CampaignText
from app.campaign.models.draws import DrawSeed
from app.campaign.models.limits import Stock, Usage
from app.campaign.setup import categories, changes, coupons, revisions, rewards
from app.campaign.setup.changes import NEXT
from app.organizations import chains as organizations
from app.organizations.keys import new_key
from app.organizations.scope import Chains, within


def create(
    session: Session,
    spec: CampaignSpec,
    now: datetime,
    chain_id: int | None = None,
    id: int | None = None,
    uuid: UUID | None = None,
    by: Actor = SYSTEM,
) -> Campaign:
    """Create a campaign of a chain, or of the first one; `id` and `uuid` only for the demo world, whose ids are
    the documents'.

    A draw gets its seed, and with it its commitment, at once.
    Raises BadCampaign, BadRestriction, BadVoucher, BadCreative, KeyTaken, CampaignNameTaken or PermalinkTaken.
    """
    spec = sold_plainly(spec)
    problems.validate(spec)
    chain_id = chain_id or organizations.first(session)
    for problem in changes.taken(session, chain_id, spec):
        raise problem.refusal
    campaign = Campaign(
        created_at=now,
        chain_id=chain_id,
        key=spec.key or new_key(session, Campaign, chain_id, spec.name),
        stock=Stock(given=0, customers_count=0, revision=1, coupons_count=len(spec.codes), participants_count=0),
        **({"id": id} if id else {}),
        **({"uuid": uuid} if uuid else {}),
    )
    _apply(session, campaign, spec)
    session.add(campaign)
    session.flush()
    coupons.add(session, campaign.id, spec.codes)
    _apply_parts(session, campaign, spec, now)
    revisions.record(session, campaign, now, by)
    return campaign


def put(
    session: Session,
    uuid: UUID,
    spec: CampaignSpec,
    chains: Chains,
    now: datetime,
    by: Actor,
    revision: int | None = None,
) -> Campaign:
    """Make a campaign what a whole new spec says; what was given stays given. Nothing happens if it is that already.

    `revision` is the one that whoever changes it has seen. The spec's codes are not looked at: pools have ways of their own.
    Raises CampaignNotFound, RevisionMoved, the first of `problems` and `changes`.
    """
    unchanged = _if_unchanged(session, uuid, spec, chains)
    if unchanged is not None:
        if revision not in (None, unchanged.stock.revision):
            raise RevisionMoved(actual=unchanged.stock.revision, required=revision)
        return unchanged
    with changing(session, uuid, chains, now, by, revision, for_good=_counts_for_good(session, uuid, spec)) as campaign:
        before = stored.whole(session, campaign.id)
        spec = keeping(spec, before)
        problems.validate(spec)
        for problem in (
            *changes.taken(session, campaign.chain_id, spec, campaign.id),
            *changes.refused(session, campaign, spec, now),
            *changes.unshared(campaign, spec),
        ):
            raise problem.refusal
        _become(session, campaign, before, spec, now)
    return campaign


def texts(session: Session, uuid: UUID, chains: Chains) -> tuple[dict[str, str | None], dict[str, dict[str, str]]]:
    """The name and the texts of a campaign in the programme's own language, as `TextSpec` calls them, and those in others.

    Nothing of a campaign that is not there.
    """
    names = [field.name for field in fields(TextSpec)]
    query = (
        select(CampaignText.translations, Campaign.name, *(getattr(CampaignText, name) for name in names))
        .join(CampaignText, CampaignText.campaign_id == Campaign.id)
        .where(Campaign.uuid == uuid, within(chains, Campaign.chain_id))
    )
    found = session.execute(query).one_or_none()
    if found is None:
        return {}, {}
    return dict(zip(("name", *names), found[1:], strict=True)), found[0] or {}


def complete(session: Session, uuid: UUID, chains: Chains, now: datetime, by: Actor = SYSTEM) -> Campaign:
    """End a campaign for good; the seed of a draw is published from now on. Raises CampaignNotFound."""
    with changing(session, uuid, chains, now, by) as campaign:
        campaign.lifecycle = "completed"
    return campaign


def change(
    session: Session, uuid: UUID, spec: CampaignSpec, chains: Chains, now: datetime, by: Actor = SYSTEM
) -> Campaign:
    """Put a form's part of a spec in the place of that of a campaign that sells coupons; what was sold stays sold.

    Of the spec are taken: name, texts, translations, labels, both windows, audience, limits, cost, sale, codes, whether it is live,
    featured and public, and its categories. The rest of the campaign stays as it is, and the rest of the spec is not looked at.

    A spec whose audience names nobody leaves a campaign for everyone to everyone: Open Loyalty's form has no word for that.
    Raises CampaignNotFound, NobodyMeant, NoCodes, RedeemedCouponMissing, LimitUnderUsage or SingleCouponFixed.
    """
    with changing(session, uuid, chains, now, by) as campaign:
        before = stored.whole(session, campaign.id)
        if before.sale is None or spec.sale is None:  # its reward methods say what it gives; no such spec describes it
            raise CampaignNotFound
        if not spec.audience.names_anybody and not before.audience.for_everyone:
            raise NobodyMeant(field="audience")
        if not spec.codes and campaign.stock.coupons_count:
            raise NoCodes(field="codes")
        own = before.limits
        whole = replace(
            before,
            name=spec.name,
            texts=spec.texts,
            translations=_translated(before, spec),
            labels=spec.labels,
            schedule=replace(before.schedule, activity=spec.schedule.activity, visibility=spec.schedule.visibility),
            audience=spec.audience if spec.audience.names_anybody else EVERYONE,
            limits=replace(own, limit=spec.limits.limit, limit_per_customer=spec.limits.limit_per_customer),
            cost=spec.cost,
            sale=spec.sale,
            lifecycle=_switched(campaign, on=spec.lifecycle == "live"),
            listing=replace(
                before.listing,
                has_unique_name=before.listing.has_unique_name and spec.name.lower() == before.name.lower(),
                is_featured=spec.listing.is_featured,
                is_public=spec.listing.is_public,
                categories=spec.listing.categories,
            ),
        )
        whole = keeping(whole, before)
        problems.validate(whole)
        for problem in changes.refused(session, campaign, whole, now):
            raise problem.refusal
        coupons.replace(session, campaign, spec.codes)
        if spec.sale.single_coupon and campaign.stock.coupons_count != 1:
            raise SingleCouponFixed("The campaign has a pool of codes too large to be retired.", field="single_coupon")
        _become(session, campaign, before, whole, now)
    return campaign


def switch(session: Session, uuid: UUID, on: bool, chains: Chains, now: datetime, by: Actor = SYSTEM) -> Campaign:
    """Switch a campaign on or off. A completed campaign stays completed. Raises CampaignNotFound."""
    with changing(session, uuid, chains, now, by) as campaign:
        campaign.lifecycle = _switched(campaign, on)
    return campaign


def move(session: Session, uuid: UUID, lifecycle: str, chains: Chains, now: datetime, by: Actor = SYSTEM) -> Campaign:
    """Bring a campaign from one state of its lifecycle to another. Raises CampaignNotFound or LifecycleRefused."""
    with changing(session, uuid, chains, now, by) as campaign:
        if lifecycle != campaign.lifecycle:
            if lifecycle not in NEXT[campaign.lifecycle]:
                raise LifecycleRefused(
                    f"A campaign that is {campaign.lifecycle} cannot become {lifecycle}.", field="status"
                )
            campaign.lifecycle = lifecycle
    return campaign


@contextmanager
def changing(
    session: Session,
    uuid: UUID,
    chains: Chains,
    now: datetime,
    by: Actor,
    revision: int | None = None,
    for_good: bool = False,
) -> Iterator[Campaign]:
    """A campaign that is about to change: locked until the transaction ends, its revision raised; at the end, the revision is kept.

    No award is made under terms half old, half new: whoever decided before waits for the lock, finds another revision, and decides
    again. Its usages (if they are counted `for_good` from now on), the tallies of its rewards and then its stock are locked, in the
    order of awards. Raises CampaignNotFound, or RevisionMoved when it is not at this `revision`.
    """
    campaign_id = session.scalar(select(Campaign.id).where(Campaign.uuid == uuid, within(chains, Campaign.chain_id)))
    if campaign_id is None:
        raise CampaignNotFound
    if for_good:
        customers = receivers(campaign_id)
        usages = select(Usage.customer_id).where(Usage.campaign_id == campaign_id, Usage.customer_id.in_(customers))
        session.execute(usages.order_by(Usage.customer_id).with_for_update()).all()
    lock_stocks(session, [campaign_id])
    session.expire_all()  # whatever was read before may have changed until now
    campaign = (
        session.scalars(
            select(Campaign)
            .where(Campaign.id == campaign_id)
            .options(
                joinedload(Campaign.stock),
                joinedload(Campaign.text),
                joinedload(Campaign.photos),
                joinedload(Campaign.audience),
                joinedload(Campaign.targeting),
                selectinload(Campaign.labels),
                selectinload(Campaign.categories),
            )
        )
        .unique()
        .one()
    )
    stock = campaign.stock
    if revision is not None and stock.revision != revision:
        raise RevisionMoved(actual=stock.revision, required=revision)
    revisions.keep(session, campaign)
    stock.revision += 1
    session.flush()
    before = campaign.lifecycle
    yield campaign
    revisions.record(session, campaign, now, by, before)


def _translated(before: CampaignSpec, spec: CampaignSpec) -> dict[str, TranslationSpec]:
    """What was said in other languages stays, but for what is said anew; of a language in which nothing is said, it goes."""
    whole = {**before.translations, **spec.translations}
    return {language: texts for language, texts in whole.items() if any(vars(texts).values())}


def _if_unchanged(session: Session, uuid: UUID, spec: CampaignSpec, chains: Chains) -> Campaign | None:
    """The campaign, if it is what the spec says already."""
    query = select(Campaign).where(Campaign.uuid == uuid, within(chains, Campaign.chain_id))
    campaign = session.scalars(query.options(joinedload(Campaign.stock))).one_or_none()
    if campaign is None:
        return None
    before = stored.whole(session, campaign.id)
    return campaign if shape.is_same(before, keeping(spec, before)) else None


def _switched(campaign: Campaign, on: bool) -> str:
    """The state of its lifecycle once it is switched on or off."""
    if campaign.lifecycle == "completed":
        return campaign.lifecycle
    return "live" if on else "paused" if campaign.is_live else campaign.lifecycle


def _counts_for_good(session: Session, uuid: UUID, spec: CampaignSpec) -> bool:
    """What each customer was given was counted by periods, and will be counted for ever."""
    if spec.limits.limit_per_customer_unit is not None:
        return False
    query = select(Campaign.limit_per_customer_unit).where(Campaign.uuid == uuid)
    return session.scalar(query) is not None


def _become(session: Session, campaign: Campaign, before: CampaignSpec, spec: CampaignSpec, now: datetime) -> None:
    if before.limits != spec.limits:
        campaign.changed_at = now
    if before.limits.limit_per_customer_unit is not None and spec.limits.limit_per_customer_unit is None:
        customers = receivers(campaign.id)
        session.execute(
            update(Usage)
            .where(Usage.campaign_id == campaign.id, Usage.customer_id.in_(customers))
            .values(in_period=Usage.received, period_from=ALWAYS_FROM)
        )
    _apply(session, campaign, spec)
    session.flush()
    _apply_parts(session, campaign, spec, now)


def _apply(session: Session, campaign: Campaign, spec: CampaignSpec) -> None:
    """What stands in the campaign's own row, and in those of its texts, labels and stock."""
    for name, value in stored.columns(spec).items():
        setattr(campaign, name, value)
    campaign.key = spec.key or campaign.key
    campaign.targeting = audiences.targeting_of(session, spec.restrictions) if spec.restrictions else None
    if spec.audience.for_everyone:
        campaign.audience = audiences.everyone(session)
    else:
        campaign.audience = audiences.named(session, spec.audience.levels, spec.audience.segments)
    campaign.stock.participants_max = spec.opt_in.participants_max
    campaign.stock.allowed = rules.allowed(
        campaign.limit, campaign.stock.coupons_count, campaign.single_coupon, sells_coupons=spec.sale is not None
    )
    labels = [CampaignLabel(position=i, key=key, value=value) for i, (key, value) in enumerate(spec.labels)]
    if inspect(campaign).transient:
        campaign.text = CampaignText()
    else:
        campaign.labels = []
        session.flush()  # the old positions must be gone before the new ones come
    campaign.labels = labels
    campaign.categories = categories.called(session, campaign.chain_id, spec.listing.categories or ())
    for name, value in stored.text_columns(spec).items():
        setattr(campaign.text, name, value)


def _apply_parts(session: Session, campaign: Campaign, spec: CampaignSpec, now: datetime) -> None:
    """What has rows of its own: rewards, behaviors, creatives, and the seed of a draw, which is made once and stays."""
    rewards.put(session, campaign.id, campaign.stock.revision, spec, now)
    creatives.put(session, campaign.id, spec.listing.creatives)
    known = session.get(DrawSeed, campaign.id)
    if spec.handling != "random_draw" and known is not None:
        session.delete(known)  # nothing was drawn, or it would have stayed a draw; the next seed is another
    if spec.handling == "random_draw" and known is None:
        seed = draws.new_seed()
        session.add(DrawSeed(campaign_id=campaign.id, seed=seed, commitment=draws.commitment(seed), committed_at=now))
    session.flush()
