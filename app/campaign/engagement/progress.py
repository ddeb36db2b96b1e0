"""How far customers have come: what `counting` says, as the database keeps it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaign.engagement.counting import NOT_BEGUN, Count, Progress
from app.campaign.models.engagement import Behavior, BehaviorProgress


def kept(progress: Progress, has_one_goal: bool) -> tuple[int | None, dict[str, Any] | None]:
    """What is stored in `BehaviorProgress.current`, or else in `counts`."""
    if has_one_goal and not progress.latest:
        for count in progress.counts.values():
            if count == Count(count.current, progress.achieved):
                return count.current, None
    return None, {
        "latest": [moment.isoformat() for moment in progress.latest],
        "goals": {str(goal): _kept_count(count) for goal, count in progress.counts.items()},
    }


def read(
    achieved: int | None, current: int | None, counts: Mapping[str, Any] | None, goal_ids: Sequence[int]
) -> Progress:
    """What was stored for a behavior with these goals; none, when nothing was yet."""
    if achieved is None:
        return NOT_BEGUN
    if counts is None:
        return Progress(achieved, (), {goal_ids[0]: Count(current or 0, achieved)})
    latest = tuple(datetime.fromisoformat(moment) for moment in counts["latest"])
    return Progress(achieved, latest, {int(goal): _read_count(row) for goal, row in counts["goals"].items()})


def of_customer(session: Session, customer_id: int, behaviors: Sequence[Behavior]) -> dict[int, Progress]:
    """A customer's progress in each of these behaviors, which have their goals, by id."""
    ids = [behavior.id for behavior in behaviors]
    found = session.scalars(
        select(BehaviorProgress).where(
            BehaviorProgress.customer_id == customer_id, BehaviorProgress.behavior_id.in_(ids)
        )
    )
    known = {row.behavior_id: row for row in found}
    return {it.id: _of_row(known.get(it.id), it) for it in behaviors}


def _of_row(row: BehaviorProgress | None, behavior: Behavior) -> Progress:
    if row is None:
        return NOT_BEGUN
    return read(row.achieved, row.current, row.counts, [goal.id for goal in behavior.goals])


def _kept_count(count: Count) -> list[Any]:
    last_at = count.last_at.isoformat() if count.last_at else None
    last_day = count.last_day.isoformat() if count.last_day else None
    return [count.current, count.completed, last_at, last_day, list(count.seen)]


def _read_count(row: Sequence[Any]) -> Count:
    current, completed, last_at, last_day, seen = row
    return Count(
        current,
        completed,
        datetime.fromisoformat(last_at) if last_at else None,
        date.fromisoformat(last_day) if last_day else None,
        tuple(seen),
    )
