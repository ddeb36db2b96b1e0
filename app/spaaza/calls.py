"""How a call is hung: at its documented address and at those of older clients, with its policy and its page in the manual."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import flask
import flask_smorest
from flask import Response, request
from werkzeug.exceptions import MethodNotAllowed

from app.spaaza import access, codes, envelope
from app.web.door import allow, anyone, is_prefetch
from app.web.rejected import Rejected

EVERYBODY = (access.CUSTOMER, access.ADMIN, access.PRIVILEGED)
STAFF = (access.ADMIN, access.PRIVILEGED)
PREFIXES = ("", "/auth", "/internal")
REFUSED = {
    "400": "Refused: see `error.code`.",
    "401": "Nobody who may call.",
    "404": "There is no such object.",
    "422": "The Idempotency-Key was used for another request.",
    "500": "Refused, with the codes that the documents send as 500 (68, 228, 238); or a failure.",
    "503": "Busy, or the outcome is unknown.",
}
ERROR = {
    "type": "object",
    "required": ["result"],
    "properties": {
        "result": {"type": "object"},
        "error": {
            "type": "object",
            "properties": {"code": {"type": "integer"}, "name": {"type": "string"}, "description": {"type": "string"}},
        },
        "errors": {"type": "object", "description": "By code, for versions before 1.4.0."},
    },
}

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
    advance, and an Idempotency-Key counts with all their methods. `also` are further names. `parameters` (with a star behind
    the names that must be there) and `example` are for the manual.
    """

    def decorate(view: View) -> View:
        guarded = _guarded(view) if changes else view
        if authenticated:
            customers = access.CUSTOMER in roles
            find = access.authenticate(write, chain, app_for_partners, chain_since, customers)
            mounted: Any = allow(*roles, authenticate=find, keyed=frozenset(methods if changes else ()))(guarded)
        else:
            mounted = anyone(guarded)
        mounted.documents_itself = True
        described = _manual(
            name, (view.__doc__ or "").partition("\n")[0], methods, parameters or {}, example, authenticated
        )
        documented: View = blueprint.doc(**described)(mounted)
        _mount(documented, name, methods, prefix, also)
        return documented

    return decorate


def _guarded(view: View) -> View:
    @wraps(view)
    def guarded() -> Response:
        _require_intention()
        return view()

    return guarded


def _mount(view: View, name: str, methods: tuple[str, ...], prefix: str, also: tuple[str, ...]) -> None:
    canonical = f"{prefix}/{name}"
    blueprint.route(canonical, methods=list(methods), endpoint=name)(view)
    addresses = {f"{place}/{spelled}{end}" for spelled in (name, *also) for place in PREFIXES for end in ("", ".json")}
    addresses |= {f"/v1/{spelled}.json" for spelled in (name, *also)}
    for address in sorted(addresses - {canonical}):
        # Past the manual: it shows a call once.
        flask.Blueprint.add_url_rule(blueprint, address, endpoint=name, view_func=view, methods=list(methods))


def _require_intention() -> None:
    """Nothing is changed by whoever only looks, or looks ahead. Raises MethodNotAllowed or 9425."""
    if request.method == "HEAD":
        raise MethodNotAllowed
    if is_prefetch():
        raise Rejected(codes.PREFETCH_REFUSED)


def _manual(
    name: str, summary: str, methods: tuple[str, ...], described: Mapping[str, str], example: Any, authenticated: bool
) -> dict[str, Any]:
    """The call's page: headers and, for calls that can be made by GET, a query; otherwise a form or JSON."""
    headers = {key: text for key, text in described.items() if key.startswith("X-")}
    values = {key: text for key, text in described.items() if key not in headers}
    page: dict[str, Any] = {
        "summary": summary,
        "parameters": [_parameter("header", key, text) for key, text in headers.items()],
        "responses": {"200": _described("Done.", _success(name, example))}
        | {status: _described(text, ERROR) for status, text in REFUSED.items()},
        "security": [{"bearer": []}, {"spaazaUser": [], "spaazaKey": []}] if authenticated else [],
    }
    if "GET" in methods:
        page["parameters"] += [_parameter("query", key, text) for key, text in values.items()]
    elif values:
        schema = {
            "type": "object",
            "properties": {key.rstrip("*"): {"description": text} for key, text in values.items()},
        }
        required = [key.rstrip("*") for key in values if key.endswith("*")]
        schema |= {"required": required} if required else {}
        content = {"application/json": {"schema": schema}, "application/x-www-form-urlencoded": {"schema": schema}}
        page["requestBody"] = {"content": content}
    return page


def _parameter(where: str, name: str, text: str) -> dict[str, Any]:
    required = {"required": True} if name.endswith("*") else {}
    return {"in": where, "name": name.rstrip("*"), "description": text, "schema": {"type": "string"}, **required}


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
