"""The manual: its introduction, its groups, and the names of its calls."""

from typing import Any

import pytest
from flask import Flask

from app.access.tokens import SESSION_HOURS
from app.manual.document import INTRODUCTION
from app.manual.groups import GROUPS
from app.paging import PER_PAGE, PER_PAGE_MAX
from app.settings import Settings
from app.web.door import BODY_BYTES_MAX
from app.web.idempotency import KEPT, KEY_LENGTH_MAX

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
        f"of at most {BODY_BYTES_MAX // 1024} kB",
        f"(1 to {KEY_LENGTH_MAX} printable ASCII characters, no commas)",
    ):
        assert fact in said, fact
    assert (KEPT.days, SESSION_HOURS, Settings().access_token_seconds) == (7, 14 * 24, 3600)
    paths = {word for word in introduction.replace("`", " ").split() if word.startswith(("/api/", "/auth/"))}
    for path in paths - {"/api/…", "/api/v1/…", "/auth/…"}:
        assert path in document["paths"], path
