"""Every refusal in Open Loyalty's words. Source: contract sections 1, 4.2 and 4.8."""

from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, jsonify, request
from marshmallow import ValidationError
from werkzeug.exceptions import HTTPException

from app.access import errors as access
from app.campaign import errors as campaign
from app.db.engine import OutcomeUnknown
from app.members import errors as members
from app.openloyalty.forms import InvalidForm, tree_for
from app.organizations import errors as organizations
from app.points import errors as points
from app.refusal import AlreadyTaken, Refusal
from app.web import idempotency
from app.web.callers import NotSignedIn
from app.web.door import Busy


class NotOffered(Refusal):
    """What Open Loyalty's later versions can and this service cannot; the message is the answer."""


NOT_FOUND = (
    campaign.CampaignNotFound,
    campaign.CampaignNotActive,
    campaign.CampaignNotYetActive,
    campaign.CampaignOver,
    campaign.CampaignNotYetVisible,
    campaign.CampaignNoLongerVisible,
    campaign.NotTargeted,
    campaign.PhotoNotFound,
    campaign.WrongContext,
    campaign.OutsideHours,
    campaign.RestrictionsNotMet,
    members.CustomerNotFound,
    members.LevelNotFound,
    members.SegmentNotFound,
    access.SellerNotFound,
    organizations.PosNotFound,
    points.AccountNotFound,
    organizations.ChainNotFound,
    organizations.BusinessNotFound,
    organizations.AppNotFound,
    access.TokenNotFound,
    access.LoginNotFound,
)

# Refused business is a 400 with a sentence that clients know by heart.
SENTENCES: dict[type[Refusal], str] = {
    campaign.NoCouponsLeft: "No coupons left",
    campaign.LimitReached: "Limit exceeded",
    campaign.LimitInPeriodReached: "Limit exceeded",
    campaign.LimitPerCustomerReached: "Limit per customer exceeded",
    campaign.NotEnoughPoints: "Not enough points",
    campaign.CustomerNotActive: "Customer is not active",
    campaign.NotOptedIn: "Customer has not opted in",
}

# A value of a form that only the domain could refuse: a 400 with the form's tree.
FORM_FIELDS = (
    organizations.BadChain,
    campaign.RedeemedCouponMissing,
    campaign.LimitUnderUsage,
    campaign.SingleCouponFixed,
    AlreadyTaken,
    access.WeakPassword,
    access.WrongPassword,
    members.UnknownCriterion,
    members.LevelNotFound,
    organizations.PosNotFound,
    points.NotEnoughToSpend,
    points.TooManyPoints,
)

FORBIDDEN = (campaign.CampaignHidden,)
# Open Loyalty answers these with the bare phrase of their status.
BARE_BAD_REQUESTS = (campaign.PurchaseNotFound, campaign.CouponStaysUsed)
# Nothing that Open Loyalty can ask for is refused with these; should it be, the sentence itself is the answer.
OF_OTHER_DIALECTS = (
    campaign.NoRewardLeft,
    campaign.TooManyPointsHeld,
    campaign.BadRestriction,
    campaign.BadCampaign,
    campaign.BadVoucher,
    campaign.VoucherNotFound,
    campaign.VoucherIdentifiersDisagree,
    campaign.VoucherElsewhere,
    campaign.VoucherNotForCustomers,
    campaign.VoucherRedeemed,
    campaign.VoucherNotClaimed,
    campaign.VoucherExpired,
    campaign.VoucherLocked,
    campaign.NotLockable,
    campaign.MoreThanVoucher,
    campaign.RelationNotFound,
    campaign.RelationAlreadyRedeemed,
    campaign.NotAReferralCampaign,
    campaign.CampaignElsewhere,
    campaign.ReferralCodeUnknown,
    campaign.SelfReferral,
    campaign.AlreadyReferred,
    campaign.ReferralWindowClosed,
    campaign.NoReferralCampaign,
    campaign.BasketDiffers,
    organizations.AppWithoutChain,
    members.CustomerElsewhere,
    members.IdentifiersDisagree,
    organizations.DivisionElsewhere,
    campaign.OptInNotNeeded,
    campaign.NotEligible,
    campaign.OptInNotStarted,
    campaign.OptInEnded,
    campaign.OptInLimitReached,
    campaign.BadEvent,
    campaign.CreativeNotFound,
    campaign.BadCreative,
    campaign.CampaignNameTaken,
    campaign.PermalinkTaken,
    campaign.LifecycleRefused,
    members.BadCustomer,
)
UNAUTHORIZED = (access.BadCredentials, access.BadRefreshToken)


def answer(refusal: Refusal) -> Response:
    """The answer to a refusal, on any endpoint."""
    kind = type(refusal)
    if refusal.field and kind in FORM_FIELDS and "form" in g:
        return _json(400, tree_for(g.form, refusal.field, str(refusal)))
    if kind in SENTENCES:
        return _json(400, {"error": SENTENCES[kind]})
    if kind is NotOffered:
        return _json(400, {"error": str(refusal)})
    if kind in NOT_FOUND:
        return error(404)
    if kind in FORBIDDEN:
        return error(403)
    if kind in UNAUTHORIZED:
        return _json(401, {"code": 401, "message": str(refusal)})
    if kind is access.LoginNotActive:
        return _json(400, {"message": str(refusal)})
    if kind is idempotency.KeyReused:
        return error(422, str(refusal))
    return error(400, None if kind in BARE_BAD_REQUESTS else str(refusal))


def error(status: int, message: str | None = None) -> Response:
    """`{"error": {"code": 404, "message": "Not Found"}}`; the status's own phrase unless there is more to say."""
    return _json(status, {"error": {"code": status, "message": message or HTTPStatus(status).phrase}})


def register(app: Flask) -> None:
    """Hang the answers on the application."""
    app.register_error_handler(Refusal, answer)
    app.register_error_handler(InvalidForm, lambda e: _json(400, e.tree))
    app.register_error_handler(ValidationError, lambda e: error(400, str(e)))
    app.register_error_handler(NotSignedIn, _unauthorized)
    app.register_error_handler(
        Busy, lambda e: _retry(error(503, "The service is busy and nothing was changed. Try again."))
    )
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


def _unauthorized(e: NotSignedIn) -> Response:
    response = _json(401, {"code": 401, "message": str(e)})
    response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _retry(response: Response) -> Response:
    response.headers["Retry-After"] = "1"
    return response


def _json(status: int, body: Any) -> Response:
    response = jsonify(body)
    response.status_code = status
    if request.path.startswith("/api"):
        response.headers["Cache-Control"] = "no-store"
    return response
