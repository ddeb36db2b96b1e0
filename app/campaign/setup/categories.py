"""The categories of a chain's campaigns: make, change, list and find them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.campaign.errors import CategoryNotFound
from app.campaign.models.campaigns import Category
from app.organizations.scope import Chains, within
from app.paging import Page, Paged
from app.refusal import AlreadyTaken

SORTABLE = {"name": func.lower(Category.name), "active": Category.active, "position": Category.position}


@dataclass(frozen=True)
class CategoryDetails:
    """What is decided about a category; those of a lower position come first."""

    name: str
    active: bool = True
    position: int = 0
    translations: Mapping[str, str] = field(default_factory=dict)  # the name in other languages


def create(session: Session, chain_id: int, details: CategoryDetails) -> Category:
    """Raises AlreadyTaken."""
    category = Category(chain_id=chain_id, **vars(details))
    _require_new_name(session, chain_id, details.name)
    session.add(category)
    session.flush()
    return category


def change(session: Session, category: Category, details: CategoryDetails) -> None:
    """Raises AlreadyTaken."""
    if details.name != category.name:
        _require_new_name(session, category.chain_id, details.name)
    for name, value in vars(details).items():
        setattr(category, name, value)
    session.flush()


def get(session: Session, uuid: UUID, chains: Chains) -> Category:
    """Raises CategoryNotFound."""
    found = session.scalars(
        select(Category).where(Category.uuid == uuid, within(chains, Category.chain_id))
    ).one_or_none()
    if found is None:
        raise CategoryNotFound
    return found


def called(session: Session, chain_id: int, uuids: Sequence[UUID]) -> list[Category]:
    """These categories of a chain. Raises CategoryNotFound."""
    if not uuids:
        return []
    query = select(Category).where(Category.chain_id == chain_id, Category.uuid.in_(uuids))
    found = list(session.scalars(query.order_by(Category.position, Category.id)))
    if len(found) < len(set(uuids)):
        raise CategoryNotFound(field="categories")
    return found


def page(
    session: Session, chains: Chains, paging: Page, name: str | None = None, active: bool | None = None
) -> Paged[Category]:
    """The categories of these chains, in their order; those whose name has this in it, and that are active, or are not."""
    conditions: list[ColumnElement[bool]] = [within(chains, Category.chain_id)]
    conditions += [Category.active.is_(active)] if active is not None else []
    conditions += [Category.name.icontains(name, autoescape=True)] if name is not None else []
    total = session.scalar(select(func.count()).select_from(Category).where(*conditions)) or 0
    order = paging.order(SORTABLE, Category.position, tie=Category.id)
    return Paged(list(session.scalars(paging.cut(select(Category).where(*conditions).order_by(*order)))), total)


def _require_new_name(session: Session, chain_id: int, name: str) -> None:
    taken = select(func.count()).select_from(Category).where(Category.chain_id == chain_id, Category.name == name)
    if session.scalar(taken):
        raise AlreadyTaken(f"There is a category called {name} already.", field="name")
