"""Paging and filters as Open Loyalty's clients write them in the query string."""

from collections.abc import Collection
from datetime import datetime, time
from typing import Any
from uuid import UUID

from flask import request
from marshmallow import ValidationError
from werkzeug.exceptions import BadRequest

from app.campaign.listings.catalogue import CampaignFilter
from app.openloyalty.forms.fields import FIRST_MOMENT, LAST_SECOND, Hundredths, Moment
from app.openloyalty.forms.form import NO, unknown_names
from app.openloyalty.sorting import NOTHING, Sorting
from app.paging import PER_PAGE, PER_PAGE_MAX, Page
from app.text import trimmed
from app.web.body import query
from app.web.callers import API_KEY_PARAMETER

PAGE_MAX = 10**9
# What clients send with every call, and no call asks for: the language (there is one), a mark against the console's own spinner, a
# mark against caches.
IN_EVERY_QUERY = frozenset({"_locale", "silenceQuery", "_", API_KEY_PARAMETER})


def paged_by(sorting: Sorting = NOTHING) -> list[dict[str, Any]]:
    """What a list in pages takes, for the manual."""
    per_page = f"Items on a page; a negative number means as many as there may be, {PER_PAGE_MAX:,}."
    others = "refused" if sorting.refuses_others else "ignored"
    sort = f"The field to sort by, of {', '.join(sorting.names)}; others are {others}."
    of_sort = "Of `sort`, in either case; " + ("others are refused." if sorting.refuses_others else "others mean DESC.")
    direction = {"type": "string", "enum": ["ASC", "DESC"], "default": "DESC" if sorting.descending else "ASC"}
    return [
        _parameter("page", {"type": "integer", "default": 1}, "Which page."),
        _parameter("perPage", {"type": "integer", "default": PER_PAGE}, per_page),
        _parameter("sort", {"type": "string"}, sort if sorting.names else "Ignored: this list has one order."),
        _parameter("direction", direction, of_sort if sorting.names else "Ignored, too."),
    ]


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"in": "query", "name": name, "schema": schema, "description": description}


LOCALE = {
    "in": "query",
    "name": "_locale",
    "schema": {"type": "string"},
    "description": "Of texts, as `pl`; what is not written in it is shown in the programme's own, which sorts and finds.",
}
FORMAT = {
    "in": "query",
    "name": "format",
    "schema": {"type": "string", "enum": ["html"]},
    "description": "Descriptions as HTML.",
}


def filters(*names: str, description: str = "") -> list[dict[str, Any]]:
    """Filters by text, for the manual."""
    return [{"in": "query", "name": name, "schema": {"type": "string"}, "description": description} for name in names]


# Filters of later versions, which this one can only answer with no.
LATER = ("isFulfillmentTracking",)
SHELF_FILTERS = [
    *filters("isPublic", "isFeatured", "hasSegment", description="true: only such campaigns; false: only others."),
    {
        "in": "query",
        "name": "categoryId[]",
        "schema": {"type": "array", "items": {"type": "string", "format": "uuid"}},
        "description": "In any of these categories.",
    },
]
NESTED = ("labels", "categoryId", "state")
LATER_FILTERS = filters(*LATER, description="Only no: there are none.")


def paging(sorting: Sorting = NOTHING) -> Page:
    """The page that the request asks for. Garbage means the defaults. Raises BadRequest for what a list refuses to be sorted by."""
    sort, direction = request.args.get("sort"), request.args.get("direction")
    if sorting.refuses_others and sort is not None and sort not in sorting.names:
        raise BadRequest(f"sort: one of {', '.join(sorting.names)}.")
    if sorting.refuses_others and direction is not None and direction.lower() not in ("asc", "desc"):
        raise BadRequest("direction: ASC or DESC.")
    per_page = _whole(request.args.get("perPage"), PER_PAGE) or PER_PAGE
    return Page(
        page=min(max(1, _whole(request.args.get("page"), 1)), PAGE_MAX),
        per_page=per_page if per_page > 0 else None,
        sort=sorting.names.get(sort or ""),
        descending=direction.lower() != "asc" if direction else sorting.descending,
    )


