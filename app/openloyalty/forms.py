"""Forms and their error tree: `{"form": {"children": {"<field>": {"errors": […]}}}, "errors": []}`."""

from collections.abc import Callable, Collection, Mapping
from functools import cache, wraps
from typing import Any

from flask import g
from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load, validates_schema

from app.openloyalty.fields import INVALID, default_texts
from app.web.body import body
from app.web.door import settings

MEDIA_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data", "application/json")


NO = (0, "0", "false", "none")  # false is equal to 0


class Form(Schema):
    """A named form. A name that it does not know is refused, so that nobody believes that a wish was heard.

    Passed over are what is empty, and what `printed` shows of the same thing, for clients send back what they were shown; and what
    later versions of Open Loyalty know (`later`) as long as it says no, for their consoles send it always. Of `translated` texts,
    those of the default locale take their places, and others are refused.
    """

    # Children that stand in the error tree only when they carry an error.
    shown_with_error_only: frozenset[str] = frozenset()
    printed: type[Schema] | None = None
    later: frozenset[str] = frozenset()
    translated: tuple[str, ...] = ()

    class Meta:
        unknown = EXCLUDE

    @pre_load
    def read_translations(self, data: Mapping[str, Any], **kw: Any) -> Mapping[str, Any]:
        return default_texts(data, self.translated) if self.translated else data

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def refuse_unknown(self, data: Any, original: Any, **kw: Any) -> None:
        printed = self.printed._declared_fields.keys() - self.later if self.printed else set()
        known = printed | {field.data_key or name for name, field in self.fields.items()}
        unknown = unknown_names(original, known, self.later)
        if self.translated and "translations" in unknown:
            unknown = [name for name in unknown if name != "translations"]
            unknown += _untranslated(original["translations"], self.translated)
        if unknown:
            raise ValidationError(extra(unknown))


def unknown_names(sent: Mapping[str, Any], known: Collection[str], later: Collection[str] = ()) -> list[str]:
    """The names that were sent with something in them and are not known; `later` ones only if they say more than no."""
    return [
        name
        for name, value in sent.items()
        if name not in known and not _is_empty(value) and not (name in later and value in NO)
    ]


def _is_empty(value: Any) -> bool:
    if isinstance(value, Mapping | list):
        return all(_is_empty(inner) for inner in (value.values() if isinstance(value, Mapping) else value))
    return value is None or value == ""


def extra(names: Collection[str]) -> str:
    """What a form says of names that it does not know."""
    return f"This form should not contain extra fields. Unknown: {', '.join(names)}."


def _untranslated(translations: Any, names: tuple[str, ...]) -> list[str]:
    """What a form's translations hold beside these texts in the default locale."""
    if not isinstance(translations, Mapping):
        return ["translations"]
    found = []
    for locale, texts in translations.items():
        known = names if locale == settings().locale else ()
        there = unknown_names(texts, known) if isinstance(texts, Mapping) else [str(texts)]
        found += [f"translations[{locale}][{name}]" for name in there]
    return found


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
    """The answer to a form with errors, by the names of its fields; those of the form itself stand in both places."""
    return {"form": _group(schema, errors), "errors": list(errors.get("_schema", []))}


def tree_for(schema: Form, attribute: str, message: str) -> dict[str, Any]:
    """The answer to a form of which the domain refused a value; `attribute` is the domain's name for it."""
    names = {field.attribute or name: name for name, field in schema.fields.items()}
    if attribute in names:
        return tree(schema, {names[attribute]: [message]})
    return tree(schema, {"_schema": [message]})


def _group(schema: Schema, errors: Mapping[str, Any]) -> dict[str, Any]:
    own = {"errors": list(errors["_schema"])} if errors.get("_schema") else {}
    return {**own, "children": _children(schema, errors)}


def _children(schema: Schema, errors: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    hidden: frozenset[str] = getattr(schema, "shown_with_error_only", frozenset())
    for name, field in schema.fields.items():
        error = errors.get(field.data_key or name)
        if isinstance(field, Group) and not isinstance(error, list):
            found[name] = _group(field.schema, error if isinstance(error, Mapping) else {})
        elif error:
            found[name] = {"errors": _flat(error)}
        elif name not in hidden:
            found[name] = {}
    return found


def _flat(error: Any) -> list[str]:
    if isinstance(error, Mapping):
        return [message for inner in error.values() for message in _flat(inner)]
    return list(error)
