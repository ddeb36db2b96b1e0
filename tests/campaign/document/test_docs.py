"""The worked examples of docs/campaigns.md, one a kind: they fit the published form, are created, and read back as the same."""

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from app.campaign.document import documents, files
from app.campaign.document.schema import json_schema
from tests.campaign.document.test_documents import created, understood
from tests.world import World

DOCS = Path(__file__).parents[3] / "docs" / "campaigns.md"
EXAMPLES = re.findall(r"## ([^\n]+)\n\n```yaml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize(("name", "text"), EXAMPLES, ids=[name for name, _ in EXAMPLES])
def test_an_example_is_a_campaign(world: World, tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / "example.yaml"
    path.write_text(text, encoding="utf-8")
    document: dict[str, Any] = files.read(path).document
    jsonschema.Draft202012Validator(json_schema()).validate(document)
    with world.database.transaction() as session:
        made = created(session, world, document)
        whole = documents.one(session, made.id)
        jsonschema.Draft202012Validator(json_schema()).validate(whole)
        assert documents.one(session, created(session, world, {**whole, "key": "again"}).id) == {
            **whole,
            "key": "again",
        }
        assert understood(session, world, whole).name == document["name"]


def test_there_is_one_for_each_kind() -> None:
    said = " ".join(text for _, text in EXAMPLES)
    for word in (
        "sale:",
        "random_draw",
        "kind: referral",
        "kind: signup",
        "kind: basket",
        "context: event",
        "composite",
    ):
        assert word in said
