"""Send a message to its subscriber, signed as the Standard Webhooks specification says.

The body is `{"type": …, "timestamp": …, "version": …, "chain": …, "data": …}`; `webhook-id` stays the same however often it is sent. An
answer of 2xx within SECONDS_MAX means that it was taken. Redirects are not followed. Source: standardwebhooks.com.
"""

import hashlib
import hmac
import json
import socket
import ssl
import threading
import time
from base64 import b64decode, b64encode
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID

import urllib3
from cachetools import LRUCache
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError, TimeoutError

from app import clock
from app.outbox.events import KINDS, TEST
from app.outbox.models import Subscription
from app.outbox.queue import Leased, Outcome
from app.outbox.targets import BadTarget, Network, Target, read, resolve

CONNECT_SECONDS, ANSWER_SECONDS = 2.0, 5.0
SECONDS_MAX = 8.0
ANSWER_KEPT = 1_000  # letters
RESOLVED_SECONDS, RESOLVING_SECONDS, RESOLVERS = 10.0, 5.0, 8
POOLS_MAX = 200
THREADS_MAX = 16  # that share a connection pool
GONE = 410


def public_id(message: UUID) -> str:
    """What receivers know a message by."""
    return f"msg_{message.hex}"


def body(kind: str, occurred_at: datetime, chain_id: int, data: dict[str, Any]) -> bytes:
    version = KINDS.get(kind, TEST).version
    whole = {
        "type": kind,
        "timestamp": occurred_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "version": version,
        "chain": chain_id,
        "data": data,
    }
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def signature(secret: str, message_id: str, timestamp: int, content: bytes) -> str:
    """One of the signatures of the header `webhook-signature`."""
    signed = f"{message_id}.{timestamp}.".encode() + content
    key = b64decode(secret.removeprefix("whsec_"))
    return f"v1,{b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"


def secrets_of(subscription: Subscription, now: datetime) -> list[str]:
    """The newest first; the one before as long as it holds."""
    until = subscription.earlier_secret_until
    is_held = subscription.earlier_secret and until and until > now
    return [subscription.secret, *([subscription.earlier_secret] if is_held and subscription.earlier_secret else [])]


class UnderWay:
    """Since when each thread waits for an answer. The library bounds each wait for some bytes, and not the whole of them."""

    def __init__(self) -> None:
        self._since: dict[int, tuple[float, HTTPConnection]] = {}

    def begin(self, connection: HTTPConnection) -> None:
        self._since[threading.get_ident()] = (time.monotonic(), connection)

    def end(self) -> None:
        self._since.pop(threading.get_ident(), None)

    def give_up(self, seconds: float) -> None:
        """End the connections of those that wait longer; their threads get an error."""
        for since, connection in list(self._since.values()):
            held = connection.sock
            if time.monotonic() - since > seconds and held is not None:
                with suppress(OSError):
                    socket.socket.shutdown(held, socket.SHUT_RDWR)


