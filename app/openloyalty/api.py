"""What the OpenAPI document is made from, and the blueprints that feed it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import flask_smorest
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from app.openloyalty.queries import require_known
from app.web import resources
from app.web.callers import API_KEY_HEADER
from app.web.door import ANYONE

STATUS_AND_SENTENCE = {
    "type": "object",
    "properties": {"code": {"type": "integer"}, "message": {"type": "string"}},
    "required": ["code", "message"],
}
REFUSAL_REFERENCE = {"$ref": "#/components/schemas/Refusal"}
REFUSAL = {
    "type": "object",
    "description": "`error` is a sentence for refused business, an object with `code` and `message` otherwise; refused"
    " forms answer a tree of `form` and `errors`, failed logins `code` and `message`.",
    "properties": {
        "error": {"oneOf": [{"type": "string"}, STATUS_AND_SENTENCE]},
        "code": {"type": "integer"},
        "message": {"type": "string"},
        "form": {"type": "object", "description": "`children` by the names of the fields, each with its `errors`."},
        "errors": {"oneOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]},
        "levelId": {"type": "string"},
        "posId": {"type": "string"},
        "active": {"type": "string"},
        "reasons": {
            "type": "array",
            "description": "Of Guerdon's own calls: every reason, with its `code`.",
            "items": {"type": "object"},
        },
    },
}


Refuse = Callable[[HTTPException], Response]


class Api(flask_smorest.Api):
    """Answers what Flask refuses by itself in the dialect of the address. Its document is made when it is asked for."""

    DEFAULT_ERROR_RESPONSE_NAME = None  # in words that no dialect sends

    def __init__(self, app: Flask, refuse: Refuse) -> None:
        self._refuse = refuse
        self._undescribed: list[flask_smorest.Blueprint] = []
        super().__init__(app)

    def register_blueprint(self, blp: flask_smorest.Blueprint) -> None:
        """Mounts its routes, as flask-smorest does; and leaves describing them, and a tag that nobody uses, to whoever asks."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blp.name] = self
        self._app.register_blueprint(blp)
        self._undescribed.append(blp)

    def described(self) -> dict[str, Any]:
        """The document, as the blueprints tell it. Not by several threads at once."""
        while self._undescribed:
            blueprint = self._undescribed[0]
            blueprint.register_views_in_doc(self, self._app, self.spec, name=blueprint.name, parameters=None)
            del self._undescribed[0]
        return self.spec.to_dict()  # type: ignore[no-any-return]

    def handle_http_exception(self, error: HTTPException) -> Response:
        return self._refuse(error)


class Blueprint(flask_smorest.Blueprint):
    """A blueprint below /api. `app/manual/groups.py` tells which group of the manual its calls are in."""

    def __init__(self, name: str, import_name: str) -> None:
        super().__init__(name, import_name, url_prefix="/api")

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
    app.cli.commands.pop("openapi")  # prints flask-smorest's part of the document alone
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    key = {
        "type": "apiKey",
        "in": "header",
        "name": API_KEY_HEADER,
        "description": "The key of an admin that is a program.",
    }
    api.spec.components.security_scheme("apiKey", key)
    for name, header in (("spaazaUser", "X-Spaaza-Session-User-Id"), ("spaazaKey", "X-Spaaza-Session-Key")):
        api.spec.components.security_scheme(name, {"type": "apiKey", "in": "header", "name": header})
    api.spec.components.security_scheme("sessionmBasic", {"type": "http", "scheme": "basic"})
    api.spec.components.schema("Refusal", REFUSAL)
    return api


def describe_refusals(operation: dict[str, Any], view: Any, endpoint: str, method: str, has_arguments: bool) -> None:
    """Write into a call's page who may make it, and how it is refused: what follows from its policy and its method."""
    refused = ["400"]  # at least for a query that the route does not know
    if getattr(view, "policy", ANYONE) != ANYONE:
        roles = ", ".join(sorted(view.policy))
        operation["security"] = [{"bearer": []}]
        if "admin" in view.policy:
            operation["security"].append({"apiKey": []})
            permitted = " and ".join(f"`{it.resource}` ({it.access})" for it in resources.needed(endpoint, method))
            if permitted:
                roles += f". An admin with roles must be permitted {permitted}"
        operation["description"] = f"{operation.get('description', '')}\n\nRoles: {roles}.".strip()
        refused += ["401", "403"]
    if has_arguments or method == "POST":  # a form may name what is not there, too
        refused.append("404")
    refused.append("503")  # the database or the bucket of photos is busy or away
    if method == "POST":
        refused.append("422")
    refused += ["405", "500"]
    if method in {"POST", "PUT"}:
        refused.append("429")
    if method in {"POST", "PUT", "DELETE"}:
        refused += ["408", "411", "413", "415"]
    content = {"application/json": {"schema": REFUSAL_REFERENCE}}
    for status in refused:
        operation["responses"].setdefault(status, {"description": "Refused", "content": content})
