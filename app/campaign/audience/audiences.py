"""Whom campaigns are for, and how many customers that is."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, distinct, exists, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from app.campaign.audience import targeting
from app.campaign.models.audiences import Audience, AudienceTarget, Targeting, TargetingKey
from app.campaign.models.campaigns import Campaign
from app.db.prepared import Executor
from app.members import sizes
from app.members.models import Customer, Level, Segment, SegmentMember

NOBODY = UUID(int=0)
ASKS_FOR_NONE = {("", "")}


def named(session: Session, levels: Sequence[UUID], segments: Sequence[UUID]) -> Audience:
    """The audience of these levels and segments, in this order; made when no campaign had it before."""
    return _audience(session, [("level", uuid) for uuid in levels] + [("segment", uuid) for uuid in segments])


def everyone(session: Session) -> Audience:
    """The audience of all customers."""
    return _audience(session, [("everyone", NOBODY)])


def targeting_of(session: Session, tree: Mapping[str, Any]) -> Targeting:
    """The targeting of this tree, as it was written; made when no campaign had it before. Raises BadRestriction.

    Which fields a campaign may ask about is its own affair: see `document.problems`.
    """
    key = hashlib.sha256(repr(tree).encode()).hexdigest()
    found = session.scalar(select(Targeting).where(Targeting.key == key))
    if found:
        return found
    made = Targeting(key=key, tree=dict(tree))
    session.add(made)
    session.flush()
    needed = targeting.keys(tree)
    session.add_all(
        TargetingKey(targeting_id=made.id, field=field, value=value)
        for field, value in (ASKS_FOR_NONE if needed is None else needed)
    )
    session.flush()
    return made


def admitting(executor: Executor, traits: Mapping[str, Any]) -> list[int]:
    """The ids of the targetings that admit a customer. Looks only at those that ask for something that the customer has."""
    held = targeting.keys_of(traits) | ASKS_FOR_NONE
    by_field: dict[str, list[str]] = {}
    for field, value in sorted(held):
        by_field.setdefault(field, []).append(value)
    asked = [and_(TargetingKey.field == field, TargetingKey.value.in_(values)) for field, values in by_field.items()]
    candidates = select(TargetingKey.targeting_id).where(or_(*asked))
    rows = executor.execute(select(Targeting.id, Targeting.tree).where(Targeting.id.in_(candidates))).all()
    return [row.id for row in rows if targeting.holds(row.tree, traits)]


def admits(targeting_ids: Sequence[int]) -> Any:
    """A condition on Campaign: it has no restrictions, or some of these."""
    return or_(Campaign.targeting_id.is_(None), Campaign.targeting_id.in_(targeting_ids))


def _audience(session: Session, targets: Sequence[tuple[str, UUID]]) -> Audience:
    key = hashlib.sha256(" ".join(f"{kind}:{uuid}" for kind, uuid in targets).encode()).hexdigest()
    found = session.scalar(select(Audience).where(Audience.key == key))
    if found:
        return found
    audience = Audience(
        key=key, targets=[AudienceTarget(position=i, kind=kind, uuid=uuid) for i, (kind, uuid) in enumerate(targets)]
    )
    session.add(audience)
    session.flush()
    return audience


def names(session: Session, of_chains: Iterable[tuple[Audience, int]]) -> dict[tuple[int, int], dict[UUID, str]]:
    """The names of a chain's levels and segments that each audience targets, by the ids of both; unknown ones are left out."""
    wanted = {(audience.id, chain): audience for audience, chain in of_chains}
    uuids = {target.uuid for audience in wanted.values() for target in audience.targets}
    named: dict[tuple[int, UUID], str] = {}
    if uuids:
        levels = select(Level.chain_id, Level.uuid, Level.name).where(Level.uuid.in_(uuids))
        segments = select(Segment.chain_id, Segment.uuid, Segment.name).where(Segment.uuid.in_(uuids))
        named = {(chain, uuid): name for chain, uuid, name in session.execute(levels.union_all(segments))}
    return {
        (audience_id, chain): {
            target.uuid: named[chain, target.uuid] for target in audience.targets if (chain, target.uuid) in named
        }
        for (audience_id, chain), audience in wanted.items()
    }


