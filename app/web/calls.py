"""What the calls of a dialect have in common where it mounts them by itself: intention, and pages in the manual."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from flask import Response, request
from werkzeug.exceptions import MethodNotAllowed

from app.web.door import is_prefetch
from app.web.rejected import Rejected

View = Callable[..., Response]


def with_intention(view: View, code: Any, message: str | None = None) -> View:
    """A call that changes something: nobody makes it by HEAD, and who looks ahead is refused with this code of the dialect."""

    @wraps(view)
    def intended(**named: Any) -> Response:
        if request.method == "HEAD":
            raise MethodNotAllowed
        if is_prefetch():
            raise Rejected(code, message)
        return view(**named)

    return intended


def parameter(where: str, name: str, text: str) -> dict[str, Any]:
    """A parameter in the manual; a star behind its name says that it must be there."""
    required = {"required": True} if name.endswith("*") else {}
    return {"in": where, "name": name.rstrip("*"), "description": text, "schema": {"type": "string"}, **required}


def answer(text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """An answer in the manual."""
    return {"description": text, **content(schema)}


def content(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A body in the manual."""
    return {"content": {"application/json": {"schema": schema}}}


def request_body(schema: Mapping[str, Any]) -> dict[str, Any]:
    """What must be sent, in the manual."""
    return {"required": True, **content(schema)}


def reference(name: str) -> dict[str, Any]:
    """A schema that the document has once, by its name."""
    return {"$ref": f"#/components/schemas/{name}"}
