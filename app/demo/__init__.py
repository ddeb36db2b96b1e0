"""The demo world: the examples of the Open Loyalty, Spaaza and SessionM documents made true, in an empty database.

Ids and values are the documents'; the windows are moved so that they are open today. The campaigns are files, in the folder
`campaigns`: `guerdon campaign plan` finds nothing to do there. Source: `tests/examples/`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.access import passwords, staff, tokens
from app.access.models import Login
from app.campaign.awards.give import SYSTEM
from app.campaign.document import documents, files
from app.campaign.engagement import opt_ins
from app.campaign.models.vouchers import Voucher
from app.campaign.setup import campaigns
from app.campaign.triggers import events, signups
from app.db.installation import Installation
from app.db.prepared import is_postgresql
from app.members import levels, tags
from app.members.customers import Joining, Person
from app.members.models import Spending
from app.organizations import chains, shops
from app.organizations.details import ChainDetails
from app.points import ledger
from app.segments import segments
from app.segments.criteria import Criterion

CAMPAIGNS = Path(__file__).parent / "campaigns"
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

ACME, ACME_HOST = 1, "acme.guerdon.example"
ACME_TOKEN = "demo-token-of-acme"  # public, as the passwords are: no production serves the demo world
JANNEKE, REFERRED, MEMBER = 4, 5, 1107604
REFERRAL, SIGNUP, TAP, WHEEL = 3, 136, 200, 201
VOUCHER, VOUCHER_KEY = 35735, "13918dc12e44bc183cb168fa10684d0714115ff37132d4c265f4a8ab6678a741"
VOUCHER_THIRD_PARTY_ID = 3914599659

FLOCK_KEY, FLOCK_SECRET = "70261ce1e55ee3a5c282d48bdd4fa343230c04e0", "demo-secret-of-flock"
AVIARY_KEY, AVIARY_SECRET = "xyz15cbf87b9068363df55fc6344e05b550e49c98060", "demo-secret-of-aviary"
FINCH = UUID("48792ee2-0e5e-11e7-8716-93115045e6c0")
MOOSE = UUID("5a296e48-d458-11e7-9958-5691328254fd")
WREN = UUID("457583c0-d457-11e7-88dd-f369328254fd")
TILE, LAUNCH, LOADED, DONE, DEALS, BIRD, DRAFT = 1255, 1064, 1443, 611, 16, 1, 367
MOOSE_TAG = "moose"


def load(session: Session, now: datetime, zone: ZoneInfo) -> None:
    """Fill an empty database. The caller has made sure that it is empty."""
    staff_hash, customer_hash = passwords.hashed(STAFF_PASSWORD), passwords.hashed(CUSTOMER_PASSWORD)
    staff.add_admin(session, "admin", staff_hash)
    first = chains.first(session)
    shop = shops.add(session, first, "Shop 1", "shop-1", "The first shop")
    for first_name, email in (("John", "john@doe.com"), ("John2", "john2@doe2.com")):
        staff.add_seller(session, first, staff.SellerDetails(first_name, "Doe", email, pos=shop.uuid), staff_hash)
    for (name, uuid), (condition, percent) in zip(LEVELS.items(), ((0, 14), (20, 15), (200, 20)), strict=True):
        reward: dict[str, Any] = {
            "reward_name": f"{percent}% off",
            "reward_hundredths_of_percent": percent * 100,
            "reward_code": name,
        }
        levels.create(session, first, levels.LevelDetails(name, condition * 100, active=True, **reward), now, uuid)
    part = [Criterion(segments.CUSTOMER_LIST, {"customers": []})]
    segments.create(session, first, segments.SegmentDetails("anniversary", active=True, parts=[part]), now, ANNIVERSARY)
    _acme(session, now, zone, customer_hash)
    _customers(session, now, customer_hash)
    _campaigns(session, now)
    _acme_rewards(session, now)
    _continue_sequences(session)
    _flock(session, now, zone)
    _aviary(session, now, zone)
    session.add(Installation(name="demo", value=now.isoformat()))
    session.flush()
    _continue_ids(session)


def shown(session: Session) -> dict[str, Any]:
    """Ids and logins, for people and scripts."""
    sellers = session.query(Login).filter(Login.role == "seller").order_by(Login.id)
    return {
        "admin": {"username": "admin", "password": STAFF_PASSWORD},
        "sellers": [{"sellerId": str(s.uuid), "username": s.email, "password": STAFF_PASSWORD} for s in sellers],
        "customers": [
            {"customerId": str(JOHN), "username": "user@oloy.com", "password": CUSTOMER_PASSWORD},
            {
                "customerId": str(JANE),
                "username": "user-temp@oloy.com",
                "loyaltyCardNumber": "0000",
                "password": CUSTOMER_PASSWORD,
            },
        ],
        "levels": {name: str(uuid) for name, uuid in LEVELS.items()},
        "segments": {"anniversary": str(ANNIVERSARY)},
        "spaaza": {
            "chain_id": ACME,
            "hostname": ACME_HOST,
            "access_token": ACME_TOKEN,
            "users": [
                {"user_id": JANNEKE, "username": "testchainuser@acme.com", "password": CUSTOMER_PASSWORD},
                {"user_id": REFERRED, "username": "referraluser@gmail.com", "password": CUSTOMER_PASSWORD},
                {"user_id": MEMBER, "member_number": "404064"},
            ],
            "vouchers": [{"user_id": MEMBER, "voucher_id": VOUCHER, "voucher_key": VOUCHER_KEY}],
            "campaigns": {
                "referral": REFERRAL,
                "signup": SIGNUP,
                "interaction, points": TAP,
                "interaction, a draw": WHEEL,
            },
        },
        "sessionm": {
            "api_key": FLOCK_KEY,
            "secret": FLOCK_SECRET,
            "users": [
                {"user_id": str(FINCH), "external_id": "finch"},
                {"user_id": str(MOOSE), "external_id": "moose", "tags": [MOOSE_TAG]},
            ],
            "campaigns": {"a tile, completed": TILE, "a composite behavior": LOADED, "offers": DEALS},
            "another organization": {
                "api_key": AVIARY_KEY,
                "secret": AVIARY_SECRET,
                "users": [{"user_id": str(WREN), "external_id": "wren"}],
            },
        },
        "campaigns": {"tests": str(TESTS), "for test": str(FOR_TEST), "Discount Code Campaign": str(DISCOUNT)},
    }


def _acme(session: Session, now: datetime, zone: ZoneInfo, password_hash: str) -> None:
    """The chain of Spaaza's examples: one user has referred another, and a third has a voucher to claim."""
    terms = ChainDetails(
        "Acme",
        time_zone=str(zone),
        referral_window_quantity=30,
        referral_window_unit="day",
        third_party_voucher_ids=True,
    )
    chains.change(session, ACME, terms)
    chains.add_business(session, ACME, "Acme, the first shop")
    app = chains.set_app(session, ACME_HOST, ACME)
    tokens.create_token(session, "demo", app, True, now, token=ACME_TOKEN)
    _campaign(session, "acme", "refer-a-friend", now, ACME, id=REFERRAL)
    janneke = Person(
        "Janneke",
        "De Bruin",
        "testchainuser@acme.com",
        loyalty_card_number="20000000001",
        referral_code="an8it2",
        authentication_point_identifier="10055501555",
    )
    referred = Person(
        "Referred",
        "User",
        "referraluser@gmail.com",
        loyalty_card_number="20000000002",
        referral_code="4910z3",
        authentication_point_identifier="6120897249449",
    )
    member = Person("Member", "404064", loyalty_card_number="404064")
    signups.sign_up(session, janneke, now, SYSTEM, password_hash, Joining(id=JANNEKE))
    signups.sign_up(session, referred, now, SYSTEM, password_hash, Joining(id=REFERRED), referral_code="an8it2")
    signups.sign_up(session, member, now, SYSTEM, joining=Joining(id=MEMBER))


