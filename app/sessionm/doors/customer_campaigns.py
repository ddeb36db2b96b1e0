"""A customer's campaigns: all of them, the progress in one, opting in and out, and the second version's lists and shows."""

from collections.abc import Callable
from typing import Any

from flask import Response, request
from sqlalchemy.orm import Session

from app import clock
from app.campaign.engagement import opt_ins
from app.campaign.listings import customer_campaigns
from app.campaign.listings.customer_campaigns import CampaignForCustomer, Include
from app.paging import PER_PAGE_MAX
from app.sessionm import access, codes, identify, offers, schemas, views
from app.sessionm.calls import CAMPAIGN, CLIENT, USER, V1, V2, addresses, call
from app.sessionm.doors.campaigns import divisions, pages_of
from app.sessionm.envelope import respond
from app.sessionm.forms.queries import Query, query
from app.web.door import reading, transaction
from app.web.rejected import Rejected

DIVISIONS = {"division_ids[]": "Only campaigns of these divisions, if the organization has any."}
SHOWN = {
    "sections[]": "What else is shown: progress, behaviors, offers, redemptions. Commas, too.",
    "filters[]": "eligible (the default), ineligible or all.",
    "creatives[]": "promotion, tile; none by default.",
}
PAGES = {"page": "1 by default.", "page_size": f"20 by default, at most {PER_PAGE_MAX}."}
OPT_IN = addresses(V1, USER, CAMPAIGN)


@call(
    "all_campaigns",
    addresses(V1, USER, "/campaigns"),
    "GET",
    visitors_at=(f"{CLIENT}/campaigns",),
    parameters=DIVISIONS,
    answer=schemas.AllCampaignsAnswer,
)
def all_campaigns() -> Response:
    """All campaigns for a customer, or in which it takes part: tiles and promotions."""
    with reading() as session:
        return _all(session, identify.customer())


@call(
    "opt_in",
    [f"{address}/opt_in" for address in OPT_IN],
    "GET",
    "POST",
    changes=True,
    answer=schemas.AllCampaignsAnswer,
)
def opt_in() -> Response:
    """Let a customer take part in a campaign. Doing it twice changes nothing."""
    return _say(opt_ins.opt_in)


@call(
    "opt_out",
    [f"{address}/opt_out" for address in OPT_IN],
    "GET",
    "POST",
    changes=True,
    answer=schemas.AllCampaignsAnswer,
)
def opt_out() -> Response:
    """Let a customer no longer take part in a campaign. Doing it twice changes nothing."""
    return _say(opt_ins.opt_out)


@call(
    "progress",
    [f"{address}/progress" for address in addresses(V1, USER, CAMPAIGN)],
    "GET",
    visitors_at=tuple(f"{address}/progress" for address in addresses(CLIENT, CAMPAIGN)),
    answer=schemas.ProgressAnswer,
)
def progress() -> Response:
    """How far a customer has come in a campaign, also when it is over."""
    with reading() as session:
        customer = identify.customer()
        for_customer = customer_campaigns.one(session, customer, identify.campaign_id(session), Include(), clock.now())
    return respond({"status": "ok", "campaign": views.progress(for_customer, access.application().has_divisions)})


@call(
    "campaigns_for_customer",
    addresses(V2, USER, "/campaigns"),
    "GET",
    parameters={**SHOWN, **DIVISIONS, **PAGES},
    answer=schemas.CustomersCampaignsAnswer,
)
def eligible() -> Response:
    """The active campaigns for which a customer is eligible, or not, a page at a time."""
    asked = query()
    paging = asked.page()
    with reading() as session:
        customer = identify.customer()
        wanted = _wanted(asked, divisions(session))
        found = customer_campaigns.page(session, customer, asked.which or "eligible", wanted, paging, clock.now())
        where = _addresses(customer)
        shown = [_shown(row, asked, where) for row in found.rows]
    return respond(
        {
            "page": paging.page,
            "page_size": paging.size,
            "number_of_pages": pages_of(found.total, paging.size),
            "status": "ok",
            "campaigns": shown,
        }
    )


@call(
    "campaign_for_customer",
    addresses(V2, "/users/<user_id>/campaigns/<campaign_id>"),
    "GET",
    parameters=SHOWN,
    answer=schemas.CustomersCampaignAnswer,
)
def show() -> Response:
    """A campaign for a customer, by the ids of both."""
    return respond({"status": "ok", "campaign": _one()})


@call(
    "campaign_for_customer_by_permalink",
    addresses(
        V2,
        (
            "/users/<user_id>/external/campaigns/<permalink>",
            "/external/users/<external_id>/campaigns/<campaign>",
            "/external/users/<external_id>/external/campaigns/<permalink>",
        ),
    ),
    "GET",
    parameters=SHOWN,
    answer=schemas.CustomersCampaign,
)
def show_bare() -> Response:
    """A campaign for a customer, by its permalink, or by the customer's external id. The object itself, without a frame."""
    return respond(_one())


def _all(session: Session, customer: Any) -> Response:
    app = access.application()
    wanted = Include(creatives=True, business_ids=divisions(session))
    found = customer_campaigns.of_customer(session, customer, wanted, query().page(PER_PAGE_MAX), clock.now())
    where = _addresses(customer, access.auth_token(app.api_key, customer.uuid))
    return respond({"status": "ok", "campaigns": views.v1(found.rows, where, app.has_divisions)})


def _say(said: Callable[..., None]) -> Response:
    with transaction() as session:
        customer = identify.customer()
        said(session, identify.campaign_id(session), customer.id, clock.now())
        session.flush()
        return _all(session, customer)


def _one() -> dict[str, Any]:
    asked = query()
    with reading() as session:
        customer = identify.customer()
        for_customer = customer_campaigns.one(
            session, customer, identify.campaign_id(session), _wanted(asked), clock.now()
        )
        if not _is_asked_for(for_customer, asked):
            raise Rejected(codes.NOT_AVAILABLE, "The campaign is not among those that the filters ask for.")
        return _shown(for_customer, asked, _addresses(customer))


def _is_asked_for(for_customer: CampaignForCustomer, asked: Query) -> bool:
    """Who takes part may look, whomever the campaign is for by now."""
    if asked.which == "all":
        return True
    if asked.which == "ineligible":
        return not for_customer.qualifies
    return for_customer.qualifies or for_customer.has_history


def _wanted(asked: Query, business_ids: Any = None) -> Include:
    return Include(
        creatives=bool(asked.creatives),
        methods=bool(asked.sections & {"offers", "redemptions"}),
        vouchers="redemptions" in asked.sections,
        business_ids=business_ids,
    )


def _shown(for_customer: CampaignForCustomer, asked: Query, where: views.Addresses) -> dict[str, Any]:
    given = offers.offers(for_customer) if "offers" in asked.sections else []
    redeemed = offers.redemptions(for_customer) if "redemptions" in asked.sections else []
    has_divisions = access.application().has_divisions
    return views.v2(for_customer, asked.sections, asked.creatives, where, has_divisions, given, redeemed)


def _addresses(customer: Any, auth_token: str = "") -> views.Addresses:
    return views.Addresses(request.url_root, access.application().api_key, customer, auth_token)
