"""Forms and their error tree: `{"form": {"children": {"<field>": {"errors": […]}}}, "errors": []}`."""

from collections.abc import Callable, Mapping
from functools import cache, wraps
from typing import Any

from flask import g
from marshmallow import EXCLUDE, Schema, ValidationError, fields

from app.openloyalty.fields import INVALID
from app.web.body import body

MEDIA_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data", "application/json")


class Form(Schema):
    """A named form. Keys that it does not know are ignored: clients echo fields back."""

    # Children that stand in the error tree only when they carry an error.
    shown_with_error_only: frozenset[str] = frozenset()

    class Meta:
        unknown = EXCLUDE


class InvalidForm(Exception):
    """What was sent does not fill the form; `tree` is the answer."""

    def __init__(self, tree: dict[str, Any]) -> None:
        super().__init__("invalid form")
        self.tree = tree


class Group(fields.Nested):
    """A form within a form. Null, an empty text and an empty list count as a group of nothing."""

    def deserialize(self, value: Any, attr: Any = None, data: Any = None, **kw: Any) -> Any:
        return super().deserialize({} if value is None or value in ("", []) else value, attr, data, **kw)

    def _deserialize(self, value: Any, attr: Any, data: Any, partial: Any = None, **kw: Any) -> Any:
        if not isinstance(value, Mapping):
            raise ValidationError(INVALID)
        return super()._deserialize(value, attr, data, partial, **kw)


@cache
def _body_of(root: str, schema: type[Form]) -> type[Schema]:
    return Schema.from_dict({root: fields.Nested(schema)}, name=f"{schema.__name__}Body")


def form(root: str | None, schema: type[Form]) -> Callable[[Any], Any]:
    """Load a view's form and give it to the view first; `root` None for forms whose fields stand at the top.

    A body without the root was not submitted: 400 with a tree that carries no message. Raises InvalidForm.
    """
    filled = schema()
    documented = schema if root is None else _body_of(root, schema)

    def decorate(view: Any) -> Any:
        @wraps(view)
        def with_form(*args: Any, **kw: Any) -> Any:
            g.form = filled
            return view(_loaded(root, filled), *args, **kw)

        doc = dict(getattr(with_form, "_apidoc", {}))
        content = {media_type: {"schema": documented} for media_type in MEDIA_TYPES}
        doc["manual_doc"] = {**doc.get("manual_doc", {}), "requestBody": {"content": content}}
        with_form._apidoc = doc  # type: ignore[attr-defined]
        return with_form

    return decorate


def _loaded(root: str | None, schema: Form) -> Any:
    sent = body()
    if root is not None and root not in sent:
        raise InvalidForm(tree(schema, {}))
    data = sent if root is None else sent[root]
    try:
        return schema.load(data if isinstance(data, Mapping) else {})
    except ValidationError as e:
        raise InvalidForm(tree(schema, e.messages_dict)) from e


def tree(schema: Form, errors: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a form with errors, by the names of its fields."""
    return {"form": {"children": _children(schema, errors)}, "errors": list(errors.get("_schema", []))}


def tree_for(schema: Form, attribute: str, message: str) -> dict[str, Any]:
    """The answer to a form of which the domain refused a value; `attribute` is the domain's name for it."""
    names = {field.attribute or name: name for name, field in schema.fields.items()}
    if attribute in names:
        return tree(schema, {names[attribute]: [message]})
    return tree(schema, {"_schema": [message]})


def _children(schema: Schema, errors: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    hidden: frozenset[str] = getattr(schema, "shown_with_error_only", frozenset())
    for name, field in schema.fields.items():
        error = errors.get(field.data_key or name)
        if isinstance(field, Group) and not isinstance(error, list):
            inner = error if isinstance(error, Mapping) else {}
            found[name] = {"children": _children(field.schema, inner)}
        elif error:
            found[name] = {"errors": _flat(error)}
        elif name not in hidden:
            found[name] = {}
    return found


def _flat(error: Any) -> list[str]:
    if isinstance(error, Mapping):
        return [message for inner in error.values() for message in _flat(inner)]
    return list(error)
