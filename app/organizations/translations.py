"""The texts of a chain's own clients, such as Open Loyalty's cockpits: a document a language, which Guerdon keeps and does not read."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session, defer

from app.organizations.errors import BadTranslation, TranslationNotFound
from app.organizations.models import Chain, Translation
from app.refusal import AlreadyTaken
from app.text import is_language

TRANSLATIONS_MAX = 100  # of a chain


@dataclass(frozen=True)
class TranslationDetails:
    """A language by its code, its name in it, and its texts as a JSON object; `position` orders them."""

    code: str | None  # None, of one that is there: as it is
    name: str
    content: str
    is_default: bool | None = None  # None: as it is
    position: int = 0


def create(session: Session, chain_id: int, details: TranslationDetails, now: datetime) -> Translation:
    """Raises AlreadyTaken or BadTranslation. The first one of a chain is its default."""
    if not is_language(details.code or ""):
        raise BadTranslation("A language is a code such as en, pl or pt-BR.", field="code")
    _lock(session, chain_id)
    known = of_chain(session, chain_id)
    if any(it.code == details.code for it in known):
        raise AlreadyTaken("This value is already used.", field="code")
    if len(known) >= TRANSLATIONS_MAX:
        raise BadTranslation(f"At most {TRANSLATIONS_MAX} languages.", field="code")
    made = Translation(chain_id=chain_id, code=details.code, is_default=False)
    _apply(session, made, details if known else replace(details, is_default=True), now)
    session.add(made)
    session.flush()
    return made


def change(session: Session, chain_id: int, code: str, details: TranslationDetails, now: datetime) -> Translation:
    """The one with this code, which it keeps. Raises TranslationNotFound or BadTranslation."""
    _lock(session, chain_id)
    changed = get(session, chain_id, code)
    if details.code not in (None, code):
        raise BadTranslation("A language keeps its code: add another one.", field="code")
    _apply(session, changed, details, now)
    return changed


def remove(session: Session, chain_id: int, code: str) -> None:
    """After the default, the first of the others is it. Raises TranslationNotFound."""
    _lock(session, chain_id)
    gone = get(session, chain_id, code)
    others = [it for it in of_chain(session, chain_id) if it is not gone]
    if gone.is_default and others:
        others[0].is_default = True
    session.delete(gone)


def get(session: Session, chain_id: int, code: str) -> Translation:
    """Raises TranslationNotFound."""
    found = session.get(Translation, (chain_id, code))
    if found is None:
        raise TranslationNotFound
    return found


def of_chain(session: Session, chain_id: int) -> Sequence[Translation]:
    """In their order; their texts are asked for one by one."""
    query = select(Translation).where(Translation.chain_id == chain_id).options(defer(Translation.content))
    return session.scalars(query.order_by(Translation.position, Translation.code)).all()


def texts(session: Session, chain_id: int, code: str | None) -> str:
    """The document in a language, or in the default one; of a chain without any, an empty one."""
    of_chain = Translation.chain_id == chain_id
    query = select(Translation.content).where(of_chain, or_(Translation.code == code, Translation.is_default))
    # The one that is asked for comes before the default.
    return session.scalar(query.order_by((Translation.code == code).desc()).limit(1)) or "{}"


def _lock(session: Session, chain_id: int) -> None:
    """Whoever else changes the languages of the chain waits: one of them is the default."""
    session.execute(select(Chain.id).where(Chain.id == chain_id).with_for_update())


def _apply(session: Session, translation: Translation, details: TranslationDetails, now: datetime) -> None:
    if details.is_default:
        session.execute(
            update(Translation).where(Translation.chain_id == translation.chain_id).values(is_default=False)
        )
        translation.is_default = True
    elif details.is_default is False and translation.is_default:
        raise BadTranslation("This is the default: make another one the default instead.", field="is_default")
    translation.name, translation.content = details.name, details.content
    translation.position, translation.updated_at = details.position, now
