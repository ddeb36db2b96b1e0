"""Forms and their error tree: `{"form": {"children": {"<field>": {"errors": […]}}}, "errors": []}`."""

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from functools import cache, wraps
from types import MappingProxyType
from typing import Any

from flask import Response, g, jsonify
from marshmallow import EXCLUDE, Schema, ValidationError, fields, missing, pre_load, validates_schema

from app.openloyalty.formats import asked_language
from app.openloyalty.forms.fields import INVALID, MESSAGES, Checkbox, by_locale, default_texts, items
from app.text import is_language
from app.web.body import body
from app.web.door import settings

SAID_TWICE = "This is said twice, and differs: here, and in translations."
NO = (0, "0", "false", "none")  # how a wish for nothing is written; false is equal to 0


class Form(Schema):
    """A named form. A name that it does not know is refused, so that nobody believes that a wish was heard.

    Passed over are what is empty, and, where something is changed, what `printed` shows of it, for clients send back what they were
    shown; and what later versions of Open Loyalty know (`later`) as long as it says no, for their consoles send it always. What is
    changed `elsewhere` may be sent as it is; see `require_unchanged`. Of `translated` texts, those of the default locale take their
    places, and others are refused.
    """

    # Children that stand in the error tree only when they carry an error.
    shown_with_error_only: frozenset[str] = frozenset()
    printed: type[Schema] | None = None
    later: frozenset[str] = frozenset()
    translated: tuple[str, ...] = ()
    keeps_translations = False  # into other languages, too
    chooses_texts = False  # the view asks `chosen_texts` which of two counts
    elsewhere: tuple[str, ...] = ()

    class Meta:
        unknown = EXCLUDE

    @pre_load
    def read_translations(self, data: Mapping[str, Any], **kw: Any) -> Mapping[str, Any]:
        return default_texts(data, self.translated) if self.translated else data

    def other_texts(self, sent: Mapping[str, Any]) -> dict[str, dict[str, str | None]]:
        """The texts in other languages than the programme's own, by the domain's names; a language that is sent blank has none.

        Raises ValidationError.
        """
        by_language = by_locale(sent.get("translations") or {})
        found: dict[str, dict[str, str | None]] = {}
        wrong: dict[str, dict[str, Any]] = {}
        for locale, sent_texts in by_language.items() if isinstance(by_language, Mapping) else ():
            if locale == settings().locale:
                continue
            found[locale] = {}
            for name in self.translated:
                value = sent_texts.get(name) if isinstance(sent_texts, Mapping) else None
                field = self.fields[name]
                try:
                    found[locale][field.attribute or name] = field.deserialize(value) if value else None
                except ValidationError as e:
                    wrong.setdefault(locale, {})[name] = e.messages
        if wrong:
            raise ValidationError({"translations": wrong})
        return found

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def refuse_unknown(self, data: Any, original: Any, **kw: Any) -> None:
        printed = self.printed._declared_fields.keys() - self.later if self.printed else set()
        known = printed | {field.data_key or name for name, field in self.fields.items()}
        unknown = unknown_names(original, known, self.later)
        if self.translated and not _is_empty(original.get("translations")):
            unknown = [name for name in unknown if name != "translations"]
            unknown += _untranslated(original, self)
        if unknown:
            raise ValidationError(extra(unknown))


def unknown_names(sent: Mapping[str, Any], known: Collection[str], later: Collection[str] = ()) -> list[str]:
    """The names that were sent with something in them and are not known; `later` ones only if they say more than no."""
    return [
        name
        for name, value in sent.items()
        if name not in known and not _is_empty(value) and not (name in later and value in NO)
    ]


def as_object(sent: Any, shape: type[Schema]) -> Mapping[str, Any]:
    """An object in a list, with no other names than these. Raises ValidationError."""
    if not isinstance(sent, Mapping):
        raise ValidationError([INVALID])
    if unknown := unknown_names(sent, shape._declared_fields):
        raise ValidationError([extra(unknown)])
    return sent


def _is_empty(value: Any) -> bool:
    if isinstance(value, Mapping | list):
        return all(_is_empty(inner) for inner in (value.values() if isinstance(value, Mapping) else value))
    return value is None or value == ""


def extra(names: Collection[str]) -> str:
    """What a form says of names that it does not know."""
    return f"This form should not contain extra fields. Unknown: {', '.join(names)}."


