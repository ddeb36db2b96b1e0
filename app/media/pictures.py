"""The picture, or another file, at a place of a chain: put one there, find it, take it away.

Of campaigns, which have several and may be secret, see `app.campaign.setup.photos`.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, delete, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.db.guarded import insert_into
from app.db.prepared import dialect_of
from app.media.models import ShownPicture


def put(
    session: Session, chain_id: int, place: str, sha256: str, media_type: str, bytes_count: int, now: datetime
) -> None:
    """Show a stored file at a place, instead of what was there. Its blob stays: see `photos.remove_unreferenced`."""
    shown = {"sha256": sha256, "media_type": media_type, "bytes_count": bytes_count, "created_at": now}
    # One statement: whoever puts or removes one meanwhile comes before or after.
    put = insert_into(dialect_of(session), ShownPicture).values(chain_id=chain_id, place=place, **shown)
    session.execute(put.on_conflict_do_update(index_elements=["chain_id", "place"], set_=shown))


def find(session: Session, chain_id: int, place: str) -> ShownPicture | None:
    """What is shown there."""
    return session.get(ShownPicture, (chain_id, place))


def remove(session: Session, chain_id: int, place: str) -> bool:
    """Show nothing there; whether anything was."""
    gone = delete(ShownPicture).where(ShownPicture.chain_id == chain_id, ShownPicture.place == place)
    return bool(session.scalars(gone.returning(ShownPicture.place)).all())


def move(session: Session, chain_id: int, place: str, to: str) -> None:
    """Show at another place what is shown at this one, where nothing is shown there; here, nothing is any more."""
    there = find(session, chain_id, to)
    shown = find(session, chain_id, place)
    if shown is not None and there is None:
        put(session, chain_id, to, shown.sha256, shown.media_type, shown.bytes_count, shown.created_at)
    if shown is not None:
        session.delete(shown)
        session.flush()


def place_of(kind: str, uuid: UUID | int) -> str:
    """Where the picture of a `level`, an `earning_rule` or a `customer` is kept, or, by the campaign's number, the icon of its `brand`."""
    return f"{kind}/{uuid}"


def places_of(kind: str, number: InstrumentedAttribute[int]) -> ColumnElement[str]:
    """The same in SQL, of what a column numbers."""
    return literal(f"{kind}/") + cast(number, String)


def with_picture(session: Session, kind: str, uuids: Iterable[UUID]) -> set[UUID]:
    """Those of some levels, or of some earning rules, that have a picture."""
    places = {place_of(kind, it): it for it in uuids}
    shown = session.scalars(select(ShownPicture.place).where(ShownPicture.place.in_(places)))
    return {places[it] for it in shown}
