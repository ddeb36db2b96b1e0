"""Campaigns as documents: printed from the database, and read for it, with all that is wrong with them at once."""

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, cast

from marshmallow import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaign.document import problems, references, shape, stored
from app.campaign.document.parts import Draft
from app.campaign.document.problems import Problem
from app.campaign.document.shape import Document
from app.campaign.document.spec import CampaignSpec
from app.campaign.errors import BadCampaign
from app.campaign.models.campaigns import Campaign
from app.organizations.models import Chain

# What decides how the rest is understood: where it cannot be read, the rest is not asked whether it makes sense.
DECIDING = re.compile(r"/(kind|context|handling|sale|rewards|behaviors)(/coupon_kind)?")
ENTRIES: dict[str, dict[str, Any]] = {
    "rewards": {"title": "?", "kind": "nothing"},
    "behaviors": {"name": "?", "goals": [{"event_name": "?"}]},
}


@dataclass(frozen=True)
class Understood:
    """A document as far as it was understood: its spec, unless it cannot be read, and everything that is wrong with it."""

    key: str | None
    spec: CampaignSpec | None
    problems: Sequence[Problem]


def understood(
    session: Session, chain_id: int, documents: Sequence[Document], known: Mapping[str, CampaignSpec]
) -> list[Understood]:
    """Read documents of one chain, in a fixed number of statements. `known` are the specs of its campaigns, by key.

    A document that is read without problems has a spec that makes sense, and names what is there.
    """
    drafts = [_draft(document) for document in documents]
    names = references.names(session, chain_id, [draft for draft, _, _ in drafts if draft is not None])
    found = []
    for document, (draft, unreadable, is_whole) in zip(documents, drafts, strict=True):
        key = document.get("key") if isinstance(document, dict) and isinstance(document.get("key"), str) else None
        if draft is None:
            found.append(Understood(key, None, unreadable))
            continue
        spec, unknown = references.resolved(draft, names, known.get(draft.spec.key or ""))
        senseless = [problem for problem in problems.problems(spec) if is_whole or not _is_about(problem, unreadable)]
        found.append(Understood(key, spec if is_whole else None, [*unreadable, *unknown, *senseless]))
    return found


def _draft(document: Document) -> tuple[Draft | None, list[Problem], bool]:
    """What can be read of a document, if enough of it can; what cannot; and whether that is nothing."""
    if not isinstance(document, dict):
        return None, [Problem("", BadCampaign("A campaign's document is an object."))], False
    try:
        return shape.read(document), [], True
    except ValidationError as e:
        wrong = shape.pointers(cast(Any, e).normalized_messages())
    found = [Problem(path, BadCampaign(text)) for path, text in wrong]
    if any(DECIDING.fullmatch(path) for path, _ in wrong):
        return None, found, False
    try:
        return shape.read(_without(document, [path for path, _ in wrong])), found, False
    except ValidationError:
        return None, found, False


def _without(document: Document, paths: Sequence[str]) -> Document:
    """The document without what stands at these places; in the place of a reward or a behavior, one about which nothing is said."""
    rest: Any = deepcopy(document)
    for path in paths:
        place = rest
        *above, last = [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]
        for i, part in enumerate(above):
            below = place.get(part) if isinstance(place, dict) else None
            if isinstance(below, list):
                number = (*above, last)[i + 1]
                if part in ENTRIES and number.isdecimal() and int(number) < len(below):
                    below[int(number)] = {**ENTRIES[part], **({"name": f"? {number}"} if part == "behaviors" else {})}
                    place = None
                else:
                    last = part
                break
            place = below
        if isinstance(place, dict):
            place.pop(last, None)
    return rest  # type: ignore[no-any-return]


def _is_about(problem: Problem, others: Sequence[Problem]) -> bool:
    """It may only be there because of what could not be read."""

    def part(path: str) -> tuple[str, ...]:
        names = path.split("/")[1:]
        return tuple(names[:2] if names[:1] and names[0] in ENTRIES else names[:1])

    return any(part(other.path)[: len(part(problem.path))] == part(problem.path) for other in others)


def one(session: Session, campaign_id: int) -> dict[str, Any]:
    """The document of a campaign."""
    return several(session, [campaign_id])[campaign_id]


def several(session: Session, campaign_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """The documents of these campaigns, by id, in a fixed number of statements."""
    return written(session, stored.specs(session, campaign_ids))


def written(session: Session, specs: dict[int, CampaignSpec]) -> dict[int, dict[str, Any]]:
    """The documents of the specs of these campaigns."""
    keys, businesses = references.keys(session, specs.values()), references.business_names(session, specs.values())
    zones = dict(
        session.execute(
            select(Campaign.id, Chain.time_zone)
            .join(Chain, Chain.id == Campaign.chain_id)
            .where(Campaign.id.in_(specs))
        ).all()
    )
    return {
        id: shape.printed(spec, keys, businesses.get(spec.business_id) if spec.business_id else None, zones[id])
        for id, spec in specs.items()
    }


def of_chain(session: Session, chain_id: int, specs: Sequence[CampaignSpec]) -> list[dict[str, Any]]:
    """The documents of specs that need not be saved."""
    keys, businesses = references.keys(session, specs), references.business_names(session, specs)
    zone = session.scalars(select(Chain.time_zone).where(Chain.id == chain_id)).one()
    return [
        shape.printed(spec, keys, businesses.get(spec.business_id) if spec.business_id else None, zone)
        for spec in specs
    ]
