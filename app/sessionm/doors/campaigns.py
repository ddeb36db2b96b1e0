"""Create a campaign, change its status, list all, tell about one; and the divisions that it may belong to."""

from collections.abc import Sequence
from dataclasses import replace

from flask import Response
from sqlalchemy.orm import Session

from app import clock
from app.campaign.listings import business_campaigns
from app.campaign.models.campaigns import LIFECYCLES
from app.campaign.setup import campaigns
from app.organizations import chains
from app.organizations.errors import BusinessNotFound, DivisionElsewhere
from app.paging import PER_PAGE_MAX
from app.sessionm import access, codes, identify, schemas, views
from app.sessionm.calls import CAMPAIGN, V1, addresses, call
from app.sessionm.envelope import respond
from app.sessionm.forms import campaigns as campaign_form
from app.sessionm.forms.bodies import SentObject, body
from app.sessionm.forms.queries import query
from app.web.door import listing, note_subject, reading, transaction
from app.web.rejected import Rejected

BODY = {
    "campaign": {
        "type": "object",
        "required": ["name", "status", "starts_at", "ends_at"],
        "properties": {name: {} for name in sorted(campaign_form.CAMPAIGN)},
        "description": "docs/sessionm.md tells every attribute.",
    }
}


@call("create_campaign", addresses(V1, "/campaigns"), "POST", changes=True, body=BODY, answer=schemas.CampaignAnswer)
def create() -> Response:
    """Create a campaign. Its behaviors, rewards and creatives are decided now."""
    sent = _campaign()
    spec, division_id = campaign_form.read(sent), campaign_form.division_id(sent)
    app = access.application()
    with transaction() as session:
        if division_id:
            spec = replace(spec, business_id=chains.division(session, app.chain_id, division_id).id)
        made = campaigns.create(session, spec, clock.now(), app.chain_id, by=access.actor())
        note_subject(campaign=made.uuid)
        session.flush()
        answer = views.created(business_campaigns.get(session, made.id), app.has_divisions)
    return respond({"campaign": answer, "status": "ok"})


@call(
    "change_campaign",
    addresses(V1, CAMPAIGN),
    "PUT",
    changes=True,
    body={"campaign": {"type": "object", "properties": {"status": {"enum": list(LIFECYCLES)}}}},
    answer=schemas.CampaignAnswer,
)
def change() -> Response:
    """Bring a campaign from one status to another, such as from inreview to live, or from live to paused."""
    status = campaign_form.moved(_campaign())
    app = access.application()
    with transaction() as session:
        uuid = business_campaigns.get(session, identify.campaign_id(session)).uuid
        moved = campaigns.move(session, uuid, status, {app.chain_id}, clock.now(), access.actor())
        note_subject(campaign=moved.uuid)
        session.flush()
        answer = views.created(business_campaigns.get(session, moved.id), app.has_divisions)
    return respond({"campaign": answer, "status": "ok"})


@call(
    "list_campaigns",
    addresses(V1, "/campaigns"),
    "GET",
    parameters={
        "division_ids[]": "Only those of these divisions, if the organization has any.",
        "status": f"Others than those that are live and running: {', '.join(LIFECYCLES)}, or all.",
        "page": "With a page, the answer tells how many there are.",
        "page_size": f"{PER_PAGE_MAX} unless given.",
    },
    answer=schemas.CampaignsAnswer,
)
def list_all() -> Response:
    """List the campaigns that are live and running."""
    asked, app = query(), access.application()
    paging = asked.page(PER_PAGE_MAX if not asked.has_page else 20)
    with listing() as session:
        found = business_campaigns.page(
            session, app.chain_id, paging, clock.now(), _lifecycles(asked.words("status")), divisions(session)
        )
        shown = [views.listed(row, app.has_divisions) for row in found.rows]
    pages = {"page": paging.page, "page_size": paging.size, "number_of_pages": pages_of(found.total, paging.size)}
    return respond({**(pages if asked.has_page else {}), "status": "ok", "campaigns": shown})


@call(
    "campaign_info",
    [f"{address}/info" for address in addresses(V1, CAMPAIGN)],
    "GET",
    parameters={"api_version": "Passed over."},
    answer=schemas.InfoAnswer,
)
def info() -> Response:
    """Tell when a campaign runs, and whether and when customers must opt in to it."""
    with reading() as session:
        found = business_campaigns.get(session, identify.campaign_id(session))
        return respond({"status": "ok", "campaign": views.info(found, access.application().has_divisions)})


@call("list_divisions", addresses(V1, "/divisions"), "GET", answer=schemas.DivisionsAnswer)
def list_divisions() -> Response:
    """List the divisions of the organization."""
    app = access.application()
    with reading() as session:
        chain = chains.get(session, app.chain_id)
        parts = [
            {"division_id": it.division_id, "display_name": it.name, "currency": chain.currency, "divisions": []}
            for it in chains.businesses(session, chain.id)
        ]
    whole = {
        "division_id": "all",
        "display_name": chain.name,
        "currency": chain.currency,
        "divisions": parts if chain.has_divisions else [],
    }
    return respond({"status": "ok", "version": 1, "enabled": chain.has_divisions, "divisions": whole})


def divisions(session: Session) -> Sequence[int] | None:
    """The divisions that the query asks for, those that the organization has; None when all do, or when it has no divisions."""
    sent, app = query().division_ids, access.application()
    if sent is None or not app.has_divisions or "all" in sent:
        return None
    found = []
    for division_id in sent:
        try:
            found.append(chains.division(session, app.chain_id, division_id).id)
        except (BusinessNotFound, DivisionElsewhere):
            continue
    return found


def pages_of(total: int, size: int) -> int:
    """None for nothing."""
    return -(-total // size)


def _lifecycles(sent: Sequence[str]) -> Sequence[str] | None:
    """Of the campaigns asked for; None for those that are live and running."""
    if not sent:
        return None
    unknown = set(sent) - {*LIFECYCLES, "all"}
    if unknown:
        raise Rejected(codes.VALIDATION, f"Validation error. status is one of {', '.join(LIFECYCLES)}, all.")
    return LIFECYCLES if "all" in sent else sent


def _campaign() -> SentObject:
    campaign = body().object("campaign")
    if campaign is None:
        raise Rejected(codes.MISSING_DATA, "Missing campaign data.")
    return campaign
