"""Recompute every draw from what was stored, and find what does not agree. See docs/draws.md."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session, joinedload, selectinload

from app.campaign.awards import draws
from app.campaign.models.awards import Award
from app.campaign.models.campaigns import Campaign
from app.campaign.models.draws import Draw, DrawOdds, DrawSeed
from app.campaign.models.limits import Usage
from app.members.models import Customer

PROBLEMS_MAX = 20
ROWS = 1_000  # read at a time


@dataclass
class Report:
    """What was found about one campaign's draws; at most PROBLEMS_MAX problems, as sentences."""

    campaign: Campaign
    seed: DrawSeed
    draws_count: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, problem: str) -> None:
        if len(self.problems) < PROBLEMS_MAX:
            self.problems.append(problem)


def verify(session: Session, campaign_id: int | None = None) -> Iterator[Report]:
    """A report of each campaign that draws, or of one. Reads all draws, in memory that does not grow with them."""
    query = (
        select(Campaign)
        .join(DrawSeed, DrawSeed.campaign_id == Campaign.id)
        .options(joinedload(Campaign.seed), selectinload(Campaign.methods))
        .order_by(Campaign.id)
    )
    if campaign_id is not None:
        query = query.where(Campaign.id == campaign_id)
    for campaign in session.scalars(query).all():
        if campaign.seed is not None:
            yield _verify(session, campaign, campaign.seed)


class DrawRow(NamedTuple):
    """A draw as it is stored, and the award that it names, which may be missing."""

    number: int
    candidates: Sequence[tuple[int, int]]  # ids of reward methods, and their weights
    ticket: str
    method_id: int
    revision: int
    award_id: UUID
    customer_id: int
    customer: UUID
    award_campaign_id: int | None
    award_customer_id: int | None


def rows(session: Session, campaign_id: int) -> Iterator[DrawRow]:
    """The draws of a campaign, by customer and number, each with the customer's UUID; ROWS at a time."""
    last: tuple[int, int] = (0, 0)
    while True:
        found = session.execute(
            select(
                Draw.number,
                Draw.candidates,
                Draw.ticket,
                Draw.method_id,
                Draw.revision,
                Draw.award_id,
                Draw.customer_id,
                Customer.uuid.label("customer"),
                Award.campaign_id.label("award_campaign_id"),
                Award.customer_id.label("award_customer_id"),
            )
            .join(Customer, Customer.id == Draw.customer_id)
            .outerjoin(Award, Award.id == Draw.award_id)
            .where(Draw.campaign_id == campaign_id, tuple_(Draw.customer_id, Draw.number) > last)
            .order_by(Draw.customer_id, Draw.number)
            .limit(ROWS)
        ).all()
        yield from (DrawRow._make(row) for row in found)
        if len(found) < ROWS:
            return
        last = (found[-1].customer_id, found[-1].number)


def _verify(session: Session, campaign: Campaign, seed: DrawSeed) -> Report:
    report = Report(campaign, seed)
    if draws.commitment(seed.seed) != seed.commitment:
        report.add("The seed is not the one that was committed to.")
    known = _Odds(session, campaign.id)
    weights = {method.id: method.weight for method in campaign.methods if method.weight}
    if campaign.is_draw and weights != known.latest_weights():
        report.add("The rewards have other weights than the odds that were written down last.")
    customer, expected = None, 0
    for row in rows(session, campaign.id):
        report.draws_count += 1
        expected = expected + 1 if row.customer == customer else 1
        customer = row.customer
        for problem in _problems(row, campaign, seed, known, expected):
            report.add(f"Draw {row.number} of customer {row.customer}: {problem}")
        expected = row.number
    counted = session.scalar(select(func.sum(Usage.received)).where(Usage.campaign_id == campaign.id)) or 0
    if counted != report.draws_count:
        report.add(f"{counted} draws were counted, and {report.draws_count} are stored.")
    return report


def odds(session: Session, campaign_id: int) -> list[DrawOdds]:
    """The odds of a campaign's draws, from each revision on that changed them."""
    query = select(DrawOdds).where(DrawOdds.campaign_id == campaign_id).order_by(DrawOdds.revision)
    return list(session.scalars(query))


class _Odds:
    """The odds of a campaign's draws, revision by revision."""

    def __init__(self, session: Session, campaign_id: int) -> None:
        self._all = odds(session, campaign_id)
        self._revisions = [odds.revision for odds in self._all]

    def latest_weights(self) -> dict[int, int]:
        """By reward method."""
        latest = self._all[-1].rewards if self._all else ()
        return {int(method): int(weight) for method, weight, _ in latest}

    def at(self, revision: int) -> dict[int, tuple[int, bool]]:
        """The weight of each reward method that could be drawn, and whether nothing could keep it out; nothing before the first."""
        i = bisect_right(self._revisions, revision)
        return (
            {int(method): (int(weight), bool(always)) for method, weight, always in self._all[i - 1].rewards}
            if i
            else {}
        )


def _problems(row: DrawRow, campaign: Campaign, seed: DrawSeed, known: _Odds, expected: int) -> Iterator[str]:
    rewards = known.at(row.revision)
    always = {method for method, (_, is_always_open) in rewards.items() if is_always_open}
    candidates = [(int(method), int(weight)) for method, weight in row.candidates]
    if row.number != expected:
        yield f"number {expected} is missing."
    if (row.award_campaign_id, row.award_customer_id) != (campaign.id, row.customer_id):
        yield "its award is not this customer's in this campaign."
    if row.ticket != draws.ticket(seed.seed, campaign.uuid, row.customer, row.number):
        yield "the ticket does not follow from the seed."
    if any(rewards.get(method, (None, False))[0] != weight for method, weight in candidates):
        yield "a candidate is not the campaign's, or has another weight."
    if not always <= {method for method, _ in candidates}:
        yield "a candidate that is always open was left out."
    if not candidates or draws.pick(candidates, row.ticket) != row.method_id:
        yield "the ticket falls on another candidate."
