"""Whom campaigns are for: audiences of levels and segments, and targetings, which are trees of conditions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db.types import Base, Serial, UtcDateTime


class Audience(Base):
    """Whom campaigns are for: everyone, or customers on any of its levels or in any of its segments.

    Campaigns with the same targets in the same order share one audience, found by its `key`.
    """

    __tablename__ = "audience"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)  # SHA-256 of the targets
    targets: Mapped[list["AudienceTarget"]] = relationship(order_by="AudienceTarget.position", lazy="selectin")

    @property
    def is_everyone(self) -> bool:
        return any(target.kind == "everyone" for target in self.targets)

    def uuids(self, kind: str) -> list[UUID]:
        return [target.uuid for target in self.targets if target.kind == kind]


class AudienceTarget(Base):
    """A level or a segment of an audience, or everyone. It may name one that does not exist; then it adds nobody."""

    __tablename__ = "audience_target"
    audience_id: Mapped[int] = mapped_column(ForeignKey("audience.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]  # `level`, `segment` or `everyone`
    uuid: Mapped[UUID] = mapped_column(Uuid)
    __table_args__ = (
        Index("ix_audience_target_uuid_audience_id", "uuid", "audience_id"),
        CheckConstraint("kind IN ('level', 'segment', 'everyone')", "known_kind"),
    )


class Targeting(Base):
    """Which customers of its audience a campaign is for: a tree of conditions, see `targeting`. Never changes.

    Campaigns with the same tree share it, found by its `key`.
    """

    __tablename__ = "targeting"
    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)  # SHA-256 of the tree
    tree: Mapped[dict[str, Any]] = mapped_column(JSON)


class Reached(Base):
    """How many customers of a chain and an audience a targeting admits, as it was counted last; none, until it was. See `reached`."""

    __tablename__ = "reached"
    chain_id: Mapped[int] = mapped_column(ForeignKey("chain.id"), primary_key=True, autoincrement=False)
    audience_id: Mapped[int] = mapped_column(ForeignKey("audience.id"), primary_key=True, autoincrement=False)
    targeting_id: Mapped[int] = mapped_column(ForeignKey("targeting.id"), primary_key=True, autoincrement=False)
    customers_count: Mapped[int | None] = mapped_column(BigInteger)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)  # when somebody last set about counting


class TargetingKey(Base):
    """A field and a text of which a customer must have at least one, or the targeting cannot hold: `targeting.keys`.

    A targeting that asks for none has a single one, which is empty.
    """

    __tablename__ = "targeting_key"
    field: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(primary_key=True)
    targeting_id: Mapped[int] = mapped_column(ForeignKey("targeting.id"), primary_key=True, autoincrement=False)
