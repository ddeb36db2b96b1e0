"""How a chain's campaigns go, at a glance."""

from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, jsonify

from app import clock, refusal
from app.admin import chosen
from app.admin.chosen import CHAIN
from app.amounts import decimal
from app.campaign.awards import refused
from app.campaign.awards.refused import Often
from app.campaign.listings import overview
from app.campaign.listings.overview import RunningOut
from app.campaign.models.campaigns import Campaign
from app.members import sizes
from app.native import schemas, views
from app.openloyalty.api import Blueprint
from app.organizations import chains
from app.points import movements
from app.points.movements import Movement
from app.web.door import afterwards, allow, database, listing

blueprint = Blueprint("admin_overview", __name__)
DAYS, HOUR, LATELY = 14, timedelta(hours=1), timedelta(days=1)


@blueprint.route("/admin/overview", methods=["GET"])
@blueprint.response(200, schemas.OverviewView)
@blueprint.doc(parameters=[CHAIN])
@allow("admin", audited=False)
def show_overview() -> Response:
    """Show what runs, what runs out, begins and ends soon, what customers could not have, and the points of the last two weeks."""
    now = clock.now()
    with listing() as session:
        chain = chains.get(session, chosen.chain())
        found = overview.overview(session, chain.id, now)
        spans = movements.between(session, chain.id, moments(now, ZoneInfo(chain.time_zone)))
        answer = jsonify(
            at=views.moment(now),
            chain_id=chain.id,
            time_zone=chain.time_zone,
            currency=chain.currency,
            customers=sizes.of_chain(session, chain.id),
            running=found.running_count,
            running_out=[_running_out(it) for it in found.running_out],
            empty=[_line(it) for it in found.empty],
            beginning=[_line(it) for it in found.beginning],
            ending=[_line(it) for it in found.ending],
            refused=[_refused(it) for it in refused.lately(session, chain.id, now - LATELY, overview.SHOWN_MAX)],
            days=_days(spans, ZoneInfo(chain.time_zone)),
        )
        chain_id = chain.id
    if movements.to_keep(spans, now):
        afterwards(lambda: _keep(chain_id, spans, now))  # whoever looks need not wait for it, nor fail with it
    return answer


def _keep(chain_id: int, spans: list[Movement], now: datetime) -> None:
    with database().transaction() as session:
        movements.keep(session, chain_id, spans, now)


def moments(now: datetime, zone: ZoneInfo) -> list[datetime]:
    """The beginnings of the last days where the chain is, of each hour of today so far, and of tomorrow.

    By the hour, for a day's points are too many to count them at each look.
    """
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    midnights = [(today + timedelta(days=i)).astimezone(UTC) for i in range(1 - DAYS, 2)]
    *over, tomorrow = midnights
    hours_over = (min(now, tomorrow - HOUR) - over[-1]) // HOUR
    return [*over, *(over[-1] + HOUR * i for i in range(1, hours_over + 1)), tomorrow]


def _days(spans: list[Movement], zone: ZoneInfo) -> list[dict[str, Any]]:
    days = groupby(spans, lambda it: it.since.astimezone(zone).date().isoformat())
    return [_day(date, list(of_day)) for date, of_day in days]


def _day(date: str, spans: list[Movement]) -> dict[str, Any]:
    given, spent = sum(it.given for it in spans), sum(it.taken for it in spans)
    return {"date": date, "given": decimal(given), "spent": decimal(spent)}


def _running_out(it: RunningOut) -> dict[str, Any]:
    return {
        "campaign": _line(it.campaign),
        "reward": it.reward,
        "left": it.left,
        "allowed": it.allowed,
        "given_lately": it.given_lately,
        "ends_at": views.moment(it.ends_at),
    }


def _refused(it: Often) -> dict[str, Any]:
    return {
        "campaign": _line(it.campaign),
        "code": it.reason,
        "message": refusal.sentence_of(it.reason),
        "count": it.count,
        "last_at": views.moment(it.last_at),
    }


def _line(it: Campaign) -> dict[str, Any]:
    return {
        "id": str(it.uuid),
        "key": it.key,
        "name": it.name,
        "kind": it.kind,
        "active_from": views.moment(it.active_from),
        "active_to": views.moment(it.active_to),
    }
