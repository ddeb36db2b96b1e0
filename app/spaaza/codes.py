"""Spaaza's codes, and which one every call has for every refusal of the domain.

Codes from 9001 on are ours: Spaaza's documents name none for these cases. Source: contract sections 3.1 to 3.3.
"""

from collections.abc import Mapping
from typing import NamedTuple

from app import refusal
from app.access import errors as access
from app.campaign import errors as campaign
from app.members import errors as members
from app.organizations import errors as organizations
from app.points import errors as points
from app.refusal import Refusal, word_for
from app.sales import errors as sales
from app.web import idempotency
from app.wording import errors as wording


class ErrorCode(NamedTuple):
    """What a program compares (`code`, `name`), the HTTP status it comes with, and a sentence for people."""

    code: int
    name: str
    status: int
    description: str


HTTP_VARS_MISSING = ErrorCode(3, "http_vars_missing", 400, "This call lacks some values that it needs.")
PASSWORD_ERROR = ErrorCode(5, "password_error_or_non_existent", 401, "The user name or the password is wrong.")
NO_VALID_SESSION = ErrorCode(6, "no_valid_session", 401, "Sign in, and send a valid session key.")
# Its status is the documents': clients know this code as a 500.
PERMISSION_DENIED = ErrorCode(
    68,
    "permission_denied_or_non_existent",
    500,
    "This caller has no permission for this object, or there is no such object.",
)
USER_ID_INVALID = ErrorCode(154, "user_id_invalid", 400, "user_id is an integer of at most ten digits.")
VOUCHER_NOT_FOUND = ErrorCode(183, "voucher_not_found", 404, "There is no such voucher.")
CHAIN_ID_NOT_FOUND = ErrorCode(217, "chain_id_not_found", 400, "There is no chain with this chain_id.")
AUTH_METHOD_INVALID = ErrorCode(
    228,
    "auth_method_invalid",
    500,
    "Send either a session or an access token, and no auth_method but user, admin or privileged.",
)
MYPRICE_APP_NOT_FOUND = ErrorCode(238, "myprice_app_not_found", 500, "There is no app with this host name.")
CAMPAIGN_ID_NOT_PRESENT = ErrorCode(245, "campaign_id_not_present", 400, "campaign_id is missing.")
CAMPAIGN_ID_NOT_FOUND = ErrorCode(246, "campaign_id_not_found", 404, "There is no campaign with this campaign_id.")
CAMPAIGN_ID_INVALID = ErrorCode(247, "campaign_id_invalid", 400, "campaign_id is an integer.")
APP_WITHOUT_ENTITY = ErrorCode(264, "myprice_app_without_entity", 400, "The app belongs to no chain.")
AUTHORIZATION_INVALID = ErrorCode(
    265, "authorization_invalid", 400, "The Authorization header is not `Bearer <token>`."
)
ACCESS_TOKEN_INVALID = ErrorCode(266, "access_token_invalid", 401, "The access token is unknown, expired or revoked.")
NO_VALID_USER = ErrorCode(267, "no_valid_user", 401, "Name a valid user.")
NO_MYPRICE_APP = ErrorCode(269, "no_myprice_app", 400, "The header X-Spaaza-MyPrice-App-Hostname is missing.")
USER_NOT_FOUND = ErrorCode(270, "user_not_found", 404, "There is no such user.")
CAMPAIGN_TYPE_NOT_SUPPORTED = ErrorCode(
    403, "campaign_type_not_supported", 400, "The campaign is not of a type that this call serves."
)
ENTITY_MISMATCH = ErrorCode(
    405, "entity_mismatch", 400, "The user, campaign or voucher belongs to another chain or user."
)
CAMPAIGN_NOT_FOUND = ErrorCode(413, "campaign_not_found", 400, "There is no such campaign.")
MULTIPLE_PARAMETER_MISMATCH = ErrorCode(
    416, "multiple_parameter_mismatch", 400, "The identifiers name different objects."
)
PARAMETER_INVALID = ErrorCode(419, "parameter_invalid", 400, "A value has the wrong format.")
ACCESS_DENIED = ErrorCode(424, "access_denied", 400, "This user or caller may not do this.")
CAMPAIGN_NOT_ACTIVE = ErrorCode(449, "campaign_not_active", 400, "The campaign is not active.")
CAMPAIGN_FULLY_REDEEMED = ErrorCode(450, "campaign_fully_redeemed", 400, "The campaign's rewards have all been given.")
INSUFFICIENT_POINTS = ErrorCode(451, "insufficient_points_for_interaction", 400, "There are not enough points.")
RELATION_NOT_FOUND = ErrorCode(502, "referral_relation_not_found", 400, "There is no such referral relation.")
RELATION_ALREADY_REDEEMED = ErrorCode(
    504, "referral_relation_already_redeemed", 400, "The referral has been rewarded already."
)
VOUCHER_ALREADY_REDEEMED = ErrorCode(9001, "voucher_already_redeemed", 400, "The voucher has been redeemed already.")
VOUCHER_EXPIRED = ErrorCode(9002, "voucher_expired", 400, "The voucher has expired.")
VOUCHER_LOCKED = ErrorCode(9003, "voucher_locked", 400, "The voucher is locked for another basket.")
VOUCHER_NOT_CLAIMED = ErrorCode(9004, "voucher_not_claimed", 400, "The voucher must be claimed first.")
VOUCHER_NOT_LOCKABLE = ErrorCode(9005, "voucher_not_lockable", 400, "Only vouchers for baskets can be locked.")
VOUCHER_AMOUNT_EXCEEDED = ErrorCode(9006, "voucher_amount_exceeded", 400, "The voucher is not worth that much.")
REFERRAL_CODE_NOT_FOUND = ErrorCode(9010, "referral_code_not_found", 400, "Nobody has this referral code.")
SELF_REFERRAL = ErrorCode(9011, "self_referral", 400, "Nobody can refer themselves.")
ALREADY_REFERRED = ErrorCode(9012, "already_referred", 400, "The user has been referred already.")
REFERRAL_WINDOW_CLOSED = ErrorCode(
    9013, "referral_code_submission_window_closed", 400, "It is too late to apply a referral code."
)
NO_REFERRAL_CAMPAIGN = ErrorCode(
    9014, "no_referral_campaign", 400, "No referral campaign is open to the referring user."
)
BASKET_DIFFERS = ErrorCode(9020, "basket_reference_conflict", 400, "Another basket has this reference.")
ALREADY_TAKEN = ErrorCode(9030, "already_taken", 400, "This value belongs to another user.")
KEY_REUSED = ErrorCode(9040, "idempotency_key_reused", 422, "This Idempotency-Key was used for another request.")
CALL_NOT_FOUND = ErrorCode(9404, "call_not_found", 404, "There is no such call.")
METHOD_NOT_ALLOWED = ErrorCode(9405, "method_not_allowed", 405, "This call does not take this method.")
REQUEST_INVALID = ErrorCode(9411, "request_invalid", 400, "The request cannot be read.")
PREFETCH_REFUSED = ErrorCode(9425, "prefetch_refused", 400, "This call changes something, and is not made in advance.")
INTERNAL_ERROR = ErrorCode(9500, "internal_error", 500, "Something went wrong here. Nothing was changed.")
TRY_AGAIN = ErrorCode(9503, "try_again", 503, "The service is busy and nothing was changed. Try again.")
TOO_MANY_TRIES = ErrorCode(9429, "too_many_tries", 429, "There were too many wrong tries. Try again later.")
OUTCOME_UNKNOWN = ErrorCode(
    9504,
    "outcome_unknown",
    503,
    "The connection to the database was lost. Look whether the change was made before you repeat it.",
)

