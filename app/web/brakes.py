"""Brakes on guessing: passwords, refresh tokens, voucher keys, referral codes. Counted in the database, so that all hosts share them.

Wrong tries count by *account*, whether there is such an account or not, and by *address*. Who has tried too often waits until a
short window ends, with the right secret too; so a stranger keeps an owner out for minutes at most, and learns nothing.
"""

import hashlib
import ipaddress
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import g, request
from limits import RateLimitItem, RateLimitItemPerDay, RateLimitItemPerMinute
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import case, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.db.engine import Database
from app.db.types import Base, UtcDateTime
from app.refusal import Refusal
from app.text import written
from app.web.door import afterwards, database

WINDOW_MINUTES = 5
WRONG_BY_ACCOUNT = RateLimitItemPerMinute(10, WINDOW_MINUTES)
WRONG_BY_ADDRESS = RateLimitItemPerMinute(100, WINDOW_MINUTES)  # a shop's tills share one
COSTLY_BY_ACCOUNT = RateLimitItemPerMinute(3, WINDOW_MINUTES)
LETTERS_BY_ACCOUNT = RateLimitItemPerDay(20)  # to people whom somebody names
LETTERS_TO_ADDRESS = RateLimitItemPerDay(1)
COSTLY_BY_ADDRESS = RateLimitItemPerMinute(30, WINDOW_MINUTES)


class WrongTries(Base):
    """How often something was tried with a wrong secret since the window began. The key is a hash: it tells nobody's name."""

    __tablename__ = "wrong_tries"
    key_sha256: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class TooManyTries(Exception):
    """Somebody must wait: `seconds` until the window ends."""

    def __init__(self, seconds: int, message: str | None = None) -> None:
        super().__init__(message or f"There were too many tries. Try again in {seconds} seconds.")
        self.seconds = seconds


@contextmanager
def braked(kind: str, account: str | None, *wrong: type[Refusal], each_try: bool = False) -> Iterator[None]:
    """Count the block when it raises one of `wrong`; `account` is who is tried to be, or who tries. Raises TooManyTries before it begins.

    `each_try` counts by account before trying, so that many at once do not slip through; one that succeeds clears the count.
    Without an account only the address counts. What is counted afterwards is written when the request is done: until then its
    transaction may hold the database.
    """
    limiter = FixedWindowRateLimiter(_Counts(database()))
    by_account, by_address = (kind, "account", account or ""), (kind, "address", _network(request.remote_addr or ""))
    if kind not in g.setdefault("braked", set()):  # or the request is tried again, because the database was busy
        _require_room(limiter, WRONG_BY_ADDRESS, by_address, limiter.test)
        if account is not None:
            _require_room(limiter, WRONG_BY_ACCOUNT, by_account, limiter.hit if each_try else limiter.test)
        g.braked.add(kind)
    try:
        yield
    except wrong:
        afterwards(lambda: limiter.hit(WRONG_BY_ADDRESS, *by_address))
        if account is not None and not each_try:
            afterwards(lambda: limiter.hit(WRONG_BY_ACCOUNT, *by_account))
        raise
    if each_try:
        afterwards(lambda: limiter.clear(WRONG_BY_ACCOUNT, *by_account))


def counted(kind: str) -> None:
    """Count a request that costs something, right or wrong, by its address. Raises TooManyTries."""
    if kind not in g.setdefault("counted", set()):  # or the request is tried again, because the database was busy
        limiter = FixedWindowRateLimiter(_Counts(database()))
        _require_room(limiter, COSTLY_BY_ADDRESS, (kind, "address", _network(request.remote_addr or "")), limiter.hit)
        g.counted.add(kind)


def has_room(kind: str, account: str, limit: RateLimitItem = COSTLY_BY_ACCOUNT) -> bool:
    """Count a request that somebody else pays for, such as a mail, by whom it is about; False when there were some just now."""
    limiter = FixedWindowRateLimiter(_Counts(database()))
    return limiter.hit(limit, kind, "account", account)


def _require_room(
    limiter: FixedWindowRateLimiter, limit: RateLimitItem, names: tuple[str, ...], allows: Callable[..., bool]
) -> None:
    if not allows(limit, *names):
        ends = limiter.get_window_stats(limit, *names).reset_time
        raise TooManyTries(max(1, round(ends - clock.now().timestamp())))


def account_of(is_customer: bool, name: str) -> str:
    """Who is tried to be, whether there is such an account or not: customers and the staff are different people."""
    return f"{'customer' if is_customer else 'staff'} {written(name).lower()}"


def purge(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        session.execute(delete(WrongTries).where(WrongTries.expires_at < now))


def _network(address: str) -> str:
    """Who holds an IPv6 address holds its whole /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address


class _Counts(Storage):
    """The counts of `limits`, in the database."""

    STORAGE_SCHEME = None
    base_exceptions = Exception

    def __init__(self, counted_in: Database) -> None:
        super().__init__()
        self._database = counted_in

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = clock.now()
        dialect: Any = postgresql if self._database.is_postgresql else sqlite
        ends = now + timedelta(seconds=expiry)
        is_over = WrongTries.expires_at <= now
        counted = (
            dialect.insert(WrongTries)
            .values(key_sha256=_hashed(key), count=amount, expires_at=ends)
            .on_conflict_do_update(
                index_elements=["key_sha256"],
                set_={
                    "count": case((is_over, amount), else_=WrongTries.count + amount),
                    "expires_at": case((is_over, ends), else_=WrongTries.expires_at),
                },
            )
            .returning(WrongTries.count)
        )
        with self._database.transaction() as session:
            return int(session.execute(counted).scalar_one())

    def get(self, key: str) -> int:
        found = self._row(key)
        return found.count if found else 0

    def get_expiry(self, key: str) -> float:
        found = self._row(key)
        return (found.expires_at if found else datetime.now(UTC)).timestamp()

    def check(self) -> bool:
        return True

    def reset(self) -> int | None:
        raise NotImplementedError

    def clear(self, key: str) -> None:
        with self._database.transaction() as session:
            session.execute(delete(WrongTries).where(WrongTries.key_sha256 == _hashed(key)))

    def _row(self, key: str) -> WrongTries | None:
        with self._database.reading() as session:
            query = select(WrongTries).where(WrongTries.key_sha256 == _hashed(key), WrongTries.expires_at > clock.now())
            return session.scalars(query).one_or_none()


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
