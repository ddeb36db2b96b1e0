"""Buyers of a proof: they repeat what got no answer, cut what they have sent, and write down all that they are told."""

import http.client
import json
import random
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

CUT, REPEATED = (
    0.05,
    0.05,
)  # of the requests: the connection is closed unread; the same is asked again although it was answered
ANSWER_SECONDS = 20.0
UNDER_WAY = {409, 425, 429}  # try the same again later


@dataclass
class Journal:
    """What the buyers were told. `sold` are the codes by the key of the request; `differing` were answered otherwise the second time."""

    sold: dict[str, str] = field(default_factory=dict)
    denied: dict[str, str] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)  # keys that got no definite answer until the end
    answers: dict[int, int] = field(default_factory=dict)
    unanswered: int = 0
    cut: int = 0
    repeated: int = 0
    differing: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, status: int | None) -> None:
        with self.lock:
            if status is None:
                self.unanswered += 1
            else:
                self.answers[status] = self.answers.get(status, 0) + 1


@dataclass(frozen=True)
class Shopfront:
    """Where buyers go: the servers' ports, the addresses of purchases, one a customer, and the seller's token."""

    ports: Sequence[int]
    paths: Sequence[str]
    token: str


def buy_until_denied(front: Shopfront, journal: Journal, threads: int, until: float) -> None:
    """Each thread buys, with a new key each time, until nothing is left or the time is over.

    A key is repeated until its answer is definite.
    """

    def buyer(number: int) -> None:
        chance = random.Random(number)
        while time.monotonic() < until:
            key = uuid.uuid4().hex
            path = front.paths[number % len(front.paths)]
            answer = _definite(front, journal, path, key, chance, until)
            if answer is None:
                with journal.lock:
                    journal.unknown.add(key)
                return
            status, body = answer
            if status != 200:
                with journal.lock:
                    journal.denied[key] = str(body.get("error"))
                return
            with journal.lock:
                journal.sold[key] = str(body["coupon"]["code"])

    buyers = [threading.Thread(target=buyer, args=(number,)) for number in range(threads)]
    for each in buyers:
        each.start()
    for each in buyers:
        each.join()


def sign_in(port: int, name: str, password: str) -> str:
    """A seller's bearer token. Raises RuntimeError."""
    body = json.dumps({"_username": name, "_password": password})
    answer = _ask(port, "/api/seller/login_check", {"Content-Type": "application/json"}, body)
    if answer is None or answer[0] != 200:
        raise RuntimeError("The proof's own seller cannot sign in.")
    return str(answer[1]["token"])


def _definite(
    front: Shopfront, journal: Journal, path: str, key: str, chance: random.Random, until: float
) -> tuple[int, dict[str, Any]] | None:
    headers = {"Authorization": f"Bearer {front.token}", "Idempotency-Key": key}
    while time.monotonic() < until:
        port = chance.choice(front.ports)
        if chance.random() < CUT:
            _ask(port, path, headers, cut=True)
            journal.cut += 1
        answer = _ask(port, path, headers)
        journal.note(answer[0] if answer else None)
        if answer is None or answer[0] >= 500 or answer[0] in UNDER_WAY:
            time.sleep(chance.uniform(0.02, 0.2))
            continue
        if chance.random() < REPEATED:
            again = _ask(chance.choice(front.ports), path, headers)
            journal.repeated += 1
            if again is not None and again[0] < 500 and again[0] not in UNDER_WAY and again != answer:
                journal.differing += 1
        return answer
    return None


def _ask(
    port: int, path: str, headers: dict[str, str], body: str | None = None, cut: bool = False
) -> tuple[int, dict[str, Any]] | None:
    """Status and body; None where no answer came. `cut`: the connection is closed once the request is sent."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
    try:
        connection.request("POST", path, body=body or "", headers={**headers, "Connection": "close"})
        if cut:
            return None
        answer = connection.getresponse()
        return answer.status, dict(json.loads(answer.read()))
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
