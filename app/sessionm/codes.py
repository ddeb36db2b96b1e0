"""SessionM's codes, their statuses, and which one every call has for every refusal of the domain.

Refused business is a 200 whose body says "error"; who may not call is a 401, what an address names and is not there a 404.
Source: SessionM, "Generic Statuses and Errors"; contract section 3.4.
"""

from collections.abc import Mapping

from app import refusal
from app.access import errors as access
from app.campaign import errors as campaign
from app.members import errors as members
from app.organizations import errors as organizations
from app.points import errors as points
from app.refusal import Refusal, word_for
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
    refusal.Missing: NOT_FOUND,
    refusal.Elsewhere: NOT_FOUND,
    refusal.Closed: NOT_AVAILABLE,
    refusal.Excluded: NOT_AVAILABLE,
    refusal.UsedUp: NOT_AVAILABLE,
    refusal.Unusable: NOT_AVAILABLE,
    refusal.Conflicting: VALIDATION,
    refusal.Malformed: VALIDATION,
    refusal.NotProven: ACCESS_DENIED,
    access.TokenNotFound: ACCESS_DENIED,
    campaign.NotEligible: USER_INELIGIBLE,
    campaign.OptInNotNeeded: OPT_IN_ERROR,
    campaign.OptInNotStarted: OPT_IN_NOT_STARTED,
    campaign.OptInEnded: OPT_IN_ENDED,
    campaign.OptInLimitReached: OPT_IN_LIMIT_REACHED,
    campaign.BadEvent: ARGUMENT_ERROR,
    campaign.ReferralCodeUnknown: VALIDATION,
    members.CustomerNotFound: USER_NOT_FOUND,
    members.CustomerElsewhere: USER_NOT_FOUND,
    organizations.AppNotFound: INVALID_API_KEY,
    organizations.AppWithoutChain: INVALID_API_KEY,
    members.LevelNotFound: VALIDATION,
    members.OwnEditsClosed: VALIDATION,
    members.SegmentNotFound: VALIDATION,
    points.AccountNotFound: USER_NOT_FOUND,
    points.EntryNotFound: NOT_FOUND,
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


def word(call: str, kind: type[Refusal]) -> str:
    """The code of a call for a refusal."""
    if kind is campaign.CampaignNotFound:
        return NO_CAMPAIGN.get(call, NOT_FOUND)
    return word_for(kind, WORDS)
