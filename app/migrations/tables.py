"""Every table of the service, for the migrations and for tests: importing this fills `Base.metadata`."""

from app.access import models as access
from app.campaign import models as campaign
from app.db.installation import Installation
from app.db.types import Base
from app.jobs import models as jobs
from app.media import models as media
from app.members import models as members
from app.organizations import models as organizations
from app.outbox import models as outbox
from app.points import models as points
from app.sales import models as sales
from app.web.audit import AuditEntry
from app.web.brakes import WrongTries
from app.web.idempotency import StoredAnswer
from app.wording import models as wording

__all__ = [
    "AuditEntry",
    "Base",
    "Installation",
    "StoredAnswer",
    "WrongTries",
    "access",
    "campaign",
    "jobs",
    "media",
    "members",
    "organizations",
    "outbox",
    "points",
    "sales",
    "wording",
]
metadata = Base.metadata
