"""Messages are taken in order, by one worker at a time, until they are delivered or dead."""

import threading
from collections import defaultdict
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app import clock
from app.outbox import queue, retention, subscriptions, writing
from app.outbox.models import Delivery, Message, Subscription
from app.outbox.queue import FIRST_WAIT, KEEPS_TRYING, LEASE, Leased, Outcome, Sent
from tests.outbox.hooks import Hooks, later, subscribe
from tests.world import World, clock_at

KIND = "customer.changed"
DELIVERED = Outcome(True, clock.now(), 1, 204, "")


@pytest.fixture
def hooks(world: World) -> Hooks:
    return Hooks(world.database)


@pytest.fixture
def listener(hooks: Hooks) -> Subscription:
    return subscribe(hooks.database, "https://hooks.example/")


def write(hooks: Hooks, *subjects: str) -> None:
    with hooks.database.transaction() as session:
        for i, subject in enumerate(subjects):
            writing.write(session, 1, KIND, subject, {"n": i}, clock.now())


def settle(hooks: Hooks, messages: list[Leased], outcome: Outcome = DELIVERED) -> None:
    with hooks.database.transaction() as session:
        queue.settle(session, [Sent(it, it.data, outcome) for it in messages], clock.now())


def failed(hooks: Hooks) -> Outcome:
    return Outcome(False, clock.now(), 1, 500, "broken")


def test_the_first_of_each_subject_is_taken_and_the_next_when_it_is_delivered(
    hooks: Hooks, listener: Subscription
) -> None:
    write(hooks, "a", "a", "b", "a")
    first = hooks.lease(listener)
    assert [(it.subject, it.data) for it in first] == [("a", {"n": 0}), ("b", {"n": 2})]
    assert hooks.lease(listener) == []
    settle(hooks, first)
    second = hooks.lease(listener)
    assert [it.data for it in second] == [{"n": 1}]
    settle(hooks, second)
    assert [it.data for it in hooks.lease(listener)] == [{"n": 3}]


def test_what_waits_for_one_listener_does_not_hold_up_another(hooks: Hooks, listener: Subscription) -> None:
    other = subscribe(hooks.database, "https://other.example/")
    write(hooks, "a", "a")
    settle(hooks, hooks.lease(listener))
    assert [it.data for it in hooks.lease(listener)] == [{"n": 1}]
    assert [it.data for it in hooks.lease(other)] == [{"n": 0}]


def test_a_lease_that_ends_passes_to_another_worker_and_the_late_one_changes_nothing(
    hooks: Hooks, listener: Subscription
) -> None:
    write(hooks, "a", "a")
    late = hooks.lease(listener)
    assert hooks.lease(listener, clock.now() + LEASE - timedelta(seconds=5)) == []
    [again] = hooks.lease(listener, clock.now() + LEASE + timedelta(seconds=1))
    assert (again.uuid, again.tries) == (late[0].uuid, 2)
    settle(hooks, late)
    assert len(hooks.waiting()) == 2
    settle(hooks, late, failed(hooks))
    settle(hooks, [again])
    assert [it.data for it in hooks.lease(listener)] == [{"n": 1}]


def test_a_failure_waits_longer_each_time_and_holds_up_its_subject_only(hooks: Hooks, listener: Subscription) -> None:
    write(hooks, "a", "a", "b")
    [first] = hooks.lease(listener, most=1)
    settle(hooks, [first], failed(hooks))
    others = hooks.lease(listener)
    assert [it.subject for it in others] == ["b"]
    settle(hooks, others)
    wait, moment = FIRST_WAIT, clock.now()
    for _ in range(3):
        assert hooks.lease(listener, moment + wait * 0.7) == []
        moment += wait * 1.3
        with clock_at(moment):
            [again] = hooks.lease(listener, moment)
            assert again.uuid == first.uuid
            settle(hooks, [again], failed(hooks))
        wait *= 4


def test_after_three_days_it_is_dead_and_the_next_of_its_subject_comes(hooks: Hooks, listener: Subscription) -> None:
    write(hooks, "a", "a")
    with hooks.database.transaction() as session:
        session.execute(update(Subscription).values(failures=-1_000))  # so that it is not held back
    tries, [first] = 0, hooks.lease(listener, most=1)
    moment = clock.now()
    while True:
        tries += 1
        with clock_at(moment):
            settle(hooks, [first], failed(hooks))
        waits = {it.uuid: it for it in hooks.waiting()}
        if first.uuid not in waits:
            break
        moment = waits[first.uuid].due_at
        with clock_at(moment):
            taken = [it for it in hooks.lease(listener, moment) if it.uuid == first.uuid]
        assert taken, "it is due when it says so"
        first = taken[0]
    assert KEEPS_TRYING <= moment - first.first_tried_at <= KEEPS_TRYING + timedelta(minutes=1)
    assert 8 <= tries <= 40
    with hooks.database.reading() as session:
        found, more = subscriptions.dead(session, listener, None, 10)
        outcomes = session.scalars(select(Delivery.outcome).order_by(Delivery.id)).all()
    assert ([it.uuid for it in found], more) == ([first.uuid], False)
    assert outcomes == ["failed"] * (tries - 1) + ["dead"]
    assert [it.data for it in hooks.lease(listener, moment)] == [{"n": 1}]


