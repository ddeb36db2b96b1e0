"""Paging, sorting and filters as Open Loyalty's clients write them in the query string."""

from datetime import datetime
from typing import Any

from flask import request
from marshmallow import ValidationError
from werkzeug.exceptions import BadRequest

from app.openloyalty.fields import Moment
from app.paging import PER_PAGE, Page
from app.text import trimmed
from app.web.body import query

PAGE_MAX = 10**9

PAGING_PARAMETERS = [
    {"in": "query", "name": "page", "schema": {"type": "integer", "default": 1}, "description": "Which page."},
    {
        "in": "query",
        "name": "perPage",
        "schema": {"type": "integer", "default": PER_PAGE},
        "description": "Items on a page; a negative number means all.",
    },
    {
        "in": "query",
        "name": "sort",
        "schema": {"type": "string"},
        "description": "The field to sort by; unknown ones are ignored.",
    },
    {
        "in": "query",
        "name": "direction",
        "schema": {"type": "string", "enum": ["ASC", "DESC"]},
        "description": "ASC by default.",
    },
]


def paging(default_descending: bool = False) -> Page:
    """The page that the request asks for. Garbage means the defaults."""
    direction = request.args.get("direction")
    per_page = _whole(request.args.get("perPage"), PER_PAGE) or PER_PAGE
    return Page(
        page=min(max(1, _whole(request.args.get("page"), 1)), PAGE_MAX),
        per_page=per_page if per_page > 0 else None,
        sort=request.args.get("sort"),
        descending=direction.lower() != "asc" if direction else default_descending,
    )


def flag(name: str) -> bool | None:
    """A filter that is on, off, or absent."""
    value = request.args.get(name, "").lower()
    return {"true": True, "1": True, "false": False, "0": False}.get(value)


def text(name: str) -> str | None:
    """A filter's text; blank ones count as absent."""
    return trimmed(request.args.get(name, "")) or None


def labels() -> list[tuple[str | None, str | None]]:
    """`labels[0][key]=type&labels[0][value]=promotion` as conditions of a key, a value, or both. Raises BadRequest."""
    conditions = query().get("labels")
    found: list[tuple[str | None, str | None]] = []
    for condition in conditions.values() if isinstance(conditions, dict) else ():
        if isinstance(condition, dict):
            key, value = _text(condition.get("key")), _text(condition.get("value"))
            if key is not None or value is not None:
                found.append((key, value))
    return found


def moment(name: str) -> datetime | None:
    """A moment in the query string. Raises BadRequest."""
    try:
        at: datetime | None = Moment().deserialize(request.args.get(name))
    except ValidationError as e:
        raise BadRequest(f"{name}: expected `YYYY-MM-DD HH:mm` or ISO 8601.") from e
    return at


def wants_html() -> bool:
    return request.args.get("format") == "html"


def wants_details() -> bool:
    return bool(flag("includeDetails"))


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _whole(text: str | None, default: int) -> int:
    try:
        return int(text or "")
    except ValueError:
        return default
