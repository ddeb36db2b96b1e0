"""SessionM's codes, their statuses, and which one every call has for every refusal of the domain.

Refused business is a 200 whose body says "error"; who may not call is a 401, what an address names and is not there a 404.
Source: SessionM, "Generic Statuses and Errors"; contract section 3.4.
"""

from collections.abc import Mapping

from app.access import errors as access
from app.campaign import errors as campaign
from app.members import errors as members
from app.organizations import errors as organizations
from app.points import errors as points
from app.refusal import AlreadyTaken, Refusal
from app.web import idempotency

ARGUMENT_ERROR = "argument_error"
MISSING_DATA = "missing_data"
VALIDATION = "validation"
NOT_FOUND = "not_found"
NOT_AVAILABLE = "not_available"
USER_NOT_FOUND = "user_not_found"
INVALID_API_KEY = "invalid_api_key"
INVALID_AUTH_TOKEN = "invalid_auth_token"
REQUIRES_REGISTERED_USER = "requires_registered_user"
ACCESS_DENIED = "access_denied"
INTERNAL_SERVER_ERROR = "internal_server_error"
NO_CAMPAIGN_FOUND = "no_campaign_found"
NO_ACTIVE_CAMPAIGN_FOUND = "no_active_campaign_found"
USER_INELIGIBLE = "user_ineligible_for_campaign"
OPT_IN_NOT_STARTED = "opt_in_not_started"
OPT_IN_ENDED = "opt_in_ended"
OPT_IN_LIMIT_REACHED = "opt_in_limit_reached"
OPT_IN_ERROR = "opt_in_error"
TRY_AGAIN = "try_again"  # ours, as the next: the documents name none
OUTCOME_UNKNOWN = "outcome_unknown"

STATUS: Mapping[str, int] = {
    ARGUMENT_ERROR: 200,
    MISSING_DATA: 200,
    VALIDATION: 200,
    NOT_AVAILABLE: 200,
    USER_INELIGIBLE: 200,
    OPT_IN_NOT_STARTED: 200,
    OPT_IN_ENDED: 200,
    OPT_IN_LIMIT_REACHED: 200,
    OPT_IN_ERROR: 200,
    INVALID_API_KEY: 401,
    INVALID_AUTH_TOKEN: 401,
    REQUIRES_REGISTERED_USER: 401,
    ACCESS_DENIED: 401,
    NOT_FOUND: 404,
    USER_NOT_FOUND: 404,
    NO_CAMPAIGN_FOUND: 404,
    NO_ACTIVE_CAMPAIGN_FOUND: 404,
    INTERNAL_SERVER_ERROR: 500,
    TRY_AGAIN: 503,
    OUTCOME_UNKNOWN: 503,
}

