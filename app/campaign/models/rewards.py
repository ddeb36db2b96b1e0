"""The things that a campaign gives."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.campaign.limits import UNLIMITED
from app.campaign.models.limits import MethodTally
from app.db.types import Base, Serial, UtcDateTime, Written, unique_where
from app.organizations.models import UNITS

METHOD_KINDS = ("points", "voucher", "coupon", "nothing")


VOUCHER_KINDS = ("basket", "basket_pct", "honour")


RECIPIENTS = ("customer", "referring", "referred")


class RewardMethod(Base):
    """One of the things that a campaign gives, and on which terms. A campaign that just sells its coupons has none."""

    __tablename__ = "reward_method"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    position: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str | None]  # names it among its campaign's; none: the points of a behavior or of a goal
    closed: Mapped[bool] = mapped_column(default=False)  # it was taken out of the campaign, and is given no more
    kind: Mapped[str]
    title: Mapped[str]
    recipient: Mapped[str] = mapped_column(default="customer")  # in referral campaigns, `referring` or `referred`
    weight: Mapped[int] = mapped_column(BigInteger, default=1)  # of a draw
    amount: Mapped[int] = mapped_column(BigInteger, default=0)  # hundredths of points or money
    restrictions: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    stock: Mapped[int] = mapped_column(BigInteger, default=UNLIMITED)
    limit_in_period: Mapped[int] = mapped_column(BigInteger, default=UNLIMITED)
    limit_unit: Mapped[str | None]
    limit_per_customer: Mapped[int] = mapped_column(BigInteger, default=UNLIMITED)
    limit_per_customer_unit: Mapped[str | None]
    # When its limits or what it gives changed: what was counted in a period that began before, or given, may differ.
    changed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    voucher_kind: Mapped[str | None]
    voucher_hundredths_of_percent: Mapped[int | None] = mapped_column(BigInteger)
    voucher_code: Mapped[str | None] = mapped_column(Written)  # a third party's, the same for everybody
    voucher_text: Mapped[str | None]
    voucher_seconds: Mapped[int | None] = mapped_column(BigInteger)  # how long it is good for; none: for ever
    behavior_id: Mapped[int | None] = mapped_column(ForeignKey("behavior.id"))  # only who achieves this one is given it
    goal_id: Mapped[int | None] = mapped_column(ForeignKey("goal.id"))  # and only with this goal completed
    offer: Mapped[dict[str, Any] | None] = mapped_column(
        JSON(none_as_null=True)
    )  # texts and pictures of it; decides nothing
    tally: Mapped["MethodTally"] = relationship(lazy="raise_on_sql", cascade="all, delete-orphan")
    __table_args__ = (
        UniqueConstraint("campaign_id", "position"),
        unique_where("uq_reward_method_key", "campaign_id", "key", where="key IS NOT NULL"),
        Index(  # those that may run out
            "ix_reward_method_of_a_number",
            "campaign_id",
            postgresql_where=text(f"stock < {UNLIMITED} AND NOT closed"),
            sqlite_where=text(f"stock < {UNLIMITED} AND closed = 0"),
        ),
        CheckConstraint(f"kind IN {METHOD_KINDS}", "known_kind"),
        CheckConstraint(f"recipient IN {RECIPIENTS}", "known_recipient"),
        CheckConstraint("weight >= 0 AND amount >= 0", "not_negative"),
        CheckConstraint(f"voucher_kind IN {VOUCHER_KINDS}", "known_voucher_kind"),
        CheckConstraint("(kind = 'voucher') = (voucher_kind IS NOT NULL)", "voucher_kind_of_voucher"),
        CheckConstraint(f"limit_unit IN {UNITS} AND limit_per_customer_unit IN {UNITS}", "known_unit"),
    )

    @property
    def goes_with_every_award(self) -> bool:
        """Whoever is given anything of its campaign is given this, as long as there is some."""
        limits = (self.limit_in_period, self.limit_per_customer)
        is_for_some = self.restrictions or self.behavior_id or self.goal_id or self.recipient != "customer"
        return not is_for_some and min(limits) >= UNLIMITED

    @property
    def is_a_behaviors_points(self) -> bool:
        """It is what achieving a behavior or completing a goal is worth, and told with that."""
        return self.key is None
