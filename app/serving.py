"""From the environment to an application that may be served."""

import os
import subprocess
import sys
from pathlib import Path

from flask import Flask
from sqlalchemy import make_url

from app import create_app, logs, settings
from app.db.installation import require_ready
from app.settings import PLACEHOLDERS, BadSettings, Settings


def production_application() -> Flask:
    """The application, once settings and database are fit to serve. Raises BadSettings, NotReady or RuntimeError."""
    found = settings.from_environment()
    logs.set_up(found.log_format, found.log_level)
    require_no_placeholders(found)
    app = create_app(found)
    _check(app, found)
    app.extensions["guerdon_refusals"].writes_itself = True
    app.extensions["guerdon_has_background"] = True
    return app


def require_no_placeholders(found: Settings) -> None:
    """In production no secret may be one that everybody knows. Raises BadSettings."""
    password = make_url(found.sqlalchemy_url).password
    if found.is_production and password is not None and str(password).lower() in PLACEHOLDERS:
        raise BadSettings("GUERDON_DATABASE_URL: its password is a placeholder. Give the database user a real one.")


def run_gunicorn(found: Settings) -> None:
    """Serve on the loopback interface in this process, until it is told to stop, with a worker beside it."""
    config = str(Path(__file__).parent.parent / "gunicorn.conf.py")
    command = [sys.executable, "-m", "gunicorn", "-c", config, "-b", f"127.0.0.1:{found.port}", "wsgi:application"]
    os.chdir(Path(__file__).parent.parent)
    os.environ["GUERDON_STORAGE"] = str(found.storage.absolute())
    subprocess.Popen([sys.executable, "-m", "app.cli", "worker", "--with-parent"])
    os.execv(sys.executable, command)


def _check(app: Flask, found: Settings) -> None:
    database = app.extensions["guerdon_database"]
    require_ready(database, found.is_production)
    database.require_durability()
    database.require_session()
    replica = app.extensions["guerdon_replica"]
    if replica is not None:
        replica.require_replica()
        replica.database.engine.dispose()
    database.engine.dispose()  # connections must not cross a fork


__all__ = ["production_application", "require_no_placeholders", "run_gunicorn"]
