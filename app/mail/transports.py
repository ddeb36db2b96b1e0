"""How letters go: to a mail server, or, for trying out, into files."""

import smtplib
import ssl
import threading
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from app.settings import BadSettings

SECONDS_MAX = 6.0  # for each of the eight answers that a letter takes
EXAMPLE = "smtp://user:password@mail.example:587, or smtps://… for TLS from the beginning"


class LetterRefused(Exception):
    """The mail server does not take this letter; the message is its answer, without the address.

    `is_final`: there is no such address (5.1.x, RFC 3463). Whatever else it says may be a setting of ours, and be mended.
    """

    def __init__(self, code: int, answer: bytes | str, is_about_address: bool = False) -> None:
        said = _plain(answer)
        super().__init__(f"{code} {said}")
        self.is_final = is_about_address and said.startswith("5.1.")


class Transport(Protocol):
    def send(self, letter: EmailMessage) -> None:
        """Raises LetterRefused or OSError."""
        ...

    def close(self) -> None:
        """Nothing more is sent."""
        ...


class Folder:
    """A file for each letter, for whoever tries Guerdon out."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.mkdir(parents=True, exist_ok=True, mode=0o700)

    def send(self, letter: EmailMessage) -> None:
        name = str(letter["Message-ID"]).strip("<>").partition("@")[0]
        (self._path / f"{name}.eml").write_bytes(bytes(letter))

    def close(self) -> None:
        pass


class Smtp:
    """A mail server, by its URL. A connection a thread is kept while it lasts."""

    def __init__(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            self._host, port = parts.hostname or "", parts.port
        except ValueError as e:
            raise BadSettings(f"GUERDON_SMTP_URL is no URL; it looks like {EXAMPLE}") from e
        if parts.scheme not in {"smtp", "smtps"} or not self._host:
            raise BadSettings(f"GUERDON_SMTP_URL: expected {EXAMPLE}")
        tls = parse_qs(parts.query).get("tls", ["required"])[-1]
        if tls not in {"required", "none"}:
            raise BadSettings(f"GUERDON_SMTP_URL: tls may be required or none, not {tls!r}")
        if tls == "none" and self._host not in {"127.0.0.1", "::1", "localhost"}:
            raise BadSettings("GUERDON_SMTP_URL: without TLS (?tls=none) only a mail server on this host is written to")
        self._is_tls_from_the_beginning, self._begins_tls = parts.scheme == "smtps", tls == "required"
        self._port = port or (465 if self._is_tls_from_the_beginning else 587)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._context = ssl.create_default_context()
        self._local = threading.local()
        self._open: set[smtplib.SMTP] = set()

    def send(self, letter: EmailMessage) -> None:
        connection = self._connection()
        try:
            connection.send_message(letter)
        except smtplib.SMTPRecipientsRefused as e:
            code, answer = next(iter(e.recipients.values()))
            raise LetterRefused(code, answer, is_about_address=True) from e
        except smtplib.SMTPResponseException as e:
            self._close()
            raise LetterRefused(e.smtp_code, e.smtp_error) from e
        except (OSError, smtplib.SMTPException):
            self._close()
            raise

    def _connection(self) -> smtplib.SMTP:
        known: smtplib.SMTP | None = getattr(self._local, "connection", None)
        if known is not None:
            try:
                if known.noop()[0] == 250:
                    return known
            except (OSError, smtplib.SMTPException):
                pass
            self._close()
        made = self._connected()
        try:
            if self._begins_tls and not self._is_tls_from_the_beginning:
                made.starttls(context=self._context)
            if self._user:
                made.login(self._user, self._password)
        except (OSError, smtplib.SMTPException) as e:
            _end(made)
            if isinstance(e, smtplib.SMTPException):
                raise OSError(f"the mail server does not let this in: {type(e).__name__}") from e
            raise
        self._local.connection = made
        self._open.add(made)
        return made

    def _connected(self) -> smtplib.SMTP:
        try:
            if self._is_tls_from_the_beginning:
                return smtplib.SMTP_SSL(self._host, self._port, timeout=SECONDS_MAX, context=self._context)
            return smtplib.SMTP(self._host, self._port, timeout=SECONDS_MAX)
        except smtplib.SMTPException as e:
            raise OSError(f"the mail server does not answer as one: {type(e).__name__}") from e

    def close(self) -> None:
        for connection in list(self._open):
            _end(connection)
        self._open.clear()

    def _close(self) -> None:
        known: smtplib.SMTP | None = getattr(self._local, "connection", None)
        self._local.connection = None
        if known is not None:
            self._open.discard(known)
            _end(known)


def _end(connection: smtplib.SMTP) -> None:
    with suppress(OSError, smtplib.SMTPException):
        connection.close()


def _plain(answer: bytes | str) -> str:
    """A server's answer, without the addresses that it may repeat."""
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return " ".join("…" if "@" in word else word for word in text.split())[:300]
