"""`make fuzz`: every call of the manual's document, with what the document allows and what it does not, as each role.

Looks for failures (5xx that the document does not name, or 500 of /api) and for statuses that it does not name. Runs in this process
over a demo world in a temporary folder, for MINUTES at most; no network.
"""

import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from app import clock, create_app, demo
from app.access.models import Login
from app.db import installation
from app.settings import Settings
from app.web.callers import Identity, rotate_keys

MINUTES = 6
EXAMPLES = 8  # of each call and role, that the document allows, and as many that it does not
PLAYED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        app = _app(Path(folder))
        found: Counter[str] = Counter()
        until = time.monotonic() + 60 * float(sys.argv[1] if len(sys.argv) > 1 else MINUTES)
        for role, headers in _callers(app).items():
            calls = _fuzz(app, role, headers, found, until)
            print(f"{role}: {calls} requests", flush=True)
    for failure, times in found.most_common():
        print(f"{times} times: {failure}")
    return 1 if found else 0


def _app(storage: Path) -> Flask:
    rotate_keys(storage / "keys" / "jwt.pem")
    configured = Settings(
        environment="test", storage=storage, jwt_private_keys=(storage / "keys" / "jwt.pem").read_text()
    )
    app = create_app(configured)
    installation.migrate(
        app.extensions["guerdon_database"], lambda session: demo.load(session, clock.now(), configured.zone)
    )
    return app


def _callers(app: Flask) -> dict[str, dict[str, str]]:
    """The headers of each role."""
    identity: Identity = app.extensions["guerdon_identity"]
    found: dict[str, dict[str, str]] = {"nobody": {}}
    with app.app_context(), app.extensions["guerdon_database"].reading() as session:
        for role in ("admin", "seller", "customer"):
            login = session.query(Login).filter_by(role=role).order_by(Login.id).first()
            token = identity.token(login, "somebody", login.uuid, clock.now())
            found[role] = {"Authorization": f"Bearer {token}"}
    found["Spaaza's partner"] = {
        "Authorization": f"Bearer {demo.ACME_TOKEN}",
        "X-Spaaza-MyPrice-App-Hostname": demo.ACME_HOST,
    }
    found["SessionM's server"] = {"Authorization": f"Bearer {demo.FLOCK_SECRET}"}
    return found


def _fuzz(app: Flask, role: str, headers: dict[str, str], found: Counter[str], until: float) -> int:
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app)
    calls = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        for mode in GenerationMode:
            calls += _fuzz_call(operation, mode, role, headers, found, until)
    return calls


def _fuzz_call(
    operation: Any, mode: GenerationMode, role: str, headers: dict[str, str], found: Counter[str], until: float
) -> int:
    calls = 0

    @given(case=operation.as_strategy(generation_mode=mode))
    @PLAYED
    def send(case: Any) -> None:
        nonlocal calls
        if time.monotonic() > until:
            return
        calls += 1
        if "api_key" in (case.path_parameters or {}):
            case.path_parameters["api_key"] = demo.FLOCK_KEY  # any other is refused before anything is looked at
        response = case.call(headers=headers)
        status = str(response.status_code)
        is_failure = status == "500" and operation.path.startswith("/api/")
        if status not in operation.definition.raw["responses"] or is_failure:
            found[f"{operation.method.upper()} {operation.path} as {role}: {status} {response.text[:150]}"] += 1

    with suppress(Unsatisfiable):  # some calls can only be sent as the document allows
        send()
    return calls


if __name__ == "__main__":
    sys.exit(main())
