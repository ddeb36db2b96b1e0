"""The rules of the house, read off the code."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g

from app import idempotency
from app import refusal as refusal_module
from app.campaign import errors as campaign_errors
from app.members import errors as members_errors
from app.openloyalty import errors as openloyalty_errors
from app.openloyalty.campaign_form import CampaignForm
from app.points import errors as points_errors
from app.refusal import Refusal

APP = Path(__file__).parent.parent / "app"

# Who may import whom: each folder only those below it, and what stands at the top of app/.
DOMAIN = {"members": set(), "points": {"members"}, "campaign": {"points", "members"}}
DIALECT = {"campaign", "points", "members"}
ALLOWED = {
    **DOMAIN,
    "openloyalty": DIALECT,
    "admin": DIALECT | {"openloyalty"},
    "seller": DIALECT | {"openloyalty"},
    "customer": DIALECT | {"openloyalty"},
    "spaaza": DIALECT,
    "sessionm": DIALECT,
}
WEB = {"flask", "flask_smorest", "flask_jwt_extended", "marshmallow", "werkzeug", "json"}
DOMAIN_MAY_USE = {"amounts", "database", "refusal", "paging", "blobs", "imaging"}
PURE = {
    "rules.py",
    "errors.py",
    "draws.py",
    "periods.py",
    "targeting.py",
    "counting.py",
    "states.py",
    "activity.py",
    "limits.py",
    "audience/visibility.py",
}


def modules(folder: str) -> Iterator[tuple[Path, set[str]]]:
    for path in sorted((APP / folder).rglob("*.py")):
        tree = ast.parse(path.read_text())
        names = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
        yield path, names


@pytest.mark.parametrize("folder", list(ALLOWED))
def test_a_folder_imports_only_those_below_it(folder: str) -> None:
    folders = {path.name for path in APP.iterdir() if path.is_dir()}
    for path, names in modules(folder):
        used = {parts[1] for parts in (name.split(".") for name in names) if parts[0] == "app" and len(parts) > 1}
        assert (used & folders) - {folder} <= ALLOWED[folder], path


@pytest.mark.parametrize("folder", list(DOMAIN))
def test_the_domain_knows_nothing_of_the_web(folder: str) -> None:
    for path, names in modules(folder):
        assert not {name.split(".")[0] for name in names} & WEB, path
        used = {name.split(".")[1] for name in names if name.startswith("app.")} - set(DOMAIN)
        assert used <= DOMAIN_MAY_USE, path


def test_rules_and_errors_need_the_standard_library_only() -> None:
    for path, names in modules("campaign"):
        if str(path.relative_to(APP / "campaign")) in PURE:
            roots = {name.split(".")[0] for name in names}
            assert roots - {"app"} <= set(sys.stdlib_module_names), path
            pure = {"app.amounts", "app.refusal", *(f"app.campaign.{name[:-3].replace('/', '.')}" for name in PURE)}
            for name in names:
                assert (
                    not name.startswith("app.")
                    or any(f"{name}.".startswith(f"{p}.") for p in pure)
                    or name in {"app.campaign", "app.campaign.audience"}
                ), path


def test_one_place_commits() -> None:
    found = [path for path, _ in modules("") if ".commit()" in path.read_text()]
    assert found == [APP / "database.py"]


def test_every_route_says_who_may_call_it(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        assert getattr(app.view_functions[rule.endpoint], "policy", None), rule


def test_a_route_that_says_nothing_is_closed(app_of_its_own: Flask) -> None:
    app = app_of_its_own
    app.add_url_rule("/api/forgotten", "forgotten", lambda: "open")
    assert app.test_client().get("/api/forgotten").status_code == 403


def refusals() -> list[type[Refusal]]:
    modules = campaign_errors, members_errors, points_errors, idempotency, refusal_module
    found = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type)}
    return sorted(
        (kind for kind in found if issubclass(kind, Refusal) and kind is not Refusal), key=lambda kind: kind.__name__
    )


def test_every_refusal_has_a_word_in_open_loyalty(app: Flask) -> None:
    known: Any = (
        *openloyalty_errors.NOT_FOUND,
        *openloyalty_errors.SENTENCES,
        *openloyalty_errors.FORM_FIELDS,
        *openloyalty_errors.BARE_BAD_REQUESTS,
        *openloyalty_errors.OF_OTHER_DIALECTS,
        *openloyalty_errors.UNAUTHORIZED,
        *openloyalty_errors.FORBIDDEN,
        members_errors.LoginNotActive,
        idempotency.KeyReused,
        idempotency.BadKey,
    )
    for kind in refusals():
        assert kind in known, kind
        for field in (None, "name"):
            with app.test_request_context("/api/x"):
                g.form = CampaignForm()
                answer = openloyalty_errors.answer(kind(field=field))
                assert 400 <= answer.status_code < 500, kind
                assert answer.json, kind


def test_the_locked_dependencies_have_hashes_and_name_no_registry() -> None:
    root = APP.parent
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (root / name).read_text()
        assert "://" not in text, name
        assert text.count("==") <= text.count("--hash=sha256:"), name
