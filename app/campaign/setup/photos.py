"""A campaign's photos: give it one, show one, take one or all away; and the icon of its brand."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, or_, select
from sqlalchemy.orm import Session

from app.campaign.audience import visibility
from app.campaign.errors import CampaignNotFound, PhotoNotFound
from app.campaign.models.campaigns import Campaign
from app.campaign.models.photos import Photo
from app.db.engine import Database
from app.media import pictures
from app.media.blobs import BlobStore
from app.media.imaging import Picture
from app.media.models import ShownPicture
from app.organizations.scope import Chains, within

PHOTOS_MAX = 10  # of a campaign; one more takes the place of its oldest
KEPT_UNREFERENCED_SECONDS = 24 * 3600


def attach(session: Session, campaign: UUID, chains: Chains, picture: Picture, sha256: str, now: datetime) -> Photo:
    """Make a stored picture the campaign's latest photo, which is the one that is shown. Raises CampaignNotFound.

    Old blobs stay: a rollback must leave them readable. `remove_unreferenced` clears them away later.
    """
    campaign_id = _locked(session, campaign, chains)
    kept = session.scalars(
        select(Photo.id).where(Photo.campaign_id == campaign_id).order_by(Photo.id.desc()).limit(PHOTOS_MAX - 1)
    ).all()
    session.execute(delete(Photo).where(Photo.campaign_id == campaign_id, Photo.id.not_in(kept)))
    photo = Photo(
        campaign_id=campaign_id,
        sha256=sha256,
        media_type=picture.media_type,
        bytes_count=len(picture.content),
        created_at=now,
    )
    session.add(photo)
    return photo


def detach_all(session: Session, campaign: UUID, chains: Chains) -> None:
    """Take the campaign's photos away; no error when it has none. Raises CampaignNotFound."""
    session.execute(delete(Photo).where(Photo.campaign_id == _locked(session, campaign, chains)))


def detach(session: Session, campaign: UUID, photo: UUID, chains: Chains) -> None:
    """Take one photo away. Raises CampaignNotFound or PhotoNotFound."""
    gone = delete(Photo).where(Photo.campaign_id == _locked(session, campaign, chains), Photo.uuid == photo)
    if session.scalar(gone.returning(Photo.id)) is None:
        raise PhotoNotFound


def of_campaign(session: Session, campaign: UUID, now: datetime, staff_of: Chains, which: UUID | None = None) -> Photo:
    """A campaign's latest photo, or a certain one; of a secret campaign, only to the staff of its chain.

    Raises PhotoNotFound, for an unknown campaign too.
    """
    shown = select(Photo).join(Campaign).where(Campaign.uuid == campaign, _may_look(staff_of, now))
    query = shown.order_by(Photo.id.desc()).limit(1)
    if which is not None:
        query = query.where(Photo.uuid == which)
    photo = session.scalars(query).one_or_none()
    if photo is None:
        raise PhotoNotFound
    return photo


def set_brand_icon(
    session: Session, campaign: UUID, chains: Chains, picture: Picture, sha256: str, now: datetime
) -> None:
    """Make a stored picture the icon of a campaign's brand. Raises CampaignNotFound."""
    found = _found(session, campaign, chains)
    place = pictures.place_of("brand", found.id)
    pictures.put(session, found.chain_id, place, sha256, picture.media_type, len(picture.content), now)


def remove_brand_icon(session: Session, campaign: UUID, chains: Chains) -> None:
    """Take the icon of a campaign's brand away; no error when it has none. Raises CampaignNotFound."""
    found = _found(session, campaign, chains)
    pictures.remove(session, found.chain_id, pictures.place_of("brand", found.id))


def brand_icon(session: Session, campaign: UUID, now: datetime, staff_of: Chains) -> ShownPicture:
    """The icon of a campaign's brand; of a secret campaign, only to the staff of its chain. Raises PhotoNotFound."""
    query = select(Campaign.id, Campaign.chain_id).where(Campaign.uuid == campaign, _may_look(staff_of, now))
    found = session.execute(query).one_or_none()
    icon = pictures.find(session, found.chain_id, pictures.place_of("brand", found.id)) if found is not None else None
    if icon is None:
        raise PhotoNotFound
    return icon


def _may_look(staff_of: Chains, now: datetime) -> ColumnElement[bool]:
    return or_(within(staff_of, Campaign.chain_id), ~visibility.is_secret(Campaign, now))


def _found(session: Session, campaign: UUID, chains: Chains) -> Any:
    """Its number, and its chain's."""
    query = select(Campaign.id, Campaign.chain_id)
    found = session.execute(query.where(Campaign.uuid == campaign, within(chains, Campaign.chain_id))).one_or_none()
    if found is None:
        raise CampaignNotFound
    return found


def require_campaign(session: Session, campaign: UUID, chains: Chains) -> None:
    """Raises CampaignNotFound."""
    _found(session, campaign, chains)


def remove_unreferenced(
    database: Database, blobs: BlobStore, older_than_seconds: float = KEPT_UNREFERENCED_SECONDS
) -> int:
    """Remove the blobs that no photo of anything has referred to for a day, and return how many.

    The age protects an upload whose row is not committed yet: blobs are put before their rows.
    """
    removed = 0
    for sha256 in blobs.older_than(older_than_seconds):
        with database.transaction() as session:
            if not session.scalar(select(or_(*(exists().where(it.sha256 == sha256) for it in (Photo, ShownPicture))))):
                blobs.remove(sha256)
                removed += 1
    return removed


def _locked(session: Session, campaign: UUID, chains: Chains) -> int:
    query = select(Campaign.id).where(Campaign.uuid == campaign, within(chains, Campaign.chain_id))
    campaign_id = session.scalar(query.with_for_update(key_share=True))
    if campaign_id is None:
        raise CampaignNotFound
    return campaign_id
