"""What happens at once: many who opt in, many events of one customer, one event told by many."""

from collections import Counter
from typing import Any

import pytest

from app.campaign.engagement import opt_ins
from app.campaign.models.awards import Award
from app.campaign.models.engagement import BehaviorProgress, EventReceipt, Participation
from app.campaign.models.limits import Stock
from tests.campaign.test_races import at_once
from tests.sessionm.conftest import Program, code, visits
from tests.world import World

pytestmark = pytest.mark.slow


def until_definite(send: Any) -> Any:
    answer = send()
    while answer.status_code == 503:
        answer = send()
    return answer


def test_64_opt_ins_at_once_take_no_more_places_than_there_are(program: Program) -> None:
    made = program.create(optin_required=True, opt_in_limit=10)
    customers = [program.world.a_customer(points=0) for _ in range(64)]
    server, answers = program.server(), Counter[str | None]()
    server.get(f"{program.v1}/campaigns")

    def opt_in(customer: Any) -> None:
        path = f"{program.v1}/users/{customer.uuid}/campaigns/{made['id']}/opt_in"
        answers[code(until_definite(lambda: server.post(path)))] += 1

    at_once(*[lambda c=c: opt_in(c) for c in customers])  # type: ignore[misc]
    assert answers == {None: 10, "opt_in_limit_reached": 54}
    with program.world.database.reading() as session:
        assert session.query(Participation).filter_by(opted_in=True).count() == 10
        assert session.get_one(Stock, made["id"]).participants_count == 10
    program.world.require_invariants()


def test_one_customer_who_opts_in_and_out_at_once_takes_one_place_or_none(program: Program) -> None:
    made = program.create(optin_required=True, opt_in_limit=5)
    server = program.server()
    base = f"{program.v1}{program.cleo}/campaigns/{made['id']}"
    server.get(f"{program.v1}/campaigns")
    calls = [lambda end=end: until_definite(lambda: server.post(f"{base}/{end}")) for end in ("opt_in", "opt_out") * 8]  # type: ignore[misc]
    at_once(*calls)
    with program.world.database.reading() as session:
        opted_in = session.query(Participation).one().opted_in
        assert session.get_one(Stock, made["id"]).participants_count == int(opted_in)
    program.world.require_invariants()


def test_many_events_of_one_customer_at_once_all_count(program: Program) -> None:
    program.create(behaviors=[visits(3, points=2), visits(2, points=1, name="Again")])
    at_once(*[lambda i=i: [program.tell(transaction_id=f"{i}-{j}") for j in range(3)] for i in range(12)])  # type: ignore[misc]
    with program.world.database.reading() as session:
        assert sorted(row.achieved for row in session.query(BehaviorProgress)) == [12, 18]
    assert program.world.balance() == 100_000 + 12 * 200 + 18 * 100
    assert (program.world.count(EventReceipt), program.world.count(Award)) == (36, 30)
    program.world.require_invariants()


def test_one_event_told_by_many_counts_once_and_all_are_told_the_same(program: Program) -> None:
    program.create(behaviors=[visits(1, points=5)])
    answers: list[Any] = []
    at_once(*[lambda: answers.append(program.tell(transaction_id="receipt-7")) for _ in range(16)])
    assert all(answer == answers[0] for answer in answers)
    assert program.world.balance() == 100_500
    assert (program.world.count(EventReceipt), program.world.count(Award)) == (1, 1)


def test_no_event_counts_for_a_campaign_that_was_paused_before(program: Program, world: World) -> None:
    made = program.create(behaviors=[visits(1, points=1)])
    sent: list[int] = []

    def pause() -> None:
        answer = program.server().put(f"{program.v1}/campaigns/{made['id']}", json={"campaign": {"status": "paused"}})
        assert code(answer) is None
        sent.append(-1)
        sent.append(program.tell(transaction_id="after")["behaviors_counted"])

    at_once(pause, lambda: [program.tell(transaction_id=f"t{i}") for i in range(10)])
    assert sent == [-1, 0]
    world.require_invariants()


def test_the_last_place_is_taken_once(program: Program, world: World) -> None:
    made = program.create(optin_required=True, opt_in_limit=1)
    other = world.a_customer()
    with world.database.transaction() as session:
        opt_ins.opt_in(session, made["id"], other.id, world.now)
    answer = program.server().get(f"{program.v1}{program.cleo}/campaigns/{made['id']}/opt_in")
    assert code(answer) == "opt_in_limit_reached"
