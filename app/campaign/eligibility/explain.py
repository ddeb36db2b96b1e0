"""Why a customer may not buy, or that it may: every reason, for whoever asks."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.campaign.audience import traits, visibility_sql
from app.campaign.audience.visibility import Visibility
from app.campaign.eligibility import rules
from app.campaign.eligibility.facts import facts_by_uuid
from app.campaign.eligibility.rows import CampaignFacts
from app.campaign.errors import CampaignNotFound
from app.organizations.scope import Chains
from app.refusal import Refusal


@dataclass(frozen=True)
class Verdict:
    """Whether a customer may buy at a moment, and if not, every reason why."""

    at: datetime
    facts: CampaignFacts
    refusals: list[Refusal]

    @property
    def may_buy(self) -> bool:
        return not self.refusals


def explain(
    session: Session,
    campaign: UUID,
    customer: UUID,
    chains: Chains,
    at: datetime,
    to_customer: bool = False,
    waives: tuple[type[Refusal], ...] = (),
) -> Verdict:
    """Say whether the customer could buy the campaign at a moment, everything else being as it is now.

    What whoever sells would waive is no reason against it.

    Raises CampaignNotFound, also for campaigns that sell no coupons and, where it is the customer who asks, for those not shown to it;
    or CustomerNotFound.
    """
    facts = facts_by_uuid(session, campaign, customer, chains)
    if not facts.sells_coupons or (
        to_customer and visibility_sql.to_customer(session, facts, at) is not Visibility.SHOWN
    ):
        raise CampaignNotFound
    refusals = rules.refusals(facts, at, traits.if_asked(session, facts, at))
    return Verdict(at, facts, [refusal for refusal in refusals if not isinstance(refusal, waives)])
