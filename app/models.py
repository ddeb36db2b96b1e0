"""Every table of the service, for the migrations and for tests: importing this fills `Base.metadata`."""

from app.audit import AuditEntry
from app.campaign import award_models as awards
from app.campaign import event_models as events
from app.campaign import models as campaign
from app.database import Base
from app.idempotency import StoredAnswer
from app.installation import Installation
from app.members import models as members
from app.points import models as points

__all__ = ["AuditEntry", "Base", "Installation", "StoredAnswer", "awards", "campaign", "events", "members", "points"]
metadata = Base.metadata
