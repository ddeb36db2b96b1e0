"""A person is told all that is kept of her, and erased: nothing of her is left in any table, and everything still adds up."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from click.testing import Result
from sqlalchemy import String, cast, select, text

from app import clock
from app.access.models import Login
from app.campaign.awards.give import SYSTEM
from app.campaign.models.vouchers import Voucher
from app.campaign.triggers import sales
from app.campaign.vouchers import lifecycle
from app.campaign.vouchers.lifecycle import VoucherTerms
from app.db.engine import Database
from app.members import attributes, customers, identifiers, tags
from app.members.errors import CustomerNotFound
from app.members.models import Customer, Spending
from app.migrations.tables import metadata
from app.outbox import queue
from app.outbox.models import Subscription
from app.outbox.queue import Outcome, Sent
from app.points import ledger
from app.privacy import erasing, report
from app.sales.models import Sale
from app.sales.recording import SaleDetails
from app.segments import segments
from app.segments.criteria import Criterion
from app.web.audit import AuditEntry
from tests.client import Client
from tests.outbox.hooks import Hooks, subscribe
from tests.receiver import receiver
from tests.world import PASSWORD, World

pytestmark = pytest.mark.slow

EMAIL, PHONE, CARD = "philippa.marlowe@guerdon.example", "+48600700800", "9988776655"
PERSONAL = (
    "Philippa",
    "Marlowe",
    EMAIL,
    PHONE,
    CARD,
    "Rose Lane",
    "Chandler Ltd",
    "likes orchids",
    "birthday gift",
    "1971-03-04",
)


@pytest.fixture
def philippa(world: World) -> Customer:
    """Somebody who has left a trace wherever one can be left."""
    details = {
        "email": EMAIL,
        "phone": PHONE,
        "loyalty_card_number": CARD,
        "born_on": date(1971, 3, 4),
        "address": {"street": "Rose Lane"},
        "company": {"name": "Chandler Ltd"},
    }
    subscribe(world.database, "https://shop.example/hook")
    made = world.a_customer("Philippa", level=world.silver, **details)
    with world.database.transaction() as session:
        found = customers.get_by_id(session, made.id)
        customers.change(session, found, {"last_name": "Marlowe"}, clock.now())
        tags.put(session, made.id, ["likes orchids"], clock.now())
        attributes.put(session, made.id, {"note": "likes orchids"})
        ledger.add(session, made.id, 500, clock.now(), "birthday gift")
        members = [Criterion(segments.CUSTOMER_LIST, {"customers": [EMAIL, "somebody@else.example"]})]
        details = segments.SegmentDetails("friends", active=True, parts=[members])
        segments.create(session, world.chain_id, details, clock.now())
    campaign = world.a_campaign()
    world.buy(campaign, made)
    with world.database.transaction() as session:
        terms = VoucherTerms("basket", amount=100, text="birthday gift")
        lifecycle.issue(session, world.chain_id, campaign.id, made.id, terms, clock.now())
        reported = SaleDetails("P-1", clock.now(), 100, customer_id=made.id, labels=[("likes", "likes orchids")])
        sales.record(session, world.chain_id, reported, clock.now(), SYSTEM)
    return made


def tables_that_tell(database: Database) -> set[str]:
    """The tables in which something of her stands."""
    found = set()
    with database.reading() as session:
        for table in metadata.sorted_tables:
            rows = session.execute(select(*(cast(column, String) for column in table.columns))).all()
            said = json.dumps([list(row) for row in rows], ensure_ascii=False).lower()
            found |= {table.name} if any(it.lower() in said for it in PERSONAL) else set()
    return found


def erase(world: World, customer: Customer) -> None:
    with world.database.transaction() as session:
        erasing.erase(session, customers.get_by_id(session, customer.id), clock.now())


def test_nothing_of_a_person_is_left(world: World, ada: Client, philippa: Customer) -> None:
    ada.post(f"/api/admin/customer/{CARD}/deactivate")
    ada.post(f"/api/admin/customer/{CARD}/activate")
    told = tables_that_tell(world.database)
    written_by_hand = {"customer_tag", "customer_attribute", "ledger_entry", "segment_criterion", "voucher"}
    assert told >= {"profile", "outbox", "audit_entry", "sale", *written_by_hand}
    erase(world, philippa)
    assert tables_that_tell(world.database) == set()
    world.require_invariants()
    with pytest.raises(CustomerNotFound):
        erase(world, philippa)


def test_who_is_erased_does_nothing_any_more(world: World, client: Client, philippa: Customer) -> None:
    signing_in = {"_username": EMAIL, "_password": PASSWORD}
    before = client.post("/api/customer/login_check", json=signing_in)
    assert before.status_code == 200
    erase(world, philippa)
    assert client.post("/api/customer/login_check", json=signing_in).status_code == 401
    signed_in = client.with_token(before.json["token"])
    assert signed_in.get("/api/customer/campaign/available").status_code == 401
    again = world.a_customer("Philippa", email=EMAIL, phone=PHONE, loyalty_card_number=CARD)
    assert again.id != philippa.id, "the address may register anew"


def test_nobody_brings_back_who_is_erased(world: World, ada: Client, sol: Client, philippa: Customer) -> None:
    campaign = world.a_campaign()
    erase(world, philippa)
    named = {"customer": {"firstName": "Philippa", "lastName": "Marlowe", "email": EMAIL}}
    for client, path, body in (
        (ada, f"/api/admin/customer/{philippa.uuid}/activate", {}),
        (sol, f"/api/seller/customer/{philippa.uuid}/activate", {}),
        (sol, f"/api/seller/customer/{philippa.uuid}/campaign/{campaign.uuid}/buy", {}),
        (ada, "/api/points/transfer/add", {"transfer": {"customer": str(philippa.uuid), "points": 5}}),
        (ada, f"/api/customer/{philippa.uuid}/level", {"levelId": str(world.bronze.uuid)}),
    ):
        assert client.post(path, json=body).status_code in {400, 404}, path
    assert ada.put(f"/api/customer/{philippa.uuid}", json=named).status_code == 404
    with (
        world.database.reading() as session,
        pytest.raises(CustomerNotFound),
    ):  # as SessionM's applications name customers
        identifiers.by_uuid(session, world.chain_id, philippa.uuid)
    assert tables_that_tell(world.database) == set()
    world.require_invariants()


def test_who_had_looked_before_changes_nothing_afterwards(world: World, philippa: Customer) -> None:
    """As between two transactions: the person is looked at in one, erased in another, and then changed."""
    with world.database.reading() as session:
        looked = [customers.get_by_id(session, philippa.id)]
        session.expunge_all()
    erase(world, philippa)

    def attempt(change: Callable[..., object], *more: object) -> None:
        with world.database.transaction() as session:
            session.add(looked[0])
            change(session, looked[0], *more, clock.now())

    for change, more in (
        (customers.change, [{"last_name": "Marlowe"}]),
        (customers.activate, []),
        (customers.assign_level, [world.bronze.uuid]),
        (customers.set_shop, [world.shop]),
        (customers.set_seller, [uuid4()]),
        (customers.set_picture, ["0" * 64, "image/png", 7]),
    ):
        with pytest.raises(CustomerNotFound):
            attempt(change, *more)
    assert tables_that_tell(world.database) == set()


def test_what_was_on_its_way_is_not_written_down_as_sent(world: World, philippa: Customer) -> None:
    hooks = Hooks(world.database)
    with world.database.reading() as session:
        subscription = session.scalars(select(Subscription)).one()
    leased = hooks.lease(subscription)
    erase(world, philippa)
    mine = [it for it in leased if it.subject == f"customer {philippa.id}"]
    sent = [Sent(it, it.data or {}, Outcome(True, clock.now(), 1, 200, f"hello {EMAIL}")) for it in mine]
    assert EMAIL in str(sent[0].data)
    with world.database.transaction() as session:
        queue.settle(session, sent, clock.now())
    assert tables_that_tell(world.database) == set()


def test_another_entry_of_the_log_that_names_the_same_number_stays(world: World, philippa: Customer) -> None:
    with world.database.transaction() as session:
        for subject in ({"campaign": CARD}, {"customer": CARD.upper()}):
            session.add(AuditEntry(at=clock.now(), chain_id=world.chain_id, action="a", subject=subject))
    erase(world, philippa)
    with world.database.reading() as session:
        subjects = [
            it.subject
            for it in session.scalars(select(AuditEntry).where(AuditEntry.action == "a").order_by(AuditEntry.id))
        ]
        done = session.scalars(select(AuditEntry).where(AuditEntry.action == "command.erase_customer")).one()
    assert subjects == [{"campaign": CARD}, {"customer": str(philippa.uuid)}]
    assert done.subject == {"customer": str(philippa.uuid)}


def test_subscribers_are_told_and_what_was_to_be_told_of_the_person_is_not_sent(
    world: World, philippa: Customer
) -> None:
    with receiver() as hook:
        with world.database.transaction() as session:
            session.execute(text("UPDATE subscription SET url = :url"), {"url": hook.url})
        erase(world, philippa)
        Hooks(world.database).send()
        mine = [it.json for it in hook.requests if it.json["data"].get("customer", {}).get("number") == philippa.id]
        assert [it["type"] for it in mine if it["type"].startswith("customer")] == ["customer.erased"]
        assert "purchase.made" in [it["type"] for it in mine]
        assert not [it for it in hook.requests if any(name.encode() in it.body for name in PERSONAL)]
    assert tables_that_tell(world.database) == set(), "nor in the log of deliveries"


def test_what_was_delivered_before_is_forgotten_too(world: World, philippa: Customer) -> None:
    with receiver() as hook:
        with world.database.transaction() as session:
            session.execute(text("UPDATE subscription SET url = :url"), {"url": hook.url})
        Hooks(world.database).send()
        assert any(EMAIL.encode() in it.body for it in hook.requests)
    assert "delivery" in tables_that_tell(world.database)
    erase(world, philippa)
    assert tables_that_tell(world.database) == set()


def test_a_report_says_all_that_is_kept_and_no_secret(world: World, philippa: Customer) -> None:
    with world.database.reading() as session:
        found = report.report(session, philippa.id)
        login = session.scalars(select(Login).where(Login.customer_id == philippa.id)).one()
        key = session.scalars(select(Voucher.key).where(Voucher.customer_id == philippa.id)).first()
    whole = json.dumps(found, ensure_ascii=False)
    assert not [it for it in PERSONAL if it not in whole]
    assert {"award", "voucher", "ledger_entry", "account", "login"} <= found.keys()
    assert str(login.password_hash) not in whole
    assert str(key) not in whole


def test_the_commands(world: World, guerdon: Callable[..., Result], philippa: Customer, tmp_path: Any) -> None:
    path = tmp_path / "philippa.json"
    assert guerdon("customer", "export", CARD, str(path)).exit_code == 0
    assert json.loads(path.read_text())["profile"][0]["last_name"] == "Marlowe"
    assert "cannot be written" in guerdon("customer", "export", CARD, str(path)).stderr
    assert guerdon("customer", "erase", CARD, input="n\n").exit_code == 1
    assert guerdon("customer", "erase", CARD, input="y\n").exit_code == 0
    assert tables_that_tell(world.database) == set()
    assert guerdon("customer", "erase", CARD, "--yes").exit_code == 1


def test_every_column_of_text_is_kept_for_a_reason_or_blanked() -> None:
    """Whoever adds a column about customers says here what becomes of it."""
    kept = {
        "award": {"cause", "cause_key"},
        "basket": {"reference"},
        "behavior_progress": {"counts"},
        "coupon": set(),
        "customer": {"status", "external_id", "time_zone"},
        "delivery": {"kind", "subject", "outcome", "request_id"},
        "draw": {"candidates", "ticket"},
        "event_receipt": {"name", "transaction_id", "outcome"},
        "ledger_entry": {"kind", "issuer"},
        "level_change": {"cause"},
        "login": {"role"},
        "mail_template": {"kind", "subject", "content"},  # the subject is a letter's
        "outbox": {"kind", "subject", "data", "request_id"},
        "points_lot": {"ended"},
        "voucher": {"key", "kind", "code", "status", "delivery", "lock_code", "basket_code"},
    }
    for table in metadata.sorted_tables:
        if table.name in erasing.GONE or not (
            {"customer_id", "subject"} & set(table.columns.keys()) or table.name == "customer"
        ):
            continue
        texts = {it.name for it in table.columns if it.type.python_type in {str, dict, list, date}}
        unsaid = texts - kept.get(table.name, set()) - set(erasing.BLANK.get(table.name, {}))
        assert table.name == "audit_entry" or not unsaid, f"{table.name}: {unsaid}"


def test_receipts_from_before_somebody_was_known_forget_them_too(world: World) -> None:
    buyer = {"email": "Lara@guerdon.example", "name": "Lara Later", "phone": "+48123"}
    with world.database.transaction() as session:
        for number in ("L-1", "L-2"):
            sales.record(session, world.chain_id, SaleDetails(number, world.now, 100, buyer=buyer), world.now, SYSTEM)
    lara = world.a_customer("Lara", email="lara@guerdon.example")
    with world.database.transaction() as session:
        mine = SaleDetails("L-3", world.now, 100, buyer=buyer)
        sales.record(session, world.chain_id, mine, world.now, SYSTEM)
        erasing.erase(session, session.get_one(Customer, lara.id), world.now)
    with world.database.transaction() as session:
        back = SaleDetails("L-4", world.now, 50, buyer=buyer, is_return=True, returns="L-3")
        sales.record(session, world.chain_id, back, world.now, SYSTEM)
    with world.database.reading() as session:
        assert [it.buyer for it in session.scalars(select(Sale).order_by(Sale.id))] == [None] * 4
        assert session.get(Spending, lara.id) is None
    world.require_invariants()
