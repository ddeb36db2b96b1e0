"""The OpenAPI document: what the blueprints say, what follows from each route's policy, and the words around it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Flask

from app.manual import groups, names
from app.manual.names import Call
from app.openloyalty.api import Api, describe_refusals
from app.sessionm.calls import REFUSAL as SESSIONM_REFUSAL
from app.spaaza.calls import REFUSAL as SPAAZA_REFUSAL
from app.web.door import KEYED
from app.web.idempotency import KEY_LENGTH_MAX

METHODS = {"GET", "POST", "PUT", "DELETE"}
INTRODUCTION = Path(__file__).with_name("introduction.md")
EXAMPLES = Path(__file__).with_name("examples.json")
PARTS = {"header": "headers", "path": "path", "query": "query"}  # of an example, by where a parameter is
IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_LENGTH_MAX},
    "description": "A name of your own for this request: sent again, it is answered again, and not done again.",
}


def document(app: Flask, api: Api) -> dict[str, Any]:
    """The whole document."""
    spec: dict[str, Any] = json.loads(json.dumps(api.described()))  # in which no two calls share a parameter
    spec["info"]["description"] = INTRODUCTION.read_text(encoding="utf-8")
    spec["tags"] = groups.tags()
    schemas = spec["components"]["schemas"]
    schemas |= {"SpaazaRefusal": SPAAZA_REFUSAL, "SessionMRefusal": SESSIONM_REFUSAL}
    for unused in ("Error", "PaginationMetadata"):  # flask-smorest's own
        schemas.pop(unused)
    examples = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    calls = list(_calls(app, spec))
    for call, name in zip(calls, names.of(calls), strict=True):
        call.operation.update(operationId=name, tags=[groups.of(call.endpoint, call.view).name])
        _describe(call)
        _show(examples.get(name, {}), call.operation, spec["paths"][call.path].get("parameters", []))
    return spec


def _describe(call: Call) -> None:
    """Write into a call's page what follows from its policy."""
    if call.method in getattr(call.view, "keyed", KEYED):
        call.operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
    if not getattr(call.view, "documents_itself", False):
        describe_refusals(call.operation, call.view, call.endpoint, call.method, "{" in call.path)


def _show(example: dict[str, Any], operation: dict[str, Any], in_path: list[dict[str, Any]]) -> None:
    """Write an example into a call's page: what is sent beside each parameter and body, what is answered beside the answer."""
    for parameter in [*in_path, *operation.get("parameters", [])]:
        sent = example.get(PARTS[parameter["in"]], {})
        if parameter["name"] in sent:
            parameter["example"] = sent[parameter["name"]]
    for part, page in (("body", operation.get("requestBody")), ("answer", _answered(operation))):
        if part in example and page is not None:
            for content in page["content"].values():
                content["example"] = example[part]


def _answered(operation: dict[str, Any]) -> Any:
    """The page of the answer of a call that succeeds; of one that makes something, that it is made."""
    return operation["responses"].get("201") or operation["responses"].get("200")


def _calls(app: Flask, spec: dict[str, Any]) -> Iterator[Call]:
    for rule in app.url_map.iter_rules():
        path = _openapi_path(rule.rule)
        methods = (rule.methods or set()) & METHODS
        for method in sorted(methods):
            operation = spec["paths"].get(path, {}).get(method.lower())
            if operation is not None:
                yield Call(rule.endpoint, path, method, methods, app.view_functions[rule.endpoint], operation)


def _openapi_path(rule: str) -> str:
    parts = rule.split("<")
    return parts[0] + "".join(
        "{" + part.split(">")[0].split(":")[-1] + "}" + part.split(">", 1)[1] for part in parts[1:]
    )
