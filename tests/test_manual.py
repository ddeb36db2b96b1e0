"""The manual: its introduction, its groups, the names of its calls, and an example of each."""

import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask
from openapi_schema_validator import OAS30Validator, oas30_format_checker
from sqlalchemy import select

from app.access.tokens import SESSION_HOURS
from app.campaign.models.coupons import Coupon
from app.manual.document import EXAMPLES, INTRODUCTION
from app.manual.groups import GROUPS
from app.media.imaging import UPLOAD_BYTES_MAX
from app.members.models import Profile
from app.paging import PER_PAGE, PER_PAGE_MAX, Page
from app.settings import Settings
from app.web.door import BODY_BYTES_MAX
from app.web.idempotency import KEPT, KEY_LENGTH_MAX
from tests.conftest import Told
from tests.manual_calls import Walk, recorded

Operation = dict[str, Any]


@pytest.fixture(scope="session")
def document(wired: Flask) -> Any:
    return wired.test_client().get("/openapi.json").json


@pytest.fixture(scope="session")
def operations(document: Any) -> dict[str, Operation]:
    """All calls by their names."""
    found = [
        operation for path in document["paths"].values() for method, operation in path.items() if method != "parameters"
    ]
    by_name = {operation["operationId"]: operation for operation in found}
    assert len(by_name) == len(found), "two calls have one name"
    return by_name


def test_every_call_is_in_one_group_that_people_can_read(document: Any, operations: dict[str, Operation]) -> None:
    assert [tag["name"] for tag in document["tags"]] == [group.name for group in GROUPS]
    assert all(tag["description"].endswith(".") for tag in document["tags"])
    used = [operation["tags"] for operation in operations.values()]
    assert {len(tags) for tags in used} == {1}
    assert {tags[0] for tags in used} == {group.name for group in GROUPS}


def test_the_introduction_tells_what_the_code_does(document: Any) -> None:
    introduction = document["info"]["description"]
    assert introduction == INTRODUCTION.read_text(encoding="utf-8")
    said = " ".join(introduction.split())
    for fact in (
        f"`page` and `perPage` ({PER_PAGE})",
        f"at most {PER_PAGE_MAX:,} rows",
        f"of at most {BODY_BYTES_MAX // 1024} kB; a photo may have {UPLOAD_BYTES_MAX // 2**20} MB",
        f"(1 to {KEY_LENGTH_MAX} printable ASCII characters, no commas)",
    ):
        assert fact in said, fact
    assert (KEPT.days, SESSION_HOURS, Settings().access_token_seconds) == (7, 14 * 24, 3600)
    paths = {word for word in introduction.replace("`", " ").split() if word.startswith(("/api/", "/auth/"))}
    for path in paths - {"/api/…", "/api/v1/…", "/auth/…"}:
        assert path in document["paths"], path


def test_texts_by_language_are_in_every_form_that_has_them(document: Any) -> None:
    schemas = document["components"]["schemas"]
    found = {
        name for name, it in schemas.items() if "translations" in it.get("properties", {}) and name.endswith("Form")
    }
    kinds = ("Campaign", "Category", "EarningRule", "Level")
    assert found == {f"{kind}{change}Form" for kind in kinds for change in ("", "Change")}
    texts = schemas["CampaignForm"]["properties"]["translations"]["additionalProperties"]
    names = schemas[texts["$ref"].rpartition("/")[2]]["properties"]
    assert {"name", "shortDescription"} <= set(names)


def test_every_call_has_an_example_that_fits(document: Any, operations: dict[str, Operation]) -> None:
    for name, operation in operations.items():
        answers = [operation["responses"].get(status) for status in ("201", "200", "202", "204")]
        pages = [operation.get("requestBody"), next(answer for answer in answers if answer)]
        contents = [content for page in pages if page for content in page.get("content", {}).items()]
        for _, content in contents:
            if content["schema"].get("format") != "binary":
                assert "example" in content, f"{name}: run `make examples`"
                schema = {**content["schema"], "components": document["components"]}
                OAS30Validator(schema, format_checker=oas30_format_checker).validate(content["example"])


@pytest.fixture
def database_url(manuals_demo_url: str) -> str:
    return manuals_demo_url


def test_the_document_is_made_once_and_when_it_is_asked_for(app_of_its_own: Flask) -> None:
    api = app_of_its_own.extensions["flask-smorest"]["apis"][""]["ext_obj"]
    assert not api.spec.to_dict()["paths"], "every start would take a third longer"

    def ask(_: int) -> str:
        return app_of_its_own.test_client().get("/openapi.json").text

    with ThreadPoolExecutor(4) as pool:
        [text] = {*pool.map(ask, range(4))}
    assert len(json.loads(text)["paths"]) > 200


SORTED_BY = re.compile(r"The field to sort by, of (.+); others are (?:ignored|refused)\.")


class SortingWalk(Walk):
    """Asks for every list again, by each field that its page names."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self.lists: set[str] = set()

    def __call__(self, name: str, caller: Mapping[str, str], *args: Any, **kw: Any) -> Any:
        printed = super().__call__(name, caller, *args, **kw)
        parameters = {it["name"]: it for it in self.places[name][2].get("parameters", [])}
        named = SORTED_BY.fullmatch(parameters.get("sort", {}).get("description", ""))
        if named and name not in self.lists:
            self.lists.add(name)
            for field in named[1].split(", "):
                sorted_by = {**kw, "query": {**(kw.get("query") or {}), "sort": field}}
                with patch.object(Page, "order", autospec=True, side_effect=Page.order) as order:
                    super().__call__(name, caller, *args, **sorted_by)
                page, columns = order.call_args.args[:2]
                assert page.sort in columns, f"{name} is not sorted by {field}"
                assert page.descending == (parameters["direction"]["schema"]["default"] == "DESC"), name
        return printed


@pytest.mark.slow
def test_the_examples_are_what_the_service_answers_and_lists_are_sorted_as_they_say(app: Flask, told: Told) -> None:
    walk = SortingWalk(app)
    known, now = json.loads(EXAMPLES.read_text(encoding="utf-8")), recorded(app, walk)
    assert len(walk.lists) > 20
    assert list(known) == list(now), "run `make examples`"
    for name, example in now.items():
        assert known[name] == example, f"{name}: if this shall be so, run `make examples`"
    _require_silence_about_people(app, told())


def _require_silence_about_people(app: Flask, lines: list[dict[str, Any]]) -> None:
    """No line of what was logged meanwhile has an address, a name, a number of a card, or a code."""
    assert len(lines) > 200
    logged = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    with app.extensions["guerdon_database"].reading() as session:
        columns = (Profile.email, Profile.phone, Profile.loyalty_card_number, Profile.last_name, Profile.referral_code)
        secret = {value for row in session.execute(select(*columns)) for value in row if value}
        secret |= set(session.scalars(select(Coupon.code)))
    secret = {value for value in secret if len(value) > 4}  # `123` stands in many a number
    assert len(secret) > 20
    # As a word: the digits of a phone may stand in the id of a request.
    assert not [value for value in secret if re.search(rf"(?<!\w){re.escape(value)}(?!\w)", logged)]
