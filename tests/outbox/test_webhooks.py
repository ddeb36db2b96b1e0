"""What is sent, to whom it may be sent, and what is made of the answer."""

import socket
import threading
import time
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Any
from uuid import uuid4

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from app import clock
from app.outbox import targets, webhooks
from app.outbox.models import new_secret
from app.outbox.queue import Leased, Outcome
from app.outbox.targets import BadTarget
from app.outbox.webhooks import Sender
from tests.postgres import free_port
from tests.receiver import LOOPBACK, Receiver, receiver


def message(**changed: Any) -> Leased:
    now = clock.now()
    whole = {
        "id": 1,
        "uuid": uuid4(),
        "chain_id": 1,
        "subscription_id": 1,
        "kind": "test",
        "subject": "s",
        "award_id": None,
        "data": None,
        "request_id": None,
    }
    more = {
        "occurred_at": now,
        "until": None,
        "first_tried_at": now,
        "tries": 1,
        "lease": uuid4(),
        "leased_until": now + timedelta(seconds=60),
    }
    return Leased(**{**whole, **more, **changed})


def send(url: str, secrets: list[str] | None = None, sender: Sender | None = None, **data: Any) -> Outcome:
    sender = sender or Sender(LOOPBACK)
    try:
        return sender.send(url, secrets or [new_secret()], message(), data)
    finally:
        sender.close()


@pytest.fixture
def hook() -> Any:
    with receiver() as found:
        yield found


