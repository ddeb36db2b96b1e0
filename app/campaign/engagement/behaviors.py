"""Behaviors of a campaign: what is decided about them when the campaign is created."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.campaign.engagement import counting
from app.campaign.errors import BadCampaign
from app.campaign.limits import UNLIMITED
from app.campaign.models.engagement import BEHAVIOR_KINDS, Behavior, Goal

__all__ = ["Behavior", "BehaviorSpec", "GoalSpec", "add", "of_campaigns", "points", "terms", "validate"]

PERIOD_SECONDS = 90 * 24 * 3600
BEHAVIORS_MAX, GOALS_MAX, UNIQUE_MAX = 50, 50, 1_000
SECONDS_MAX = 100 * 366 * 24 * 3600


@dataclass(frozen=True)
class GoalSpec:
    """See `counting.GoalTerms`. Points in hundredths."""

    event_name: str
    earn_count: int = 1
    points: int = 0
    required: bool = True
    group: str = "0"
    kind: str = "count"
    min_gap_seconds: int | None = None
    consecutive: bool = False
    unique_key: str | None = None


@dataclass(frozen=True)
class BehaviorSpec:
    """See `counting.BehaviorTerms`. Points in hundredths; a group that is not named takes its required goals; ids only for known worlds."""

    name: str
    goals: Sequence[GoalSpec]
    kind: str = "count"
    event_name: str | None = None
    points: int = 0
    times_max: int = UNLIMITED
    per_period_max: int = UNLIMITED
    period_seconds: int = PERIOD_SECONDS
    groups: Mapping[str, int] = field(default_factory=dict)
    uuid: UUID | None = None
    id: int | None = None


def validate(plans: Sequence[BehaviorSpec]) -> None:
    """Raises BadCampaign, which says what is wrong."""
    if len(plans) > BEHAVIORS_MAX:
        raise BadCampaign(f"A campaign has at most {BEHAVIORS_MAX} behaviors.")
    if len({plan.name for plan in plans}) < len(plans):
        raise BadCampaign("Each behavior of a campaign has a name of its own.")
    for plan in plans:
        _validate(plan)


def _validate(plan: BehaviorSpec) -> None:
    def require(fulfilled: bool, said: str) -> None:
        if not fulfilled:
            raise BadCampaign(f"Behavior {plan.name}: {said}")

    require(plan.kind in BEHAVIOR_KINDS, f"its type is one of {', '.join(BEHAVIOR_KINDS)}.")
    require(bool(plan.goals), "it needs something to count.")
    require(len(plan.goals) <= GOALS_MAX, f"it has at most {GOALS_MAX} goals.")
    require(plan.kind == "composite" or len(plan.goals) == 1, "only a composite behavior has several goals.")
    require(0 < plan.times_max <= UNLIMITED, "it can be repeated at least once.")
    require(
        0 < plan.per_period_max <= counting.PER_PERIOD_MAX or plan.per_period_max == UNLIMITED,
        f"it can be repeated 1 to {counting.PER_PERIOD_MAX} times per period.",
    )
    require(0 < plan.period_seconds <= SECONDS_MAX, f"a period has 1 to {SECONDS_MAX} seconds.")
    names = [goal.event_name for goal in plan.goals]
    require(len(set(names)) == len(names), "each goal has an event of its own.")
    for goal in plan.goals:
        most = UNIQUE_MAX if goal.kind == "unique" else UNLIMITED
        require(0 < goal.earn_count <= most, f"it counts from 1 to {most} events.")
        require(not goal.consecutive or goal.earn_count >= 2, "consecutive days are at least two.")
        require(
            0 < (goal.min_gap_seconds or 1) <= SECONDS_MAX,
            f"the time between events has at most {SECONDS_MAX} seconds.",
        )
    sizes = _sizes(plan)
    for group, wanted in plan.groups.items():
        require(group in sizes, f"no goal belongs to the group {group}.")
        require(0 < wanted <= sizes[group], f"the group {group} can take 1 to {sizes[group]} goals.")
    at_least = any(goal.required for goal in plan.goals) or sizes
    require(bool(at_least), "nothing of it is required.")


def _sizes(plan: BehaviorSpec) -> dict[str, int]:
    found: dict[str, int] = {}
    for goal in plan.goals:
        found[goal.group] = found.get(goal.group, 0) + 1
    return found


def _wanted(plan: BehaviorSpec) -> dict[str, int]:
    """How many goals of each group it takes: as many as the spec says, or else the required ones, or all where none is."""
    required = _sizes(replace(plan, goals=[goal for goal in plan.goals if goal.required]))
    return _sizes(plan) | required | dict(plan.groups)


def add(session: Session, campaign_id: int, plans: Sequence[BehaviorSpec]) -> list[Behavior]:
    """Make a campaign's behaviors, with their goals."""
    made = []
    for position, plan in enumerate(plans):
        only = plan.goals[0].event_name if plan.kind != "composite" else str(uuid4())
        behavior = Behavior(
            campaign_id=campaign_id,
            position=position,
            name=plan.name,
            event_name=plan.event_name or only,
            kind=plan.kind,
            points=plan.points,
            times_max=plan.times_max,
            per_period_max=plan.per_period_max,
            period_seconds=plan.period_seconds,
            **({"uuid": plan.uuid} if plan.uuid else {}),
            **({"id": plan.id} if plan.id else {}),
        )
        groups = _wanted(plan)
        behavior.goals = []
        session.add(behavior)
        session.flush()
        for place, goal in enumerate(plan.goals):
            row = Goal(
                behavior_id=behavior.id,
                position=place,
                event_name=goal.event_name,
                kind=goal.kind,
                points=goal.points,
                earn_count=goal.earn_count,
                required=goal.required,
                group_key=goal.group,
                group_wanted=groups[goal.group],
                min_gap_seconds=goal.min_gap_seconds,
                consecutive=goal.consecutive,
                unique_key=goal.unique_key,
            )
            behavior.goals.append(row)
            session.flush()
        made.append(behavior)
    return made


