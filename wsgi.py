"""The WSGI application for production: `gunicorn wsgi:application`."""

import sys

from app.installation import NotReady
from app.serving import production_application
from app.settings import BadSettings

GUNICORN_APP_LOAD_ERROR = 4  # tells gunicorn's master to stop instead of trying again

try:
    application = production_application()
except (BadSettings, NotReady, RuntimeError) as e:
    print(f"Guerdon cannot start: {e}", file=sys.stderr, flush=True)
    sys.exit(GUNICORN_APP_LOAD_ERROR)