def test_the_specifications_own_library_verifies_what_is_sent(hook: Receiver) -> None:
    secret = new_secret()
    assert send(hook.url, [secret], message="Zażółć gęślą jaźń ✓").is_delivered
    [it] = hook.requests
    assert Webhook(secret).verify(it.body, it.headers)["data"] == {"message": "Zażółć gęślą jaźń ✓"}
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(it.body.replace(b"test", b"tset"), it.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(it.body, it.headers)


def test_while_two_secrets_hold_either_verifies(hook: Receiver) -> None:
    new, old = new_secret(), new_secret()
    send(hook.url, [new, old])
    for secret in (new, old):
        Webhook(secret).verify(hook.requests[0].body, hook.requests[0].headers)


def test_a_message_keeps_its_id_however_often_it_is_sent(hook: Receiver) -> None:
    sender, it = Sender(LOOPBACK), message()
    for _ in range(2):
        sender.send(hook.url, [new_secret()], it, {})
    sender.close()
    assert {one.id for one in hook.requests} == {f"msg_{it.uuid.hex}"}


@pytest.mark.parametrize(
    ("status", "is_delivered"), [(200, True), (202, True), (299, True), (400, False), (404, False), (500, False)]
)
def test_an_answer_of_2xx_means_taken(hook: Receiver, status: int, is_delivered: bool) -> None:
    hook.answers = lambda number: (status, {}, b"said so")
    outcome = send(hook.url)
    assert (outcome.is_delivered, outcome.status, outcome.answer) == (is_delivered, status, "said so")


def test_a_redirect_is_not_followed(hook: Receiver) -> None:
    hook.answers = lambda number: (307, {"Location": hook.url}, b"")
    outcome = send(hook.url)
    assert not outcome.is_delivered
    assert str(outcome.answer).startswith("Redirects are not followed")
    assert len(hook.requests) == 1


@pytest.mark.parametrize(("said", "seconds"), [("120", 120), ("x", None), ("", None), ("99999999999", None)])
def test_the_wish_to_wait_is_read(hook: Receiver, said: str, seconds: int | None) -> None:
    hook.answers = lambda number: (503, {"Retry-After": said}, b"")
    wish = send(hook.url).again_after
    assert wish == (timedelta(seconds=seconds) if seconds else None)


def test_where_nobody_listens_that_is_said() -> None:
    outcome = send(f"http://127.0.0.1:{free_port()}/")
    assert (outcome.is_delivered, str(outcome.answer)[:14]) == (False, "Nobody listens")


def test_a_long_answer_is_cut(hook: Receiver) -> None:
    hook.answers = lambda number: (200, {}, b"x" * 5_000_000)
    assert send(hook.url).answer == "x" * webhooks.ANSWER_KEPT


def test_a_connection_serves_many_messages(hook: Receiver) -> None:
    sender = Sender(LOOPBACK)
    for _ in range(3):
        assert sender.send(hook.url, [new_secret()], message(), {}).is_delivered
    [pool] = sender._pools.values()
    assert (pool.num_connections, pool.num_requests) == (1, 3)
    sender.close()


def silent(answer: bytes, pause: float) -> tuple[socket.socket, threading.Thread]:
    """A server that sends an answer byte by byte, or nothing at all."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            try:
                for i in range(len(answer)):
                    connection.sendall(answer[i : i + 1])
                    time.sleep(pause)
                connection.recv(100_000)
                while connection.recv(100_000):
                    pass
            except OSError:
                pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return listener, thread


def test_who_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "ANSWER_SECONDS", 0.2)
    listener, thread = silent(b"", 0)
    outcome = send(f"http://127.0.0.1:{listener.getsockname()[1]}/")
    assert (outcome.is_delivered, outcome.answer) == (False, "No answer came in time.")
    listener.close()
    thread.join()


@pytest.mark.parametrize(
    "begins", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"], ids=["head", "body"]
)
def test_who_answers_a_little_at_a_time_is_given_up_as_well(monkeypatch: pytest.MonkeyPatch, begins: bytes) -> None:
    """Each byte comes in time; the whole does not."""
    monkeypatch.setattr(webhooks, "SECONDS_MAX", 0.3)
    listener, thread = silent(begins + b"x" * 800, 0.02)
    sender = Sender(LOOPBACK)
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            sender.give_up_the_slow()

    watcher = threading.Thread(target=watch)
    watcher.start()
    outcome = send(f"http://127.0.0.1:{listener.getsockname()[1]}/", sender=sender)
    ended.set()
    watcher.join()
    assert outcome.milliseconds < 5_000
    listener.close()
    thread.join()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "fe80::1",
        "fd00::1",
        "::ffff:10.0.0.1",
        "2002:7f00:0001::",
        "64:ff9b::a00:1",
        "::",
    ],
)
def test_what_is_not_on_the_public_internet_is_refused_unless_it_is_allowed(address: str) -> None:
    target = targets.read(f"https://[{address}]/" if ":" in address else f"https://{address}/")
    with pytest.raises(BadTarget):
        targets.require_allowed(target, ip_address(address), [])
    targets.require_allowed(target, ip_address(address), [ip_network("0.0.0.0/0"), ip_network("::/0")])


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888"])
def test_a_public_address_is_open_with_https_only(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    targets.require_allowed(targets.read(f"https://{host}/"), ip_address(address), [])
    with pytest.raises(BadTarget):
        targets.require_allowed(targets.read(f"http://{host}/"), ip_address(address), [])


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop",
        "ftp://shop.example/",
        "https://",
        "https://user:secret@shop.example/",
        "https://shop.example:99999/",
        "https://shop.example/a b",
        "https://shop.example/\n",
        "https://shop.example/ż",
        f"https://shop.example/{'x' * 2_000}",
        "http://127.0.0.1/",
        "https://localhost/",
        "https://admin.localhost/",
        "https://[::1]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "http://shop.example/",
    ],
)
def test_what_is_no_url_for_webhooks_is_refused_at_once(url: str) -> None:
    with pytest.raises(BadTarget):
        targets.require_plausible(url, [])


def test_names_are_written_as_the_network_knows_them() -> None:
    assert targets.read("https://ŻÓŁĆ.example/x?y=1") == targets.Target("https", "xn--kda4b0koi.example", 443, "/x?y=1")


def test_a_name_that_leads_inside_is_refused_when_it_is_sent_to(
    hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when another of its addresses is public; and what was checked is what is connected to."""
    answers = [[(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("8.8.8.8", "127.0.0.1")]]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kw: answers[-1])
    outcome = send(f"https://inside.example:{hook.port}/", sender=Sender())
    assert not outcome.is_delivered
    assert "127.0.0.1" in str(outcome.answer)
    assert hook.requests == []


def test_the_connection_goes_to_the_address_that_was_checked(hook: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name whose answer changes between the check and the connection is asked once only."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def changing(host: str, *args: Any, **kw: Any) -> Any:
        if host != "changing.example":
            return real(host, *args, **kw)
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "10.0.0.1", *args, **kw)

    monkeypatch.setattr(socket, "getaddrinfo", changing)
    assert send(f"http://changing.example:{hook.port}/x").is_delivered
    assert hook.requests[0].headers["host"] == f"changing.example:{hook.port}"
    assert len(asked) == 1
