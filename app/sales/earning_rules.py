"""The rules by which customers earn points: an admin makes, changes, switches and lists them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.calendar import ALWAYS_FROM, ALWAYS_TO
from app.members.models import Level, Segment
from app.organizations.models import PointOfSale
from app.organizations.scope import Chains, within
from app.paging import Page, Paged
from app.sales import rules
from app.sales.errors import BadRule, RuleNotFound
from app.sales.models import RULE_KINDS, EarningRule

OF_SALES = (*rules.SALE_KINDS, "instant_reward")
SORTABLE = {"name": func.lower(EarningRule.name), "active": EarningRule.active, "kind": EarningRule.kind}


@dataclass(frozen=True)
class RuleDetails:
    """What an admin decides about an earning rule; `terms` are those of its kind, see `rules.REQUIRED`."""

    kind: str
    name: str
    terms: Mapping[str, Any]
    description: str | None = None
    active: bool = False
    valid: tuple[datetime, datetime] = (ALWAYS_FROM, ALWAYS_TO)
    levels: Sequence[UUID] = field(default=())
    segments: Sequence[UUID] = field(default=())
    shops: Sequence[UUID] = field(default=())


def create(session: Session, chain_id: int, details: RuleDetails, now: datetime) -> EarningRule:
    """Raises BadRule."""
    rule = EarningRule(chain_id=chain_id, created_at=now)
    _apply(session, rule, details)
    session.add(rule)
    session.flush()
    return rule


def change(session: Session, uuid: UUID, details: RuleDetails, chains: Chains) -> EarningRule:
    """Raises RuleNotFound or BadRule; a rule keeps its kind."""
    rule = get(session, uuid, chains)
    if details.kind != rule.kind:
        raise BadRule("A rule keeps its type: make another one.", field="kind")
    _apply(session, rule, details)
    return rule


def switch(session: Session, uuid: UUID, on: bool, chains: Chains) -> None:
    """Raises RuleNotFound."""
    get(session, uuid, chains).active = on


def get(session: Session, uuid: UUID, chains: Chains) -> EarningRule:
    """Raises RuleNotFound."""
    query = select(EarningRule).where(EarningRule.uuid == uuid, within(chains, EarningRule.chain_id))
    found = session.scalars(query).one_or_none()
    if found is None:
        raise RuleNotFound
    return found


def page(
    session: Session,
    chains: Chains,
    paging: Page,
    kind: str | None = None,
    only_valid_at: datetime | None = None,
    active: bool | None = None,
) -> Paged[EarningRule]:
    """All rules, or those of a kind, those that are switched on or off, or those that are active at a moment."""
    conditions = [within(chains, EarningRule.chain_id)]
    if kind is not None:
        conditions.append(EarningRule.kind == kind)
    if active is not None:
        conditions.append(EarningRule.active.is_(active))
    if only_valid_at is not None:
        conditions += [
            EarningRule.active.is_(True),
            EarningRule.starts_at <= only_valid_at,
            EarningRule.ends_at > only_valid_at,
        ]
    total = session.scalar(select(func.count()).select_from(EarningRule).where(*conditions)) or 0
    query = select(EarningRule).where(*conditions)
    query = query.order_by(*paging.order(SORTABLE, EarningRule.id, tie=EarningRule.id))
    return Paged(list(session.scalars(paging.cut(query))), total)


def _apply(session: Session, rule: EarningRule, details: RuleDetails) -> None:
    if details.kind not in RULE_KINDS:
        raise BadRule(field="kind")
    for name, message in rules.problems(details.kind, details.terms):
        raise BadRule(message, field=name)
    if details.shops and details.kind not in OF_SALES:
        raise BadRule("Only rules of sales ask for the shop.", field="shops")
    if details.valid[1] <= details.valid[0]:
        raise BadRule("A rule ends after it begins.", field="ends_at")
    for name, model, uuids in (
        ("levels", Level, details.levels),
        ("segments", Segment, details.segments),
        ("shops", PointOfSale, details.shops),
    ):
        known = select(func.count()).select_from(model).where(model.uuid.in_(uuids), model.chain_id == rule.chain_id)
        if (session.scalar(known) or 0) < len(set(uuids)):
            raise BadRule("There is none with this id.", field=name)
        setattr(rule, name, [str(it) for it in uuids])
    rule.kind, rule.name, rule.description = details.kind, details.name, details.description
    rule.active, rule.terms = details.active, dict(details.terms)
    rule.starts_at, rule.ends_at = details.valid
