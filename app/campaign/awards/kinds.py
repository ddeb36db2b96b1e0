"""What can be given: the one table of the kinds of reward. Pure.

A kind says how a reward of it is validated, what giving it writes and holds, and what it is called. The docs tell how to add one:
CONTRIBUTING.md, "Adding a kind of reward".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from app.campaign.eligibility.rows import CampaignFacts, RewardFacts
from app.campaign.errors import BadCampaign, BadVoucher
from app.campaign.vouchers import keys, terms

Terms = Mapping[str, Any]  # of a RewardSpec: columns of RewardMethod
Written = Mapping[str, object]  # parameters of the award's statement, whose names end in the reward's number


def _no_terms(given: Terms) -> None:
    """Nothing to ask."""


def _nothing_written(facts: CampaignFacts, reward: RewardFacts, i: int, now: datetime) -> Written:
    return {}


@dataclass(frozen=True)
class Kind:
    """One kind of reward.

    `validate` raises BadCampaign or BadVoucher for terms that cannot be. `gives_points`: its amount goes to the ledger.
    `takes_code`: each one takes the next code of the campaign's pool. `holds`: what the customer then holds, a step of
    `statement.HOLDING`, for which `written` gives the parameters.
    """

    name: str
    validate: Callable[[Terms], None] = _no_terms
    gives_points: bool = False
    takes_code: bool = False
    holds: str | None = None
    written: Callable[[CampaignFacts, RewardFacts, int, datetime], Written] = _nothing_written

    @property
    def leaves_a_row(self) -> bool:
        """Each one given can be counted by what it left: a voucher, or a ledger entry."""
        return self.gives_points or self.holds is not None


def third_party_id(facts: CampaignFacts) -> int | None:
    """For chains whose tills know no longer numbers."""
    return keys.new_third_party_id() if facts.third_party_voucher_ids else None


def _require_points(given: Terms) -> None:
    if given.get("amount", 0) <= 0:
        raise BadCampaign("A reward method that gives points gives more than none.")


def is_share_of_sale(voucher_kind: str | None, hundredths_of_percent: int | None) -> bool:
    """A voucher that is worth a part of the sale for which it is given: an amount off a basket of which the percentage is said."""
    return voucher_kind == "basket" and hundredths_of_percent is not None


def _require_voucher_terms(given: Terms) -> None:
    percent, code, amount = (
        given.get("voucher_hundredths_of_percent"),
        given.get("voucher_code"),
        given.get("amount", 0),
    )
    if is_share_of_sale(given["voucher_kind"], percent):
        if amount:
            raise BadVoucher("A voucher has an amount, or is a percentage of the sale that earns it; not both.")
        terms.validate("basket_pct", amount, percent, code)
    else:
        terms.validate(given["voucher_kind"], amount, percent, code)


def priced(reward: RewardFacts, sale: float | None) -> RewardFacts:
    """The reward as it is given for a sale of so much money: a share of it has its amount, half up, which may be nothing."""
    if not is_share_of_sale(reward.voucher_kind, reward.voucher_hundredths_of_percent):
        return reward
    # Money times hundredths of a percent, in hundredths of money.
    amount = (Fraction(str(sale or 0)) * (reward.voucher_hundredths_of_percent or 0) / 100 + Fraction(1, 2)) // 1
    return reward._replace(amount=int(amount), voucher_hundredths_of_percent=None)


def _voucher_written(facts: CampaignFacts, reward: RewardFacts, i: int, now: datetime) -> Written:
    expires_at = now + timedelta(seconds=reward.voucher_seconds) if reward.voucher_seconds else None
    return {
        f"voucher_key_{i}": keys.new_key(),
        f"third_party_{i}": third_party_id(facts),
        f"voucher_kind_{i}": reward.voucher_kind,
        f"voucher_code_{i}": reward.voucher_code,
        f"voucher_status_{i}": "claimed" if facts.claimed_by_default else "generated",
        f"voucher_claimed_{i}": now if facts.claimed_by_default else None,
        f"voucher_amount_{i}": reward.amount,
        f"voucher_percent_{i}": reward.voucher_hundredths_of_percent,
        f"voucher_text_{i}": reward.voucher_text,
        f"voucher_expires_{i}": expires_at,
    }


REWARD_KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("points", _require_points, gives_points=True),
        Kind("voucher", _require_voucher_terms, holds="voucher", written=_voucher_written),
        Kind("coupon", takes_code=True, holds="coupon"),
        Kind("nothing"),
    )
}
