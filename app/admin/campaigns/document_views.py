"""How campaigns' documents, plans, revisions and answers are printed, and what is wrong with a document."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Response, jsonify

from app.campaign.awards.choice import Chance
from app.campaign.document.ask import Answer
from app.campaign.document.differences import differences
from app.campaign.document.problems import Problem
from app.campaign.document.spec import RewardSpec
from app.campaign.limits import UNLIMITED
from app.campaign.listings.campaign_documents import CampaignWithDocument
from app.campaign.models.campaigns import Campaign
from app.campaign.setup.plans import Plan
from app.campaign.setup.revisions import Change
from app.native.views import photo, reason


class Unfit(Exception):
    """A document that cannot be taken: its own fault (400), or as things are (409). Every problem is told, and nothing changed."""

    def __init__(self, status: int, problems: Sequence[Problem]) -> None:
        super().__init__(str(status))
        self.status, self.problems = status, problems


class Moved(Exception):
    """The campaign is at another revision than the request says (412), or the request says none (428)."""

    def __init__(self, revision: int, is_said: bool) -> None:
        super().__init__(str(revision))
        self.revision, self.is_said = revision, is_said


def unfit(e: Unfit) -> Response:
    count = len(e.problems)
    what = "The document has" if e.status == 400 else "As things are, the campaign cannot be so for"
    message = f"{what} {count} {'problem' if e.status == 400 else 'reason'}{'s' if count > 1 else ''}."
    answer = jsonify(error={"code": e.status, "message": message}, problems=[problem(it) for it in e.problems])
    answer.status_code = e.status
    return answer


def moved(e: Moved) -> Response:
    status = 412 if e.is_said else 428
    message = (
        f"Somebody else has changed the campaign: it is at revision {e.revision} by now. Read it again."
        if e.is_said
        else f'Say which revision you have seen: If-Match: "{e.revision}" is the one of now; * means any.'
    )
    answer = jsonify(error={"code": status, "message": message}, revision=e.revision)
    answer.status_code = status
    answer.headers["ETag"] = f'"{e.revision}"'
    return answer


def problem(it: Problem) -> dict[str, Any]:
    return {"path": it.path, "message": str(it.refusal), "code": it.refusal.code}


def campaign(shown: CampaignWithDocument, now: datetime) -> dict[str, Any]:
    return {**shown.document, "state": state(shown.campaign, now)}


def state(it: Campaign, now: datetime) -> dict[str, Any]:
    """What the service says of a campaign, and nobody decides."""
    sells, stock = it.reward is not None, it.stock
    return {
        "id": str(it.uuid),
        "number": it.id,
        "revision": stock.revision,
        "created_at": moment(it.created_at),
        "given": stock.given,
        "left": None if stock.allowed >= UNLIMITED else stock.allowed - stock.given,
        "customers": stock.customers_count,
        "participants": stock.participants_count,
        "photo": photo(it),
        "pool": {
            "codes": stock.coupons_count,
            "left": stock.coupons_count - (stock.given if sells and not it.single_coupon else 0) if sells else None,
        },
        "draw": {
            "commitment": it.seed.commitment,
            "committed_at": moment(it.seed.committed_at),
            "seed": it.seed.told(it, now),
        }
        if it.seed is not None and it.is_draw
        else None,
    }


def plan(it: Plan) -> dict[str, Any]:
    return {
        "key": it.key,
        "action": it.action,
        "possible": it.is_possible,
        "id": str(it.campaign) if it.campaign else None,
        "revision": it.revision,
        "problems": [problem(one) for one in it.problems],
        "refused": [problem(one) for one in it.refused],
        "differences": [{"path": one.path, "old": one.old, "new": one.new, "text": one.text} for one in it.differences],
        "warnings": [{"path": one.path, "message": one.text} for one in it.warnings],
    }


def revision(it: Change) -> dict[str, Any]:
    row = it.revision
    by = (
        {"kind": "login", "name": it.who}
        if row.login_id
        else {"kind": "token" if row.token_id else "service", "name": None}
    )
    changed = differences(it.before, row.document) if it.before is not None else []
    return {
        "revision": row.revision,
        "at": moment(row.at),
        "by": by,
        "differences": [one.text for one in changed] if it.before is not None else [f"new: {row.document['name']}"],
    }


def answer(it: Answer) -> dict[str, Any]:
    return {
        "at": moment(it.at),
        "visibility": it.visibility.value,
        "may_have": it.may_have,
        "reasons": [reason(one) for one in it.refusals],
        "price": f"{it.facts.cost / 100:.2f}",
        "balance": f"{it.facts.balance / 100:.2f}",
        "rewards": [_chance(reward, chance) for reward, chance in it.chances],
    }


def moment(at: datetime) -> str:
    return at.astimezone(UTC).replace(microsecond=0).isoformat()


def _chance(reward: RewardSpec, it: Chance) -> dict[str, Any]:
    return {"key": reward.key, "title": reward.title, "kind": reward.kind, "open": it.is_open, "odds": it.odds}
