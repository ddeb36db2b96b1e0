"""Mounts a call: at its documented address and at those of older clients, with its policy and its page in the manual."""

from collections.abc import Callable, Collection, Mapping
from functools import wraps
from typing import Any

import flask
import flask_smorest
from flask import Response
from marshmallow import Schema

from app.spaaza import access, codes, envelope, schemas
from app.spaaza.parameters import IDENTIFIERS, invalid
from app.spaaza.parameters import parameters as parameters_sent
from app.web import calls
from app.web.answers import word
from app.web.calls import View, with_intention
from app.web.door import allow, anyone

EVERYBODY = (access.CUSTOMER, access.ADMIN, access.PRIVILEGED)
STAFF = (access.ADMIN, access.PRIVILEGED)
KNOWN = {"chain_id", "auth_method"}  # of every call
PREFIXES = ("", "/auth", "/internal")
REFUSED = {
    "400": "Refused: see `error.code`.",
    "401": "Nobody who may call.",
    "404": "There is no such object.",
    "405": "Not with this method.",
    "408": "A body that did not come in time.",
    "411": "A body without Content-Length.",
    "413": "A body that is too large.",
    "415": "A body of a kind that is not read.",
    "429": "Too many wrong tries; `Retry-After` says when to come again.",
    "422": "The Idempotency-Key was used for another request.",
    "500": "Refused, with the codes that the documents send as 500 (68, 228, 238); or a failure.",
    "503": "Busy, or the outcome is unknown.",
}
REFUSAL = {
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

blueprint = flask_smorest.Blueprint("spaaza", __name__)
envelope.register(blueprint)


def call(
    name: str,
    *methods: str,
    roles: tuple[str, ...] = EVERYBODY,
    write: bool = False,
    partners_write: bool = False,
    changes: bool = True,
    chain: str = "chain_id",
    app_for_partners: bool = False,
    chain_since: tuple[int, ...] = (0,),
    prefix: str = "",
    also: tuple[str, ...] = (),
    parameters: Mapping[str, str] | None = None,
    authenticated: bool = True,
    infers_chain: bool = False,
    knows: Collection[str] = (),
    results: type[Schema],
) -> Callable[[View], View]:
    """Mount a call at its address and at every other that clients of any age use for it.

    `write` is the permission that it takes, and `partners_write` that only partners need; `changes` whether it changes anything:
    such calls are never made by HEAD or in advance, and an Idempotency-Key counts with all their methods. `also` are further
    names. `infers_chain`: the chain follows from what the staff names where it does not say it. A call knows
    its `parameters` and what it `knows` beside them, and refuses the rest by name: nobody believes that it was heard. A
    star behind one of the `parameters` says that it must be there; `results` are for the manual.
    """

    def decorate(view: View) -> View:
        known = KNOWN | {name.rstrip("*").partition("[")[0] for name in parameters or {}} | set(knows)
        if "user_id" in known:
            known |= IDENTIFIERS.keys()
        refusing = _refusing_unknown(view, known)
        guarded = with_intention(refusing, codes.PREFETCH_REFUSED) if changes else refusing
        if authenticated:
            customers = access.CUSTOMER in roles
            find = access.authenticate(
                write, write or partners_write, chain, app_for_partners, chain_since, customers, infers_chain
            )
            mounted: Any = allow(*roles, authenticate=find, keyed=frozenset(methods if changes else ()))(guarded)
        else:
            mounted = anyone(guarded)
        mounted.documents_itself = True
        described = _manual(
            (name, *also), (view.__doc__ or "").partition("\n")[0], methods, parameters or {}, authenticated, results
        )
        documented: View = blueprint.doc(**described)(mounted)
        _mount(documented, name, methods, prefix, also)
        return documented

    return decorate


def called_as() -> str:
    """The name by which the current request calls, one of several."""
    return flask.request.path.rpartition("/")[2].removesuffix(".json")


def _refusing_unknown(view: View, known: Collection[str]) -> View:
    @wraps(view)
    def refusing(**named: Any) -> Response:
        unknown = sorted(parameters_sent().values.keys() - set(known))
        if unknown:
            raise invalid(", ".join(unknown), "nothing by this name, which the call does not know")
        return view(**named)

    return refusing


def _mount(view: View, name: str, methods: tuple[str, ...], prefix: str, also: tuple[str, ...]) -> None:
    canonical = f"{prefix}/{name}"
    blueprint.route(canonical, methods=list(methods), endpoint=name)(view)
    addresses = {f"{place}/{spelled}{end}" for spelled in (name, *also) for place in PREFIXES for end in ("", ".json")}
    addresses |= {f"/v1/{spelled}.json" for spelled in (name, *also)}
    for address in sorted(addresses - {canonical}):
        # Past the manual: it shows a call once.
        flask.Blueprint.add_url_rule(blueprint, address, endpoint=name, view_func=view, methods=list(methods))


def _manual(
    names: tuple[str, ...],
    summary: str,
    methods: tuple[str, ...],
    described: Mapping[str, str],
    authenticated: bool,
    results: type[Schema],
) -> dict[str, Any]:
    """The call's page: headers and, for calls that can be made by GET, a query; otherwise a form or JSON."""
    headers = {key: text for key, text in described.items() if key.startswith("X-")}
    values = {key: text for key, text in described.items() if key not in headers}
    page: dict[str, Any] = {
        "summary": summary,
        "parameters": [calls.parameter("header", key, text) for key, text in headers.items()],
        "responses": {"200": calls.answer("Done.", _success(names, results))}
        | {status: calls.answer(text, calls.reference("SpaazaRefusal")) for status, text in REFUSED.items()},
        "security": [{"bearer": []}, {"spaazaUser": [], "spaazaKey": []}] if authenticated else [],
    }
    if "GET" in methods:
        page["parameters"] += [calls.parameter("query", key, text) for key, text in values.items()]
    elif values:
        schema = {
            "type": "object",
            "properties": {key.rstrip("*"): {"description": text} for key, text in values.items()},
        }
        required = [key.rstrip("*") for key in values if key.endswith("*")]
        schema |= {"required": required} if required else {}
        page["requestBody"] = calls.request_body(schema)
    return page


def _success(names: tuple[str, ...], results: type[Schema]) -> dict[str, Any]:
    called = "".join(part.capitalize() for part in names[0].split("-"))
    return {
        "type": "object",
        "required": ["result", "results"],
        "properties": {
            "result": schemas.ResultStatus,
            "warnings": {"type": "array", "items": schemas.WarningView},
            "results": type(f"{called}Results", (results,), {"result_type": word(names)}),
        },
        "additionalProperties": False,
    }
