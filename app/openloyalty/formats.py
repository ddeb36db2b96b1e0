"""What is printed the same everywhere: dates, numbers, descriptions, translations, lists."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar
from uuid import UUID

import nh3
from flask import Response, jsonify, request
from markdown_it import MarkdownIt

from app.paging import Paged
from app.web.door import settings
from app.web.fields import YEARS

Percentage = TypeVar("Percentage", int, int | None)
_markdown = MarkdownIt("commonmark", {"html": False})


# How Open Loyalty, which knows windows with two ends only, writes the end that is open; and takes it back.
SINCE_EVER = datetime(YEARS[0], 1, 1, tzinfo=UTC)
FOR_EVER = datetime(YEARS[1], 12, 31, 23, 59, tzinfo=UTC)


def moment(at: datetime) -> str:
    """In the programme's zone, the offset without a colon: `2017-12-05T10:59:00+0100`."""
    return _written(min(max(at, SINCE_EVER), FOR_EVER))


def day(on: date) -> str:
    """A day as the moment it begins in the programme's zone."""
    return _written(datetime.combine(on, time(), settings().zone))


def _written(at: datetime) -> str:
    return at.astimezone(settings().zone).strftime("%Y-%m-%dT%H:%M:%S%z")


def percent(hundredths: int) -> str:
    return f"{hundredths / 100:.2f}%"


def kept_percent(sent: Percentage, known: int | None) -> Percentage | int:
    """Hundredths of a percent: what is known, where what was sent is its fraction of one, as it is printed; rounded as forms round."""
    return known if known is not None and sent == (known + 50) // 100 else sent


def names(found: dict[UUID, str]) -> dict[str, str] | list[str]:
    """Names by id, as an object; when there is none an empty list, as PHP prints an empty array."""
    return {str(uuid): name for uuid, name in found.items()} or []


def html(markdown: str) -> str:
    """Rendered, and stripped of everything that could run."""
    return nh3.clean(_markdown.render(markdown)).strip()


def without_none(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def paged(key: str, found: Paged[Any], present: Callable[[Any], Any]) -> Response:
    """A list's envelope. The list comes first: clients take the first key, whatever its name."""
    return jsonify({key: [present(row) for row in found.rows], "total": found.total})


def asked_language() -> str:
    """The language in which texts are asked for, by `_locale`; else the installation's own."""
    return request.args.get("_locale") or settings().locale


def translations(**texts: str | None) -> list[dict[str, str]]:
    """Texts as later versions print them, by language; there is the installation's own."""
    return [without_none({**texts, "locale": settings().locale})]


def file_name(stem: str, media_type: str) -> str:
    """What a picture's file is called: `<stem>.jpg`."""
    return f"{stem}.{media_type.partition('/')[2].replace('jpeg', 'jpg')}"
