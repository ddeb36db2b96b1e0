"""The fields of answers, for the manual: they are always there unless they are not `required`, and null where they may be."""

from collections.abc import Collection
from typing import Any

from marshmallow import Schema, fields


def text(required: bool = True, null: bool = False, **shown: Any) -> fields.String:
    return fields.String(required=required, allow_none=null, metadata=shown)


def number(required: bool = True, null: bool = False) -> fields.Float:
    return fields.Float(required=required, allow_none=null)


def whole(required: bool = True, null: bool = False) -> fields.Integer:
    return fields.Integer(required=required, allow_none=null)


def flag(required: bool = True) -> fields.Boolean:
    return fields.Boolean(required=required)


def uuid(required: bool = True) -> fields.UUID:
    return fields.UUID(required=required)


def word(words: Collection[str], required: bool = True) -> fields.String:
    return fields.String(required=required, metadata={"enum": list(words)})


def anything(required: bool = True, null: bool = False) -> fields.Dict:
    """An object whose names are not ours to tell."""
    return fields.Dict(required=required, allow_none=null)


def one(shown: type[Schema], required: bool = True, null: bool = False) -> fields.Nested:
    return fields.Nested(shown, required=required, allow_none=null)


def several(shown: type[Schema], required: bool = True) -> fields.List[Any]:
    return fields.List(fields.Nested(shown), required=required)


def by_name(shown: type[Schema], required: bool = True) -> fields.Dict:
    return fields.Dict(keys=fields.String(), values=fields.Nested(shown), required=required)
