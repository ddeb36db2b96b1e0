"""`Idempotency-Key`: a repeated POST is answered again, not done again.

The key's row is written in the same transaction as the change, so a crash leaves both or neither, and a second
request with the key waits for the first. The stored answer may hold a coupon's code; it is encrypted with the key
itself, of which only a hash is kept, so that nobody can read it who did not send it.
"""

import hashlib
import hmac
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Response
from sqlalchemy import LargeBinary, Uuid, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db.engine import Database
from app.db.types import Base, UtcDateTime
from app.refusal import Malformed

KEY_LENGTH_MAX = 255
KEPT = timedelta(days=7)


class StoredAnswer(Base):
    """What a keyed POST was answered. `effect` names the award it made, if it made one."""

    __tablename__ = "stored_answer"
    principal: Mapped[str] = mapped_column(primary_key=True)
    key_sha256: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    status: Mapped[int | None]
    media_type: Mapped[str | None]
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    effect: Mapped[UUID | None] = mapped_column(Uuid, unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class BadKey(Malformed):
    message = f"Send one Idempotency-Key of 1 to {KEY_LENGTH_MAX} printable ASCII characters, without commas."


class KeyReused(Malformed):
    message = "This Idempotency-Key was used for another request. Send a new key with a new request."


@dataclass  # not frozen: whoever handles an exception writes its traceback
class Replay(Exception):
    """The request was answered before."""

    status: int
    media_type: str
    body: bytes

    def response(self) -> Response:
        response = Response(self.body, self.status, mimetype=self.media_type)
        response.headers["Idempotency-Replayed"] = "true"
        return response


class KeyedAttempt:
    """One attempt at a keyed request: opens the transaction with the key's row, and keeps it open for the answer."""

    def __init__(self, database: Database, principal: str, key: str, request: bytes) -> None:
        # Servers join two headers of one name by a comma.
        if not (0 < len(key) <= KEY_LENGTH_MAX and key.isascii() and key.isprintable() and "," not in key):
            raise BadKey
        self.effect: UUID | None = None
        self._database = database
        self._principal = principal
        self._key = key
        self._key_sha256 = hashlib.sha256(key.encode()).hexdigest()
        # Keyed, so that a stored fingerprint does not help to guess a password that the request held.
        self._fingerprint = hmac.new(key.encode(), request, hashlib.sha256).hexdigest()
        self._stack = ExitStack()
        self._session: Session | None = None

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """The attempt's transaction. A refusal undoes the block and keeps the key. Raises Replay or KeyReused."""
        if self._session is None:
            session = self._stack.enter_context(self._database.transaction())
            self._claim(session)
            self._session = session
        with self._session.begin_nested():
            yield self._session

    def finish(self, response: Response) -> None:
        """Store the answer and commit; roll back what an answer of 500 or more left behind."""
        if self._session is None:
            return
        if response.status_code >= 500:
            self.abandon()
            return
        self._session.execute(
            update(StoredAnswer)
            .where(StoredAnswer.principal == self._principal, StoredAnswer.key_sha256 == self._key_sha256)
            .values(
                status=response.status_code,
                media_type=response.mimetype,
                answer=_encrypted(self._key, self._principal, response.get_data()),
                effect=self.effect if response.status_code < 300 else None,
            )
        )
        self._session = None
        self._stack.close()

    def abandon(self, cause: BaseException | None = None) -> None:
        """Roll everything back, the key too. What the cause meant for the transaction is raised in its place."""
        self._session = None
        error = cause or RuntimeError("abandoned")
        self._stack.__exit__(type(error), error, error.__traceback__)

    def _claim(self, session: Session) -> None:
        dialect: Any = postgresql if self._database.is_postgresql else sqlite
        row = {
            "principal": self._principal,
            "key_sha256": self._key_sha256,
            "fingerprint": self._fingerprint,
            "created_at": datetime.now(UTC),
        }
        # RETURNING tells whether the row is ours; psycopg's row count of such an insert does not.
        insert = dialect.insert(StoredAnswer).values(**row).on_conflict_do_nothing().returning(StoredAnswer.fingerprint)
        if session.execute(insert).scalar_one_or_none() is not None:
            return
        known = session.execute(
            select(StoredAnswer.fingerprint, StoredAnswer.status, StoredAnswer.media_type, StoredAnswer.answer).where(
                StoredAnswer.principal == self._principal, StoredAnswer.key_sha256 == self._key_sha256
            )
        ).one()
        if known.fingerprint != self._fingerprint:
            self.abandon()
            raise KeyReused
        body = _decrypted(self._key, self._principal, known.answer)
        raise Replay(known.status, known.media_type, body)


def purge(database: Database, now: datetime, batch: int = 500) -> int:
    """Remove the answers older than KEPT, a few at a time, and return how many."""
    removed = 0
    while True:
        with database.transaction() as session:
            old = select(StoredAnswer.key_sha256).where(StoredAnswer.created_at < now - KEPT).limit(batch)
            keys = list(session.scalars(old))
            session.execute(
                delete(StoredAnswer).where(StoredAnswer.key_sha256.in_(keys), StoredAnswer.created_at < now - KEPT)
            )
        removed += len(keys)
        if len(keys) < batch:
            return removed


def _cipher(key: str, principal: str) -> AESGCM:
    return AESGCM(
        HKDF(hashes.SHA256(), 32, salt=principal.encode(), info=b"guerdon stored answer").derive(key.encode())
    )


def _encrypted(key: str, principal: str, body: bytes) -> bytes:
    nonce = os.urandom(12)
    return nonce + _cipher(key, principal).encrypt(nonce, body, None)


def _decrypted(key: str, principal: str, stored: bytes) -> bytes:
    return _cipher(key, principal).decrypt(stored[:12], stored[12:], None)
