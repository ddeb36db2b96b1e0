"""What every answer of SessionM comes in: a status, and what was asked for or an error."""

import re
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from app.db.engine import OutcomeUnknown
from app.refusal import Refusal
from app.sessionm import codes
from app.web import idempotency
from app.web.door import Busy
from app.web.rejected import Rejected


def respond(body: dict[str, Any], status: int = 200) -> Response:
    """The body as it is; its keys stay in their order."""
    response = jsonify(body)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response


def error(code: str, message: str, status: int | None = None) -> Response:
    """`errors` is one object."""
    return respond({"status": "error", "errors": {"code": code, "message": message}}, status or codes.STATUS[code])


def register(blueprint: Blueprint) -> None:
    """Hang the answers on the calls."""
    blueprint.register_error_handler(Rejected, lambda e: _challenge(error(e.code, str(e), e.status)))
    blueprint.register_error_handler(Refusal, _refused)
    blueprint.register_error_handler(HTTPException, http_exception)
    blueprint.register_error_handler(Busy, lambda e: _retry(error(codes.TRY_AGAIN, str(e)), e.seconds))
    blueprint.register_error_handler(OutcomeUnknown, _unknown)


def http_exception(e: HTTPException) -> Response:
    """What Flask itself refuses: unknown addresses, wrong methods, unreadable bodies, and its own failures."""
    status = e.code or 500
    if status >= 500:
        return error(codes.INTERNAL_SERVER_ERROR, "Something went wrong here. Nothing was changed.")
    if status == 403:
        return error(codes.ACCESS_DENIED, "This caller may not do this.")
    if status == 404:
        return error(codes.NOT_FOUND, "There is no such call.")
    if status == 400:
        return error(codes.ARGUMENT_ERROR, str(e.description))
    response = error(codes.ARGUMENT_ERROR, str(e.description), status)
    methods = getattr(e, "valid_methods", None)
    if methods:
        response.headers["Allow"] = ", ".join(sorted(methods))
    return response


def called() -> str:
    """The name of the call that the current request makes, whatever its address and whoever calls."""
    return re.sub(r"__\d+$", "", str(request.endpoint).rpartition(".")[2]).removeprefix("visitor_")


def _refused(refusal: Refusal) -> Response:
    kind = type(refusal)
    if kind in codes.PARENT:
        return error(codes.NOT_FOUND, codes.PARENT[kind], 200)
    status = 422 if kind is idempotency.KeyReused else None
    return error(codes.word(called(), kind), str(refusal), status)


def _challenge(response: Response) -> Response:
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="api_key:api_secret"'
    return response


def _unknown(e: OutcomeUnknown) -> Response:
    said = "The connection to the database was lost. Look whether the change was made before you repeat it."
    return _retry(error(codes.OUTCOME_UNKNOWN, said))


def _retry(response: Response, seconds: int = 1) -> Response:
    response.headers["Retry-After"] = str(seconds)
    return response