def test_the_dead_are_tried_again_when_somebody_says_so(hooks: Hooks, listener: Subscription) -> None:
    write(hooks, "a")
    taken = hooks.lease(listener)
    with clock_at(later(days=4)):
        settle(hooks, taken, failed(hooks))
        assert hooks.waiting() == []
        with hooks.database.transaction() as session:
            assert subscriptions.revive(session, listener, clock.now()) == (1, False)
        [again] = hooks.lease(listener, clock.now())
        settle(hooks, [again], failed(hooks))
        assert len(hooks.waiting()) == 1


def test_the_receivers_wish_to_wait_is_heard(hooks: Hooks, listener: Subscription) -> None:
    write(hooks, "a")
    outcome = Outcome(False, clock.now(), 1, 503, "", again_after=timedelta(hours=2))
    settle(hooks, hooks.lease(listener), outcome)
    [it] = hooks.waiting()
    assert timedelta(hours=1.9) < it.due_at - clock.now() < timedelta(hours=2.1)


def test_an_address_that_keeps_failing_is_asked_with_one_message_at_a_time(
    hooks: Hooks, listener: Subscription
) -> None:
    write(hooks, *map(str, range(40)))
    for _ in range(5):
        settle(hooks, hooks.lease(listener, most=1), failed(hooks))
    with hooks.database.reading() as session:
        assert queue.due_subscriptions(session, clock.now(), sends_mail=False) == []
        assert queue.due_subscriptions(session, later(seconds=7), sends_mail=False) == [listener.id]
    assert hooks.lease(listener) == []
    with clock_at(later(seconds=7)):
        probe = hooks.lease(listener, clock.now())
        assert len(probe) == 1
        settle(hooks, probe)
        assert len(hooks.lease(listener, clock.now())) > 10


def test_a_paused_listener_is_told_nothing_until_it_is_resumed(hooks: Hooks, listener: Subscription) -> None:
    write(hooks, "a")
    with hooks.database.transaction() as session:
        subscriptions.pause(session, listener.uuid, clock.now(), None)
    write(hooks, "b")
    with hooks.database.reading() as session:
        assert queue.due_subscriptions(session, clock.now(), sends_mail=False) == []
    assert hooks.lease(listener) == []
    with hooks.database.transaction() as session:
        subscriptions.resume(session, listener.uuid, clock.now(), None)
    assert [it.subject for it in hooks.lease(listener)] == ["a", "b"]


def test_who_answers_that_it_is_gone_is_paused(hooks: Hooks, listener: Subscription) -> None:
    write(hooks, "a")
    settle(hooks, hooks.lease(listener), Outcome(False, clock.now(), 1, 410, "", is_gone=True))
    it = hooks.subscription(listener)
    assert it.paused_at is not None
    assert it.paused_because == "The receiver answered that it is gone (410)."


def test_what_was_taken_and_not_sent_is_given_back_as_if_nothing_had_been(hooks: Hooks, listener: Subscription) -> None:
    write(hooks, "a", "b")
    taken = hooks.lease(listener)
    with hooks.database.transaction() as session:
        queue.give_back(session, taken, clock.now())
    assert [it.tries for it in hooks.lease(listener)] == [1, 1]


def test_many_workers_take_each_message_once_and_in_order(hooks: Hooks, listener: Subscription) -> None:
    """Fails without SKIP LOCKED's lock, the lease, or the order within a subject."""
    subjects = [f"customer {i % 7}" for i in range(210)]
    write(hooks, *subjects)
    seen: dict[str, list[int]] = defaultdict(list)
    lock, errors = threading.Lock(), []

    def work() -> None:
        try:
            for _ in range(2_000):
                taken = hooks.lease(listener, most=3)
                with lock:
                    for it in taken:
                        assert it.data is not None
                        seen[it.subject].append(it.data["n"])
                if taken:
                    settle(hooks, taken)
                elif not hooks.waiting():
                    return
        except Exception as e:
            errors.append(e)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert {subject: numbers == sorted(numbers) for subject, numbers in seen.items()} == dict.fromkeys(seen, True)
    assert sorted(n for numbers in seen.values() for n in numbers) == list(range(210))