def _acme_rewards(session: Session, now: datetime) -> None:
    _campaign(session, "acme", "earn-five-euros-on-signup", now, ACME, id=SIGNUP)
    session.add(
        Voucher(
            id=VOUCHER,
            key=VOUCHER_KEY,
            third_party_id=VOUCHER_THIRD_PARTY_ID,
            chain_id=ACME,
            campaign_id=SIGNUP,
            customer_id=MEMBER,
            kind="basket",
            status="generated",
            amount=500,
            redeemed=0,
            superseded=False,
            created_at=now,
        )
    )
    _campaign(session, "acme", "a-tap-a-day", now, ACME, id=TAP)
    _campaign(session, "acme", "lucky-wheel", now, ACME, id=WHEEL)


def _campaign(
    session: Session,
    folder: str,
    key: str,
    now: datetime,
    chain_id: int,
    id: int | None = None,
    uuid: UUID | None = None,
    codes: Sequence[str] = (),
    behavior: tuple[UUID, int] | None = None,
    creative: tuple[int, int] | None = None,
) -> int:
    """Create the campaign of a file, with the documents' ids: its own, its only behavior's, its only creative's and the group of that."""
    [found] = documents.understood(session, chain_id, [files.read(CAMPAIGNS / folder / f"{key}.yaml").document], {})
    if found.spec is None or found.problems:
        raise ValueError(f"{folder}/{key}: {[(it.path, str(it.refusal)) for it in found.problems]}")
    spec = replace(found.spec, codes=codes)
    if behavior is not None:
        [counted] = spec.behaviors
        spec = replace(spec, behaviors=[replace(counted, uuid=behavior[0], id=behavior[1])])
    if creative is not None:
        [shown] = spec.listing.creatives
        listing = replace(spec.listing, creatives=[replace(shown, id=creative[0], group_id=creative[1])])
        spec = replace(spec, listing=listing)
    return campaigns.create(session, spec, now, chain_id, id, uuid).id


