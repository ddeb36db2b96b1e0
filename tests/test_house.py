"""The rules of the house, read off the code: who may import whom, and where what is decided."""

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from flask import Flask, g

from app import refusal as refusal_module
from app.access import errors as access_errors
from app.access import staff
from app.campaign import errors as campaign_errors
from app.campaign.awards.kinds import REWARD_KINDS
from app.campaign.awards.statement import HOLDING
from app.campaign.listings import campaign_documents, catalogue
from app.campaign.models.rewards import METHOD_KINDS
from app.campaign.setup import categories
from app.campaign.vouchers import bought
from app.members import errors as members_errors
from app.members import levels, listing
from app.openloyalty import errors as openloyalty_errors
from app.openloyalty import sorting
from app.openloyalty.forms.campaigns import CampaignForm
from app.organizations import errors as organizations_errors
from app.organizations import shops
from app.points import errors as points_errors
from app.points import ledger
from app.refusal import FAMILIES, Refusal, word_for
from app.sales import earning_rules
from app.sales import listing as sales
from app.segments import segments
from app.sessionm import codes as sessionm_codes
from app.sessionm.offers import TYPES
from app.spaaza import codes as spaaza_codes
from app.web import idempotency

APP = Path(__file__).parent.parent / "app"

# From the top floor down; each imports only what lies below it, and what stands beside it within the same folder.
FLOORS: list[set[str]] = [
    {"cli"},
    {"prove"},
    {"serving", "http_worker", "http_sockets", "worker"},
    {"mail"},
    {"__init__"},
    {"operations"},
    {"manual"},
    {"pages"},
    {"admin", "seller", "customer"},
    {"native"},
    {"spaaza", "sessionm", "openloyalty"},
    {"privacy", "loading"},
    {"demo", "cells"},
    {"migrations"},
    {"campaign", "web"},
    {"segments"},
    {"sales"},
    {"points"},
    {"access"},
    {"members"},
    {"outbox", "jobs"},
    {"organizations"},
    {"media", "wording"},
    {"db"},
    {"settings", "clock", "amounts", "batches", "calendar", "paging", "refusal", "text"},
    {"logs"},
]
# Inside the domain, again from the top down.
ROOMS: list[set[str]] = [
    {"invariants"},
    {"notices"},
    {"listings"},
    {"setup"},
    {"document"},
    {"triggers"},
    {"awards"},
    {"engagement"},
    {"eligibility"},
    {"audience"},
    {"vouchers"},
    {"telling"},
    {"models"},
    {"activity"},
    {"errors", "limits"},
]
WEB = {"flask", "flask_smorest", "flask_jwt_extended", "marshmallow", "werkzeug", "json"}
DOMAIN = ("campaign", "segments", "sales", "points", "access", "members", "organizations")
# What lies below the domain, and needs no database either.
GROUND = ("app.amounts", "app.batches", "app.calendar", "app.points.terms", "app.refusal", "app.text")
# Decided without a database: the standard library, and one another.
PURE = {
    "eligibility.rules",
    "eligibility.rows",
    "awards.choice",
    "awards.kinds",
    "awards.draws",
    "audience.targeting",
    "audience.visibility",
    "engagement.counting",
    "engagement.states",
    "vouchers.keys",
    "vouchers.terms",
    "activity",
    "limits",
    "errors",
}


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def imports(path: Path) -> set[str]:
    """The dotted names that a file imports: modules, and what it takes from them."""
    names = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return names


def modules(folder: str) -> Iterator[tuple[Path, set[str]]]:
    for path in sorted((APP / folder).rglob("*.py")):
        yield path, imports(path)


def place(path: Path, root: Path) -> str:
    """The folder or file at the top of `root` that a path belongs to."""
    return path.relative_to(root).parts[0].removesuffix(".py")


def require_downwards(root: Path, package: str, floors: list[set[str]]) -> None:
    level = {name: i for i, names in enumerate(floors) for name in names}
    present = {place(path, root) for path in root.rglob("*.py")} - {"__init__"}
    assert present <= level.keys(), f"not in the drawing: {present - level.keys()}"
    for path in sorted(root.rglob("*.py")):
        here = place(path, root)
        if path == root / "__init__.py" and package != "app":
            continue
        for name in imports(path):
            parts = name.split(".")
            if not name.startswith(f"{package}.") or parts[len(package.split("."))] not in level:
                continue
            there = parts[len(package.split("."))]
            assert here == there or level[here] < level[there], f"{path.relative_to(APP)} imports {name}"


