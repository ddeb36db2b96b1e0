"""What happens at once, beyond buying: sign-out and refresh, imports and changes, moves and segments, tries and tries again."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.access import logins
from app.access.errors import BadCredentials, BadRefreshToken
from app.access.models import Login
from app.campaign import errors
from app.campaign.awards.give import SYSTEM
from app.campaign.eligibility.facts import facts_by_uuid
from app.campaign.models.awards import Award
from app.campaign.models.vouchers import Voucher
from app.campaign.setup import campaigns, coupons, photos
from app.campaign.triggers import purchases
from app.db.engine import Database, OutcomeUnknown, TryAgain
from app.media import imaging
from app.members import customers
from app.organizations.scope import EVERY_CHAIN
from app.segments import segments
from app.segments.criteria import Criterion
from app.web.audit import AuditEntry
from tests.admin.test_photos import picture, upload
from tests.client import Client
from tests.world import PASSWORD, World, offered

pytestmark = pytest.mark.slow


def at_once(*calls: Callable[[], Any]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_buyers_without_a_key_share_the_last_rewards_exactly(sol: Client, world: World) -> None:
    campaign = world.a_campaign(limit=10, limit_per_customer=10, codes=[f"C{i}" for i in range(12)])
    sol.get("/openapi.json")
    buy = f"/api/seller/customer/{world.cleo.uuid}/campaign/{campaign.uuid}/buy"
    answers: list[Any] = []
    at_once(*[lambda: answers.extend(sol.post(buy) for _ in range(3)) for _ in range(8)])
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) == world.count(Award) == 10, statuses
    assert set(statuses) <= {200, 400, 503}
    world.require_invariants()


def test_a_refused_purchase_over_http_leaves_nothing_behind(
    sol: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last guard fails, after five changes were made: all of them are undone."""
    campaign = world.a_campaign(limit=1, codes=["A", "B"])
    with world.database.reading() as session:
        stale = facts_by_uuid(session, campaign.uuid, world.cleo.uuid)
    world.buy(campaign, world.a_customer(level=world.silver))
    monkeypatch.setattr(purchases, "facts_by_uuid", lambda *_: stale)
    answer = sol.post(f"/api/seller/customer/{world.cleo.uuid}/campaign/{campaign.uuid}/buy")
    assert answer.status_code == 503
    assert (world.balance(), world.count(Award)) == (100_000, 1)
    world.require_invariants()


def test_a_sign_in_that_was_checked_before_a_password_change_is_refused(world: World) -> None:
    with world.database.reading() as session:
        checked = logins.check(logins.candidates(session, "admin", "ada"), PASSWORD)
    with world.database.transaction() as session:
        logins.set_password(session, checked.id, "another hash")
    with pytest.raises(BadCredentials), world.database.transaction() as session:
        logins.signed_in(session, checked, world.now, 30, rehashed="the old password, hashed anew")
    with world.database.reading() as session:
        assert logins.password_hash(session, checked.id) == "another hash"


def test_a_refresh_during_a_sign_out_does_not_survive_it(postgres_url: str) -> None:
    world = World(Database(postgres_url))
    with world.database.transaction() as session:
        token = logins.signed_in(session, session.get_one(Login, world.ada.id), world.now, 30)
    outcome: list[Any] = []
    spent, go_on = threading.Event(), threading.Event()

    def refresh() -> None:
        with world.database.transaction() as session:
            outcome.append(logins.refreshed(session, token, world.now)[1])
            spent.set()
            go_on.wait(5)

    def sign_out() -> None:
        spent.wait(5)
        threading.Timer(0.3, go_on.set).start()
        with world.database.transaction() as session:
            logins.revoke(session, world.ada.id)

    at_once(refresh, sign_out)
    with pytest.raises(BadRefreshToken), world.database.transaction() as session:
        logins.refreshed(session, outcome[0], world.now)
    world.database.engine.dispose()


