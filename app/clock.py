"""What time it is."""

from datetime import UTC, datetime


def now() -> datetime:
    """The moment, aware, in UTC. Tests put another clock in its place."""
    return datetime.now(UTC)
