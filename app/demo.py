"""The demo world: the examples of the Open Loyalty documents made true, in an empty database.

Ids and values are the documents'; the windows are moved so that they are open today.
Source: `tests/examples/open-loyalty-reward-campaigns.txt`.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.campaign import campaigns
from app.campaign.campaigns import Offer, Window
from app.installation import Installation
from app.members import customers, levels, passwords, segments, staff
from app.members.customers import Person
from app.members.models import Login, Spending
from app.points import ledger

STAFF_PASSWORD, CUSTOMER_PASSWORD = "open", "loyalty"
POINTS_HUNDREDTHS = 100_000

JOHN = UUID("00000000-0000-474c-b092-b0dd880c07e1")
JANE = UUID("00000000-0000-474c-b092-b0dd880c07e2")
LEVELS = {
    "level0": UUID("000096cf-32a3-43bd-9034-4df343e5fd93"),
    "level1": UUID("e82c96cf-32a3-43bd-9034-4df343e5fd94"),
    "level2": UUID("000096cf-32a3-43bd-9034-4df343e5fd94"),
}
ANNIVERSARY = UUID("00000000-0000-0000-0000-000000000002")
TESTS = UUID("000096cf-32a3-43bd-9034-4df343e5fd93")
FOR_TEST = UUID("000096cf-32a3-43bd-9034-4df343e5fd92")
DISCOUNT = UUID("3062c881-93f3-496b-9669-4238c0a62be8")


def load(session: Session, now: datetime, zone: ZoneInfo) -> None:
    """Fill an empty database. The caller has made sure that it is empty."""
    staff_hash, customer_hash = passwords.hashed(STAFF_PASSWORD), passwords.hashed(CUSTOMER_PASSWORD)
    staff.add_admin(session, "admin", staff_hash)
    shop = staff.add_pos(session, "Shop 1", "shop-1", "The first shop")
    for first_name, email in (("John", "john@doe.com"), ("John2", "john2@doe2.com")):
        staff.add_seller(session, staff.Seller(first_name, "Doe", email, pos=shop.uuid), staff_hash)
    for (name, uuid), (condition, percent) in zip(LEVELS.items(), ((0, 14), (20, 15), (200, 20)), strict=True):
        reward: dict[str, Any] = {
            "reward_name": f"{percent}% off",
            "reward_hundredths_of_percent": percent * 100,
            "reward_code": name,
        }
        levels.create(session, levels.Terms(name, condition * 100, active=True, **reward), now, uuid)
    part = [segments.Criterion(segments.CUSTOMER_LIST, {"customers": []})]
    segments.create(session, segments.Definition("anniversary", active=True, parts=[part]), now, ANNIVERSARY)
    _customers(session, now, customer_hash)
    _campaigns(session, now, zone)
    session.add(Installation(name="demo", value=now.isoformat()))


def shown(session: Session) -> dict[str, Any]:
    """Ids and logins, for people and scripts."""
    sellers = session.query(Login).filter(Login.role == "seller").order_by(Login.id)
    return {
        "admin": {"username": "admin", "password": STAFF_PASSWORD},
        "sellers": [{"sellerId": str(s.uuid), "username": s.email, "password": STAFF_PASSWORD} for s in sellers],
        "customers": [
            {"customerId": str(JOHN), "username": "user@oloy.com", "password": CUSTOMER_PASSWORD},
            {
                "customerId": str(JANE), "username": "user-temp@oloy.com", "loyaltyCardNumber": "0000",
                "password": CUSTOMER_PASSWORD,
            },
        ],
        "levels": {name: str(uuid) for name, uuid in LEVELS.items()},
        "segments": {"anniversary": str(ANNIVERSARY)},
        "campaigns": {
            "tests": str(TESTS), "for test": str(FOR_TEST), "Discount Code Campaign": str(DISCOUNT),
        },
    }  # fmt: skip


def _customers(session: Session, now: datetime, password_hash: str) -> None:
    registered = datetime(2016, 8, 8, 8, 53, 14, tzinfo=UTC)
    john = Person("John", "Doe", "user@oloy.com", "11111", gender="male", born_on=date(1990, 9, 11))
    jane = Person(
        "Jane", "Doe", "user-temp@oloy.com", "111112222", "0000", gender="male", born_on=date(1990, 9, 11),
        address={
            "street": "Test", "address1": "1", "province": "Mazowieckie", "city": "Warszawa", "postal": "00-000",
            "country": "PL",
        },
        agreement1=True,
    )  # fmt: skip
    for uuid, person, level in ((JOHN, john, None), (JANE, jane, LEVELS["level1"])):
        customer = customers.register(session, person, registered, password_hash, level, uuid)
        ledger.open_account(session, customer.id)
        session.add(
            Spending(
                customer_id=customer.id, transactions_count=1, amount=300, amount_without_delivery=300,
                amount_excluded_for_level=0, last_at=datetime(2017, 9, 22, 11, 54, 8, tzinfo=UTC),
            )
        )  # fmt: skip
        session.flush()
        ledger.add(session, customer.id, POINTS_HUNDREDTHS, now, "Welcome to the demo world")


def _campaigns(session: Session, now: datetime, zone: ZoneInfo) -> None:
    year = _window(now, zone)
    common: dict[str, Any] = {
        "active": True,
        "limit": 10,
        "activity": year,
        "visibility": year,
        "reward": "discount_code",
    }
    campaigns.create(
        session,
        Offer(
            name="tests", cost=1000, coupons=["123"], levels=list(LEVELS.values()), limit_per_customer=2,
            labels=[("type", "promotion")], **common,
        ),
        now, TESTS,
    )  # fmt: skip
    campaigns.create(
        session,
        Offer(
            name="for test", cost=1000, coupons=["123"], levels=[LEVELS["level2"]], segments=[ANNIVERSARY],
            limit_per_customer=2, **common,
        ),
        now, FOR_TEST,
    )  # fmt: skip
    campaigns.create(
        session,
        Offer(
            name="Discount Code Campaign", cost=10_000, coupons=["testCoupon", "DiscountCoupon"],
            levels=[LEVELS["level1"], LEVELS["level2"]], limit_per_customer=1, labels=[("type", "promotion")],
            short_description="A short description of discount code campaign",
            conditions_description="Discount code for registration",
            usage_instruction="Use discount code as you like", **common,
        ),
        now, DISCOUNT,
    )  # fmt: skip


def _window(now: datetime, zone: ZoneInfo) -> Window:
    """Two years around today, from one New Year to another."""
    local = (now - timedelta(days=1)).astimezone(zone)
    opens = datetime(local.year, 1, 1, tzinfo=zone)
    closes = datetime(local.year + 2, 1, 1, tzinfo=zone)
    return opens.astimezone(UTC), closes.astimezone(UTC)
