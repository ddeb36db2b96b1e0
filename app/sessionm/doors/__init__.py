"""SessionM's calls, a file a noun."""

from app.sessionm.doors import campaigns, customer_campaigns, events, pages, users

__all__ = ["campaigns", "customer_campaigns", "events", "pages", "users"]