def require_known(names: Collection[str]) -> None:
    """Whoever misspells a filter would believe in a list that was not filtered. Raises BadRequest."""
    sent = query()
    unknown = unknown_names(sent, {*names, *IN_EVERY_QUERY})
    if unknown:
        raise BadRequest(f"Unknown in the query: {', '.join(sorted(unknown))}.")
    for name, value in sent.items():
        if isinstance(value, dict) and name not in NESTED and any(value.values()):
            raise BadRequest(f"{name}: one value, without brackets.")
        if name in LATER and value and value not in NO and any(value.values() if isinstance(value, dict) else value):
            raise BadRequest(f"{name}: there are no such campaigns here.")


def period(name: str) -> tuple[datetime | None, datetime | None]:
    """`<name>From` and `<name>To`. Raises BadRequest."""
    return moment(f"{name}From", FIRST_MOMENT), moment(f"{name}To", LAST_SECOND)


FLAGS = {"true": True, "1": True, "false": False, "0": False}


def flag(name: str) -> bool | None:
    """A filter that is on, off, or absent. Raises BadRequest."""
    found = choice(name, FLAGS)
    return None if found is None else FLAGS[found]


def shelf() -> CampaignFilter:
    """The filters by where a campaign stands among the others. Raises BadRequest."""
    return CampaignFilter(
        is_public=flag("isPublic"),
        is_featured=flag("isFeatured"),
        has_segment=flag("hasSegment"),
        categories=[_as_uuid("categoryId", sent) for sent in _several("categoryId")],
    )


def _several(name: str) -> list[str]:
    """`name=value`, or `name[]=value` for each."""
    sent = query().get(name)
    return [str(it) for it in ([*sent.values()] if isinstance(sent, dict) else [sent]) if it]


def choice(name: str, words: Collection[str]) -> str | None:
    """One of a few words, in small letters; None when absent. Raises BadRequest."""
    value = (text(name) or "").lower()
    if value and value not in words:
        raise BadRequest(f"{name}: expected {' or '.join(word for word in words if word)}.")
    return value or None


def choices(name: str, words: Collection[str]) -> list[str]:
    """Some of a few words, in small letters: `name=word`, or `name[]=word` for each. Raises BadRequest."""
    chosen = [it.lower() for it in _several(name)]
    if any(it not in words for it in chosen):
        raise BadRequest(f"{name}: expected {' or '.join(word for word in words if word)}.")
    return chosen


def number(name: str) -> int | None:
    """A whole number of an id's size; None when absent. Raises BadRequest."""
    sent = text(name)
    if sent is not None and not (sent.isascii() and sent.isdecimal() and len(sent) < 19):
        raise BadRequest(f"{name}: a number.")
    return int(sent) if sent else None


def amount(name: str) -> int | None:
    """Money or points, in hundredths; None when absent. Raises BadRequest."""
    try:
        found: int | None = Hundredths().deserialize(text(name))
    except ValidationError as e:
        raise BadRequest(f"{name}: a number with at most two decimals.") from e
    return found


def uuid(name: str) -> UUID | None:
    """A UUID; None when absent. Raises BadRequest."""
    sent = text(name)
    return _as_uuid(name, sent) if sent else None


def _as_uuid(name: str, sent: str) -> UUID:
    try:
        return UUID(sent)
    except ValueError as e:
        raise BadRequest(f"{name}: a UUID.") from e


def text(name: str) -> str | None:
    """A filter's text; blank ones count as absent."""
    return trimmed(request.args.get(name, "")) or None


def labels() -> list[tuple[str | None, str | None]]:
    """`labels[0][key]=type&labels[0][value]=promotion` as conditions of a key, a value, or both. Raises BadRequest."""
    conditions = query().get("labels") or {}
    found: list[tuple[str | None, str | None]] = []
    for condition in conditions.values() if isinstance(conditions, dict) else [None]:
        if not isinstance(condition, dict) or condition.keys() - {"key", "value"}:
            raise BadRequest("labels: expected labels[0][key] and labels[0][value].")
        key, value = _text(condition.get("key")), _text(condition.get("value"))
        if key is not None or value is not None:
            found.append((key, value))
    return found


def moment(name: str, of_day: time | None = None) -> datetime | None:
    """A moment in the query string; where `of_day` says which, a day alone stands for one. Raises BadRequest."""
    try:
        at: datetime | None = Moment(of_day).deserialize(request.args.get(name))
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