# A reward that this user has had already is no error of interact-campaign: its 200 carries this warning.
ALREADY_REWARDED = CAMPAIGN_FULLY_REDEEMED

WORDS: Mapping[type[Refusal], ErrorCode] = {
    refusal.Closed: CAMPAIGN_NOT_ACTIVE,
    refusal.Excluded: ACCESS_DENIED,
    refusal.UsedUp: CAMPAIGN_FULLY_REDEEMED,
    refusal.Malformed: PARAMETER_INVALID,
    refusal.Elsewhere: ENTITY_MISMATCH,
    refusal.Conflicting: ALREADY_TAKEN,
    campaign.CampaignNotFound: CAMPAIGN_ID_NOT_FOUND,
    campaign.CreativeNotFound: CALL_NOT_FOUND,
    campaign.RevisionNotFound: CALL_NOT_FOUND,
    campaign.NotEnoughPoints: INSUFFICIENT_POINTS,
    campaign.NotAReferralCampaign: CAMPAIGN_TYPE_NOT_SUPPORTED,
    campaign.PhotoNotFound: CALL_NOT_FOUND,
    campaign.CategoryNotFound: CALL_NOT_FOUND,
    wording.LetterKindUnknown: CALL_NOT_FOUND,
    campaign.PurchaseNotFound: VOUCHER_NOT_FOUND,
    campaign.CouponStaysUsed: VOUCHER_ALREADY_REDEEMED,
    campaign.VoucherNotFound: VOUCHER_NOT_FOUND,
    campaign.VoucherIdentifiersDisagree: MULTIPLE_PARAMETER_MISMATCH,
    campaign.VoucherRedeemed: VOUCHER_ALREADY_REDEEMED,
    campaign.VoucherNotClaimed: VOUCHER_NOT_CLAIMED,
    campaign.VoucherExpired: VOUCHER_EXPIRED,
    campaign.VoucherLocked: VOUCHER_LOCKED,
    campaign.NotLockable: VOUCHER_NOT_LOCKABLE,
    campaign.MoreThanVoucher: VOUCHER_AMOUNT_EXCEEDED,
    campaign.RelationNotFound: RELATION_NOT_FOUND,
    campaign.RelationAlreadyRedeemed: RELATION_ALREADY_REDEEMED,
    campaign.ReferralCodeUnknown: REFERRAL_CODE_NOT_FOUND,
    campaign.SelfReferral: SELF_REFERRAL,
    campaign.AlreadyReferred: ALREADY_REFERRED,
    campaign.ReferralWindowClosed: REFERRAL_WINDOW_CLOSED,
    campaign.NoReferralCampaign: NO_REFERRAL_CAMPAIGN,
    sales.SaleDiffers: BASKET_DIFFERS,
    sales.SaleNotFound: PARAMETER_INVALID,
    sales.RuleNotFound: PARAMETER_INVALID,
    sales.EventUnknown: PARAMETER_INVALID,
    sales.LimitExceeded: PARAMETER_INVALID,
    sales.MayNotEarn: NO_VALID_USER,
    sales.MoreThanSale: PARAMETER_INVALID,
    sales.AlreadyAssigned: PARAMETER_INVALID,
    members.CustomerNotFound: USER_NOT_FOUND,
    members.IdentifiersDisagree: MULTIPLE_PARAMETER_MISMATCH,
    access.WrongPassword: PASSWORD_ERROR,
    access.MayNotMovePoints: PERMISSION_DENIED,
    access.BadCredentials: PASSWORD_ERROR,
    access.BadRefreshToken: NO_VALID_SESSION,
    access.BadLink: NO_VALID_SESSION,
    access.BadCode: NO_VALID_SESSION,
    access.NoCodeNeeded: PARAMETER_INVALID,
    access.CannotBeSentTo: PARAMETER_INVALID,
    access.RoleNotFound: PARAMETER_INVALID,
    access.RoleInUse: PARAMETER_INVALID,
    access.WeakApiKey: PARAMETER_INVALID,
    access.LoginNotActive: NO_VALID_USER,
    access.LoginNotFound: NO_VALID_USER,
    organizations.ChainNotFound: CHAIN_ID_NOT_FOUND,
    organizations.BusinessNotFound: CHAIN_ID_NOT_FOUND,
    organizations.DivisionElsewhere: PERMISSION_DENIED,
    organizations.AppNotFound: MYPRICE_APP_NOT_FOUND,
    organizations.AppWithoutChain: APP_WITHOUT_ENTITY,
    organizations.SharedByAll: PERMISSION_DENIED,
    access.TokenNotFound: ACCESS_TOKEN_INVALID,
    members.LevelNotFound: PARAMETER_INVALID,
    members.OwnEditsClosed: PARAMETER_INVALID,
    members.SegmentNotFound: PARAMETER_INVALID,
    access.SellerNotFound: USER_NOT_FOUND,
    access.AdminNotFound: USER_NOT_FOUND,
    access.MayNotChangeAdmin: PERMISSION_DENIED,
    access.MayNotGiveMore: PERMISSION_DENIED,
    access.NotPermitted: PERMISSION_DENIED,
    organizations.PosNotFound: PARAMETER_INVALID,
    organizations.TranslationNotFound: PARAMETER_INVALID,
    points.AccountNotFound: USER_NOT_FOUND,
    points.EntryNotFound: PARAMETER_INVALID,
    points.CannotBeCancelled: PARAMETER_INVALID,
    points.NotEnoughToSpend: INSUFFICIENT_POINTS,
    idempotency.KeyReused: KEY_REUSED,
}

