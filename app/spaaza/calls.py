"""How a call is hung: at its documented address and at those of older clients, with its policy and its page in the manual."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import flask
import flask_smorest
from flask import Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import MethodNotAllowed

from app.doors import allow, anyone
from app.spaaza import access, codes, envelope
from app.spaaza.envelope import Told

EVERYBODY = (access.CUSTOMER, access.ADMIN, access.PRIVILEGED)
STAFF = (access.ADMIN, access.PRIVILEGED)
PREFIXES = ("", "/auth", "/internal")
REFUSED = {
    "400": "Refused: see `error.code`.", "401": "Nobody who may call.", "404": "There is no such object.",
    "422": "The Idempotency-Key was used for another request.",
    "500": "Refused, with the codes that the documents send as 500 (68, 228, 238); or a failure.",
    "503": "Busy, or the outcome is unknown.",
}  # fmt: skip
ERROR = {
    "type": "object",
    "required": ["result"],
    "properties": {
        "result": {"type": "object"},
        "error": {
            "type": "object",
            "properties": {
                "code": {"type": "integer"}, "name": {"type": "string"}, "description": {"type": "string"},
            },
        },
        "errors": {"type": "object", "description": "By code, for versions before 1.4.0."},
    },
}  # fmt: skip

blueprint = flask_smorest.Blueprint("spaaza", __name__, description="The calls of Spaaza")
envelope.register(blueprint)

View = Callable[[], Response]


def call(
    name: str,
    *methods: str,
    roles: tuple[str, ...] = EVERYBODY,
    write: bool = False,
    changes: bool = True,
    chain: str = "chain_id",
    app_for_partners: bool = False,
    chain_since: tuple[int, ...] = (0,),
    prefix: str = "",
    also: tuple[str, ...] = (),
    parameters: Mapping[str, str] | None = None,
    example: Any = None,
    authenticated: bool = True,
) -> Callable[[View], View]:
    """Hang a call at its address and at every other that clients of any age use for it.

    `write` is the permission that it takes, `changes` whether it changes anything: such calls are never made by HEAD or in
    advance, and an Idempotency-Key counts with all their methods. `also` are further names; `parameters` and `example` are
    for the manual.
    """

    def declare(view: View) -> View:
        @wraps(view)
        def guarded() -> ResponseReturnValue:
            if changes:
                _require_intention()
            return view()

        if authenticated:
            find = access.authenticate(write, chain, app_for_partners, chain_since, access.CUSTOMER in roles)
            keyed = frozenset(methods) if changes else frozenset()
            hung = allow(*roles, authenticate=find, keyed=keyed)(guarded)
        else:
            hung = anyone(guarded)
        hung.documents_itself = True  # type: ignore[attr-defined]
        documented = blueprint.doc(
            summary=(view.__doc__ or "").partition("\n")[0],
            parameters=[_parameter(told, text) for told, text in (parameters or {}).items()],
            responses={"200": _described("Done.", _success(name, example))}
            | {status: _described(text, ERROR) for status, text in REFUSED.items()},
        )(hung)
        canonical = f"{prefix}/{name}"
        blueprint.route(canonical, methods=list(methods), endpoint=name)(documented)
        hung_at = {canonical}
        for spelled in (name, *also):
            for place in PREFIXES:
                for address in (f"{place}/{spelled}", f"{place}/{spelled}.json", f"/v1/{spelled}.json"):
                    if address not in hung_at:
                        hung_at.add(address)
                        # Past the manual: it shows a call once.
                        flask.Blueprint.add_url_rule(
                            blueprint, address, endpoint=name, view_func=documented, methods=list(methods)
                        )
        return documented  # type: ignore[no-any-return]

    return declare


def _require_intention() -> None:
    """Nothing is changed by whoever only looks, or looks ahead. Raises MethodNotAllowed or 9425."""
    if request.method == "HEAD":
        raise MethodNotAllowed
    purposes = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
    if any("prefetch" in request.headers.get(name, "").lower() for name in purposes):
        raise Told(codes.PREFETCH_REFUSED)


def _parameter(name: str, text: str) -> dict[str, Any]:
    where = "header" if name.startswith("X-") else "query"
    return {"in": where, "name": name, "description": text, "schema": {"type": "string"}}


def _described(text: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _success(name: str, example: Any) -> dict[str, Any]:
    results: dict[str, Any] = {
        "type": "object",
        "required": ["result_type"],
        "properties": {"result_type": {"type": "string", "enum": [name]}},
    }
    if example is not None:
        results["example"] = example
    return {
        "type": "object",
        "required": ["result", "results"],
        "properties": {
            "result": {"type": "object"},
            "warnings": {"type": "array", "items": {"type": "object"}},
            "results": results,
        },
        "additionalProperties": False,
    }
