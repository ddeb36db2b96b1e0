"""Mounts a call: at all its addresses, with its policy and its page in the manual."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import flask
import flask_smorest
from flask import Response
from marshmallow import Schema

from app.sessionm import access, codes, envelope
from app.web import calls
from app.web.calls import View, with_intention
from app.web.door import allow, anyone

V1, V2, CLIENT = "/priv/v1/apps/<api_key>", "/priv/v2/apps/<api_key>", "/api/v1/apps/<api_key>"
USER = ("/users/<user_id>", "/external/users/<external_id>")
CAMPAIGN = ("/campaigns/<campaign_id>", "/external/campaigns/<permalink>")
REFUSAL = {
    "type": "object",
    "required": ["status", "errors"],
    "properties": {
        "status": {"type": "string", "enum": ["error"]},
        "errors": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {"code": {"type": "string", "enum": sorted(codes.STATUS)}, "message": {"type": "string"}},
        },
    },
    "additionalProperties": False,
}
REFUSED = {
    "401": "Not authorized.",
    "404": "What the address names is not there.",
    "405": "Not with this method.",
    "408": "A body that did not come in time.",
    "411": "A body without Content-Length.",
    "413": "A body that is too large.",
    "415": "A body of a kind that is not read.",
    "429": "Too many wrong tries; `Retry-After` says when to come again.",
    "422": "The Idempotency-Key was used for another request.",
    "500": "A failure; nothing was changed.",
    "503": "Busy, or the outcome is unknown.",
}
NOT_IN_ADVANCE = "This call changes something, and is not made in advance."

blueprint = flask_smorest.Blueprint("sessionm", __name__)
envelope.register(blueprint)


def addresses(*parts: str | tuple[str, ...]) -> list[str]:
    """All addresses that begin with the first part and go on with any of each of the others."""
    found = [""]
    for part in parts:
        found = [begun + end for begun in found for end in ((part,) if isinstance(part, str) else part)]
    return found


def call(
    name: str,
    at: list[str],
    *methods: str,
    changes: bool = False,
    audited: bool = True,
    keyed: bool = True,
    visitors_at: tuple[str, ...] = (),
    parameters: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    answer: type[Schema],
) -> Callable[[View], View]:
    """Mount a call of applications at these addresses, and of whoever has an auth_token at `visitors_at`.

    `changes`: it takes the permission to write, is never made by HEAD or in advance, and an Idempotency-Key counts with all its
    methods, if it is `keyed`. `parameters` of the query, the `body` and the `answer` are for the manual.
    """

    def decorate(view: View) -> View:
        guarded = _guarded(view, changes)
        by_secret = allow(
            access.APPLICATION,
            authenticate=access.by_secret(changes),
            keyed=frozenset(methods if changes and keyed else ()),
            audited=audited,
        )
        _mount(by_secret(_copied(guarded)), name, at, methods, view, parameters, body, answer)
        if visitors_at:
            by_token = allow(access.VISITOR, authenticate=access.by_auth_token, keyed=frozenset())
            described = {"auth_token*": "Of the customer.", **(parameters or {})}
            _mount(
                by_token(_copied(guarded)), f"visitor_{name}", list(visitors_at), methods, view, described, None, answer
            )
        return view

    return decorate


def open_call(name: str, at: list[str], changes: bool) -> Callable[[View], View]:
    """Mount what anybody may get who knows its address; `changes`, not by HEAD or in advance."""

    def decorate(view: View) -> View:
        mounted: Any = anyone(_copied(_guarded(view, changes)))
        mounted.is_no_call = True  # not for the manual: who needs its address is given it
        for i, address in enumerate(at):
            _add(address, name if i == 0 else f"{name}_{i}", mounted, ("GET",))
        return view

    return decorate


def _mount(
    mounted: Any,
    name: str,
    at: list[str],
    methods: tuple[str, ...],
    view: View,
    parameters: Mapping[str, str] | None,
    body: Mapping[str, Any] | None,
    answer: type[Schema],
) -> None:
    mounted.documents_itself = True
    for i, address in enumerate(at):
        described = _manual((view.__doc__ or "").partition("\n")[0], address, methods, parameters or {}, body, answer)
        documented = blueprint.doc(**described)(_copied(mounted))
        blueprint.route(address, methods=list(methods), endpoint=_endpoint(name, i))(documented)


def _endpoint(name: str, i: int) -> str:
    """Each address is an endpoint of its own in the manual; in front of the dot it says which, behind it which call."""
    return name if i == 0 else f"{name}__{i}"


def _add(address: str, endpoint: str, view: Any, methods: tuple[str, ...]) -> None:
    flask.Blueprint.add_url_rule(blueprint, address, endpoint=endpoint, view_func=view, methods=list(methods))


def _copied(view: Any) -> Any:
    """Its policy and its page in the manual are written on it; the same view mounted twice must not share them."""

    @wraps(view)
    def own(**named: Any) -> Response:
        return view(**named)  # type: ignore[no-any-return]

    return own


def _guarded(view: View, changes: bool) -> View:
    @wraps(view)
    def guarded(**named: Any) -> Response:
        return view()  # which looks up what the address names

    return with_intention(guarded, codes.ARGUMENT_ERROR, NOT_IN_ADVANCE) if changes else guarded


def _manual(
    summary: str,
    address: str,
    methods: tuple[str, ...],
    described: Mapping[str, str],
    body: Mapping[str, Any] | None,
    answer: type[Schema],
) -> dict[str, Any]:
    refusal = calls.reference("SessionMRefusal")
    page: dict[str, Any] = {
        "summary": summary,
        "parameters": [calls.parameter("query", name, text) for name, text in described.items()],
        "responses": {"200": calls.answer("Done, or refused: see `status`.", {"oneOf": [answer, refusal]})}
        | {status: calls.answer(text, refusal) for status, text in REFUSED.items()},
        "security": [] if address.startswith(CLIENT) else [{"sessionmBasic": []}, {"bearer": []}],
    }
    if body is not None:
        page["requestBody"] = calls.request_body({"type": "object", "properties": body})
    return page
