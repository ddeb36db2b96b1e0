"""Behaviors of a campaign: what is decided about them when the campaign is created or changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.campaign.engagement import counting
from app.campaign.limits import UNLIMITED
from app.campaign.models.engagement import BEHAVIOR_KINDS, Behavior, Goal
from app.text import written

__all__ = ["Behavior", "BehaviorSpec", "GoalSpec", "of_campaigns", "own_groups", "points", "problems", "put", "terms"]

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


def problems(plans: Sequence[BehaviorSpec]) -> Iterator[tuple[str, str]]:
    """What is wrong with them: where, as a JSON Pointer from their list, and a sentence."""
    if len(plans) > BEHAVIORS_MAX:
        yield "", f"A campaign has at most {BEHAVIORS_MAX} behaviors."
    names = [plan.name for plan in plans]
    for i, plan in enumerate(plans):
        if plan.name in names[:i]:
            yield f"/{i}/name", "Each behavior of a campaign has a name of its own."
        for path, said in _problems(plan):
            yield f"/{i}{path}", f"Behavior {plan.name}: {said}"


def _problems(plan: BehaviorSpec) -> Iterator[tuple[str, str]]:
    if plan.kind not in BEHAVIOR_KINDS:
        yield "/kind", f"its type is one of {', '.join(BEHAVIOR_KINDS)}."
    if not plan.goals:
        yield "/goals", "it needs something to count."
        return
    if len(plan.goals) > GOALS_MAX:
        yield "/goals", f"it has at most {GOALS_MAX} goals."
    if plan.kind != "composite" and len(plan.goals) != 1:
        yield "/goals", "only a composite behavior has several goals."
    if not 0 < plan.times_max <= UNLIMITED:
        yield "/times_max", "it can be repeated at least once."
    if not 0 < plan.per_period_max <= counting.PER_PERIOD_MAX and plan.per_period_max != UNLIMITED:
        yield "/per_period/limit", f"it can be repeated 1 to {counting.PER_PERIOD_MAX} times per period."
    if not 0 < plan.period_seconds <= SECONDS_MAX:
        yield "/per_period/seconds", f"a period has 1 to {SECONDS_MAX} seconds."
    names = [goal.event_name for goal in plan.goals]
    for i, goal in enumerate(plan.goals):
        if goal.event_name in names[:i]:
            yield f"/goals/{i}/event_name", "each goal has an event of its own."
        most = UNIQUE_MAX if goal.kind == "unique" else UNLIMITED
        if not 0 < goal.earn_count <= most:
            yield f"/goals/{i}/earn_count", f"it counts from 1 to {most} events."
        if goal.consecutive and goal.earn_count < 2:
            yield f"/goals/{i}/consecutive", "consecutive days are at least two."
        if not 0 < (goal.min_gap_seconds or 1) <= SECONDS_MAX:
            yield f"/goals/{i}/min_gap_seconds", f"the time between events has at most {SECONDS_MAX} seconds."
    yield from _group_problems(plan)


def _group_problems(plan: BehaviorSpec) -> Iterator[tuple[str, str]]:
    sizes = _sizes(plan)
    for group, wanted in plan.groups.items():
        if group not in sizes:
            yield "/groups", f"no goal belongs to the group {group}."
        elif not 0 < wanted <= sizes[group]:
            yield "/groups", f"the group {group} can take 1 to {sizes[group]} goals."


def _sizes(plan: BehaviorSpec) -> dict[str, int]:
    found: dict[str, int] = {}
    for goal in plan.goals:
        found[goal.group] = found.get(goal.group, 0) + 1
    return found


def _wanted(plan: BehaviorSpec) -> dict[str, int]:
    """How many goals of each group it takes: as many as the spec says, or else the required ones, or all where none is."""
    return _wanted_by_default(plan) | dict(plan.groups)


def _wanted_by_default(plan: BehaviorSpec) -> dict[str, int]:
    required = _sizes(replace(plan, goals=[goal for goal in plan.goals if goal.required]))
    return _sizes(plan) | required


def own_groups(plan: BehaviorSpec) -> dict[str, int]:
    """How many goals of its groups it takes, of those where that is not what follows from the goals."""
    by_default = _wanted_by_default(plan)
    return {group: wanted for group, wanted in plan.groups.items() if by_default.get(group) != wanted}


def put(session: Session, campaign_id: int, plans: Sequence[BehaviorSpec], now: datetime) -> list[Behavior]:
    """Make these a campaign's behaviors, and return them with their goals; the others are closed.

    A behavior is the same as long as its name and what it counts are the same: then progress goes on, on its new terms. One that
    counts something else begins anew; one that comes back is opened again.
    """
    query = select(Behavior).where(Behavior.campaign_id == campaign_id).order_by(Behavior.id)
    existing = list(session.scalars(query.options(selectinload(Behavior.goals))))
    known = {_identity(behavior): behavior for behavior in existing}
    in_order = [known.get(_identity(plan)) for plan in plans]
    _make_room(session, existing, in_order)
    made = []
    for position, (plan, before) in enumerate(zip(plans, in_order, strict=True)):
        behavior = before or _new(campaign_id, plan)
        counted = plan.goals[0].event_name if plan.kind != "composite" else plan.name
        kept = behavior.event_name if before is not None and plan.kind == "composite" else counted
        values = {
            "event_name": plan.event_name or kept,
            "points": plan.points,
            "times_max": plan.times_max,
            "per_period_max": plan.per_period_max,
            "period_seconds": plan.period_seconds,
        }
        if before is not None and any(getattr(behavior, name) != value for name, value in values.items()):
            behavior.changed_at = now
        for name, value in {**values, "closed": False, "position": position}.items():
            setattr(behavior, name, value)
        session.add(behavior)
        session.flush()
        _put_goals(session, behavior, plan)
        made.append(behavior)
    for behavior in existing:
        behavior.closed = behavior not in made
    return made


def _new(campaign_id: int, plan: BehaviorSpec) -> Behavior:
    known = {name: value for name, value in (("uuid", plan.uuid), ("id", plan.id)) if value}
    return Behavior(campaign_id=campaign_id, name=plan.name, kind=plan.kind, goals=[], **known)


def _make_room(session: Session, existing: Sequence[Behavior], in_order: Sequence[Behavior | None]) -> None:
    """Free the positions of those that move. Those that stay are not touched: whoever makes progress refers to their rows."""
    targets = {it.id: position for position, it in enumerate(in_order) if it is not None}
    for behavior in existing:
        if behavior.position != targets.get(behavior.id, -behavior.id):
            behavior.position = -behavior.id
    session.flush()


def _identity(behavior: Behavior | BehaviorSpec) -> tuple[Any, ...]:
    goals = {(written(goal.event_name), goal.kind, goal.unique_key) for goal in behavior.goals}
    return behavior.name, behavior.kind, frozenset(goals)


def _put_goals(session: Session, behavior: Behavior, plan: BehaviorSpec) -> None:
    groups = _wanted(plan)
    known = {goal.event_name: goal for goal in behavior.goals}
    targets = {written(goal.event_name): position for position, goal in enumerate(plan.goals)}
    for goal in behavior.goals:  # no two have one position, not even in between
        if goal.position != targets[goal.event_name]:
            goal.position = -goal.id
    session.flush()
    for position, spec in enumerate(plan.goals):
        row = known.get(written(spec.event_name))
        if row is None:
            row = Goal(behavior_id=behavior.id, event_name=spec.event_name, kind=spec.kind, unique_key=spec.unique_key)
            behavior.goals.append(row)
        row.position, row.points, row.earn_count, row.required = position, spec.points, spec.earn_count, spec.required
        row.group_key, row.group_wanted = spec.group, groups[spec.group]
        row.min_gap_seconds, row.consecutive = spec.min_gap_seconds, spec.consecutive
        session.flush()
    behavior.goals.sort(key=lambda goal: goal.position)


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
        .where(Behavior.campaign_id.in_(campaign_ids), Behavior.closed.is_(False))
        .order_by(Behavior.campaign_id, Behavior.position)
        .options(selectinload(Behavior.goals))
    )
    found: dict[int, list[Behavior]] = {campaign_id: [] for campaign_id in campaign_ids}
    for behavior in session.scalars(query):
        found[behavior.campaign_id].append(behavior)
    return found
