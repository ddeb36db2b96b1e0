"""How alembic reaches the database: over the connection that `app.db.installation` gives it."""

from typing import Literal

from alembic import context

from app.db.types import UtcDateTime
from app.migrations.tables import metadata


def render_item(kind: str, item: object, autogen_context: object) -> str | Literal[False]:
    """Migrations name SQLAlchemy's types only: they must read the same when our code has changed."""
    return "sa.DateTime(timezone=True)" if isinstance(item, UtcDateTime) else False


connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, render_item=render_item)
with context.begin_transaction():
    context.run_migrations()