def _organization(session: Session, name: str, key: str, secret: str, now: datetime, zone: ZoneInfo) -> int:
    chain = chains.create(session, ChainDetails(name, time_zone=str(zone)), now)
    app = chains.set_app(session, f"{name.lower()}.guerdon.example", chain.id)
    app.api_key = key
    tokens.create_token(session, "demo", app, True, now, token=secret)
    return chain.id


def _flock(session: Session, now: datetime, zone: ZoneInfo) -> None:
    """The organization of most of SessionM's examples: what Finch has completed, and what is only for whoever has Moose's tag."""
    chain_id = _organization(session, "Flock", FLOCK_KEY, FLOCK_SECRET, now, zone)
    finch, moose = (
        signups.sign_up(
            session, Person(name, ""), now, SYSTEM, joining=Joining(chain_id, external_id=name.lower(), uuid=uuid)
        ).customer
        for name, uuid in (("Finch", FINCH), ("Moose", MOOSE))
    )
    tags.put(session, moose.id, [MOOSE_TAG], now)

    def campaign(key: str, **known: Any) -> int:
        return _campaign(session, "flock", key, now, chain_id, **known)

    campaign("promotion-campaign", id=TILE, creative=(2983, 2917))
    campaign("launch-2", id=LAUNCH, creative=(2640, 2578))
    loaded = UUID("86d77299-ed18-49ba-8fef-f8cb2241faac"), 1444
    campaign("testt0714441", id=LOADED, creative=(3364, 3232), behavior=loaded)
    done = campaign("campaign-11", id=DONE, creative=(11, 11))
    campaign("campaign-16", id=DEALS)
    campaign("qualified")
    opted_in, opted_out = campaign("opted-in"), campaign("opted-out")
    campaign("flock-to-unlock")
    session.flush()
    for campaign_id in (done, opted_in, opted_out):
        opt_ins.opt_in(session, campaign_id, moose.id, now)
    opt_ins.opt_out(session, opted_out, moose.id, now)
    for customer, number, times in ((finch, TILE, 1), (finch, LAUNCH, 1), (finch, LOADED, 4), (moose, DONE, 1)):
        details = events.CustomerEvent(f"campaigns.{number}.loaded", "demo", times)
        events.record(session, customer.id, details, now, SYSTEM)


