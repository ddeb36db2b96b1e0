"""What devices fetch by its address alone: the pages of creatives, and the addresses that count who saw and tapped them."""

from typing import Any
from uuid import UUID

from flask import Response, redirect, render_template_string, request
from sqlalchemy.orm import Session

from app import clock
from app.access import tokens
from app.campaign.engagement import creatives
from app.campaign.errors import CreativeNotFound
from app.campaign.listings import customer_campaigns
from app.campaign.models.engagement import Creative
from app.members import identifiers
from app.members.identifiers import KnownCustomer
from app.organizations.errors import AppNotFound
from app.sessionm import identify, views
from app.sessionm.calls import open_call
from app.sessionm.envelope import respond
from app.web.door import database, reading, transaction

TRACKED = "/creatives/<creative_id>/stats/<stat_id>"
CLIENT, PRIVATE = "/api/v1/apps/<api_key>", "/priv/v1/apps/<api_key>/users/<user_id>"
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:0 auto;padding:1rem}img{max-width:100%}</style>
</head><body><main>
{% if image %}<img src="{{ image }}" alt="{{ image_alt or '' }}">{% endif %}
<h1>{{ title }}</h1>
{% for line in lines %}<p>{{ line }}</p>{% endfor %}
{% if link %}<p><a href="{{ link }}">{{ call_to_action or 'More' }}</a></p>{% endif %}
</main></body></html>
"""
POLICY = "default-src 'none'; img-src https: http:; style-src 'unsafe-inline'; frame-ancestors *; sandbox allow-popups"


@open_call("track_seen", [f"{CLIENT}{TRACKED}/seen/track", f"{PRIVATE}{TRACKED}/seen/track"], changes=True)
def seen() -> Response:
    """Count that a customer has seen a creative."""
    chain_id = _chain_id()
    with transaction() as session:
        _track(session, chain_id, clicked=False)
    return respond({"status": "ok"})


@open_call("track_click", [f"{CLIENT}{TRACKED}/click/redir", f"{PRIVATE}{TRACKED}/click/redir"], changes=True)
def clicked() -> Response:
    """Count that a customer has tapped on a creative, and go where it leads: to its own address, or to its page."""
    chain_id = _chain_id()
    with transaction() as session:
        creative = _track(session, chain_id, clicked=True)
        target = (creative.content.get("action") or {}).get("url")
        if target is None:
            customer = identifiers.by_uuid(session, chain_id, _customer_uuid())
            creative, campaign = creatives.get(session, chain_id, creative.id)
            target = views.Addresses(request.url_root, _named("api_key"), customer).page(campaign, creative)
    response: Any = redirect(target, 302)
    response.headers["Cache-Control"] = "no-store"
    return response  # type: ignore[no-any-return]


@open_call("creative_page", ["/apps/<api_key>/users/<user_id>/ads/<creative_id>"], changes=False)
def creative_page() -> Response:
    """The page of a creative, for whoever was given its address."""
    chain_id = _chain_id()
    with reading() as session:
        customer = identifiers.by_uuid(session, chain_id, _customer_uuid())
        creative, campaign = creatives.get(session, chain_id, _whole("creative_id"))
        return _page(session, customer, campaign.id, creative)


@open_call("campaign_page", ["/apps/<api_key>/users/<user_id>/campaigns/<campaign_id>"], changes=False)
def campaign_page() -> Response:
    """The page of a campaign that has no creative of its own."""
    chain_id = _chain_id()
    with reading() as session:
        customer = identifiers.by_uuid(session, chain_id, _customer_uuid())
        return _page(session, customer, _whole("campaign_id"), None)


def _page(session: Session, customer: KnownCustomer, campaign_id: int, creative: Creative | None) -> Response:
    campaign = customer_campaigns.shown(session, customer, campaign_id, clock.now())
    content = creative.content if creative else {}
    message, action = content.get("message") or {}, content.get("action") or {}
    lines = [
        message.get("subheader") or message.get("sub-header"),
        message.get("description"),
        content.get("text"),
        campaign.text.short_description,
        campaign.text.conditions_description,
    ]
    link = content.get("link_url") or action.get("url")
    page = render_template_string(
        PAGE,
        title=content.get("title") or message.get("header") or campaign.name,
        image=content.get("image_url") or message.get("image_url"),
        image_alt=message.get("image_alt_text"),
        lines=[line for line in lines if line],
        link=link if link and link.startswith(creatives.SCHEMES) else None,
        call_to_action=message.get("call_to_action"),
    )
    response = Response(page, mimetype="text/html")
    response.headers["Content-Security-Policy"] = POLICY
    return response


def _track(session: Session, chain_id: int, clicked: bool) -> Creative:
    try:
        stat = UUID(_named("stat_id"))
    except ValueError as e:
        raise CreativeNotFound from e
    return creatives.track(session, chain_id, _whole("creative_id"), stat, _customer_uuid(), clock.now(), clicked)


def _customer_uuid() -> UUID:
    """The customer whom the address names. Raises CustomerNotFound."""
    return identify.uuid((request.view_args or {}).get("user_id") or request.args.get("xsid", ""))


def _chain_id() -> int:
    """Of the application in the address. Raises AppNotFound."""
    with database().lookup_connection() as connection:
        app: Any = tokens.find_app(connection, _named("api_key"), "", clock.now())
    if app is None:
        raise AppNotFound("No application was found for the given key.")
    return int(app.chain_id)


def _whole(name: str) -> int:
    number = identify.whole(_named(name))
    if number is None:
        raise CreativeNotFound
    return number


def _named(name: str) -> str:
    return str((request.view_args or {})[name])
