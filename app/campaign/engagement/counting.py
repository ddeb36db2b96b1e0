"""How events become progress: a behavior counts them towards its goals, round by round, within its limits. Pure.

A behavior has one goal, or several (`composite`); a *round* ends when all required goals and enough goals of every group are
completed, and counts as one *achievement*. An event counts only while another achievement is allowed at its moment; what does
not count changes nothing, and is not kept for later.
Source: the model's section 5.3.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple

PER_PERIOD_MAX = 1_000  # so many moments are kept


class GoalTerms(NamedTuple):
    """Events of one name, so many a round. Without a limit, gaps and keys are None.

    `consecutive`: on consecutive calendar days of the customer, one a day. `unique_key` is the entry of an event's context
    whose value must be new in the round; when `is_unique` without it, the transaction's id.
    """

    id: int
    event_name: str
    earn_count: int
    group: str = "0"
    required: bool = True
    min_gap_seconds: int | None = None
    consecutive: bool = False
    is_unique: bool = False
    unique_key: str | None = None


class BehaviorTerms(NamedTuple):
    """What a behavior asks for. `groups` says how many goals of each must be completed."""

    goals: Sequence[GoalTerms]
    groups: Mapping[str, int]
    times_max: int
    per_period_max: int
    period_seconds: int


class Event(NamedTuple):
    """Something that a customer did: `quantity` times at one moment, which fell on `day` where the customer lives."""

    name: str
    at: datetime
    day: date
    quantity: int = 1
    transaction_id: str = ""
    context: Mapping[str, Any] = MappingProxyType({})


class Count(NamedTuple):
    """How far a customer has come towards one goal in this round, and how often it was completed in all.

    When it last counted is kept where a gap or a day in a row is asked for.
    """

    current: int = 0
    completed: int = 0
    last_at: datetime | None = None
    last_day: date | None = None
    seen: tuple[str, ...] = ()


NOTHING_YET = Count()


class Progress(NamedTuple):
    """How far a customer has come in a behavior. `latest` are the newest achievements, as many as a period may have."""

    achieved: int = 0
    latest: tuple[datetime, ...] = ()
    counts: Mapping[int, Count] = MappingProxyType({})

    def of(self, goal: GoalTerms) -> Count:
        return self.counts.get(goal.id, NOTHING_YET)

    @property
    def has_begun(self) -> bool:
        """Some event has counted."""
        return self.achieved > 0 or any(count.current for count in self.counts.values())


NOT_BEGUN = Progress()


class Achievement(NamedTuple):
    """One more round: which one it is, and the goals that were completed in it."""

    number: int
    goals: tuple[int, ...]


def count(terms: BehaviorTerms, progress: Progress, event: Event) -> tuple[Progress, list[Achievement]]:
    """Count an event, as often as it happened. An event that does not count leaves the progress as it is.

    A round that is over before the event, for less is asked for than before, ends with it.
    """
    achievements = []
    for _ in range(event.quantity):
        if not may_achieve(terms, progress, event.at):
            break
        before = progress
        was_over = _is_round_over(terms, progress)
        progress = progress if was_over else _count_once(terms, progress, event)
        if progress is before and not was_over:  # nor would the next one count
            break
        if _is_round_over(terms, progress):
            progress, achievement = _next_round(terms, progress, event.at)
            achievements.append(achievement)
    return progress, achievements


def may_achieve(terms: BehaviorTerms, progress: Progress, at: datetime) -> bool:
    """The limits overall and in the rolling period allow one more achievement at this moment."""
    if is_exhausted(terms, progress):
        return False
    began = at - timedelta(seconds=terms.period_seconds)
    return sum(moment > began for moment in progress.latest) < terms.per_period_max


def is_exhausted(terms: BehaviorTerms, progress: Progress) -> bool:
    """It cannot be achieved any more, ever."""
    return progress.achieved >= terms.times_max


def is_goal_completed(goal: GoalTerms, progress: Progress) -> bool:
    """In this round."""
    return progress.of(goal).current >= goal.earn_count


def completed_in_group(terms: BehaviorTerms, progress: Progress, group: str) -> int:
    """How many goals of a group are completed in this round."""
    return sum(goal.group == group and is_goal_completed(goal, progress) for goal in terms.goals)


def events_wanted(terms: BehaviorTerms) -> int:
    """How many events a round takes at least: the required goals', and the smallest of what else the groups ask for."""
    return sum(goal.earn_count for goal in _least_goals(terms))


def events_counted(terms: BehaviorTerms, progress: Progress) -> int:
    """How many of those events have counted in this round. A group that is completed by other goals has all of its own."""
    counted = 0
    for goal in _least_goals(terms):
        is_done = not goal.required and completed_in_group(terms, progress, goal.group) >= terms.groups[goal.group]
        counted += goal.earn_count if is_done else min(progress.of(goal).current, goal.earn_count)
    return counted


def _least_goals(terms: BehaviorTerms) -> list[GoalTerms]:
    chosen = [goal for goal in terms.goals if goal.required]
    for group, wanted in terms.groups.items():
        missing = wanted - sum(goal.group == group for goal in chosen)
        others = sorted((g for g in terms.goals if g.group == group and not g.required), key=lambda g: g.earn_count)
        chosen += others[: max(0, missing)]
    return chosen


def _count_once(terms: BehaviorTerms, progress: Progress, event: Event) -> Progress:
    counts = dict(progress.counts)
    for goal in terms.goals:
        if goal.event_name == event.name and not is_goal_completed(goal, progress):
            before = progress.of(goal)
            after = _counted(goal, before, event)
            if after is not before:
                counts[goal.id] = after
    return progress if counts == progress.counts else progress._replace(counts=counts)


def _counted(goal: GoalTerms, before: Count, event: Event) -> Count:
    gap = timedelta(seconds=goal.min_gap_seconds or 0)
    if gap and before.last_at is not None and event.at - before.last_at < gap:
        return before
    current, seen = before.current + 1, before.seen
    if goal.consecutive and before.last_day is not None:
        days = (event.day - before.last_day).days
        if days <= 0:
            return before
        if days > 1:  # the row is broken, and begins anew
            current, seen = 1, ()
    if goal.is_unique:
        key = _key(goal, event)
        if key is None or key in seen:
            return before
        seen += (key,)
    return Count(current, before.completed, event.at if gap else None, event.day if goal.consecutive else None, seen)


def _key(goal: GoalTerms, event: Event) -> str | None:
    if goal.unique_key is None:
        return event.transaction_id
    value = event.context.get(goal.unique_key)
    return None if value is None else str(value)


def _is_round_over(terms: BehaviorTerms, progress: Progress) -> bool:
    return all(is_goal_completed(goal, progress) for goal in terms.goals if goal.required) and all(
        completed_in_group(terms, progress, group) >= wanted for group, wanted in terms.groups.items()
    )


def _next_round(terms: BehaviorTerms, progress: Progress, at: datetime) -> tuple[Progress, Achievement]:
    completed = tuple(goal.id for goal in terms.goals if is_goal_completed(goal, progress))
    counts = {
        id: Count(0, count.completed + (id in completed), count.last_at, count.last_day)
        for id, count in progress.counts.items()
    }
    latest = progress.latest
    if terms.per_period_max <= PER_PERIOD_MAX:
        latest = tuple(sorted((*latest, at))[-terms.per_period_max :])
    achieved = progress.achieved + 1
    return Progress(achieved, latest, counts), Achievement(achieved, completed)