def _aviary(session: Session, now: datetime, zone: ZoneInfo) -> None:
    """Another organization of SessionM's examples: one campaign that is not for Wren, and a draft."""
    chain_id = _organization(session, "Aviary", AVIARY_KEY, AVIARY_SECRET, now, zone)
    signups.sign_up(session, Person("Wren", ""), now, SYSTEM, joining=Joining(chain_id, external_id="wren", uuid=WREN))
    _campaign(session, "aviary", "campaign-1", now, chain_id, id=BIRD, creative=(2, 2))
    _campaign(session, "aviary", "campaign-example", now, chain_id, id=DRAFT)


def _continue_ids(session: Session) -> None:
    """The next ids are the documents': their referral is rewarded by ledger entry 2, and 1 is what was given before."""
    session.execute(
        text(
            "UPDATE ledger_entry SET id = -id WHERE kind = 'added' OR customer_id IN"
            f" (SELECT id FROM customer WHERE chain_id <> {ACME})"
        )
    )
    _continue_sequences(session)


def _continue_sequences(session: Session) -> None:
    """PostgreSQL does not count the ids that we chose; SQLite does."""
    session.flush()
    if is_postgresql(session):
        for table in ("behavior", "campaign", "creative", "customer", "ledger_entry", "voucher"):
            session.execute(
                text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT MAX(id) FROM {table}))")
            )


def _customers(session: Session, now: datetime, password_hash: str) -> None:
    registered = datetime(2016, 8, 8, 8, 53, 14, tzinfo=UTC)
    john = Person("John", "Doe", "user@oloy.com", "11111", gender="male", born_on=date(1990, 9, 11))
    jane = Person(
        "Jane",
        "Doe",
        "user-temp@oloy.com",
        "111112222",
        "0000",
        gender="male",
        born_on=date(1990, 9, 11),
        address={
            "street": "Test",
            "address1": "1",
            "province": "Mazowieckie",
            "city": "Warszawa",
            "postal": "00-000",
            "country": "PL",
        },
        agreement1=True,
    )
    for id, uuid, person, level in ((1, JOHN, john, None), (2, JANE, jane, LEVELS["level1"])):
        joining = Joining(level=level, uuid=uuid, id=id)
        customer = signups.sign_up(session, person, registered, SYSTEM, password_hash, joining).customer
        session.add(
            Spending(
                chain_id=customer.chain_id,
                customer_id=customer.id,
                transactions_count=1,
                amount=300,
                amount_without_delivery=300,
                amount_excluded_for_level=0,
                last_at=datetime(2017, 9, 22, 11, 54, 8, tzinfo=UTC),
            )
        )
        session.flush()
        ledger.add(session, customer.id, POINTS_HUNDREDTHS, now, "Welcome to the demo world")


def _campaigns(session: Session, now: datetime) -> None:
    _campaign(session, "acme", "tests", now, ACME, id=11, uuid=TESTS, codes=["123"])
    _campaign(session, "acme", "for-test", now, ACME, id=12, uuid=FOR_TEST, codes=["123"])
    codes = ["testCoupon", "DiscountCoupon"]
    _campaign(session, "acme", "discount-code-campaign", now, ACME, id=13, uuid=DISCOUNT, codes=codes)
