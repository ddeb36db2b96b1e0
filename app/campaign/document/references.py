"""What a document calls by a key or a name, and the database by an id: levels, segments, and the part of the chain it belongs to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, or_, select, union_all
from sqlalchemy.orm import Session

from app.campaign.document.parts import Draft
from app.campaign.document.problems import Problem
from app.campaign.document.spec import AudienceSpec, CampaignSpec
from app.campaign.errors import BadCampaign
from app.campaign.models.campaigns import Category
from app.db.prepared import Prepared
from app.db.types import AnySelect
from app.members.models import Level, Segment
from app.organizations.models import Business, Chain

LEVELS, SEGMENTS = "user.level", "user.segments"
SEVERAL = UUID(int=0)  # no one is meant by a name that several have


@dataclass(frozen=True)
class Names:
    """Whom words mean in a chain, as far as documents say them: levels and segments by key, by name or by UUID; businesses by name."""

    levels: Mapping[str, UUID]
    segments: Mapping[str, UUID]
    businesses: Mapping[str, int]
    categories: Mapping[str, UUID]
    time_zone: str


def names(session: Session, chain_id: int, drafts: Sequence[Draft]) -> Names:
    """All that these drafts of one chain may mean, in a fixed number of statements."""
    levels = {word for draft in drafts for word in (*draft.levels, *_asked(draft.spec, LEVELS))}
    segments = {word for draft in drafts for word in (*draft.segments, *_asked(draft.spec, SEGMENTS))}
    called = {draft.business for draft in drafts if draft.business is not None}
    businesses = select(Business.name, Business.id).where(Business.chain_id == chain_id, Business.name.in_(called))
    return Names(
        _meant(session, Level, chain_id, levels),
        _meant(session, Segment, chain_id, segments),
        dict(session.execute(businesses).all()) if called else {},
        _categories(session, chain_id, {word for draft in drafts for word in draft.categories}),
        _ZONE.run(session, {"chain": chain_id})[0].time_zone,
    )


def _called(model: type[Level] | type[Segment]) -> AnySelect:
    words: BindParameter[str] = bindparam("words", expanding=True)
    uuids: BindParameter[UUID] = bindparam("uuids", expanding=True)
    it = model.__table__.c  # columns rather than attributes: nothing is loaded
    called = or_(it.key.in_(words), it.name.in_(words), it.uuid.in_(uuids))
    return select(it.uuid, it.key, it.name).where(it.chain_id == bindparam("chain"), called)


# Built once: building them costs more than running them.
_CALLED = {model: _called(model) for model in (Level, Segment)}
_ZONE: Prepared[Any] = Prepared(select(Chain.time_zone).where(Chain.id == bindparam("chain")))


def _meant(session: Session, model: type[Level] | type[Segment], chain_id: int, words: set[str]) -> dict[str, UUID]:
    if not words:
        return {}
    uuids = [uuid for word in words if (uuid := _uuid(word))]
    rows = session.connection().execute(_CALLED[model], {"chain": chain_id, "words": list(words), "uuids": uuids}).all()
    found: dict[str, UUID] = {}
    for uuid, _, name in rows:
        found[name] = SEVERAL if name in found else uuid
    for uuid, key, _ in rows:  # a key goes before a name
        found |= {key: uuid, str(uuid): uuid}
    return found


def _categories(session: Session, chain_id: int, words: set[str]) -> dict[str, UUID]:
    if not words:
        return {}
    rows = session.execute(select(Category.name, Category.uuid).where(Category.chain_id == chain_id)).all()
    return {word: uuid for name, uuid in rows for word in (str(uuid), name)}


def resolved(draft: Draft, names: Names, stored: CampaignSpec | None = None) -> tuple[CampaignSpec, list[Problem]]:
    """The draft's spec with ids in the place of words, and what is wrong with these.

    What is not there may be named only by a campaign that does so already (`stored`): it adds nobody.
    """
    found: list[Problem] = []
    known = stored or CampaignSpec("")

    def ids(path: str, kind: str, words: Sequence[str], meant: Mapping[str, UUID], kept: Iterable[UUID]) -> list[UUID]:
        meant = {**{str(uuid): uuid for uuid in kept}, **meant}
        for i, word in enumerate(words):
            if meant.get(word, SEVERAL) == SEVERAL:
                found.append(_unknown(f"{path}/{i}", kind, word, word in meant))
        uuids = [meant[word] for word in words if meant.get(word, SEVERAL) != SEVERAL]
        for i, word in enumerate(words):
            if word in meant and meant[word] in [meant.get(other) for other in words[:i]]:
                found.append(Problem(f"{path}/{i}", BadCampaign(f"The {kind} {word} is named twice.")))
        return uuids

    audience = AudienceSpec(
        draft.spec.audience.for_everyone,
        ids("/audience/levels", "level", draft.levels, names.levels, known.audience.levels),
        ids("/audience/segments", "segment", draft.segments, names.segments, known.audience.segments),
    )
    sorted_into = ids(
        "/listing/categories", "category", draft.categories, names.categories, known.listing.categories or ()
    )
    if draft.business is not None and draft.business not in names.businesses:
        found.append(_unknown("/business", "business", draft.business))
    if draft.time_zone not in (None, names.time_zone):
        message = f"Days and hours count in the chain's zone, {names.time_zone}; leave the zone out, or write the hours in that."
        found.append(Problem("/hours/time_zone", BadCampaign(message)))
    old_trees = [known.restrictions, *(reward.terms.get("restrictions") for reward in known.rewards)]
    for path, tree in _trees(draft.spec):
        if tree not in old_trees:
            found += _unknown_in_tree(path, tree, names)
    business = names.businesses.get(draft.business) if draft.business is not None else None
    listing = replace(draft.spec.listing, categories=sorted_into)
    return replace(draft.spec, audience=audience, business_id=business, listing=listing), found


def keys(session: Session, specs: Iterable[CampaignSpec]) -> dict[UUID, str]:
    """What documents call the levels, segments and categories that these specs name, by UUID; those that are there."""
    uuids = {
        uuid
        for spec in specs
        for uuid in (*spec.audience.levels, *spec.audience.segments, *(spec.listing.categories or ()))
    }
    if not uuids:
        return {}
    called = [
        select(uuid, name).where(uuid.in_(uuids))
        for uuid, name in ((Level.uuid, Level.key), (Segment.uuid, Segment.key), (Category.uuid, Category.name))
    ]
    return dict(session.execute(union_all(*called)).all())


def business_names(session: Session, specs: Iterable[CampaignSpec]) -> dict[int, str]:
    """What the businesses of these specs are called, by id."""
    ids = {spec.business_id for spec in specs if spec.business_id is not None}
    return dict(session.execute(select(Business.id, Business.name).where(Business.id.in_(ids))).all()) if ids else {}


def _trees(spec: CampaignSpec) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if spec.restrictions:
        yield "/restrictions", spec.restrictions
    for i, reward in enumerate(spec.rewards):
        if reward.terms.get("restrictions"):
            yield f"/rewards/{i}/restrictions", reward.terms["restrictions"]


def _asked(spec: CampaignSpec, field: str) -> set[str]:
    return {word for _, tree in _trees(spec) for name, word in _words(tree) if name == field}


def _unknown_in_tree(path: str, tree: Mapping[str, Any], names: Names) -> Iterator[Problem]:
    for field, word in _words(tree):
        meant = names.levels if field == LEVELS else names.segments
        if word not in meant:
            yield _unknown(path, "level" if field == LEVELS else "segment", word)


def _words(tree: Any, field: str | None = None) -> Iterator[tuple[str, str]]:
    """The levels and segments that a condition names, wherever: the field, and the word."""
    if isinstance(tree, Mapping):
        for name, below in tree.items():
            yield from _words(below, name if name in (LEVELS, SEGMENTS) else field if name.startswith("$") else None)
    elif isinstance(tree, list):
        for below in tree:
            yield from _words(below, field)
    elif field is not None and isinstance(tree, str):
        yield field, tree


def _unknown(path: str, kind: str, word: str, is_several: bool = False) -> Problem:
    if is_several:
        return Problem(path, BadCampaign(f"Several {kind}s are called {word}: say the key of the one that is meant."))
    return Problem(path, BadCampaign(f"There is no {kind} called {word}."))


def _uuid(word: str) -> UUID | None:
    try:
        return UUID(word)
    except ValueError:
        return None