def test_imports_go_down_the_floors_only() -> None:
    require_downwards(APP, "app", FLOORS)


def test_inside_the_domain_imports_go_down_the_rooms_only() -> None:
    require_downwards(APP / "campaign", "app.campaign", ROOMS)


@pytest.mark.parametrize("folder", DOMAIN)
def test_the_domain_knows_nothing_of_the_web(folder: str) -> None:
    for path, names in modules(folder):
        # A campaign's document is JSON, of whatever door: its room reads and writes it with marshmallow.
        of_document = {"marshmallow"} if path.parent == APP / "campaign" / "document" else set()
        assert not {name.split(".")[0] for name in names} & WEB - of_document, path
        assert not any(name.startswith("app.web") for name in names), path


def test_pure_decisions_need_the_standard_library_only() -> None:
    for module in PURE:
        path = (APP / "campaign" / module.replace(".", "/")).with_suffix(".py")
        for name in imports(path):
            if name == "app":  # what is taken from it has a name of its own
                continue
            if not name.startswith("app"):
                assert name.split(".")[0] in sys.stdlib_module_names, (module, name)
                continue
            inside = name.removeprefix("app.campaign.")
            is_pure = any(f"{inside}.".startswith(f"{pure}.") for pure in PURE) or inside in {
                "app.campaign",
                *(pure.split(".")[0] for pure in PURE),
            }
            assert is_pure or name.startswith(GROUND), (module, name)


