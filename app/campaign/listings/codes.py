"""The codes of a pool: one of them and whose it is, or all, a part at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaign.models.awards import Award
from app.campaign.models.coupons import Coupon
from app.campaign.models.vouchers import Voucher
from app.members.models import Customer
from app.text import written


class PoolCode(NamedTuple):
    """A code, and when and to whom it was given; the voucher that holds it now."""

    code: str
    given_at: datetime | None
    customer: Customer | None = None
    voucher: Voucher | None = None


def find(session: Session, campaign_id: int, code: str) -> PoolCode | None:
    """The code of a campaign's pool, and who has it."""
    coupon = session.scalars(
        select(Coupon).where(Coupon.campaign_id == campaign_id, Coupon.code == written(code))
    ).one_or_none()
    if coupon is None:
        return None
    held = session.execute(
        select(Award.given_at, Customer, Voucher)
        .join(Customer, Customer.id == Award.customer_id)
        .outerjoin(
            Voucher, (Voucher.coupon_id == coupon.id) & (Voucher.award_id == Award.id) & Voucher.superseded.is_(False)
        )
        .where(Award.id == coupon.award_id)
    ).first()
    return PoolCode(coupon.code, *held) if held else PoolCode(coupon.code, None)


def page(session: Session, campaign_id: int, after: str, size: int) -> tuple[Sequence[PoolCode], bool]:
    """The codes of a pool that come after one, in the order of the database's letters; and whether there are more."""
    query = (
        select(Coupon.code, Award.given_at)
        .outerjoin(Award, Award.id == Coupon.award_id)
        .where(Coupon.campaign_id == campaign_id, *([Coupon.code > after] if after else []))
        .order_by(Coupon.code)
        .limit(size + 1)
    )
    rows = session.execute(query).all()
    return [PoolCode(*row) for row in rows[:size]], len(rows) > size
