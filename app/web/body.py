"""What a client sent, as nested dicts of text: PHP's bracket names and JSON give the same structure.

Bounded in fields, depth and indices; what is malformed, doubled or contradictory is refused rather than guessed.
"""

import json
import math
import re
from collections.abc import Iterable
from typing import Any, cast
from urllib.parse import parse_qsl

from flask import request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

FIELDS_MAX = 2_000
DEPTH_MAX = 8
INDEX_MAX = 9_999
NAME_LENGTH_MAX = 200
JSON_VALUES_MAX = 50_000

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


def body() -> dict[str, Any]:
    """The body of the current request; empty when there is none. Raises BadRequest or UnsupportedMediaType."""
    if not request.content_length:
        return {}
    if request.mimetype == "application/json":
        return json_body(request.get_data())
    if request.mimetype == "application/x-www-form-urlencoded":
        return nested(_pairs(request.get_data()))
    if request.mimetype == "multipart/form-data":
        return nested(_multipart_pairs())
    raise UnsupportedMediaType(
        "Send application/json, application/x-www-form-urlencoded or multipart/form-data"
        f", not {request.mimetype or 'a body without a Content-Type'}."
    )


def query() -> dict[str, Any]:
    """The query string of the current request. Raises BadRequest."""
    return nested(_pairs(request.query_string))


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`[("a[b][]", "1"), ("a[b][]", "2")]` is `{"a": {"b": {"0": "1", "1": "2"}}}`. Raises BadRequest."""
    root: dict[str, Any] = {}
    for name, value in pairs:
        _require_text(name)
        _require_text(value)
        *path, last = _path(name)
        place = root
        for key in path:
            place = place.setdefault(_key(place, key), {})
            if not isinstance(place, dict):
                raise BadRequest(f"The field {_quoted(name)} contradicts a field without brackets.")
        last = _key(place, last)
        if last in place:
            raise BadRequest(f"The field {_quoted(name)} was sent twice, or contradicts another.")
        place[last] = value
    return root


def _path(name: str) -> list[str]:
    if len(name) > NAME_LENGTH_MAX:
        raise BadRequest(f"The field name {_quoted(name)} is too long.")
    match = _NAME.fullmatch(name)
    if match is None:
        raise BadRequest(f"The field name {_quoted(name)} has malformed brackets.")
    keys = [match[1], *re.findall(r"\[([^\[\]]*)\]", match[2])]
    if len(keys) > DEPTH_MAX:
        raise BadRequest(f"The field {_quoted(name)} is nested too deeply.")
    for key in keys[1:]:
        if key.isdecimal() and (len(key) > len(str(INDEX_MAX)) or int(key) > INDEX_MAX):
            raise BadRequest(f"The field {_quoted(name)} has too large an index.")
    return keys


def _key(place: dict[str, Any], key: str) -> str:
    """`[]` is the next free index."""
    return key or str(1 + max((int(k) for k in place if k.isdecimal()), default=-1))


def _pairs(data: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            data.decode("utf-8-sig"),  # a byte order mark is no part of the first name
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=FIELDS_MAX,
        )
    except UnicodeDecodeError as e:
        raise BadRequest("The text is not UTF-8.") from e
    except ValueError as e:
        raise BadRequest(f"There are more than {FIELDS_MAX} fields.") from e


def _multipart_pairs() -> list[tuple[str, str]]:
    pairs = list(request.form.items(multi=True))
    # The parser gives None for a part without a name, whatever its type says.
    if any(cast(Any, name) is None for name, _ in [*pairs, *request.files.items(multi=True)]):
        raise BadRequest("A part of the form has no name.")
    if any("�" in name + value for name, value in pairs):
        raise BadRequest("The text is not UTF-8.")
    return pairs


def json_body(data: bytes, depth_max: int = DEPTH_MAX) -> dict[str, Any]:
    """An object in JSON. Raises BadRequest."""
    try:
        value = json.loads(
            data.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_finite
        )
    except UnicodeDecodeError as e:
        raise BadRequest("The text is not UTF-8.") from e
    except RecursionError as e:
        raise BadRequest("The JSON is nested too deeply.") from e
    except json.JSONDecodeError as e:
        raise BadRequest(f"The body is not valid JSON: {e}.") from e
    except ValueError as e:
        raise BadRequest("The body is not valid JSON: it holds a number that none can be.") from e
    if not isinstance(value, dict):
        raise BadRequest("The JSON must be an object.")
    _require_bounded(value, depth_max)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadRequest("A name stands twice in one JSON object.")
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON value")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large")
    return number


def _require_bounded(value: Any, depth_max: int) -> None:
    waiting: list[tuple[Any, int]] = [(value, 0)]
    seen = 0
    while waiting:
        item, depth = waiting.pop()
        seen += 1
        if depth > depth_max:
            raise BadRequest("The JSON is nested too deeply.")
        if seen > JSON_VALUES_MAX:
            raise BadRequest(f"The JSON holds more than {JSON_VALUES_MAX} values.")
        if isinstance(item, str):
            _require_text(item)
        elif isinstance(item, dict):
            for name in item:
                _require_text(name)
                if len(name) > NAME_LENGTH_MAX:
                    raise BadRequest(f"The field name {_quoted(name)} is too long.")
            waiting.extend((child, depth + 1) for child in item.values())
        elif isinstance(item, list):
            waiting.extend((child, depth + 1) for child in item)


def _require_text(text: str) -> None:
    if "\0" in text:
        raise BadRequest("Text must not hold the NUL character.")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as e:
        raise BadRequest("Text must not hold half a surrogate pair.") from e


def _quoted(name: str) -> str:
    return repr(name if len(name) <= 60 else name[:60] + "…")