def terms(behavior: Any, goals: Sequence[Any] | None = None) -> counting.BehaviorTerms:
    """What a behavior counts, for `counting`, from its row and its goals' rows, which are the behavior's own unless given."""
    goals = behavior.goals if goals is None else goals
    return counting.BehaviorTerms(
        goals=[
            counting.GoalTerms(
                it.id,
                it.event_name,
                it.earn_count,
                it.group_key,
                it.required,
                it.min_gap_seconds,
                it.consecutive,
                it.kind == "unique",
                it.unique_key,
            )
            for it in goals
        ],
        groups={it.group_key: it.group_wanted for it in goals},
        times_max=behavior.times_max,
        per_period_max=behavior.per_period_max,
        period_seconds=behavior.period_seconds,
    )


def points(made: Sequence[Behavior]) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """What achieving them is worth: a title, hundredths of points, and the ids of what they are given for."""
    for behavior in made:
        if behavior.points:
            yield behavior.name, behavior.points, {"behavior_id": behavior.id}
        for goal in behavior.goals:
            if goal.points:
                yield goal.event_name, goal.points, {"behavior_id": behavior.id, "goal_id": goal.id}


def of_campaigns(session: Session, campaign_ids: Sequence[int]) -> dict[int, list[Behavior]]:
    """The behaviors of each of these campaigns, with their goals, in their order."""
    query = (
        select(Behavior)
        .where(Behavior.campaign_id.in_(campaign_ids))
        .order_by(Behavior.campaign_id, Behavior.position)
        .options(selectinload(Behavior.goals))
    )
    found: dict[int, list[Behavior]] = {campaign_id: [] for campaign_id in campaign_ids}
    for behavior in session.scalars(query):
        found[behavior.campaign_id].append(behavior)
    return found
