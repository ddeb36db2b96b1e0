"""What is allowed and yet worth a second look, before a campaign is saved: what would surprise customers, or whoever saves it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.amounts import number
from app.calendar import DAY_SECONDS
from app.campaign.awards.kinds import REWARD_KINDS
from app.campaign.document import shape
from app.campaign.document.spec import CampaignSpec
from app.campaign.limits import UNLIMITED
from app.campaign.models.awards import Award
from app.campaign.models.campaigns import Campaign
from app.campaign.models.vouchers import Voucher
from app.members.models import Customer, Level, Segment, SegmentMember
from app.organizations.models import Chain

PERCENT = re.compile(r"(\d{1,3}(?:[.,]\d{1,9})?) ?%")
ONE_IN = re.compile(r"\b1 in (\d{1,9})\b")
DAYS_LOOKED_AT = 15  # of a window: longer ones hold every weekday twice
TOLERANCE = 0.005  # odds in a text are rounded


@dataclass(frozen=True)
class Caution:
    """Something at a place of the document, a JSON Pointer, and a sentence."""

    path: str
    text: str


def warnings(
    session: Session,
    chain_id: int,
    campaign: Campaign | None,
    before: Mapping[str, Any] | None,
    spec: CampaignSpec,
    now: datetime,
) -> list[Caution]:
    """All of a spec that makes sense. `campaign` and its document `before` are what it would change."""
    found = [
        *_of_times(session, chain_id, spec, now),
        *_of_audience(session, chain_id, spec),
        *_of_pool(campaign, spec),
        *_of_odds(spec),
    ]
    if campaign is not None and before is not None:
        found += [*_of_what_was_sold(session, campaign, spec), *_of_counts(campaign, before, spec)]
    return found


def _of_times(session: Session, chain_id: int, spec: CampaignSpec, now: datetime) -> Iterator[Caution]:
    schedule = spec.schedule
    (active_from, active_to), (visible_from, visible_to) = schedule.activity, schedule.visibility
    if active_to < now:
        yield Caution("/activity/to", "It is over already.")
    if visible_to < active_from:
        yield Caution("/visibility/to", "It is hidden again before it gives anything.")
    if active_to < visible_from:
        yield Caution("/visibility/from", "It is over before anybody is shown it.")
    zone = ZoneInfo(session.scalars(select(Chain.time_zone).where(Chain.id == chain_id)).one())
    if not _ever_gives(spec, zone):
        yield Caution(
            "/hours", f"It never gives: none of its days and hours lies between its start and its end, in {zone.key}."
        )
    if schedule.opens_second > schedule.closes_second:
        yield Caution("/hours/to", "It closes before it opens: its hours end on the next day.")


def _ever_gives(spec: CampaignSpec, zone: ZoneInfo) -> bool:
    schedule = spec.schedule
    opens, closes = schedule.activity
    if closes - opens > timedelta(days=DAYS_LOOKED_AT):
        return True
    day = opens.astimezone(zone).date() - timedelta(days=1)  # whose hours may end on the next
    while day <= closes.astimezone(zone).date():
        begins = datetime.combine(day, time(), zone) + timedelta(seconds=schedule.opens_second)
        lasts = (schedule.closes_second - schedule.opens_second) % DAY_SECONDS or DAY_SECONDS
        if schedule.weekdays >> day.weekday() & 1 and begins <= closes and opens < begins + timedelta(seconds=lasts):
            return True
        day += timedelta(days=1)
    return False


def _of_audience(session: Session, chain_id: int, spec: CampaignSpec) -> Iterator[Caution]:
    audience = spec.audience
    if audience.for_everyone:
        return
    if not audience.names_anybody:
        yield Caution("/audience", "It is for nobody: neither for everyone, nor for levels or segments.")
        return
    on_levels = Customer.level_id.in_(select(Level.id).where(Level.uuid.in_(audience.levels)))
    members = (
        select(SegmentMember.customer_id)
        .join(Segment, Segment.id == SegmentMember.segment_id)
        .where(Segment.uuid.in_(audience.segments))
    )
    anybody = select(Customer.id).where(Customer.chain_id == chain_id, or_(on_levels, Customer.id.in_(members)))
    if session.scalar(anybody.limit(1)) is None:
        yield Caution("/audience", "Nobody is in this audience now.")


def _of_pool(campaign: Campaign | None, spec: CampaignSpec) -> Iterator[Caution]:
    takes_codes = spec.sale is not None or any(REWARD_KINDS[reward.kind].takes_code for reward in spec.rewards)
    codes = campaign.stock.coupons_count if campaign is not None else 0
    if not takes_codes:
        if codes:
            yield Caution("/sale", f"The pool holds {codes:,} codes that nothing gives any more.")
        return
    if not codes:
        yield Caution(
            "/sale" if spec.sale else "/rewards", "Its pool holds no codes yet: import some before it goes live."
        )
    elif not (spec.sale and spec.sale.single_coupon) and codes < spec.limits.total < UNLIMITED:
        yield Caution(
            "/limits/overall", f"The pool holds fewer codes ({codes:,}) than the limit ({spec.limits.total:,})."
        )


def _of_odds(spec: CampaignSpec) -> Iterator[Caution]:
    """Odds that a text promises, and that are none."""
    if spec.handling != "random_draw":
        return
    weights = [reward.terms.get("weight", 1) for reward in spec.rewards]
    odds = [weight / sum(weights) for weight in weights]
    for i, reward in enumerate(spec.rewards):
        off = (reward.terms.get("voucher_hundredths_of_percent") or 0) / 10_000
        for said, chance in _promised(reward.title):
            if abs(chance - odds[i]) > TOLERANCE and abs(chance - off) > TOLERANCE:
                yield Caution(f"/rewards/{i}/title", f"The title says {said}, and the odds are {odds[i]:.2%}.")
    offs = [(reward.terms.get("voucher_hundredths_of_percent") or 0) / 10_000 for reward in spec.rewards]
    for name, text in vars(spec.texts).items():
        for said, chance in _promised(text or ""):
            if all(abs(chance - known) > TOLERANCE for known in (*odds, *offs, 1 - min(odds, default=0))):
                each = ", ".join(f"{reward.title} {it:.2%}" for reward, it in zip(spec.rewards, odds, strict=True))
                yield Caution(f"/texts/{name}", f"The text says {said}, and the odds are: {each}.")


def _promised(text: str) -> list[tuple[str, float]]:
    """The chances that a text speaks of: as it says them, and as numbers from 0 to 1."""
    found = [(it[0], float(it[1].replace(",", ".")) / 100) for it in PERCENT.finditer(text)]
    return found + [(it[0], 1 / int(it[1])) for it in ONE_IN.finditer(text) if int(it[1])]


def _of_what_was_sold(session: Session, campaign: Campaign, spec: CampaignSpec) -> Iterator[Caution]:
    """Who holds something that was had on other terms."""
    if campaign.cost == spec.cost or not campaign.stock.given:
        return
    holders = session.scalar(
        select(func.count(func.distinct(Voucher.customer_id)))
        .join(Award, Award.id == Voucher.award_id)
        .where(
            Award.campaign_id == campaign.id,
            Award.cost == campaign.cost,
            Voucher.status != "redeemed",
            Voucher.superseded.is_(False),
        )
    )
    if holders:
        who = "1 customer holds" if holders == 1 else f"{holders:,} customers hold"
        yield Caution("/price", f"{who} unused coupons bought at {number(campaign.cost)} points; they keep them.")


def _of_counts(campaign: Campaign, before: Mapping[str, Any], spec: CampaignSpec) -> Iterator[Caution]:
    """What begins to be counted anew."""
    after = shape.printed(spec, {}, None, None)
    for name, what in (("per_period", "everybody"), ("per_customer", "each customer")):
        old, new = before["limits"][name], after["limits"][name]
        if campaign.stock.given and new and (old or {}).get("unit") != new["unit"] and new["unit"] is not None:
            text = f"Of what {what} was given so far, only what the old limit was counting counts towards the new one."
            yield Caution(f"/limits/{name}/unit", text)
    counted = {it["name"]: _counted(it) for it in before["behaviors"]}
    for i, behavior in enumerate(after["behaviors"]):
        known: Sequence[Any] | None = counted.get(behavior["name"])
        if known is not None and known != _counted(behavior):
            yield Caution(
                f"/behaviors/{i}/goals",
                f"The behavior {behavior['name']} counts something else from now on: everybody begins anew.",
            )


def _counted(behavior: Mapping[str, Any]) -> list[Any]:
    return [behavior["kind"], *((goal["event_name"], goal["kind"], goal["unique_key"]) for goal in behavior["goals"])]
