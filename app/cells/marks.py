"""How far the worker had told of a chain's vouchers when the chain was closed: whoever opens it goes on from there."""

import json
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.campaign.notices import WORK
from app.db.installation import Installation
from app.jobs.models import ClockJob


def note(session: Session, chain_id: int) -> None:
    session.merge(Installation(name=_name(chain_id), value=json.dumps(now(session))))
    session.flush()


def now(session: Session) -> dict[str, str]:
    """How far it has told, by the kind of what is told. Whoever tells waits until this transaction ends."""
    jobs = select(ClockJob).where(ClockJob.name.in_(WORK.values())).order_by(ClockJob.name).with_for_update()
    found = {job.name: job.mark for job in session.scalars(jobs)}
    return {kind: mark for kind, work in WORK.items() if (mark := found.get(work))}


def noted(session: Session, chain_id: int) -> Mapping[str, str]:
    row = session.get(Installation, _name(chain_id))
    marks: dict[str, str] = json.loads(row.value) if row is not None else {}
    return marks


def taken(session: Session, chain_id: int) -> Mapping[str, str]:
    """What was noted, which is forgotten."""
    marks = noted(session, chain_id)
    row = session.get(Installation, _name(chain_id))
    if row is not None:
        session.delete(row)
        session.flush()
    return marks


def _name(chain_id: int) -> str:
    return f"closed chain {chain_id}"