def _untranslated(sent: Mapping[str, Any], form: Form) -> list[str]:
    """What translations hold beside the form's texts in the languages that it keeps, or what contradicts the form itself.

    They may differ where `chosen_texts` says which of both counts.
    """
    translations = by_locale(sent["translations"])
    if not isinstance(translations, Mapping):
        return ["translations"]
    found = []
    for locale, texts in translations.items():
        if not isinstance(texts, Mapping):
            found.append(f"translations[{locale}]")
            continue
        is_own, is_kept = locale == settings().locale, form.keeps_translations and is_language(locale)
        known = [
            name
            for name in form.translated
            if (is_own and (form.chooses_texts or sent.get(name) in (None, "", texts.get(name))))
            or (is_kept and not is_own)
        ]
        there = unknown_names(texts, known)
        found += [f"translations[{locale}][{name}]" for name in there]
    return found


class InvalidForm(Exception):
    """What was sent does not fill the form; `tree` is the answer."""

    def __init__(self, tree: dict[str, Any]) -> None:
        super().__init__("invalid form")
        self.tree = tree


class Group(fields.Nested):
    """A form within a form. Null, an empty text and an empty list count as a group of nothing."""

    def __init__(self, schema: type["Form"], **kw: Any) -> None:
        super().__init__(schema, error_messages=MESSAGES, **kw)

    def deserialize(self, value: Any, attr: Any = None, data: Any = None, **kw: Any) -> Any:
        return super().deserialize({} if value is None or value in ("", []) else value, attr, data, **kw)

    def _deserialize(self, value: Any, attr: Any, data: Any, partial: Any = None, **kw: Any) -> Any:
        if not isinstance(value, Mapping):
            raise ValidationError(INVALID)
        return super()._deserialize(value, attr, data, partial, **kw)


class Forms(fields.List[Any]):
    """A list of forms within a form; or a map that stands for a list. What is wrong with one is told with its place."""

    def __init__(
        self, schema: type["Form"], most: int, prepare: Callable[[Any], Any] = lambda item: item, **kw: Any
    ) -> None:
        kw.setdefault("load_default", list)
        super().__init__(fields.Nested(schema), allow_none=True, metadata={"maxItems": most}, **kw)
        self._form, self._most, self._prepare = schema(), most, prepare

    def deserialize(self, value: Any, attr: Any = None, data: Any = None, **kw: Any) -> Any:
        if value is missing or value is None:
            return self.load_default() if callable(self.load_default) else self.load_default
        sent = items(value)
        if len(sent) > self._most:
            raise ValidationError(f"This collection should contain {self._most} elements or less.")
        found, wrong = [], []
        for i, item in enumerate(sent):
            try:
                if not isinstance(item, Mapping):
                    raise ValidationError(INVALID)
                found.append(self._form.load(self._prepare(item)))
            except ValidationError as e:
                wrong += [f"{i}: {text}" for text in with_path(e.messages)]
        if wrong:
            raise ValidationError(wrong)
        return found


def with_path(messages: Any, path: str = "") -> list[str]:
    """What is wrong, each with the path of the field."""
    if isinstance(messages, Mapping):
        return [
            line
            for name, inner in messages.items()
            for line in with_path(inner, path if name == "_schema" else f"{path}.{name}" if path else str(name))
        ]
    return [f"{path}: {message}" if path else str(message) for message in messages]


@cache
def _documented(root: str | None, schema: type[Form]) -> type[Schema]:
    """What a body looks like, for the manual; texts by language among its fields, which `Form` reads by itself."""
    shown: type[Schema] = schema
    if schema.translated:
        texts = Schema.from_dict(
            {name: fields.String(allow_none=True) for name in schema.translated}, name=f"{schema.__name__}Texts"
        )
        said = "By language, as `en`" + ("." if schema.keeps_translations else ": the programme's own only.")
        by_language = fields.Dict(
            keys=fields.String(), values=fields.Nested(texts), allow_none=True, metadata={"description": said}
        )
        shown = type(schema.__name__, (schema,), {"translations": by_language})
    if root is None:
        return shown
    return Schema.from_dict({root: fields.Nested(shown, required=True)}, name=f"{schema.__name__}Body")


