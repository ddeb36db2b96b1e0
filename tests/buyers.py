"""Clients that buy as fast as they can and write down every answer, as a real till would."""

import http.client
import json
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass
class Journal:
    """What the clients were told: the acknowledged purchases by their key, and every status that came."""

    sold: dict[str, str] = field(default_factory=dict)
    denied: dict[str, str] = field(default_factory=dict)
    statuses: dict[int, int] = field(default_factory=dict)
    unreached: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, status: int) -> None:
        with self.lock:
            self.statuses[status] = self.statuses.get(status, 0) + 1


def buy_until_denied(
    ports: Sequence[int], path_of: Callable[[int], str], token: str, threads: int, seconds_max: float, most: int = 10**9
) -> Journal:
    """Each thread buys with a new key each time, repeating a key until the answer is definite, until it is denied."""
    journal = Journal()
    until = time.monotonic() + seconds_max
    left = [most]

    def client(number: int) -> None:
        attempt = 0
        while time.monotonic() < until:
            with journal.lock:
                left[0] -= 1
                if left[0] < 0:
                    return
            key = f"{number}-{uuid.uuid4().hex}"
            while time.monotonic() < until:
                attempt += 1
                answer = _post(ports[(number + attempt) % len(ports)], path_of(number), token, key)
                if answer is None:
                    journal.unreached += 1
                    time.sleep(0.05)
                    continue
                status, body = answer
                journal.note(status)
                if status >= 500 or status == 401:
                    time.sleep(0.05)
                    continue
                break
            else:
                return
            if status != 200:
                journal.denied[key] = str(body["error"])
                return
            journal.sold[key] = body["coupon"]["code"]

    workers = [threading.Thread(target=client, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return journal


def _post(port: int, path: str, token: str, key: str) -> tuple[int, dict] | None:  # type: ignore[type-arg]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        headers = {"Authorization": f"Bearer {token}", "Content-Length": "0", "Connection": "close"}
        if key:
            headers["Idempotency-Key"] = key
        connection.request("POST", path, headers=headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
