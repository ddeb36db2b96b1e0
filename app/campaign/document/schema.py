"""The form of a campaign's document as JSON Schema, for editors and whoever checks files before sending them."""

from functools import cache
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from app.campaign.document.parts import VERSION, CampaignDocument

DIALECT = "https://json-schema.org/draft/2020-12/schema"
ID = f"urn:guerdon:campaign:{VERSION}"


@cache
def json_schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of what a document may say; what depends on other parts of it, or on the chain, is told by a plan."""
    spec = APISpec("Guerdon", str(VERSION), "3.1.0", plugins=[MarshmallowPlugin(schema_name_resolver=_name)])
    spec.components.schema("Campaign", schema=CampaignDocument)
    parts = _within(spec.to_dict()["components"]["schemas"])
    whole: dict[str, Any] = parts.pop("Campaign")
    # What the service says of a campaign comes with it, and is passed over when it comes back.
    whole["properties"] = {
        **whole["properties"],
        "state": {"type": "object", "readOnly": True, "description": "Not a part of it."},
    }
    return {
        "$schema": DIALECT,
        "$id": ID,
        "title": "A campaign, as Guerdon reads and prints it",
        **whole,
        "$defs": parts,
    }


def _name(schema: Any) -> str:
    """`WindowPart` is `Window`."""
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__.removesuffix("Part").removesuffix("Document")


def _within(value: Any) -> Any:
    """The same, with references to where JSON Schema keeps its parts, and null among the types of what may be null."""
    if isinstance(value, list):
        return [_within(below) for below in value]
    if not isinstance(value, dict):
        return value
    found = {name: _within(below) for name, below in value.items() if name != "nullable"}
    if "$ref" in found:
        found["$ref"] = found["$ref"].replace("#/components/schemas/", "#/$defs/")
    if value.get("nullable") is True and isinstance(value.get("type"), str):
        found["type"] = [value["type"], "null"]
    return found