# The same refusal has another code where a call's own document says so.
WORDS_OF_CALL: Mapping[str, Mapping[type[Refusal], ErrorCode]] = {
    "complete-referral-relation": {
        campaign.CampaignNotFound: CAMPAIGN_NOT_FOUND,
        # Its document knows neither that nothing is left nor that somebody has had enough.
        campaign.LimitReached: ACCESS_DENIED,
        campaign.LimitInPeriodReached: ACCESS_DENIED,
        campaign.LimitPerCustomerReached: ACCESS_DENIED,
        campaign.NoRewardLeft: ACCESS_DENIED,
        campaign.NoCouponsLeft: ACCESS_DENIED,
    }
}
# Nor does it know of malformed values.
CODES_OF_CALL: Mapping[str, Mapping[ErrorCode, ErrorCode]] = {
    "complete-referral-relation": {PARAMETER_INVALID: HTTP_VARS_MISSING}
}

# Of several true reasons a call tells the one that its document checks first.
FIRST_TOLD = (CAMPAIGN_ID_NOT_FOUND, CAMPAIGN_NOT_ACTIVE, ACCESS_DENIED, CAMPAIGN_FULLY_REDEEMED, INSUFFICIENT_POINTS)


def word(call: str, kind: type[Refusal]) -> ErrorCode:
    """The code of a call for a refusal."""
    return WORDS_OF_CALL.get(call, {}).get(kind) or word_for(kind, WORDS)


def first_reason(call: str, refused: Refusal) -> tuple[Refusal, ErrorCode]:
    """Which of a refusal's reasons the call tells, and its code. That this user was rewarded already comes before others were."""

    def place(reason: Refusal) -> tuple[int, bool]:
        code = word(call, type(reason))
        order = FIRST_TOLD.index(code) if code in FIRST_TOLD else -1
        return order, not isinstance(reason, campaign.LimitPerCustomerReached)

    first = min((refused, *refused.others), key=place)
    return first, word(call, type(first))
