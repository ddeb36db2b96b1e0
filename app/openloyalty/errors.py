"""Every refusal in Open Loyalty's words. Source: contract sections 1, 4.2 and 4.8."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from flask import Flask, Response, g, jsonify, request
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException

from app import refusal as families
from app.access import errors as access
from app.campaign import errors as campaign
from app.db.engine import OutcomeUnknown
from app.members import errors as members
from app.openloyalty.forms.fields import AT_LEAST_ONE
from app.openloyalty.forms.form import InvalidForm, tree, tree_for
from app.organizations import errors as organizations
from app.points import errors as points
from app.refusal import Refusal, word_for
from app.sales import errors as sales
from app.web import idempotency
from app.web.brakes import TooManyTries
from app.web.callers import BadApiKey, NotSignedIn
from app.web.door import Busy


class NotOffered(Refusal):
    """What a call does not know, or Open Loyalty's later versions can and this service cannot; the message is the answer."""


class Word(NamedTuple):
    """How a refusal is answered: its status, and what the body says.

    `said`: the refusal's own sentence, or the status's phrase, or this text; as `bare`, a sentence that clients know by heart.
    """

    status: int
    said: str | None = None
    bare: bool = False


OWN = "its own sentence"
# By family, and apart those that the documents tell apart. A value of a form that only the domain could refuse is told in its tree.
WORDS: Mapping[type[Refusal], Word] = {
    families.Missing: Word(404),
    families.Closed: Word(404),
    families.Excluded: Word(400, OWN),
    families.UsedUp: Word(400, OWN),
    families.Unusable: Word(400, OWN),
    families.Conflicting: Word(400, OWN),
    families.Malformed: Word(400, OWN),
    families.Elsewhere: Word(400, OWN),
    families.NotProven: Word(400, OWN),
    campaign.NotTargeted: Word(404),
    campaign.RestrictionsNotMet: Word(404),
    access.MayNotMovePoints: Word(403, OWN),
    access.MayNotChangeAdmin: Word(403, OWN),
    access.MayNotGiveMore: Word(403, OWN),
    access.NotPermitted: Word(403, OWN),
    access.BadLink: Word(404, OWN),
    access.BadCode: Word(404, OWN),
    members.OwnEditsClosed: Word(403, OWN),
    organizations.SharedByAll: Word(403, OWN),
    campaign.MayNotGiveFree: Word(403),
    campaign.NoCouponsLeft: Word(400, "No coupons left", bare=True),
    campaign.LimitReached: Word(400, "Limit exceeded", bare=True),
    campaign.LimitInPeriodReached: Word(400, "Limit exceeded", bare=True),
    campaign.LimitPerCustomerReached: Word(400, "Limit per customer exceeded", bare=True),
    campaign.NotEnoughPoints: Word(400, "Not enough points", bare=True),
    campaign.CustomerNotActive: Word(400, "Customer is not active", bare=True),
    campaign.NotOptedIn: Word(400, "Customer has not opted in", bare=True),
    campaign.BadQuantity: Word(400, OWN, bare=True),
    campaign.PurchaseNotFound: Word(400),
    campaign.CouponStaysUsed: Word(400),
    sales.EventUnknown: Word(400, OWN, bare=True),
    sales.LimitExceeded: Word(400, OWN, bare=True),
    sales.MayNotEarn: Word(400, OWN, bare=True),
    points.CannotBeCancelled: Word(400, OWN, bare=True),
    idempotency.KeyReused: Word(422, OWN),
    NotOffered: Word(400, OWN, bare=True),
}
# Collections of a form that only the domain knows to be needed.
LEFT_EMPTY: Mapping[type[Refusal], tuple[str, ...]] = {
    campaign.NobodyMeant: ("levels", "segments"),
    campaign.NoCodes: ("coupons",),
}
UNAUTHORIZED = (access.BadCredentials, access.BadRefreshToken)


def answer(refusal: Refusal) -> Response:
    """The answer to a refusal, on any endpoint."""
    if type(refusal) in LEFT_EMPTY and "form" in g:
        return _json(400, tree(g.form, {name: [AT_LEAST_ONE] for name in LEFT_EMPTY[type(refusal)]}))
    if refusal.field and "form" in g:
        return _json(400, tree_for(g.form, refusal.field, str(refusal)))
    if isinstance(refusal, UNAUTHORIZED):
        return _json(401, {"code": 401, "message": str(refusal)})
    if isinstance(refusal, access.LoginNotActive):
        return _json(400, {"message": str(refusal)})
    word = word_for(type(refusal), WORDS)
    said = str(refusal) if word.said == OWN else word.said
    return _json(word.status, {"error": said}) if word.bare else error(word.status, said)


def error(status: int, message: str | None = None) -> Response:
    """`{"error": {"code": 404, "message": "Not Found"}}`; the status's own phrase unless there is more to say."""
    return _json(status, {"error": {"code": status, "message": message or HTTPStatus(status).phrase}})


def register(app: Flask) -> None:
    """Hang the answers on the application."""
    app.register_error_handler(Refusal, answer)
    app.register_error_handler(InvalidForm, lambda e: _json(400, e.tree))
    app.register_error_handler(ValidationError, lambda e: error(400, str(e)))
    app.register_error_handler(NotSignedIn, _unauthorized)
    app.register_error_handler(BadApiKey, _forbidden_key)
    app.register_error_handler(Busy, lambda e: _retry(error(503, str(e)), e.seconds))
    app.register_error_handler(TooManyTries, _too_many)
    app.register_error_handler(
        OutcomeUnknown,
        lambda e: _retry(
            error(
                503, "The connection to the database was lost. Look whether the change was made before you repeat it."
            )
        ),
    )


def http_exception(e: HTTPException) -> Response:
    """What Flask itself refuses: unknown addresses, wrong methods, unreadable bodies, and its own failures."""
    status = e.code or 500
    said = e.description if status in {400, 411, 413, 415} and e.description != type(e).description else None
    response = error(status, said)
    for name, value in e.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    if status == 405 and hasattr(e, "valid_methods") and e.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(e.valid_methods))
    return response


def _forbidden_key(e: BadApiKey) -> Response:
    return _json(403, {"message": str(e)})


def _unauthorized(e: NotSignedIn) -> Response:
    response = _json(401, {"code": 401, "message": str(e)})
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _too_many(e: TooManyTries) -> Response:
    response = _json(429, {"code": 429, "message": str(e), "error": {"code": 429, "message": str(e)}})
    response.headers["Retry-After"] = str(e.seconds)
    return response


def _retry(response: Response, seconds: int = 1) -> Response:
    response.headers["Retry-After"] = str(seconds)
    return response


def _json(status: int, body: Any) -> Response:
    response = jsonify(body)
    response.status_code = status
    if request.path.startswith("/api"):
        response.headers["Cache-Control"] = "no-store"
    return response
