"""What the staff asks for: customers while typing, the overview, codes of a pool, draws computed again, the audit log."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from app.access import permissions, staff
from app.admin.campaigns import overview
from app.campaign.models.awards import Award
from app.campaign.models.limits import MethodTally
from app.campaign.models.rewards import RewardMethod
from app.db.prepared import is_postgresql
from app.members import finding
from app.points import ledger, movements
from app.points.models import LedgerEntry, PointsSpan
from app.segments import segments
from app.web.audit import AuditEntry
from tests.client import Client
from tests.world import World, clock_at, hours, nothing, points


def found(client: Client, words: str) -> list[str]:
    answer = client.get("/api/seller/customers", query_string={"text": words})
    return [it["first_name"] for it in answer.json["customers"]]


def test_customers_are_found_by_how_anything_of_them_begins(world: World, sol: Client) -> None:
    world.a_customer("Zoë", email="zoe@guerdon.example", phone="+48 600", loyalty_card_number="7001")
    world.a_customer("Zofia", email="z@guerdon.example", loyalty_card_number="7002")
    for words in ("zoe", "ZOË", "zoe cust", "customer zoë", "zoe@gu", "+48 6", "7001"):
        assert found(sol, words) == ["Zoë"], words
    assert found(sol, "zo") == ["Zoë", "Zofia"]
    assert found(sol, "700") == ["Zoë", "Zofia"]
    for nobody in ("%", "_oe", "zoe zoe", "oe", "7001 ", "\U0010ffff"):
        assert found(sol, nobody) == (["Zoë"] if nobody == "7001 " else []), nobody


def test_a_whole_card_comes_first_and_without_words_the_newest(world: World, sol: Client) -> None:
    for card in ("10", "101", "1"):
        world.a_customer(f"Card{card}", loyalty_card_number=card)
    assert found(sol, "1") == ["Card1", "Card10", "Card101"]
    assert found(sol, "")[:2] == ["Card1", "Card101"]


def test_customers_of_other_chains_are_not_found(world: World, sol: Client) -> None:
    world.a_customer("Zelda", chain_id=world.a_chain(), loyalty_card_number="9")
    assert found(sol, "zelda") == found(sol, "9") == []


def test_finding_looks_into_indexes_only(world: World) -> None:
    with world.database.transaction() as session:
        if is_postgresql(session):
            session.execute(text("SET LOCAL enable_seqscan = off"))
        for words in ("zo", "zo cust", "z@"):
            begins = finding._begins_on_postgresql if is_postgresql(session) else finding._begins
            for condition in finding._ways(words, begins):
                query = finding.select(finding.Profile.customer_id).where(condition)
                explain = "EXPLAIN " if is_postgresql(session) else "EXPLAIN QUERY PLAN "
                bound = query.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
                plan = " ".join(str(row) for row in session.execute(text(explain + str(bound).replace(":", "\\:"))))
                assert "Seq Scan" not in plan, plan
                assert "SCAN" not in plan, plan


def test_the_overview_tells_what_runs_out_and_when(world: World, ada: Client) -> None:
    with clock_at(world.now):
        pool = world.a_campaign(name="Nearly gone", limit=11, limit_per_customer=11)
        world.buy(pool)
        with world.database.transaction() as session:
            session.execute(update(Award).values(given_at=world.now - hours(25)))  # not lately
        world.a_campaign(name="Enough", limit=10)
        gone = world.a_campaign(name="Gone", limit=1)
        world.buy(gone)
        for _ in range(9):
            world.buy(pool)
        world.a_campaign(name="Soon over", activity=(world.now - hours(1), world.now + hours(5)))
        world.a_campaign(name="Soon there", activity=(world.now + hours(5), world.now + hours(500)))
        seen = ada.get("/api/admin/overview").json
    assert seen["running"] == 4
    [out] = seen["running_out"]
    assert (out["campaign"]["name"], out["left"], out["allowed"], out["given_lately"]) == ("Nearly gone", 1, 11, 9)
    assert out["ends_at"] == (world.now + hours(24) / 9).replace(microsecond=0).isoformat()
    assert [it["name"] for it in seen["empty"]] == ["Gone"]
    assert [it["name"] for it in seen["ending"]] == ["Soon over"]
    assert [it["name"] for it in seen["beginning"]] == ["Soon there"]
    assert seen["customers"] == 1


def test_a_reward_of_which_little_is_left_runs_out_too(world: World, ada: Client) -> None:
    with clock_at(world.now):
        draw = world.a_reward_campaign(
            points(5, weight=1, stock=4), nothing(weight=0), name="Wheel", handling="random_draw"
        )
        both = world.a_reward_campaign(points(1, stock=12), points(2), name="Tap")
        closed = world.a_reward_campaign(points(1, stock=2), points(2, stock=9), name="Later")
        vip = points(3, stock=3, restrictions={"user.tags": "vip"})
        some = world.a_reward_campaign(points(2), vip, name="For some")
        for campaign, times in ((draw, 3), (both, 11), (closed, 1), (some, 7)):
            for _ in range(times):
                world.interact(campaign)
        with world.database.transaction() as session:
            taken_out = select(RewardMethod.id).where(RewardMethod.campaign_id == closed.id, RewardMethod.stock == 2)
            session.execute(update(RewardMethod).where(RewardMethod.id.in_(taken_out)).values(closed=True))
            given = select(RewardMethod.id).where(RewardMethod.campaign_id == some.id, RewardMethod.stock == 3)
            session.execute(update(MethodTally).where(MethodTally.method_id.in_(given)).values(given=1))
        seen = ada.get("/api/admin/overview").json["running_out"]
    found = {(it["campaign"]["name"], it["reward"]): (it["left"], it["allowed"], it["given_lately"]) for it in seen}
    assert found == {
        ("Wheel", "5 points"): (1, 4, 3),
        ("Tap", "1 points"): (1, 12, 11),
        ("For some", "3 points"): (2, 3, 0),
    }
    assert [it["left"] for it in seen] == sorted(it["left"] for it in seen)
    [tap] = [it for it in seen if it["reward"] == "1 points"]
    assert tap["ends_at"] == (world.now + hours(24) / 11).replace(microsecond=0).isoformat()


def test_what_customers_could_not_have_is_told(world: World, ada: Client, cleo: Client, app: Flask) -> None:
    sale, tap = world.a_campaign(limit=1), world.a_reward_campaign(name="Tap", limit=1)
    buy = f"/api/customer/campaign/{sale.uuid}/buy"
    key = {"Idempotency-Key": "once"}
    assert [cleo.post(buy).status_code, cleo.post(buy).status_code, cleo.post(buy, headers=key).status_code] == [
        200,
        400,
        400,
    ]
    assert cleo.post(buy, headers=key).headers["Idempotency-Replayed"] == "true"  # which nobody was refused again
    play = f"/api/customer/campaigns/{tap.uuid}/play"
    assert [cleo.post(play).status_code, cleo.post(play).status_code] == [200, 409]
    cleo.get(f"/api/customer/campaign/{sale.uuid}/eligibility")  # asking is not being refused
    assert ada.get("/api/admin/overview").json["refused"] == []
    app.extensions["guerdon_refusals"].write()
    seen = ada.get("/api/admin/overview").json["refused"]
    assert [(it["campaign"]["name"], it["code"], it["count"]) for it in seen] == [
        ("Tap", "limit_reached", 1),
        ("Free coffee", "limit_reached", 2),
    ]
    assert seen[0]["message"] == "All rewards of the campaign have been given."


def test_points_are_summed_by_the_days_of_the_chain(world: World, ada: Client) -> None:
    with world.database.transaction() as session:
        session.execute(
            update(LedgerEntry).values(created_at=world.now - timedelta(days=30))
        )  # what the world began with
        for days, amount in ((20, 7_000), (3, 500), (3, 700), (0, 900)):
            ledger.add(session, world.cleo.id, amount, world.now - timedelta(days=days))
        ledger.spend(session, world.cleo.id, 250, world.now)
    other = world.a_customer("There", points=77, chain_id=world.a_chain())
    days = ada.get("/api/admin/overview").json["days"]
    assert len(days) == 14
    assert [it["given"] for it in days if it["given"] != "0.00"] == ["12.00", "9.00"]
    assert days[-1]["spent"] == "2.50"
    assert other.chain_id != world.chain_id


def test_one_code_and_whose_it_is(world: World, ada: Client, cleo: Client) -> None:
    campaign = world.a_campaign(codes=["A", "B", "C"], limit=3)
    sale = world.buy(campaign)
    codes = f"/api/admin/campaigns/{campaign.uuid}/codes"
    code = f"/api/admin/campaigns/{campaign.uuid}/code?code="
    one = ada.get(f"{code}{sale.code}").json
    assert (one["status"], one["customer"]["id"]) == ("usable", str(world.cleo.uuid))
    assert ada.get(f"{code}B").json["status"] == "free"
    assert ada.get(f"{code}nope").status_code == 404
    mark = {"campaignId": str(campaign.uuid), "code": sale.code, "used": True}
    cleo.post("/api/customer/campaign/coupons/mark_as_used", json={"coupons": [mark]})
    assert ada.get(f"{code}{sale.code}").json["status"] == "used"
    again = {**mark, "used": False, "customerId": str(world.cleo.uuid), "couponId": str(sale.award_id)}
    assert ada.post("/api/admin/campaign/coupons/mark_as_used", json={"coupons": [again]}).status_code == 200
    assert ada.get(f"{code}{sale.code}").json["status"] == "usable"
    first = ada.get(f"{codes}?size=2").json
    assert ([it["code"] for it in first["codes"]], first["more"]) == (["A", "B"], True)
    assert [it["given_at"] is not None for it in first["codes"]] == [True, False]
    assert [it["code"] for it in ada.get(f"{codes}?size=2&after=B").json["codes"]] == ["C"]
    for wrong in ("0", "10001", "x", "²", "9" * 5000):
        assert ada.get(f"{codes}?size={wrong}").status_code == 400, wrong


def test_draws_are_read_on_and_computed_again(world: World, ada: Client) -> None:
    campaign = world.a_reward_campaign(points(5, weight=1), nothing(weight=3), handling="random_draw")
    for _ in range(3):
        world.interact(campaign)
    path = f"/api/admin/campaigns/{campaign.uuid}/draws"
    first = ada.get(f"{path}?size=2").json
    assert ([it["number"] for it in first["draws"]], first["more"]) == ([1, 2], True)
    assert [it["number"] for it in ada.get(f"{path}?after={first['draws'][-1]['id']}").json["draws"]] == [3]
    assert ada.get(f"{path}/verification").json == {
        "draws": 3,
        "commitment": first["draws"][0]["commitment"],
        "problems": [],
    }
    with world.database.transaction() as session:
        session.execute(text(f"UPDATE draw SET ticket = '{'0' * 64}' WHERE number = 2"))
    assert len(ada.get(f"{path}/verification").json["problems"]) >= 1


def test_the_audit_log_tells_before_and_after_of_what_is_not_personal(world: World, ada: Client, sol: Client) -> None:
    person = world.a_customer("Ann")
    assert ada.post(f"/api/admin/customer/{person.uuid}/deactivate").status_code == 200
    assert ada.put(f"/api/customer/{person.uuid}", json={"customer": {"lastName": "Secret"}}).status_code == 200
    assert sol.post(f"/api/customer/{person.uuid}/level", json={"levelId": str(world.silver.uuid)}).status_code == 200
    entries = ada.get("/api/admin/audit").json["entries"]
    moved, renamed, blocked = entries[:3]
    assert (blocked["by"], blocked["role"], blocked["action"]) == ("ada", "admin", "switch_customer")
    assert [(it["field"], it["before"], it["after"]) for it in blocked["changes"]] == [("status", "active", "blocked")]
    assert renamed["changes"] == []
    assert "Secret" not in str(entries)
    assert moved["by"] == "sol@guerdon.example"
    changes = {it["field"]: (it["before"], it["after"]) for it in moved["changes"]}
    assert changes == {"level": ("bronze", "silver"), "manual_level": (None, "silver")}
    assert ada.get(f"/api/admin/audit?size=1&before={blocked['id'] + 1}").json["entries"] == [blocked]


@pytest.mark.parametrize("role", ["seller", "customer"])
def test_only_admins_look_into_the_audit_log(sol: Client, cleo: Client, role: str) -> None:
    assert (sol if role == "seller" else cleo).get("/api/admin/audit").status_code == 403


def test_what_is_over_is_counted_once(world: World, ada: Client) -> None:
    with world.database.transaction() as session:
        session.execute(update(LedgerEntry).values(created_at=world.now - timedelta(days=3)))
        session.execute(update(LedgerEntry).values(id=LedgerEntry.id - 1001))  # as the demo's, and an odd lowest one
    first = ada.get("/api/admin/overview").json["days"]
    assert ada.get("/api/admin/overview").json["days"] == first
    with world.database.transaction() as session:
        kept = session.scalars(select(PointsSpan).order_by(PointsSpan.since)).all()
        of_today = [it for it in kept if it.until - it.since == hours(1)]
        assert len(kept) - len(of_today) in (12, 13)  # yesterday's are kept ten minutes after it is over
        session.execute(update(PointsSpan).values(given=PointsSpan.given + 100))
        ledger.add(session, world.cleo.id, 900, world.now)
    again = ada.get("/api/admin/overview").json["days"]
    assert [it["date"] for it in again] == [it["date"] for it in first]
    assert sum(float(it["given"]) for it in again) == sum(float(it["given"]) for it in first) + len(kept) + 9
    assert float(again[-1]["given"]) == len(of_today) + 9


@pytest.mark.parametrize(
    ("now", "midnights", "hours_over"),
    [
        ("2026-11-25T12:30:00+00:00", "23:00", 13),
        ("2026-11-24T23:00:00+00:00", "23:00", 0),
        ("2026-10-25T22:59:00+00:00", "22:00", 24),  # a day of 25 hours, the clocks of Warsaw being put back
        ("2026-03-29T21:59:00+00:00", "23:00", 22),  # and one of 23
    ],
)
def test_spans_begin_with_the_chains_days_and_hours(now: str, midnights: str, hours_over: int) -> None:
    at = datetime.fromisoformat(now)
    moments = overview.moments(at, ZoneInfo("Europe/Warsaw"))
    days, of_today, tomorrow = moments[: overview.DAYS], moments[overview.DAYS : -1], moments[-1]
    assert f"{days[-1]:%H:%M}" == midnights
    assert {f"{it.astimezone(ZoneInfo('Europe/Warsaw')):%H:%M}" for it in (*days, tomorrow)} == {"00:00"}
    assert of_today == [days[-1] + hours(i) for i in range(1, hours_over + 1)]
    assert days[-1] <= at < tomorrow
    assert not of_today or of_today[-1] <= at


def test_what_is_kept_of_one_chain_is_not_anothers(world: World, ada: Client) -> None:
    there = world.a_chain()
    assert [it["given"] for it in ada.get("/api/admin/overview").json["days"] if it["given"] != "0.00"] == ["1000.00"]
    with world.database.transaction() as session:
        session.execute(update(PointsSpan).values(given=100))
        permissions.permit(session, "ada", there, may_write=True)
    days = ada.get(f"/api/admin/overview?chain_id={there}").json["days"]
    assert {it["given"] for it in days} == {"0.00"}


def test_of_whose_chain_an_entry_of_the_audit_log_is(world: World, ada: Client) -> None:
    there = world.a_chain()
    person = world.a_customer("There", chain_id=there)
    with world.database.transaction() as session:
        both = staff.add_admin(session, "both", "nobody signs in with this")
        session.flush()
        for chain in (world.chain_id, there):
            permissions.permit(session, "both", chain, may_write=True)
        session.add(AuditEntry(at=world.now, action="x.something_of_all", subject={}, chain_id=None))
        permissions.permit(session, "ada", there, None)
    of_both = Client(ada.app).as_login(both)
    assert of_both.post(f"/api/admin/customer/{person.uuid}/deactivate").status_code == 200
    assert of_both.post(f"/api/admin/customer/{world.cleo.uuid}/deactivate").status_code == 200
    mine = ada.get("/api/admin/audit").json["entries"]
    assert [(it["by"], it["subject"]["customer"]) for it in mine] == [("both", str(world.cleo.uuid))]


def test_nothing_of_another_chain_is_told(world: World, ada: Client) -> None:
    there = world.a_chain()
    ends = world.now + hours(5)
    with world.database.transaction() as session:
        segments.create(session, there, segments.SegmentDetails("Theirs", True, []), world.now)
        zoe = staff.add_admin(session, "zoe-there", "nobody signs in with this")
        session.flush()
        permissions.permit(session, "zoe-there", world.chain_id, None)
        permissions.permit(session, "zoe-there", there, may_write=True)
    person = world.a_customer("There", chain_id=there)
    wheel = world.a_reward_campaign(
        points(5, weight=1),
        name="Theirs",
        handling="random_draw",
        chain_id=there,
        activity=(world.now - hours(1), ends),
    )
    mine = world.a_reward_campaign(points(5, weight=1), name="Mine", handling="random_draw")
    world.interact(wheel, person)
    world.interact(mine)
    them = Client(ada.app).as_login(zoe)
    assert them.post(f"/api/admin/customer/{person.uuid}/deactivate").status_code == 200
    with world.database.transaction() as session:
        permissions.permit(session, "zoe-there", there, None)  # what was theirs stays theirs
    for path in ("overview", "audit", "choices", f"campaigns/{mine.uuid}/draws", "customers"):
        answer = ada.get(f"/api/admin/{path}")
        assert answer.status_code == 200
        for secret in ("Theirs", str(person.uuid), str(wheel.uuid), "zoe-there"):
            assert secret not in answer.get_data(as_text=True), (path, secret)


def test_a_day_is_not_kept_before_everything_of_it_is_there(world: World) -> None:
    moments = [world.now - hours(48), world.now - hours(24), world.now - timedelta(minutes=9)]
    with world.database.transaction() as session:
        movements.keep(session, world.chain_id, movements.between(session, world.chain_id, moments), world.now)
    with world.database.transaction() as session:
        session.execute(update(LedgerEntry).values(created_at=world.now - hours(50)))
        for seconds in (5, -5, 6, 7):  # as they are committed
            ledger.add(session, world.cleo.id, 100, world.now + timedelta(seconds=seconds))
        assert session.scalar(text("SELECT count(*) FROM points_span")) == 1
        later = [world.now, world.now + hours(1)]
        [counted] = movements.between(session, world.chain_id, later)
    assert counted.given == 300  # the world's own came before


def test_a_search_for_signs_alone_finds_nobody(world: World, sol: Client) -> None:
    assert found(sol, "\u0301") == []


def test_a_code_that_all_buyers_share_is_nobodys(world: World, ada: Client) -> None:
    campaign = world.a_campaign(codes=["ALL"], single_coupon=True, limit=5)
    world.buy(campaign)
    assert ada.get(f"/api/admin/campaigns/{campaign.uuid}/code?code=ALL").json["status"] == "shared"
