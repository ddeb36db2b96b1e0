"""In which state a customer stands towards a campaign. Pure. Source: the model's section 5.2."""

from collections.abc import Sequence
from typing import NamedTuple

STATES = ("completed", "opted_out", "in_progress", "opted_in", "qualified", "not_qualified")


class BehaviorState(NamedTuple):
    """One behavior of the campaign: how often the customer achieved it, and whether anything has counted, or ever can."""

    achieved: int
    has_begun: bool
    is_exhausted: bool


def state(behaviors: Sequence[BehaviorState], opted_in: bool | None, qualifies: bool, is_over: bool) -> str:
    """One of STATES; the first that is true. `opted_in` is what the customer said, None if nothing.

    A campaign is completed when none of its behaviors can be achieved any more: each was as often as it may, or, when the
    campaign is over, at least once. One without behaviors is never completed.
    """
    if behaviors and all(it.is_exhausted or (is_over and it.achieved > 0) for it in behaviors):
        return "completed"
    if opted_in is False:
        return "opted_out"
    if any(it.has_begun for it in behaviors):
        return "in_progress"
    if opted_in:
        return "opted_in"
    return "qualified" if qualifies else "not_qualified"
