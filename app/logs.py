"""What the processes log, and the request that each line belongs to.

A line has no names, addresses, codes or tokens; ids of campaigns and logins at most. Everything is below the logger `guerdon`.
"""

import logging
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TextIO

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

FORMATS = ("json", "text")
LEVELS = ("info", "debug", "warning", "error")
WELL_FORMED = re.compile(r"[A-Za-z0-9._:=+/-]{8,128}", re.ASCII)
ROWS = re.compile(r"^[ \t]*(DETAIL|CONTEXT|HINT|STATEMENT|QUERY):.*\n?", re.MULTILINE)
_current: ContextVar[str | None] = ContextVar("request_id", default=None)


def request_id() -> str | None:
    """Of the request that is answered now, or that what is sent now goes back to; None for work by the clock."""
    return _current.get()


def begin_request(given: str | None) -> str:
    """From here on this thread's lines belong to a request: with the id that a proxy has given, if it is one, or with a new one."""
    id = given if given and WELL_FORMED.fullmatch(given) else secrets.token_hex(16)
    _current.set(id)
    return id


def end_request() -> None:
    """What this thread logs from here on belongs to no request."""
    _current.set(None)


@contextmanager
def belonging_to(id: str | None) -> Iterator[None]:
    """The lines of this block belong to a request that may have ended long ago."""
    token = _current.set(id)
    try:
        yield
    finally:
        _current.reset(token)


class NamesRequest(logging.Filter):
    """Gives each line its request."""

    def filter(self, record: logging.LogRecord) -> bool:
        id = _current.get()
        record.request_id, record.of_request = id, f" [{id}]" if id else ""
        return True


class _Words(logging.Formatter):
    def formatException(self, ei: Any) -> str:  # noqa: N802
        return without_rows(super().formatException(ei))


class _Json(JsonFormatter):
    def formatException(self, ei: Any) -> str:  # noqa: N802
        return without_rows(str(super().formatException(ei)))


def without_rows(traceback: str) -> str:
    """A traceback without what PostgreSQL adds to its errors: whole rows, which hold people."""
    return ROWS.sub("", traceback)


def handler(format: str, stream: TextIO | None = None) -> logging.Handler:
    """Writes a line of `json`, or of `text`, to a stream: standard error unless another is given."""
    made = logging.StreamHandler(stream)
    made.addFilter(NamesRequest())
    made.setFormatter(
        _Words("%(asctime)s %(levelname)s %(name)s: %(message)s%(of_request)s")
        if format == "text"
        else _Json(
            ["levelname", "name", "message", "request_id"],
            rename_fields={"levelname": "level", "name": "logger"},
            timestamp="time",
            reserved_attrs=[*RESERVED_ATTRS, "of_request"],
        )
    )
    return made


def set_up(format: str, level: str) -> None:
    """Log like this from here on, in the whole process: other libraries tell warnings only."""
    root = logging.getLogger()
    root.handlers = [handler(format)]
    root.setLevel(logging.WARNING)
    logging.getLogger("guerdon").setLevel(level.upper())
    # gunicorn has a handler of its own, in a format of its own.
    server = logging.getLogger("gunicorn.error")
    server.handlers, server.propagate = [], True
