"""The WSGI application for production: `gunicorn wsgi:application`."""

import sys

from sqlalchemy.exc import SQLAlchemyError

from app.db.engine import TryAgain
from app.db.installation import NotReady
from app.serving import production_application
from app.settings import BadSettings

GUNICORN_APP_LOAD_ERROR = 4  # tells gunicorn's master to stop instead of trying again

try:
    application = production_application()
except (BadSettings, NotReady, RuntimeError, TryAgain, SQLAlchemyError) as e:
    print(f"Guerdon cannot start: {e}", file=sys.stderr, flush=True)
    sys.exit(GUNICORN_APP_LOAD_ERROR)