def form(root: str | None, schema: type[Form]) -> Callable[[Any], Any]:
    """Load a view's form and give it to the view first; `root` None for forms whose fields stand at the top.

    A body without the root was not submitted: 400 with a tree that carries no message. Raises InvalidForm.
    """
    filled = schema()
    documented = _documented(root, schema)

    def decorate(view: Any) -> Any:
        @wraps(view)
        def with_form(*args: Any, **kw: Any) -> Any:
            g.form = filled
            return view(_loaded(root, filled), *args, **kw)

        doc = dict(getattr(with_form, "_apidoc", {}))
        # As JSON only: the generators of clients take forms of the same names for the same thing, and none of them writes brackets.
        sent = {"required": True, "content": {"application/json": {"schema": documented}}}
        doc["manual_doc"] = {**doc.get("manual_doc", {}), "requestBody": sent}
        with_form._apidoc = doc  # type: ignore[attr-defined]
        return with_form

    return decorate


def _loaded(root: str | None, schema: Form) -> Any:
    sent = body()
    if root is not None and root not in sent:
        raise InvalidForm(tree(schema, {}))
    data = sent if root is None else sent[root]
    beside = unknown_names(sent, {root}) if root is not None else []
    if beside:
        raise InvalidForm(tree(schema, {"_schema": [extra(beside)]}))
    if not isinstance(data, Mapping):
        if data not in (None, "", []):
            raise InvalidForm(tree(schema, {"_schema": [INVALID]}))
        data = {}
    try:
        return schema.load(_by_language(data, schema))
    except ValidationError as e:
        raise InvalidForm(tree(schema, e.messages_dict)) from e


def _by_language(sent: Mapping[str, Any], schema: Form) -> Mapping[str, Any]:
    """Flat texts that come with another language asked for are that language's, as they are printed. Raises ValidationError."""
    language, translations = asked_language(), by_locale(sent.get("translations") or {})
    if language == settings().locale or not schema.keeps_translations:
        return sent
    theirs = translations.get(language, {}) if isinstance(translations, Mapping) else None
    if not isinstance(theirs, Mapping):
        return sent  # which is refused where it is read
    flat = {name: sent[name] for name in schema.translated if not _is_empty(sent.get(name))}
    twice = {name: [SAID_TWICE] for name, text in flat.items() if theirs.get(name) not in (None, "", text)}
    if twice:
        raise ValidationError(twice)
    own = settings().locale
    if "name" in flat and not isinstance(translations.get(own), Mapping):
        raise ValidationError({"name": [f"This is the text in {language}: say translations[{own}][name], too."]})
    rest = {name: value for name, value in sent.items() if name not in flat}
    return {**rest, "translations": {**translations, language: {**theirs, **flat}}}


def require_unchanged(root: str, shown: Mapping[str, Any]) -> None:
    """Of what is changed elsewhere, nothing may be sent that differs from what is `shown`. In views with a form. Raises InvalidForm."""
    sent = body().get(root)
    sent = sent if isinstance(sent, Mapping) else {}  # blank: a form of nothing
    differing = [
        name for name in g.form.elsewhere if sent.get(name) not in (None, "") and not _same(sent[name], shown.get(name))
    ]
    refuse_to_change(differing)


def refuse_to_change(names: Collection[str]) -> None:
    """What is changed elsewhere, or by others. In views with a form. Raises InvalidForm, if there is any."""
    if names:
        raise InvalidForm(tree(g.form, {"_schema": [f"This form does not change {', '.join(names)}."]}))


def lacking(**said: str) -> Response:
    """The answer to a call without its only field."""
    response = jsonify(said)
    response.status_code = 400
    return response


def sends_translations(root: str) -> bool:
    """Whether texts come by language: then those of a language that does not come are to go; in views with a form."""
    sent = body().get(root)
    return isinstance(sent, Mapping) and bool(sent.get("translations"))


def chosen_texts(
    root: str, shown: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
) -> dict[str, Any]:
    """Of texts that come twice, flat and translated, what was changed of what is `shown`, by their names; in views with a form.

    Raises InvalidForm where both were, and differ; and for a flat text that only one of the `others` has, by language: it was printed
    for who asked in that language, and would take the place of the programme's own.
    """
    sent = body().get(root)
    sent = _by_language(sent, g.form) if isinstance(sent, Mapping) else {}
    translations = by_locale(sent.get("translations"))
    texts = translations.get(settings().locale) if isinstance(translations, Mapping) else None
    found = {}
    for name in g.form.translated:
        own = texts.get(name) if isinstance(texts, Mapping) else None
        echoed = [it for it, theirs in others.items() if sent.get(name) and sent[name] == theirs.get(name)]
        if echoed and sent[name] not in (shown.get(name), own):
            said = f"This is the text in {echoed[0]}: ask with _locale={echoed[0]}, or change it in translations."
            raise InvalidForm(tree(g.form, {name: [said]}))
        if not isinstance(texts, Mapping) or name not in texts or sent.get(name) is None:
            continue  # it came once
        field, known = g.form.fields[name], shown.get(name)
        try:
            flat, translated = field.deserialize(sent[name]), field.deserialize(texts[name])
        except ValidationError as e:
            raise InvalidForm(tree(g.form, {name: e.messages})) from e
        if translated in (flat, known):
            continue
        if flat != known:
            raise InvalidForm(tree(g.form, {name: [SAID_TWICE]}))
        found[field.attribute or name] = translated
    return found