class Sender:
    """The connections of one worker, which its threads share. `allowed` are the networks that are no public ones.

    Somebody calls `give_up_the_slow` now and then.
    """

    def __init__(self, allowed: Sequence[Network] = ()) -> None:
        self._allowed = allowed
        self._under_way = under_way = UnderWay()

        class Plain(HTTPConnection):
            def request(self, *args: Any, **kw: Any) -> None:
                under_way.begin(self)
                super().request(*args, **kw)

        class Encrypted(HTTPSConnection):
            def request(self, *args: Any, **kw: Any) -> None:
                under_way.begin(self)
                super().request(*args, **kw)

        self._plain, self._encrypted = Plain, Encrypted
        self._lock = threading.Lock()
        self._resolver = ThreadPoolExecutor(RESOLVERS, thread_name_prefix="names")
        self._context = ssl.create_default_context()
        self._resolved: LRUCache[tuple[str, int, str], tuple[float, list[str]]] = LRUCache(POOLS_MAX)
        self._pools: LRUCache[tuple[str, str, int, str], urllib3.HTTPConnectionPool] = LRUCache(POOLS_MAX)

    def send(self, url: str, secrets: Sequence[str], message: Leased, data: dict[str, Any]) -> Outcome:
        """Send one message, and tell what came of it. Raises nothing: whatever goes wrong is an outcome."""
        now, began = clock.now(), time.monotonic()

        def outcome(is_delivered: bool, **rest: Any) -> Outcome:
            return Outcome(is_delivered, now, round((time.monotonic() - began) * 1000), **rest)

        content = body(message.kind, message.occurred_at, message.chain_id, data)
        try:
            headers = _headers(secrets, public_id(message.uuid), now, content)
            if message.request_id:
                headers["X-Request-Id"] = message.request_id
            response = self._post(read(url), headers, content)
            answer = _answer(response)
        except BadTarget as e:
            return outcome(False, answer=str(e))
        except NewConnectionError:
            return outcome(False, answer="Nobody listens at this address: the connection was refused.")
        except TimeoutError:
            return outcome(False, answer="No answer came in time.")
        except SSLError as e:
            return outcome(False, answer=f"TLS failed: {e}"[:ANSWER_KEPT])
        except (HTTPError, OSError) as e:
            return outcome(False, answer=f"No connection, or none that lasted: {type(e).__name__}.")
        finally:
            self._under_way.end()
        if 300 <= response.status < 400:
            answer = f"Redirects are not followed: give the address itself. {answer}"[:ANSWER_KEPT]
        return outcome(
            200 <= response.status < 300,
            status=response.status,
            answer=answer,
            again_after=_again_after(response, now),
            is_gone=response.status == GONE,
        )

    def give_up_the_slow(self) -> None:
        """Let nobody hold a thread by answering a little at a time."""
        self._under_way.give_up(SECONDS_MAX)

    def close(self) -> None:
        with self._lock:
            for pool in self._pools.values():
                pool.close()
            self._pools.clear()

    def _post(self, target: Target, headers: dict[str, str], content: bytes) -> urllib3.BaseHTTPResponse:
        addresses = self._addresses(target)
        for address in addresses[:-1]:
            try:
                return self._posted(target, address, headers, content)
            except (NewConnectionError, ConnectTimeoutError):
                continue  # the name stands for others as well
        return self._posted(target, addresses[-1], headers, content)

    def _posted(
        self, target: Target, address: str, headers: dict[str, str], content: bytes
    ) -> urllib3.BaseHTTPResponse:
        return self._pool(target, address).urlopen(
            "POST",
            target.path,
            body=content,
            headers={**headers, "Host": target.authority},
            redirect=False,
            retries=False,
            assert_same_host=False,
            preload_content=False,
            timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS),
        )

    def _addresses(self, target: Target) -> list[str]:
        """The addresses to connect to, checked; a name's answer holds for some seconds."""
        key = (target.host, target.port, target.scheme)
        with self._lock:
            known = self._resolved.get(key)
        if known is not None and time.monotonic() - known[0] < RESOLVED_SECONDS:
            return known[1]
        asked = self._resolver.submit(resolve, target, self._allowed)
        try:
            addresses = [str(it) for it in asked.result(RESOLVING_SECONDS)]
        except FutureTimeout as e:
            raise BadTarget(f"The name {target.host} cannot be resolved in time.", field="url") from e
        with self._lock:
            self._resolved[key] = (time.monotonic(), addresses)
        return addresses

    def _pool(self, target: Target, address: str) -> urllib3.HTTPConnectionPool:
        key = (target.scheme, target.host, target.port, address)
        with self._lock:
            pool = self._pools.get(key)
            if pool is None:
                pool = self._pools[key] = self._new_pool(target, address)
        return pool

    def _new_pool(self, target: Target, address: str) -> urllib3.HTTPConnectionPool:
        pool: urllib3.HTTPConnectionPool
        if target.scheme == "http":
            pool = urllib3.HTTPConnectionPool(address, target.port, maxsize=THREADS_MAX)
            pool.ConnectionCls = self._plain
            return pool
        pool = urllib3.HTTPSConnectionPool(
            address,
            target.port,
            maxsize=THREADS_MAX,
            ssl_context=self._context,
            server_hostname=target.host,
            assert_hostname=target.host,
        )
        pool.ConnectionCls = self._encrypted
        return pool


def _headers(secrets: Sequence[str], message_id: str, now: datetime, content: bytes) -> dict[str, str]:
    timestamp = int(now.timestamp())
    return {
        "Content-Type": "application/json",
        "User-Agent": "Guerdon",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(secret, message_id, timestamp, content) for secret in secrets),
    }


def _answer(response: urllib3.BaseHTTPResponse) -> str:
    """How the answer begins. One that is long, or does not come, costs its connection and nothing else."""
    content = b""
    try:
        while len(content) <= ANSWER_KEPT and (more := response.read1(ANSWER_KEPT + 1)):
            content += more
    except (HTTPError, OSError):
        response.close()
    if len(content) > ANSWER_KEPT:
        response.close()
    response.release_conn()
    return bytes(content[:ANSWER_KEPT]).decode(errors="replace").replace("\0", "")


def _again_after(response: urllib3.BaseHTTPResponse, now: datetime) -> timedelta | None:
    text = response.headers.get("Retry-After", "")
    if text.isdecimal() and len(text) < 7:
        return timedelta(seconds=int(text))
    try:
        return max(parsedate_to_datetime(text) - now, timedelta(0)) if text else None
    except (ValueError, TypeError):
        return None
