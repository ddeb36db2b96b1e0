"""What every answer of Spaaza comes in: a result, and beside it results, warnings or an error."""

import re
from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from app.campaign.awards.give import Unrewarded
from app.campaign.errors import LimitPerCustomerReached
from app.db.engine import OutcomeUnknown
from app.refusal import Refusal
from app.spaaza import codes
from app.spaaza.codes import ErrorCode
from app.web.brakes import TooManyTries
from app.web.door import Busy, note_unrewarded
from app.web.rejected import Rejected

OK = {"code": 1, "status": "ok"}
ERROR = {"code": 2, "status": "error"}
INTERACT = "interact-campaign"
LATEST = (99, 0, 0)
ERRORS_BY_CODE_UNTIL = (1, 4, 0)
STATUS_CODES = {404: codes.CALL_NOT_FOUND, 405: codes.METHOD_NOT_ALLOWED, 403: codes.ACCESS_DENIED}


def ok(call: str, results: dict[str, Any], warnings: list[dict[str, Any]] | None = None) -> Response:
    """A 200; `result_type`, the call's name, comes last."""
    body: dict[str, Any] = {"result": OK}
    if warnings:
        body["warnings"] = warnings
    return _sent({**body, "results": {**results, "result_type": call}}, 200)


def error(code: ErrorCode, said: str | None = None) -> Response:
    """An error; clients of versions before 1.4.0 get a map by code instead of one object."""
    body = {"code": code.code, "name": code.name, "description": said or code.description}
    if version() < ERRORS_BY_CODE_UNTIL:
        return _sent({"result": ERROR, "errors": {str(code.code): body}}, code.status)
    return _sent({"result": ERROR, "error": body}, code.status)


def warning(code: ErrorCode, said: str, **message: Any) -> dict[str, Any]:
    """One of the warnings of a 200; `message` is for programs."""
    return {"code": code.code, "name": code.name, "description": said, "message": message}


def warnings(call: str, unrewarded: Iterable[Unrewarded]) -> list[dict[str, Any]]:
    """A warning for each campaign that did not reward what a user did, with every reason; counted as well."""
    found = []
    for it in unrewarded:
        note_unrewarded(it.campaign_id, it.reasons[0].code)
        reasons = [reason.code for reason in it.reasons]
        code = codes.word(call, type(it.reasons[0]))
        said = str(it.reasons[0])
        found.append(warning(code, said, campaign_id=it.campaign_id, user_id=it.customer_id, reasons=reasons))
    return found


def version() -> tuple[int, ...]:
    """The version of the API that the client was written for; the latest when it says nothing that can be read."""
    said = re.fullmatch(
        r"([0-9]{1,4})\.([0-9]{1,4})\.([0-9]{1,4})", request.headers.get("X-Spaaza-API-Version", "").strip()
    )
    return tuple(int(part) for part in said.groups()) if said else LATEST


def register(blueprint: Blueprint) -> None:
    """Hang the answers on the calls."""
    blueprint.register_error_handler(Rejected, _rejected)
    blueprint.register_error_handler(Refusal, _refused)
    blueprint.register_error_handler(HTTPException, http_exception)
    blueprint.register_error_handler(Busy, lambda e: _retry(error(codes.TRY_AGAIN, str(e)), e.seconds))
    blueprint.register_error_handler(OutcomeUnknown, lambda e: _retry(error(codes.OUTCOME_UNKNOWN)))
    blueprint.register_error_handler(
        TooManyTries, lambda e: _retry(error(codes.TOO_MANY_TRIES, str(e)), seconds=e.seconds)
    )


def http_exception(e: HTTPException) -> Response:
    """What Flask itself refuses: unknown addresses, wrong methods, unreadable bodies, and its own failures."""
    status = e.code or 500
    if status >= 500:
        return error(codes.INTERNAL_ERROR)
    code = STATUS_CODES.get(status, codes.REQUEST_INVALID._replace(status=status))
    response = error(code, e.description if code.name == codes.REQUEST_INVALID.name else None)
    methods = getattr(e, "valid_methods", None)
    if methods:
        response.headers["Allow"] = ", ".join(sorted(methods))
    return response


def _rejected(e: Rejected) -> Response:
    return error(codes.CODES_OF_CALL.get(called(), {}).get(e.code, e.code), str(e))


def _refused(refusal: Refusal) -> Response:
    call = called()
    first, code = codes.first_reason(call, refusal)
    if call == INTERACT and isinstance(first, LimitPerCustomerReached):
        # "in the case a reward has already been redeemed, a 200 OK response is sent along with a warning"
        said = warning(codes.ALREADY_REWARDED, "This user has had all rewards of the campaign.", limit=first.required)
        return ok(call, {"success": True}, [said])
    return error(code, str(first))


def called() -> str:
    """The name of the call that the current request makes."""
    return str(request.endpoint).rpartition(".")[2]


def _retry(response: Response, seconds: int = 1) -> Response:
    response.headers["Retry-After"] = str(seconds)
    return response


def _sent(body: dict[str, Any], status: int) -> Response:
    response = jsonify(body)
    response.status_code = status
    response.headers["Cache-Control"] = "no-store"
    return response
