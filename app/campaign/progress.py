"""How far customers have come: what `counting` says, as the database keeps it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaign.counting import NOT_BEGUN, Count, Progress
from app.campaign.event_models import BehaviorProgress


def kept(progress: Progress) -> dict[str, Any]:
    """What is stored in `BehaviorProgress.counts`."""
    return {
        "latest": [moment.isoformat() for moment in progress.latest],
        "goals": {str(goal): _kept_count(count) for goal, count in progress.counts.items()},
    }


def read(achieved: int | None, counts: Mapping[str, Any] | None) -> Progress:
    """What was stored; none, when nothing was yet."""
    if achieved is None or counts is None:
        return NOT_BEGUN
    latest = tuple(datetime.fromisoformat(moment) for moment in counts["latest"])
    return Progress(achieved, latest, {int(goal): _read_count(row) for goal, row in counts["goals"].items()})


def of_customer(session: Session, customer_id: int, behavior_ids: Sequence[int]) -> dict[int, Progress]:
    """A customer's progress in each of these behaviors."""
    rows = session.execute(
        select(BehaviorProgress.behavior_id, BehaviorProgress.achieved, BehaviorProgress.counts).where(
            BehaviorProgress.customer_id == customer_id, BehaviorProgress.behavior_id.in_(behavior_ids)
        )
    )
    known = {row.behavior_id: read(row.achieved, row.counts) for row in rows}
    return {behavior_id: known.get(behavior_id, NOT_BEGUN) for behavior_id in behavior_ids}


def _kept_count(count: Count) -> list[Any]:
    """What is never asked for is left out."""
    if count.last_at is None and count.last_day is None and not count.seen:
        return [count.current, count.completed]
    last_at = count.last_at.isoformat() if count.last_at else None
    last_day = count.last_day.isoformat() if count.last_day else None
    return [count.current, count.completed, last_at, last_day, list(count.seen)]


def _read_count(row: Sequence[Any]) -> Count:
    if len(row) == 2:
        return Count(*row)
    current, completed, last_at, last_day, seen = row
    return Count(
        current,
        completed,
        datetime.fromisoformat(last_at) if last_at else None,
        date.fromisoformat(last_day) if last_day else None,
        tuple(seen),
    )