def without_fallbacks(
    language: str, sent: Mapping[str, Any], own: Mapping[str, Any], known: Mapping[str, Any]
) -> dict[str, Any]:
    """Texts of a language as they were sent; of the one that is asked for, without those that were printed in the programme's own.

    They were where none is `known`. What is said of any other language was written, whatever it says.
    """
    if language != asked_language():
        return dict(sent)
    return {name: None if text == own.get(name) and not known.get(name) else text for name, text in sent.items()}


def _same(sent: Any, shown: Any) -> bool:
    if isinstance(shown, bool):
        return bool(Checkbox().deserialize(sent)) == shown
    if isinstance(sent, str) and isinstance(shown, str) and _is_same_moment(sent, shown):
        return True
    if isinstance(shown, list) and isinstance(sent, Mapping):  # as a form has lists
        return len(sent) == len(shown) and all(_same(*pair) for pair in zip(items(sent), shown, strict=True))
    if isinstance(shown, Mapping):
        return isinstance(sent, Mapping) and all(_same(sent.get(name), value) for name, value in shown.items())
    return str(sent) == str(shown)


def _is_same_moment(sent: str, shown: str) -> bool:
    """However its offset is written."""
    try:
        moments = [datetime.fromisoformat(it.strip()) for it in (sent, shown)]
    except ValueError:
        return False
    return all(it.tzinfo for it in moments) and moments[0] == moments[1]


def tree(schema: Form, errors: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to a form with errors, by the names of its fields.

    What is wrong with the form itself, or with a group in it, stands beside it: consoles show no field's error below another `errors`.
    """
    return {"form": {"children": _children(schema, errors)}, "errors": list(_own_errors(schema, errors))}


def tree_for(schema: Form, attribute: str, message: str) -> dict[str, Any]:
    """The answer to a form of which the domain refused a value; `attribute` is the domain's name for it."""
    return tree(schema, _errors_for(schema, attribute, message) or {"_schema": [message]})


def _errors_for(schema: Schema, attribute: str, message: str) -> dict[str, Any]:
    """The errors of the field with this attribute, in the form or in a group of it; none where there is no such field."""
    for name, field in schema.fields.items():
        if (field.attribute or name) == attribute:
            return {name: [message]}
    for name, field in schema.fields.items():
        if isinstance(field, Group) and (inner := _errors_for(field.schema, attribute, message)):
            return {name: inner}
    return {}


def _own_errors(schema: Schema, errors: Mapping[str, Any]) -> Iterator[str]:
    yield from errors.get("_schema", [])
    for name, field in schema.fields.items():
        inner = errors.get(field.data_key or name)
        if isinstance(field, Group) and isinstance(inner, Mapping):
            yield from (f"{name}: {message}" for message in _own_errors(field.schema, inner))


def _children(schema: Schema, errors: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    hidden: frozenset[str] = getattr(schema, "shown_with_error_only", frozenset())
    for name, field in schema.fields.items():
        error = errors.get(field.data_key or name)
        if isinstance(field, Group) and not isinstance(error, list):
            found[name] = {"children": _children(field.schema, error if isinstance(error, Mapping) else {})}
        elif error:
            found[name] = {"errors": _flat(error)}
        elif name not in hidden:
            found[name] = {}
    if isinstance(by_language := errors.get("translations"), Mapping):
        found["translations"] = {
            "children": {
                locale: {"children": {name: {"errors": _flat(messages)} for name, messages in texts.items()}}
                for locale, texts in by_language.items()
            }
        }
    return found


def _flat(error: Any) -> list[str]:
    if isinstance(error, Mapping):
        return [message for inner in error.values() for message in _flat(inner)]
    return list(error)