def customers_counts(session: Session, of_chains: Iterable[tuple[Audience, int]]) -> dict[tuple[int, int], int]:
    """How many customers of a chain each audience reaches, by the ids of both, in at most three statements, two unless segments overlap.

    Levels are disjoint, and the headcount says how many members of a segment stand on which level; only where
    several segments overlap must their members be counted.
    """
    wanted = {(audience.id, chain): audience for audience, chain in of_chains}
    uuids = {target.uuid for audience in wanted.values() for target in audience.targets}
    named = union_all(
        *(
            select(literal(kind), it.uuid, it.id).where(it.uuid.in_(uuids))
            for kind, it in (("level", Level), ("segment", Segment))
        )
    )
    ids: dict[str, dict[UUID, int]] = {"level": {}, "segment": {}}
    for kind, uuid, id in session.execute(named):
        ids[kind][uuid] = id
    level_ids, segment_ids = ids["level"], ids["segment"]
    counts = sizes.by_place(session, {sizes.ANY_SEGMENT, *segment_ids.values()})
    found = {}
    for (audience_id, chain), audience in wanted.items():
        here = {(level, segment): n for (c, level, segment), n in counts.items() if c == chain}
        everybody = {level: n for (level, segment), n in here.items() if segment == sizes.ANY_SEGMENT}
        levels = {level_ids[u] for u in audience.uuids("level") if u in level_ids}
        segments = {segment_ids[u] for u in audience.uuids("segment") if u in segment_ids}
        reached = sum(n for level, n in everybody.items() if audience.is_everyone or level in levels)
        if len(segments) == 1:
            [only] = segments
            reached += sum(n for (level, segment), n in here.items() if segment == only and level not in levels)
        elif segments:
            reached += _members_off_levels(session, chain, segments, levels)
        found[audience_id, chain] = reached
    return found


def _members_off_levels(session: Session, chain_id: int, segments: set[int], levels: set[int]) -> int:
    query = (
        select(func.count(distinct(SegmentMember.customer_id)))
        .join(Customer, Customer.id == SegmentMember.customer_id)
        .where(SegmentMember.segment_id.in_(segments), Customer.chain_id == chain_id)
    )
    if levels:
        query = query.where(or_(Customer.level_id.is_(None), Customer.level_id.not_in(levels)))
    return session.scalar(query) or 0


def reached(audience_id: int) -> Any:
    """The customers of an audience, as a condition on Customer."""
    mine = AudienceTarget.audience_id == audience_id
    everyone = exists().where(mine, AudienceTarget.kind == "everyone")
    on_level = select(Level.id).join(AudienceTarget, and_(AudienceTarget.uuid == Level.uuid, mine))
    in_segment = (
        select(SegmentMember.customer_id)
        .join(Segment, Segment.id == SegmentMember.segment_id)
        .join(AudienceTarget, and_(AudienceTarget.uuid == Segment.uuid, mine))
    )
    return or_(everyone, Customer.level_id.in_(on_level), Customer.id.in_(in_segment))


def targets(customer: Any, audience_id: Any) -> Any:
    """The audience is everyone, or names the customer's level or one of the customer's segments. A condition for SQL."""
    on_level = (
        exists()
        .where(Level.id == customer.level_id, Level.uuid == AudienceTarget.uuid)
        .correlate(customer, AudienceTarget)
    )
    in_segment = (
        exists()
        .where(
            SegmentMember.customer_id == customer.id,
            SegmentMember.segment_id == Segment.id,
            Segment.uuid == AudienceTarget.uuid,
        )
        .correlate(customer, AudienceTarget)
    )
    return (
        exists()
        .where(AudienceTarget.audience_id == audience_id, or_(AudienceTarget.kind == "everyone", on_level, in_segment))
        .correlate(customer, Campaign)
    )


def of_customer(customer_id: Any) -> Select[Any]:
    """The ids of the audiences that a customer belongs to."""
    level = select(Level.uuid).join(Customer, Customer.level_id == Level.id).where(Customer.id == customer_id)
    segments = (
        select(Segment.uuid)
        .join(SegmentMember, SegmentMember.segment_id == Segment.id)
        .where(SegmentMember.customer_id == customer_id)
    )
    return select(AudienceTarget.audience_id).where(
        or_(
            and_(AudienceTarget.uuid == NOBODY, AudienceTarget.kind == "everyone"),
            AudienceTarget.uuid.in_(level),
            AudienceTarget.uuid.in_(segments),
        )
    )
