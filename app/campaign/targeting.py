"""Conditions on a customer, a basket or a campaign's context, as a small tree: checked once, evaluated often. Pure.

    {"user.level": {"$in": ["Gold"]}, "$not": {"user.age": {"$lt": 18}}}

Levels and segments are named by their name or their UUID, moments as `2026-12-31` or `2026-12-31T23:59:59Z`. A field compared to
a plain value means `$eq`; several entries of one object must all hold. A field that the customer does
not have fulfils no comparison, and so `$not` of it holds. Sets (`user.segments`) are equal to each of their members.
Source: the model's section 4.8.
"""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from app.campaign.errors import BadRestriction

NODES_MAX, DEPTH_MAX = 500, 20
TEXT, NUMBER, MOMENT, TEXTS = "text", "number", "moment", "texts"

# What can be asked of a customer, and what type it has. Amounts are points or money, not hundredths.
USER = {
    "user.level": TEXTS,
    "user.segments": TEXTS,
    "user.age": NUMBER,
    "user.gender": TEXT,
    "user.created_at": MOMENT,
    "user.points": NUMBER,
}
BASKET = {"basket.amount": NUMBER}

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": lambda value, wanted: value == wanted,
    "$ne": lambda value, wanted: value != wanted,
    "$gt": lambda value, wanted: value > wanted,
    "$gte": lambda value, wanted: value >= wanted,
    "$lt": lambda value, wanted: value < wanted,
    "$lte": lambda value, wanted: value <= wanted,
}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?")
_ORDERED = {"$gt", "$gte", "$lt", "$lte"}
_LISTS = {"$in", "$nin"}
_LOGIC = {"$and", "$or"}


def checked(tree: Any, fields: Mapping[str, str]) -> dict[str, Any]:
    """The tree, if these fields and known operators are all that it names. Raises BadRestriction, which says where."""
    _check(tree, fields, depth=0, budget=[NODES_MAX])
    return tree  # type: ignore[no-any-return]


def holds(tree: Mapping[str, Any] | None, traits: Mapping[str, Any]) -> bool:
    """Whether it all is so. No tree holds for everybody; an operator that is not known never holds."""
    return all(_entry_holds(name, wanted, traits) for name, wanted in (tree or {}).items())


def _entry_holds(name: str, wanted: Any, traits: Mapping[str, Any]) -> bool:
    if name == "$and":
        return all(holds(part, traits) for part in wanted)
    if name == "$or":
        return any(holds(part, traits) for part in wanted)
    if name == "$not":
        return not holds(wanted, traits)
    return _field_holds(traits.get(name), wanted)


def _field_holds(value: Any, wanted: Any) -> bool:
    if not isinstance(wanted, Mapping):
        return _compares("$eq", value, wanted)
    return all(_compares(operator, value, operand) for operator, operand in wanted.items())


def _compares(operator: str, value: Any, operand: Any) -> bool:
    if operator == "$not":
        return not _field_holds(value, operand)
    if operator == "$exists":
        return bool((value is not None) == operand)
    if operator == "$nin":
        return value is not None and not _compares("$in", value, operand)
    if value is None:
        return False
    values = value if isinstance(value, Collection) and not isinstance(value, str) else [value]
    if operator == "$in":
        return any(one in operand for one in values)
    if operator == "$ne":
        return all(one != operand for one in values)
    compare = _COMPARE.get(operator)
    return compare is not None and any(compare(one, operand) for one in values)


def _check(tree: Any, fields: Mapping[str, str], depth: int, budget: list[int]) -> None:
    _count(depth, budget)
    if not isinstance(tree, dict):
        raise BadRestriction("A condition is an object of fields and operators.")
    for name, wanted in tree.items():
        if name in _LOGIC:
            if not isinstance(wanted, list) or not wanted:
                raise BadRestriction(f"{name} takes a list of conditions.")
            for part in wanted:
                _check(part, fields, depth + 1, budget)
        elif name == "$not":
            _check(wanted, fields, depth + 1, budget)
        elif name in fields:
            _check_field(name, fields[name], wanted, depth + 1, budget)
        else:
            raise BadRestriction(f"{name} is not known here; the fields are {', '.join(fields) or 'none'}.")


def _check_field(name: str, kind: str, wanted: Any, depth: int, budget: list[int]) -> None:
    _count(depth, budget)
    if not isinstance(wanted, dict):
        wanted = {"$eq": wanted}
    for operator, operand in wanted.items():
        if operator == "$not":
            _check_field(name, kind, operand if isinstance(operand, dict) else {"$eq": operand}, depth + 1, budget)
        elif operator == "$exists":
            _require(isinstance(operand, bool), name, operator, "true or false")
        elif operator in _LISTS:
            _require(isinstance(operand, list) and len(operand) <= NODES_MAX, name, operator, "a list of values")
            for one in operand:
                _check_value(name, kind, operator, one)
        elif operator in _COMPARE:
            _require(operator not in _ORDERED or kind != TEXTS, name, operator, "a field that has an order")
            _check_value(name, kind, operator, operand)
        else:
            raise BadRestriction(f"{operator} is not an operator.")


def _check_value(name: str, kind: str, operator: str, value: Any) -> None:
    if kind == MOMENT:
        _require(isinstance(value, str) and _MOMENT.fullmatch(value) is not None, name, operator, "a date in UTC")
    elif kind == NUMBER:
        _require(isinstance(value, int | float) and not isinstance(value, bool), name, operator, "a number")
    else:
        _require(isinstance(value, str), name, operator, "text")


def _require(fulfilled: bool, name: str, operator: str, expected: str) -> None:
    if not fulfilled:
        raise BadRestriction(f"{name}: {operator} takes {expected}.")


def _count(depth: int, budget: list[int]) -> None:
    budget[0] -= 1
    if depth > DEPTH_MAX or budget[0] < 0:
        raise BadRestriction(f"A condition has at most {NODES_MAX} parts, nested {DEPTH_MAX} deep.")
