"""The OpenAPI document, made from the routes themselves, and the blueprints that feed it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import flask_smorest
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from app.openloyalty.queries import require_known
from app.web.door import ANYONE

ERROR = {
    "type": "object",
    "description": "`error` is a sentence for refused business, an object with `code` and `message` otherwise; refused"
    " forms answer a tree of `form` and `errors`, failed logins `code` and `message`.",
}


Refuse = Callable[[HTTPException], Response]


class Api(flask_smorest.Api):
    """Answers what Flask refuses by itself in the dialect of the address."""

    def __init__(self, app: Flask, refuse: Refuse) -> None:
        self._refuse = refuse
        super().__init__(app)

    def handle_http_exception(self, error: HTTPException) -> Response:
        return self._refuse(error)


class Blueprint(flask_smorest.Blueprint):
    """A blueprint below /api."""

    def __init__(self, name: str, import_name: str, description: str) -> None:
        super().__init__(name, import_name, url_prefix="/api", description=description)

    def route(self, rule: str, any_query: bool = False, **options: Any) -> Callable[[Any], Any]:
        """As everywhere, but a name in the query that the manual does not show for this route is refused, unless it takes `any_query`."""
        mount = super().route(rule, **options)
        return lambda view: mount(view if any_query else _knowing_its_query(view))


def _knowing_its_query(view: Any) -> Any:
    parameters = getattr(view, "_apidoc", {}).get("manual_doc", {}).get("parameters", [])
    known = frozenset(p["name"].partition("[")[0] for p in parameters if p["in"] == "query")

    @wraps(view)
    def knowing(*args: Any, **kw: Any) -> Any:
        if request.query_string:
            require_known(known)
        return view(*args, **kw)

    return knowing


def create_api(app: Flask, refuse: Refuse) -> Api:
    """`refuse` answers what Flask refuses by itself, and unknown addresses."""
    app.config.update(API_TITLE="Guerdon", API_VERSION="1", OPENAPI_VERSION="3.0.3", OPENAPI_JSON_PATH=None)
    api = Api(app, refuse)
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    for name, header in (("spaazaUser", "X-Spaaza-Session-User-Id"), ("spaazaKey", "X-Spaaza-Session-Key")):
        api.spec.components.security_scheme(name, {"type": "apiKey", "in": "header", "name": header})
    api.spec.components.security_scheme("sessionmBasic", {"type": "http", "scheme": "basic"})
    api.spec.components.schema("Refusal", ERROR)
    return api


def document(app: Flask, api: Api) -> dict[str, Any]:
    """The whole document: what the blueprints say, and what follows from each route's policy."""
    spec: dict[str, Any] = api.spec.to_dict()
    for rule in app.url_map.iter_rules():
        path = spec["paths"].get(_openapi_path(rule.rule))
        for method in (rule.methods or set()) & {"GET", "POST", "PUT", "DELETE"}:
            operation = (path or {}).get(method.lower())
            view = app.view_functions[rule.endpoint]
            if operation is None:
                continue
            operation["responses"].pop("default", None)  # flask-smorest's own, in words that no dialect sends
            if not getattr(view, "documents_itself", False):
                _complete(operation, view, method, bool(rule.arguments))
    return spec


def _complete(operation: dict[str, Any], view: Any, method: str, has_arguments: bool) -> None:
    refused = ["400"]  # at least for a query that the route does not know
    if getattr(view, "policy", ANYONE) != ANYONE:
        roles = ", ".join(sorted(view.policy))
        operation["security"] = [{"bearer": []}]
        operation["description"] = f"{operation.get('description', '')}\n\nRoles: {roles}.".strip()
        refused += ["401", "403"]
    if has_arguments or method == "POST":  # a form may name what is not there, too
        refused.append("404")
    if method in {"POST", "PUT"} or any(p["in"] == "query" for p in operation.get("parameters", [])):
        refused.append("503")
    if method == "POST":
        key = {"in": "header", "name": "Idempotency-Key", "schema": {"type": "string", "maxLength": 255}}
        operation.setdefault("parameters", []).append(key)
        refused.append("422")
    refused += ["405", "500"]
    if method == "POST":
        refused.append("429")
    if method in {"POST", "PUT", "DELETE"}:
        refused += ["408", "411", "413", "415"]
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    for status in refused:
        operation["responses"].setdefault(status, {"description": "Refused", "content": content})


def _openapi_path(rule: str) -> str:
    parts = rule.split("<")
    return parts[0] + "".join(
        "{" + part.split(">")[0].split(":")[-1] + "}" + part.split(">", 1)[1] for part in parts[1:]
    )
