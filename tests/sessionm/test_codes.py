"""Every refusal has a code on every call, every code its status, and every address the dialect's own envelope."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.exceptions import InternalServerError

from app.campaign.errors import CampaignNotFound
from app.db.engine import OutcomeUnknown
from app.organizations.errors import BusinessNotFound, DivisionElsewhere
from app.sessionm import codes
from app.sessionm.doors import customer_campaigns
from app.web.door import Busy
from tests.client import Client
from tests.sessionm.conftest import Program, code
from tests.test_house import refusals


def test_every_refusal_has_a_code_and_every_code_a_status() -> None:
    for call in ("progress", "all_campaigns", "campaign_info", "opt_in", "send_events"):
        for kind in refusals():
            assert codes.word(call, kind) in codes.STATUS
    assert codes.word("progress", CampaignNotFound) == "no_campaign_found"
    assert codes.word("campaign_info", CampaignNotFound) == "no_active_campaign_found"
    assert codes.word("opt_in", CampaignNotFound) == "not_found"
    assert codes.PARENT.keys() == {BusinessNotFound, DivisionElsewhere}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/priv/v1/apps/x/nothing", 404),
        ("GET", "/priv/v3/", 404),
        ("GET", "/api/v1/apps/x/nothing", 404),
        ("GET", "/apps/x/users/y/ads", 404),
        ("PATCH", "/priv/v1/apps/x/campaigns", 405),
        ("GET", "/priv/v1/apps/x/users/%00/tags", 404),
        ("GET", "/priv/v1/apps/x/campaigns?name=%00", 200),
    ],
)
def test_what_flask_refuses_is_told_in_the_envelope(client: Client, method: str, path: str, status: int) -> None:
    answer = client.send(method, path)
    assert answer.status_code == status
    assert code(answer) in {"not_found", "argument_error"}


def test_failures_tell_what_is_known_of_them(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(error: Exception) -> Any:
        def raising(*_: Any, **__: Any) -> Any:
            raise error

        monkeypatch.setattr(customer_campaigns.customer_campaigns, "page", raising)
        return program.server().get(f"{program.v2}{program.cleo}/campaigns")

    assert code(fail(RuntimeError("boom"))) == "internal_server_error"
    assert code(fail(InternalServerError())) == "internal_server_error"
    for error, expected in ((Busy(), "try_again"), (OutcomeUnknown(), "outcome_unknown")):
        answer = fail(error)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert code(answer) == expected


def test_the_manual_shows_every_address(client: Client, app: Flask) -> None:
    document: Any = client.get("/openapi.json").json
    shown = {path for path in document["paths"] if path.startswith(("/priv/", "/api/v1/apps/"))}
    assert len(shown) >= 39
    routes = {
        rule.rule.replace("<", "{").replace(">", "}")
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("sessionm.")
    }
    assert shown == {
        rule for rule in routes if "/track" not in rule and "/redir" not in rule and not rule.startswith("/apps/")
    }
    for path in shown:
        for method, operation in document["paths"][path].items():
            if method != "parameters":
                assert operation["summary"].endswith("."), path
                assert set(operation["responses"]["200"]["content"]) == {"application/json"}