WORDS: Mapping[type[Refusal], str] = {
    campaign.CampaignNotFound: NOT_FOUND,
    campaign.CampaignElsewhere: NOT_FOUND,
    campaign.CreativeNotFound: NOT_FOUND,
    campaign.PhotoNotFound: NOT_FOUND,
    campaign.PurchaseNotFound: NOT_FOUND,
    campaign.VoucherNotFound: NOT_FOUND,
    campaign.RelationNotFound: NOT_FOUND,
    campaign.WrongContext: NOT_AVAILABLE,
    campaign.CampaignHidden: NOT_AVAILABLE,
    campaign.CampaignNotActive: NOT_AVAILABLE,
    campaign.CampaignNotYetActive: NOT_AVAILABLE,
    campaign.CampaignOver: NOT_AVAILABLE,
    campaign.CampaignNotYetVisible: NOT_AVAILABLE,
    campaign.CampaignNoLongerVisible: NOT_AVAILABLE,
    campaign.OutsideHours: NOT_AVAILABLE,
    campaign.NotTargeted: NOT_AVAILABLE,
    campaign.RestrictionsNotMet: NOT_AVAILABLE,
    campaign.NotOptedIn: NOT_AVAILABLE,
    campaign.CustomerNotActive: NOT_AVAILABLE,
    campaign.TooManyPointsHeld: NOT_AVAILABLE,
    campaign.LimitReached: NOT_AVAILABLE,
    campaign.LimitInPeriodReached: NOT_AVAILABLE,
    campaign.LimitPerCustomerReached: NOT_AVAILABLE,
    campaign.NoCouponsLeft: NOT_AVAILABLE,
    campaign.NoRewardLeft: NOT_AVAILABLE,
    campaign.NotEnoughPoints: NOT_AVAILABLE,
    campaign.NotEligible: USER_INELIGIBLE,
    campaign.OptInNotNeeded: OPT_IN_ERROR,
    campaign.OptInNotStarted: OPT_IN_NOT_STARTED,
    campaign.OptInEnded: OPT_IN_ENDED,
    campaign.OptInLimitReached: OPT_IN_LIMIT_REACHED,
    campaign.BadEvent: ARGUMENT_ERROR,
    campaign.BadCampaign: VALIDATION,
    campaign.BadCreative: VALIDATION,
    campaign.BadRestriction: VALIDATION,
    campaign.BadVoucher: VALIDATION,
    campaign.CampaignNameTaken: VALIDATION,
    campaign.PermalinkTaken: VALIDATION,
    campaign.LifecycleRefused: VALIDATION,
    campaign.LimitUnderUsage: VALIDATION,
    campaign.SingleCouponFixed: VALIDATION,
    campaign.RedeemedCouponMissing: VALIDATION,
    campaign.CouponStaysUsed: VALIDATION,
    campaign.NotAReferralCampaign: VALIDATION,
    campaign.VoucherIdentifiersDisagree: VALIDATION,
    campaign.VoucherElsewhere: NOT_FOUND,
    campaign.VoucherNotForCustomers: NOT_AVAILABLE,
    campaign.VoucherRedeemed: NOT_AVAILABLE,
    campaign.VoucherNotClaimed: NOT_AVAILABLE,
    campaign.VoucherExpired: NOT_AVAILABLE,
    campaign.VoucherLocked: NOT_AVAILABLE,
    campaign.NotLockable: VALIDATION,
    campaign.MoreThanVoucher: VALIDATION,
    campaign.RelationAlreadyRedeemed: NOT_AVAILABLE,
    campaign.ReferralCodeUnknown: VALIDATION,
    campaign.SelfReferral: VALIDATION,
    campaign.AlreadyReferred: VALIDATION,
    campaign.ReferralWindowClosed: VALIDATION,
    campaign.NoReferralCampaign: NOT_AVAILABLE,
    campaign.BasketDiffers: VALIDATION,
    members.CustomerNotFound: USER_NOT_FOUND,
    members.CustomerElsewhere: USER_NOT_FOUND,
    members.IdentifiersDisagree: VALIDATION,
    AlreadyTaken: VALIDATION,
    members.BadCustomer: VALIDATION,
    access.WeakPassword: VALIDATION,
    access.WrongPassword: ACCESS_DENIED,
    access.BadCredentials: ACCESS_DENIED,
    access.BadRefreshToken: ACCESS_DENIED,
    access.LoginNotActive: ACCESS_DENIED,
    access.LoginNotFound: NOT_FOUND,
    organizations.ChainNotFound: NOT_FOUND,
    organizations.BusinessNotFound: NOT_FOUND,
    organizations.DivisionElsewhere: NOT_FOUND,
    organizations.BadChain: VALIDATION,
    organizations.AppNotFound: INVALID_API_KEY,
    organizations.AppWithoutChain: INVALID_API_KEY,
    access.TokenNotFound: ACCESS_DENIED,
    members.LevelNotFound: VALIDATION,
    members.SegmentNotFound: VALIDATION,
    members.UnknownCriterion: VALIDATION,
    access.SellerNotFound: NOT_FOUND,
    organizations.PosNotFound: NOT_FOUND,
    points.AccountNotFound: USER_NOT_FOUND,
    points.NotEnoughToSpend: VALIDATION,
    points.TooManyPoints: VALIDATION,
    idempotency.BadKey: ARGUMENT_ERROR,
    idempotency.KeyReused: ARGUMENT_ERROR,
}

# A campaign that is not there has another code where a call's own table says so.
NO_CAMPAIGN: Mapping[str, str] = {
    "progress": NO_CAMPAIGN_FOUND,
    "all_campaigns": NO_ACTIVE_CAMPAIGN_FOUND,
    "campaign_info": NO_ACTIVE_CAMPAIGN_FOUND,
}

# "Parent model": what a campaign is to belong to. Named in a body, it is refused business.
PARENT: Mapping[type[Refusal], str] = {
    organizations.BusinessNotFound: "Parent model not found.",
    organizations.DivisionElsewhere: "Parent model not in same organization.",
}


def word(call: str, refusal: type[Refusal]) -> str:
    """The code of a call for a refusal."""
    if refusal is campaign.CampaignNotFound:
        return NO_CAMPAIGN.get(call, NOT_FOUND)
    return WORDS[refusal]
