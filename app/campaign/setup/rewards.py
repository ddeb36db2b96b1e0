"""What a campaign gives: its behaviors and its reward methods, kept through changes; and the odds of its draws.

A reward is the same as long as its key is. One that is taken out is closed: what it gave refers to it, and it can come back.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.campaign.awards.kinds import REWARD_KINDS
from app.campaign.document.spec import CampaignSpec, RewardSpec, keyed
from app.campaign.document.stored import TERMS, terms_of
from app.campaign.engagement import behaviors
from app.campaign.limits import UNLIMITED
from app.campaign.models.draws import DrawOdds
from app.campaign.models.limits import MethodTally
from app.campaign.models.rewards import RewardMethod

SHOWN_ONLY = {"weight", "offer", "recipient", "restrictions", "voucher_text"}  # they change nothing of what was given


class _Identity(NamedTuple):
    """Of a reward, its key; of the points of a behavior or a goal, whose they are."""

    key: str | None
    behavior_id: int | None = None
    goal_id: int | None = None


def methods(session: Session, campaign_id: int) -> list[RewardMethod]:
    """All reward methods that a campaign ever had, by id, with their tallies."""
    query = select(RewardMethod).where(RewardMethod.campaign_id == campaign_id).order_by(RewardMethod.id)
    return list(
        session.scalars(query.options(joinedload(RewardMethod.tally)).execution_options(populate_existing=True))
    )


def put(session: Session, campaign_id: int, revision: int, spec: CampaignSpec, now: datetime) -> None:
    """Make the spec's behaviors and rewards the campaign's. The caller holds its stock and the tallies of its methods."""
    made = behaviors.put(session, campaign_id, spec.behaviors, now)
    existing = methods(session, campaign_id)
    wanted = list(_wanted(spec, made))
    known = _matched(existing, [(identity, reward.kind) for reward, identity in wanted])
    _make_room(session, existing, [known.get(identity) for _, identity in wanted])
    for position, (reward, identity) in enumerate(wanted):
        method = known.get(identity) or _new(campaign_id, identity, now if existing else None)
        _set(method, reward, position, now)
        if identity.key is not None:
            method.key = identity.key
            method.behavior_id = next((it.id for it in made if it.name == reward.behavior), None)
        session.add(method)
        session.flush()  # their ids in the order of their positions
    for gone in existing:
        if gone not in known.values() and not gone.closed:
            gone.closed, gone.changed_at = True, now
    for behavior in made:
        behavior.is_rewarded = any(
            reward.behavior in (None, behavior.name) if identity.key else identity.behavior_id == behavior.id
            for reward, identity in wanted
        )
    session.flush()
    if spec.handling == "random_draw":
        _tell_odds(session, campaign_id, revision)


def by_key(existing: Sequence[RewardMethod], spec: CampaignSpec) -> dict[str, RewardMethod]:
    """The reward methods that the spec's rewards are already, by the rewards' keys."""
    wanted = [(_Identity(reward.key), reward.kind) for reward in keyed(spec).rewards]
    found = _matched(existing, wanted)
    return {identity.key: method for identity, method in found.items() if identity.key is not None}


def _matched(
    existing: Sequence[RewardMethod], wanted: Sequence[tuple[_Identity, str]]
) -> dict[_Identity, RewardMethod]:
    """Which method each wanted reward is already. A campaign has one pool: what gives its codes stays itself under another key."""
    known = {_identity(method): method for method in existing}
    found = {identity: known[identity] for identity, _ in wanted if identity in known}
    for identity, kind in wanted:
        if identity not in found and REWARD_KINDS[kind].takes_code:
            same = [it for it in existing if REWARD_KINDS[it.kind].takes_code and it not in found.values()]
            if same:
                found[identity] = same[0]
    return found


def _make_room(session: Session, existing: Sequence[RewardMethod], in_order: Sequence[RewardMethod | None]) -> None:
    """Free the positions of those that move. Those that stay are not touched: whoever gives them refers to their rows."""
    targets = {method.id: position for position, method in enumerate(in_order) if method is not None}
    for method in existing:
        if method.position != targets.get(method.id, -method.id):
            method.position = -method.id
    session.flush()


def _new(campaign_id: int, identity: _Identity, came_later_at: datetime | None) -> RewardMethod:
    """A reward method without terms yet. The points of a behavior may come after it was achieved."""
    key, behavior_id, goal_id = identity
    return RewardMethod(
        campaign_id=campaign_id,
        key=key,
        behavior_id=behavior_id,
        goal_id=goal_id,
        tally=MethodTally(given=0),
        changed_at=came_later_at if key is None else None,
    )


def _wanted(spec: CampaignSpec, made: Sequence[behaviors.Behavior]) -> Iterator[tuple[RewardSpec, _Identity]]:
    for reward in keyed(spec).rewards:
        yield reward, _Identity(reward.key)
    for title, amount, ids in behaviors.points(made):
        yield RewardSpec("points", title, {"amount": amount}), _Identity(None, **ids)


def _identity(method: RewardMethod) -> _Identity:
    return _Identity(method.key) if method.key else _Identity(None, method.behavior_id, method.goal_id)


def _set(method: RewardMethod, reward: RewardSpec, position: int, now: datetime) -> None:
    """Give a method the reward's terms; those that it does not name have their defaults."""
    values = {name: reward.terms.get(name, _DEFAULTS[name]) for name in TERMS}
    before = terms_of(method) if method.id is not None else values
    if any(before[name] != value for name, value in values.items() if name not in SHOWN_ONLY):
        method.changed_at = now
    for name, value in {**values, "kind": reward.kind, "title": reward.title, "position": position}.items():
        setattr(method, name, value)
    method.closed = False
    method.tally.allowed = method.stock


_DEFAULTS: dict[str, Any] = {
    name: column.default.arg if column.default is not None else None
    for name, column in RewardMethod.__table__.columns.items()
}


def _tell_odds(session: Session, campaign_id: int, revision: int) -> None:
    """Keep the odds from this revision on, unless they are those of the revision before; see `awards.verification`."""
    rewards = [
        [method.id, method.weight, is_always_open(method)]
        for method in methods(session, campaign_id)
        if method.weight and not method.closed
    ]
    latest = select(DrawOdds.rewards).where(DrawOdds.campaign_id == campaign_id).order_by(DrawOdds.revision.desc())
    if session.scalars(latest.limit(1)).first() != rewards:
        session.add(DrawOdds(campaign_id=campaign_id, revision=revision, rewards=rewards))
        session.flush()


def is_always_open(method: RewardMethod) -> bool:
    """Nothing can keep it out of a draw."""
    limits = (method.stock, method.limit_in_period, method.limit_per_customer)
    takes_code = REWARD_KINDS[method.kind].takes_code  # a pool can be empty
    return not takes_code and method.weight > 0 and not method.restrictions and min(limits) >= UNLIMITED