def test_no_two_public_classes_share_a_name() -> None:
    places: dict[str, list[str]] = {}
    for path, _ in modules(""):
        for node in parsed(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(str(path.relative_to(APP)))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


TYPED = ("campaign/eligibility", "campaign/awards", "campaign/triggers", "points")


@pytest.mark.parametrize("place_", TYPED)
def test_what_holds_money_limits_or_identity_has_types(place_: str) -> None:
    """No Any in a signature. SQL that is built has types of its own: `AnySelect` and `AnyColumn` of db/types."""
    root = APP / place_
    for path in sorted(root.rglob("*.py")) if root.is_dir() else [root]:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef):
                taken = [*node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
                hints = [it.annotation for it in taken if it is not None and it.annotation]
                hints += [node.returns] if node.returns else []
                for hint in map(ast.unparse, hints):
                    assert not re.search(r"\bAny\b", hint), f"{path}: {node.name} says {hint}"


DIALECTS = ("openloyalty", "sessionm", "spaaza", "admin", "seller", "customer")
EXECUTORS = {"session", "executor", "connection"}
QUERYING = {"execute", "scalar", "scalars", "get", "get_one", "query", "add", "delete", "merge", "exec_driver_sql"}


@pytest.mark.parametrize("folder", DIALECTS)
def test_no_dialect_queries(folder: str) -> None:
    """It passes a session on, to whoever reads or decides; it has none of the means to read by itself."""
    for path, names in modules(folder):
        taken = {name for name in names if name.startswith("sqlalchemy")}
        assert taken <= {"sqlalchemy.orm", "sqlalchemy.orm.Session"}, f"{path} imports {taken}"
        assert "app.db.prepared.Prepared" not in names, f"{path} prepares a statement"
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                asks = node.value.id in EXECUTORS and node.attr in QUERYING
                assert not asks, f"{path}:{node.lineno} calls {node.value.id}.{node.attr}"


VISIBILITY_WINDOW = {"visible_from", "visible_to"}
# Who may name the window: what stores it, what decides, what reads it with the facts, what sets it, what prints it.
MAY_NAME_THE_WINDOW = {
    "campaign/models/campaigns.py",
    "campaign/audience/visibility.py",
    "campaign/eligibility/facts.py",
    "campaign/eligibility/rules.py",
    "campaign/triggers/events.py",
    "campaign/setup/campaigns.py",
    "campaign/document/stored.py",
    "campaign/listings/catalogue.py",
    "openloyalty/campaign_views.py",
}


def test_visibility_is_decided_in_one_place() -> None:
    for path, _ in modules(""):
        name = str(path.relative_to(APP))
        if name.startswith("migrations/"):
            continue
        used = {node.attr for node in ast.walk(parsed(path)) if isinstance(node, ast.Attribute)}
        assert not used & VISIBILITY_WINDOW or name in MAY_NAME_THE_WINDOW, f"{name} looks at the visibility window"
        # Nobody else may tell drafts from what customers may know of.
        text = path.read_text()
        if name.startswith(("openloyalty/", "spaaza/", "sessionm/", "admin/", "seller/", "customer/")):
            assert '== "draft"' not in text, f"{name} decides who sees a draft"
            assert '"inreview"' not in text, f"{name} decides who sees a draft"


def test_every_kind_of_reward_can_be_stored_and_has_a_word_in_each_dialect() -> None:
    assert set(REWARD_KINDS) == set(METHOD_KINDS), "app/campaign/models/rewards.py and its CHECK"
    assert set(REWARD_KINDS) == set(TYPES), "app/sessionm/offers.py"
    assert {kind.holds for kind in REWARD_KINDS.values()} - {None} == set(HOLDING), "app/campaign/awards/statement.py"


def test_lists_are_sorted_by_names_of_the_domain_and_by_all_of_them() -> None:
    for sent, domain in (
        (sorting.BOUGHT, bought),
        (sorting.CAMPAIGNS, catalogue),
        (sorting.CATEGORIES, categories),
        (sorting.CUSTOMERS, listing),
        (sorting.DOCUMENTS, campaign_documents),
        (sorting.EARNING_RULES, earning_rules),
        (sorting.LEVELS, levels),
        (sorting.SALES, sales),
        (sorting.SEGMENTS, segments),
        (sorting.SHOPS, shops),
        (sorting.STAFF, staff),
        (sorting.TRANSFERS, ledger),
    ):
        assert set(sent.names.values()) == set(domain.SORTABLE), domain.__name__
        assert all(it.islower() for it in domain.SORTABLE), f"{domain.__name__} knows a client's words"
        for word, name in sent.names.items():
            same = re.sub("[A-Z]", lambda capital: f"_{capital[0].lower()}", word)
            assert name == same or same not in domain.SORTABLE, f"{word} sorts by {name}"


def test_one_place_commits() -> None:
    found = [path for path, _ in modules("") if ".commit()" in path.read_text()]
    assert found == [APP / "db" / "engine.py"]


def test_every_route_says_who_may_call_it(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        assert getattr(app.view_functions[rule.endpoint], "policy", None), rule


def test_a_route_that_says_nothing_is_closed(app_of_its_own: Flask) -> None:
    app = app_of_its_own
    app.add_url_rule("/api/forgotten", "forgotten", lambda: "open")
    assert app.test_client().get("/api/forgotten").status_code == 403


def refusals() -> list[type[Refusal]]:
    modules = (
        campaign_errors,
        access_errors,
        organizations_errors,
        members_errors,
        points_errors,
        idempotency,
        refusal_module,
    )
    found = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type)}
    return sorted(
        (kind for kind in found if issubclass(kind, Refusal) and kind not in {Refusal, *FAMILIES}),
        key=lambda kind: kind.__name__,
    )


def test_every_refusal_belongs_to_a_family() -> None:
    for kind in refusals():
        assert sum(issubclass(kind, family) for family in FAMILIES) == 1, kind


def test_a_refusal_without_a_word_is_a_mistake() -> None:
    class Unheard(Refusal):
        pass

    with pytest.raises(KeyError):
        word_for(Unheard, openloyalty_errors.WORDS)


def test_every_refusal_has_a_word_in_open_loyalty(app: Flask) -> None:
    for kind in refusals():
        assert word_for(kind, openloyalty_errors.WORDS), kind
        for field in (None, "name"):
            with app.test_request_context("/api/x"):
                g.form = CampaignForm()
                answer = openloyalty_errors.answer(kind(field=field))
                assert 400 <= answer.status_code < 500, kind
                assert answer.json, kind


def test_the_dialects_word_families_not_each_refusal_three_times() -> None:
    words = len(openloyalty_errors.WORDS) + len(spaaza_codes.WORDS) + len(sessionm_codes.WORDS)
    assert words < 1.25 * len(refusals()), f"{words} words for {len(refusals())} refusals in three dialects"


def test_the_locked_dependencies_have_hashes_and_name_no_registry() -> None:
    root = APP.parent
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (root / name).read_text()
        assert "://" not in text, name
        assert text.count("==") <= text.count("--hash=sha256:"), name
