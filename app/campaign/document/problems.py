"""Whether a spec makes sense: every contradiction in it, and where. Pure.

A place is a JSON Pointer into the campaign's document, which has the same parts as the spec; see `document`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.campaign.audience import targeting
from app.campaign.awards.kinds import REWARD_KINDS, is_share_of_sale
from app.campaign.document.spec import CampaignSpec, gives_plain_coupons
from app.campaign.engagement import behaviors
from app.campaign.errors import BadCampaign, BadCreative, BadRestriction
from app.campaign.limits import UNLIMITED
from app.refusal import Refusal

REWARDS_MAX = LANGUAGES_MAX = 50
GIVEN_AT_ONCE_MAX = 50
CONTEXT_FIELDS: dict[str, dict[str, str]] = {
    "interaction": targeting.USER,
    "basket": {**targeting.USER, **targeting.BASKET},
    "signup": targeting.USER,
    "referral": targeting.USER,
    "event": targeting.USER,
    "internal": {},
}


@dataclass(frozen=True)
class Problem:
    """What is wrong at a place of a document, as the refusal that says it."""

    path: str
    refusal: Refusal


def validate(spec: CampaignSpec) -> None:
    """Raises the first of the `problems`: BadCampaign, BadRestriction, BadVoucher or BadCreative, which say what contradicts what."""
    for problem in problems(spec):
        raise problem.refusal


def problems(spec: CampaignSpec) -> Iterator[Problem]:
    """Everything in the spec that contradicts something else in it."""
    yield from _of_context(spec)
    yield from _of_windows(spec)
    if gives_plain_coupons(spec):
        yield _bad("/rewards", "A campaign that gives nothing but a plain coupon sells it.")
    if len(spec.translations) > LANGUAGES_MAX:
        yield _bad("/translations", f"At most {LANGUAGES_MAX} languages.")
    if len(spec.rewards) > REWARDS_MAX:
        yield _bad("/rewards", f"A campaign has at most {REWARDS_MAX} reward methods.")
    takers = [i for i, reward in enumerate(spec.rewards) if REWARD_KINDS[reward.kind].takes_code]
    if len(takers) > 1:
        yield _bad(
            f"/rewards/{takers[1]}/kind",
            "A campaign has one pool of codes, and so at most one reward method that gives coupons.",
        )
    if spec.codes and spec.sale is None and not takers:
        yield _bad("/rewards", "No reward method of the campaign gives coupons.")
    if spec.handling == "random_draw":
        if spec.context != "interaction":
            yield _bad("/handling", "A draw has the context interaction: each interaction is a ticket.")
        if spec.sale is not None:
            yield _bad("/sale", "A draw gives rewards by lot: say rewards instead of a sale.")
        elif not any(reward.terms.get("weight", 1) for reward in spec.rewards):
            yield _bad("/rewards", "One of the weights must be positive, or nothing can be drawn.")
    elif _at_once_max(spec) > GIVEN_AT_ONCE_MAX:
        yield _bad("/rewards", f"At most {GIVEN_AT_ONCE_MAX} rewards can be given at once.")
    yield from _of_rewards(spec)
    if spec.restrictions is not None:
        yield from _of_restrictions("/restrictions", spec.restrictions, spec.context)
    kinds = [creative.kind for creative in spec.listing.creatives]
    for i, kind in enumerate(kinds):
        if kind in kinds[:i]:
            yield Problem(f"/creatives/{i}/kind", BadCreative("A campaign has at most one creative of each type."))


def _of_context(spec: CampaignSpec) -> Iterator[Problem]:
    if spec.kind not in ("composable", spec.context):
        yield _bad("/context", f"A campaign of the kind {spec.kind} has the context {spec.kind}.")
    if spec.context == "event":
        yield from _of_events(spec)
    elif spec.behaviors:
        yield _bad("/behaviors", "Only campaigns with the context event have behaviors.")
    elif (spec.sale is None) != bool(spec.rewards):
        yield _bad("/rewards", "A campaign either sells its coupons or has reward methods.")
    if spec.sale is not None and spec.context != "interaction":
        yield _bad("/sale", "Coupons are sold by campaigns with the context interaction only.")
    if spec.cost and spec.context != "interaction":
        yield _bad("/price", "Only campaigns with the context interaction cost points: nobody asks for the others.")


def _of_events(spec: CampaignSpec) -> Iterator[Problem]:
    for path, message in behaviors.problems(spec.behaviors):
        yield _bad(f"/behaviors{path}", message)
    if spec.rewards and not spec.behaviors:
        yield _bad("/behaviors", "Rewards need a behavior that they are given for.")
    limits = spec.limits
    if min(limits.total, limits.per_customer, limits.limit_in_period) < UNLIMITED:
        yield _bad("/limits", "What events give is limited by the behaviors and by the rewards' stocks.")


def _of_windows(spec: CampaignSpec) -> Iterator[Problem]:
    for name in ("activity", "visibility"):
        opens, closes = getattr(spec.schedule, name)
        if opens > closes:
            yield _bad(f"/{name}/to", "It ends before it begins.")
    active_from, active_to = spec.schedule.activity
    if active_from > active_to:
        return
    opens, closes = spec.opt_in.opt_in_from or active_from, spec.opt_in.opt_in_to or active_to
    if opens > closes:
        yield _bad("/opt_in/to", "Opting in ends after it begins.")
    if opens > active_from or closes > active_to:
        yield _bad("/opt_in", "Opting in begins and ends no later than the campaign.")


def _of_rewards(spec: CampaignSpec) -> Iterator[Problem]:
    recipients = {"referring", "referred"} if spec.context == "referral" else {"customer"}
    names = {behavior.name for behavior in spec.behaviors}
    keys: set[str] = set()
    for i, reward in enumerate(spec.rewards):
        if reward.terms.get("recipient", "customer") not in recipients:
            yield _bad(f"/rewards/{i}/recipient", f"In this campaign a reward is for: {', '.join(sorted(recipients))}.")
        if reward.behavior is not None and reward.behavior not in names:
            yield _bad(f"/rewards/{i}/behavior", f"The campaign has no behavior called {reward.behavior}.")
        if reward.key is not None and reward.key in keys:
            yield _bad(f"/rewards/{i}/key", "Each reward of a campaign has a key of its own.")
        keys |= {reward.key} if reward.key else set()
        if (
            is_share_of_sale(reward.terms.get("voucher_kind"), reward.terms.get("voucher_hundredths_of_percent"))
            and spec.context != "basket"
        ):
            yield _bad(f"/rewards/{i}/voucher/percent", "Only campaigns with the context basket give a part of a sale.")
        try:
            REWARD_KINDS[reward.kind].validate(reward.terms)
        except Refusal as e:
            yield Problem(f"/rewards/{i}/{reward.kind}", e)
        if reward.terms.get("restrictions") is not None:
            yield from _of_restrictions(f"/rewards/{i}/restrictions", reward.terms["restrictions"], spec.context)


def _of_restrictions(path: str, tree: Mapping[str, Any], context: str) -> Iterator[Problem]:
    for below, message in targeting.problems(tree, CONTEXT_FIELDS[context]):
        yield Problem(path + below, BadRestriction(message))


def _at_once_max(spec: CampaignSpec) -> int:
    """What is given together is one statement, and its changes are nested: some day it would be too deep to be written."""
    at_once = [0 if spec.behaviors else len(spec.rewards)]
    for behavior in spec.behaviors:
        rewards = sum(reward.behavior in (None, behavior.name) for reward in spec.rewards)
        at_once.append(rewards + bool(behavior.points) + sum(bool(goal.points) for goal in behavior.goals))
    return max(at_once)


def _bad(path: str, message: str) -> Problem:
    return Problem(path, BadCampaign(message))