def test_an_import_keeps_to_a_limit_that_was_changed_meanwhile(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(Database(postgres_url))
    campaign = world.a_campaign(limit=1_000, codes=["A"])
    real = coupons._copy

    def copy_and_be_overtaken(session: Any, campaign_id: int, batch: list[str]) -> int:
        new = real(session, campaign_id, batch)
        with (
            world.database.transaction() as other,
            campaigns.changing(other, campaign.uuid, EVERY_CHAIN, world.now, SYSTEM) as changed,
        ):
            changed.limit = 6
        return new

    monkeypatch.setattr(coupons, "_copy", copy_and_be_overtaken)
    coupons.load(world.database, campaign.uuid, [f"N{i}" for i in range(100)])
    world.require_invariants()
    world.database.engine.dispose()


def test_moves_between_levels_and_changes_of_a_segment_keep_the_headcounts(world: World) -> None:
    people = [world.a_customer(level=world.silver) for _ in range(5)]
    criterion = Criterion(segments.CUSTOMER_LIST, {"customers": [str(p.uuid) for p in people]})
    with world.database.transaction() as session:
        segment = segments.create(session, world.chain_id, segments.SegmentDetails("s", True, [[criterion]]), world.now)

    def patiently(change: Callable[[Any], None]) -> None:
        for _ in range(20):
            try:
                with world.database.transaction() as session:
                    change(session)
                return
            except TryAgain:
                continue
        raise AssertionError("never served")

    def move() -> None:
        for person in people:
            for level in (world.bronze, world.silver, world.bronze):
                patiently(
                    lambda session, person=person, level=level: customers.assign_level(  # type: ignore[misc]
                        session, customers.get(session, str(person.uuid), EVERY_CHAIN), level.uuid, world.now
                    )
                )

    def switch() -> None:
        for i in range(8):
            patiently(lambda session, i=i: segments.switch(session, segment.uuid, i % 2 == 1, EVERY_CHAIN, world.now))  # type: ignore[misc]

    at_once(move, switch)
    world.require_invariants()


def test_a_long_list_of_customers_is_read_in_parts(ada: Client, world: World) -> None:
    names = [f"nobody-{i}" for i in range(24_000)]
    names[-1] = str(world.cleo.uuid)
    criterion = Criterion(segments.CUSTOMER_LIST, {"customers": names})
    with world.database.transaction() as session:
        segment = segments.create(
            session, world.chain_id, segments.SegmentDetails("long", True, [[criterion]]), world.now
        )
    assert ada.get(f"/api/segment/{segment.uuid}").json["customersCount"] == 1  # type: ignore[index]


def test_an_upload_that_must_be_tried_again_is_read_once(
    ada: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, tries, made = photos.attach, [], []

    def busy_once(*args: Any) -> Any:
        tries.append(1)
        if len(tries) == 1:
            raise TryAgain("busy")
        return real(*args)

    remake = imaging.remake
    monkeypatch.setattr(photos, "attach", busy_once)
    monkeypatch.setattr(imaging, "remake", lambda *how: made.append(1) or remake(*how))
    assert upload(ada, world.a_campaign(), picture()).status_code == 200
    assert (len(tries), len(made)) == (2, 1)


def test_a_commit_whose_outcome_is_unknown_is_told_so_and_not_repeated(
    sol: Client, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def lost(*_: Any) -> Any:
        calls.append(1)
        raise OutcomeUnknown("lost")

    monkeypatch.setattr(purchases, "buy", lost)
    answer: Any = sol.post(f"/api/seller/customer/{world.cleo.uuid}/campaign/{world.a_campaign().uuid}/buy")
    assert answer.status_code == 503
    assert "Look whether" in answer.json["error"]["message"]
    assert len(calls) == 1


def test_a_large_pool_cannot_become_a_shared_code(ada: Client, world: World) -> None:
    campaign = world.a_campaign(codes=[f"N{i}" for i in range(1_001)], limit=2_000)
    answer = ada.put(f"/api/campaign/{campaign.uuid}", json=offered(world, singleCoupon=1, coupons=["ONE"]))
    assert answer.status_code == 400
    world.require_invariants()
    with pytest.raises(errors.SingleCouponFixed):
        coupons.load(world.database, world.a_campaign(single_coupon=True, codes=["S"]).uuid, ["A"])


def test_an_echo_of_a_row_of_a_long_page_never_retires_codes(ada: Client, world: World) -> None:
    for i in range(20):
        world.a_campaign(name=f"{i}", codes=["X"])
    campaign = world.a_campaign(name="pool", codes=[f"N{i}" for i in range(700)], limit=700)
    listed: Any = ada.get("/api/campaign?perPage=30").json
    row = next(c for c in listed["campaigns"] if c["name"] == "pool")
    assert (row["coupons"], row["couponsCount"]) == ([], 700)
    assert ada.put(f"/api/campaign/{campaign.uuid}", json={"campaign": row}).status_code == 400
    world.require_invariants()


def test_the_audit_log_says_who_changed_what(ada: Client, cleo: Client, world: World) -> None:
    created: Any = ada.post("/api/campaign", json=offered(world)).json
    cleo.post(f"/api/customer/campaign/{created['campaignId']}/buy")
    ada.post(f"/api/campaign/{created['campaignId']}/inactive")
    ada.post("/api/campaign", json=offered(world, name=""))
    with world.database.reading() as session:
        entries = [(e.login_id, e.action, e.subject) for e in session.query(AuditEntry).order_by(AuditEntry.id)]
    assert entries == [
        (world.ada.id, "admin_campaigns.create_campaign", {"campaign": created["campaignId"]}),
        (world.ada.id, "admin_campaigns.switch_campaign", {"campaign": created["campaignId"], "status": "inactive"}),
    ]


def test_nothing_personal_reaches_the_log(
    app: Flask, ada: Client, world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from sqlalchemy import text

    details = {"email": "canary" + "@guerdon.example"}

    def fail(session: Any, *_: Any, **__: Any) -> Any:
        session.execute(text("SELECT :email FROM nowhere"), details)

    monkeypatch.setattr(customers, "register", fail)
    body = {"firstName": "C", "lastName": "C", **details, "agreement1": 1}
    with pytest.raises(AssertionError, match="500"):
        ada.post("/api/customer/register", json={"customer": body})
    assert "nowhere" in caplog.text
    assert "canary@" not in caplog.text
    assert "PRIVATE KEY" not in repr(app.extensions["guerdon_settings"])
    assert "PRIVATE KEY" not in repr(app.extensions["guerdon_identity"].keys.current)


@pytest.mark.waits
def test_coupons_marked_in_opposite_orders_all_are_and_nobody_is_sent_away(ada: Client, world: World) -> None:
    """Eight requests, ten coupons, each order against the other: whoever locked in the order sent met a deadlock."""
    codes = [f"M{i}" for i in range(10)]
    campaign = world.a_campaign(codes=codes, unlimited=True, limit=20)
    for _ in codes:
        world.buy(campaign)
    mark = {"campaignId": str(campaign.uuid), "customerId": str(world.cleo.uuid), "used": True}
    statuses: list[int] = []

    def send(order: list[str]) -> None:
        body = {"coupons": [{**mark, "code": code} for code in order]}
        answer: Any = ada.post("/api/admin/campaign/coupons/mark_as_used", json=body)
        statuses.append(answer.status_code)
        assert [row["name"] for row in answer.json["coupons"]] == order

    for used in (True, False, True):
        mark["used"] = used
        at_once(*[partial(send, codes if i % 2 else codes[::-1]) for i in range(8)])
        with world.database.reading() as session:
            held = session.scalars(select(Voucher).where(Voucher.superseded.is_(False))).all()
        assert [voucher.is_used for voucher in held] == [used] * 10
    assert statuses == [200] * 24
    world.require_invariants()