def test_the_outbox_is_kept_small(hooks: Hooks, listener: Subscription) -> None:
    write(hooks, "a", "b", "c")
    [first, second, third] = hooks.lease(listener)
    settle(hooks, [first])
    with clock_at(later(days=4)):
        settle(hooks, [second], failed(hooks))
    retention.tidy(hooks.database, later(days=20))
    with hooks.database.reading() as session:
        assert session.query(Delivery).count() == 2
        assert session.query(Message).count() == 2
    retention.tidy(hooks.database, later(days=35))
    with hooks.database.reading() as session:
        assert session.query(Delivery).count() == 0
        assert session.scalars(select(Message.uuid)).all() == [third.uuid]
    with hooks.database.transaction() as session:
        subscriptions.remove(session, listener.uuid, clock.now(), None)
    retention.tidy(hooks.database, clock.now())
    assert hooks.count() == 0


def test_what_an_address_that_is_down_for_days_was_never_sent_is_dead_as_well(
    hooks: Hooks, listener: Subscription
) -> None:
    write(hooks, "a", "b", "c")
    [first] = hooks.lease(listener, most=1)
    settle(hooks, [first], failed(hooks))
    retention.tidy(hooks.database, later(days=2.9))
    assert len(hooks.waiting()) == 3
    retention.tidy(hooks.database, later(days=3.1))
    assert hooks.waiting() == []


def test_what_waited_while_it_was_paused_has_its_three_days_afterwards(hooks: Hooks, listener: Subscription) -> None:
    """Also when the first tries fail, and the tidying comes between."""
    write(hooks, *map(str, range(10)))
    with hooks.database.transaction() as session:
        subscriptions.pause(session, listener.uuid, clock.now(), None)
    with clock_at(later(days=9)):
        retention.tidy(hooks.database, clock.now())
        with hooks.database.transaction() as session:
            subscriptions.resume(session, listener.uuid, clock.now(), None)
        for _ in range(6):
            taken = hooks.lease(listener, clock.now(), most=1)
            if taken:
                settle(hooks, taken, failed(hooks))
        retention.tidy(hooks.database, clock.now())
        assert len(hooks.waiting()) == 10


def test_a_message_that_breaks_the_sender_is_one_that_failed(
    hooks: Hooks, listener: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was sent before it is not sent again, and it is dead in the end like any other."""
    write(hooks, "a", "b", "c")
    sent: list[str] = []

    def send(url: str, secrets: object, message: Leased, data: object) -> Outcome:
        if message.subject == "b":
            raise ZeroDivisionError
        sent.append(message.subject)
        return DELIVERED

    monkeypatch.setattr(hooks.sender, "send", send)
    hooks.send()
    assert sent == ["a", "c"]
    [waits] = hooks.waiting()
    assert (waits.subject, waits.tries, waits.lease) == ("b", 1, None)


def test_listeners_whose_messages_all_wait_behind_another_starve_nobody(
    hooks: Hooks, listener: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks.sender, "send", lambda *args: DELIVERED)
    blocked = [subscribe(hooks.database, f"https://{i}.example/", [KIND]) for i in range(5)]
    write(hooks, "a", "a")
    for it in blocked:
        settle(hooks, hooks.lease(it, most=1), failed(hooks))
    for _ in range(2):
        assert hooks.deliveries.send_some(), "one has something, and is found in one round"
    assert not hooks.deliveries.send_some()


def test_what_is_settled_again_is_noted_once(hooks: Hooks, listener: Subscription) -> None:
    write(hooks, "a")
    taken = hooks.lease(listener)
    sent = [Sent(it, it.data, DELIVERED) for it in taken]
    with hooks.database.transaction() as session:
        assert not queue.is_settled(session, sent)
        queue.settle(session, sent, clock.now())
    with hooks.database.reading() as session:
        assert queue.is_settled(session, sent)


def test_workers_that_start_at_once_agree_who_listens(hooks: Hooks, listener: Subscription) -> None:
    errors: list[Exception] = []

    def start() -> None:
        try:
            subscriptions.renew(hooks.database, sends_mail=True)
        except Exception as e:
            errors.append(e)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with hooks.database.reading() as session:
        assert writing.is_heard(session, 7, "purchase.made")
        assert not writing.is_heard(session, 7, KIND)
        assert writing.is_heard(session, 1, KIND)
