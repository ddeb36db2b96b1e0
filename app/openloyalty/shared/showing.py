"""Campaigns as they are shown; how many customers restrictions admit is counted beside the answer, which does not wait for it."""

from collections.abc import Sequence
from typing import Any

from flask import Response, jsonify

from app import clock
from app.campaign.audience import reached
from app.campaign.listings.catalogue import CampaignForSale
from app.openloyalty import campaign_views
from app.openloyalty.formats import paged
from app.paging import Paged
from app.web.door import database, in_background


def page(found: Paged[CampaignForSale], viewer: str, as_html: bool = False) -> Response:
    """A page of campaigns for an `admin`, a `seller`, a `customer` or `anyone`."""
    if viewer != "anyone":  # who is shown no counts
        _count_what_is_due(found.rows)
    return paged("campaigns", found, lambda shown: campaign_views.campaign(shown, viewer, as_html))


def one(shown: CampaignForSale, viewer: str, as_html: bool = False) -> Response:
    _count_what_is_due([shown])
    return jsonify(campaign_views.campaign(shown, viewer, as_html))


def _count_what_is_due(shown: Sequence[CampaignForSale]) -> None:
    due: dict[Any, None] = {it.reach_is_due: None for it in shown if it.reach_is_due is not None}
    if due:
        there, now = database(), clock.now()
        in_background(lambda: reached.count(there, list(due), now))
