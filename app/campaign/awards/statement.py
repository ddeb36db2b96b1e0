"""The guarded changes of an award: which steps there are, and in which order.

The order is everybody's: account, usage, coupon, records, then the tallies of the reward methods by their ids, and last the
campaign's stock, so that those who want the same wait for each other only while it commits. tests/campaign/awards/statements.sql
shows the statements of the common shapes.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from app.campaign.awards import steps
from app.campaign.awards.kinds import REWARD_KINDS
from app.campaign.engagement import receipts
from app.db.guarded import GuardedChange, Step
from app.db.prepared import Executor


class Part(NamedTuple):
    """One thing that an award gives: a coupon, a voucher, points or nothing.

    Parts of a reward method are counted for it (`counted`), and for the customer when it has a limit (`limited`).
    """

    kind: str
    counted: bool = False
    limited: bool = False


class Shape(NamedTuple):
    """What an award is made of; awards of one shape are the same statement. A coupon is the `pool`'s next, or `shared`.

    `with_receipt`: the event that earned it is written by the same statement; see `receipts`.
    """

    parts: tuple[Part, ...]
    coupon: str | None = None
    drawn: bool = False
    with_receipt: bool = False


Parameters = Mapping[str, object]  # values by the names of the statement's parameters
SHAPES_MAX = 256  # statements kept; a programme uses a few
SALE_FROM_POOL = Shape((Part("coupon"),), "pool")
SALE_OF_SHARED = Shape((Part("coupon"),), "shared")


def make(executor: Executor, shape: Shape, parameters: Parameters) -> str | None:
    """Make all changes of an award and return its coupon's code, if it has one.

    Raises GuardFailed when a guard failed; then nothing may be kept of the transaction.
    """
    return change(shape).make(executor, parameters)


@lru_cache(SHAPES_MAX)
def change(shape: Shape) -> GuardedChange[str]:
    """The changes of all awards of one shape."""
    return GuardedChange(_steps(shape), ("claimed", "code") if shape.coupon else None)


def _steps(shape: Shape) -> list[Step]:
    parts = list(enumerate(shape.parts))
    gains = [i for i, part in parts if REWARD_KINDS[part.kind].gives_points]
    entries = 1 + len(gains)
    coupon: Step = steps.ClaimCoupon() if shape.coupon == "pool" else steps.TakeSharedCoupon()
    return [
        steps.Debit(entries, gives_points=bool(gains)),
        *([receipts.MoveProgress(), receipts.WriteReceipt()] if shape.with_receipt else []),
        steps.CountUsage(shape.with_receipt),
        *(steps.CountForCustomer(i) for i, part in parts if part.limited),
        *([coupon] if shape.coupon else []),
        steps.RecordAward(),
        *([steps.RecordDraw()] if shape.drawn else []),
        steps.RecordPrice(entries),
        *(steps.RecordGain(i, later) for later, i in zip(reversed(range(len(gains))), gains, strict=True)),
        *(HOLDING[held](i) for i, part in parts if (held := REWARD_KINDS[part.kind].holds)),
        steps.WriteEvents(_events(shape)),
        *(steps.CountReward(i) for i, part in parts if part.counted),
        steps.CountForCampaign(),
    ]


def _events(shape: Shape) -> tuple[str, ...]:
    """The kinds of events that such an award is; `points.paid` only where it cost something."""
    kinds = [REWARD_KINDS[part.kind] for part in shape.parts]
    return (
        "purchase.made" if shape.coupon else "award.given",
        *(["draw.made"] if shape.drawn else []),
        *(["voucher.issued"] if any(kind.holds for kind in kinds) else []),
        *(["points.earned"] if any(kind.gives_points for kind in kinds) else []),
        "points.paid",
    )


# What the customer then holds, by `Kind.holds`.
HOLDING: Mapping[str, type[steps.HoldCoupon | steps.IssueVoucher]] = {
    "coupon": steps.HoldCoupon,
    "voucher": steps.IssueVoucher,
}
