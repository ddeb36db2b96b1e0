"""Conditions on a customer, a basket or a campaign's context, as a small tree: checked once, evaluated often. Pure.

    {"user.level": {"$in": ["Gold"]}, "$not": {"user.age": {"$lt": 18}}}

Levels and segments are named by their key, their name or their UUID, moments as `2026-12-31` (its midnight, UTC) or
`2026-12-31T23:59:59Z`. A field compared to a plain value means `$eq`; several entries of one object must all hold. A field that
the customer does not have fulfils no comparison, and so `$not` of it holds. Sets (`user.segments`, `user.tags`) are equal to each
of their members. What is said about `user.attributes.<name>` decides whether text, a number or a boolean is meant.

`parsed` gives the tree as nodes, of which `holds` asks one customer's traits and `targeting_sql` makes a condition on all
customers: both read the same nodes. Source: the model's section 4.8.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.campaign.errors import BadRestriction
from app.text import written

# Conditions as they are written, by field or operator; and what a customer is, by field.
Tree = Mapping[str, Any]
Traits = Mapping[str, Any]

NODES_MAX, DEPTH_MAX, TEXT_LENGTH_MAX = 500, 20, 255
TEXT, NUMBER, MOMENT, TEXTS, ANY = "text", "number", "moment", "texts", "any"

# What can be asked of a customer, and what type it has. Amounts are points or money, not hundredths.
USER = {
    "user.level": TEXTS,
    "user.segments": TEXTS,
    "user.tags": TEXTS,
    "user.age": NUMBER,
    "user.gender": TEXT,
    "user.created_at": MOMENT,
    "user.points": NUMBER,
    "user.attributes.*": ANY,
}
SALE_AMOUNT = "basket.amount"  # the money of a sale
BASKET = {SALE_AMOUNT: NUMBER}
ATTRIBUTES = "user.attributes."
ATTRIBUTE = re.compile(r"[A-Za-z0-9_-]{1,100}")

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?")
_ORDERED = {"$gt", "$gte", "$lt", "$lte"}
_COMPARE = _ORDERED | {"$eq", "$ne"}
_LISTS = {"$in", "$nin"}
_LOGIC = {"$and", "$or"}
_KINDS = {**USER, **BASKET}


TAGS = "user.tags"  # kept in their written form


@dataclass(frozen=True)
class All:
    """Each part holds; without parts, always."""

    parts: tuple["Node", ...]


@dataclass(frozen=True)
class Some:
    """At least one part holds; without parts, never."""

    parts: tuple["Node", ...]


@dataclass(frozen=True)
class Not:
    part: "Node"


@dataclass(frozen=True)
class Test:
    """A field compared: `$eq`, `$ne`, `$gt`, `$gte`, `$lt`, `$lte`, `$in` (a tuple), `$nin` (a tuple) or `$exists` (a bool).

    Moments are aware, booleans the text `true` or `false`.
    """

    field: str
    kind: str
    operator: str
    operand: Any


Node = All | Some | Not | Test
NEVER = Some(())


def checked(tree: Any, fields: Mapping[str, str]) -> dict[str, Any]:
    """The tree, if these fields and known operators are all that it names. Raises BadRestriction, which says what is not."""
    for _, message in problems(tree, fields):
        raise BadRestriction(message)
    return tree  # type: ignore[no-any-return]


def problems(tree: Any, fields: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Everything in a tree that cannot be understood: where, as a JSON Pointer into it, and a sentence."""
    return _problems("", tree, fields, 0, [NODES_MAX])


def parsed(tree: Mapping[str, Any] | None) -> Node:
    """The nodes of a tree that was checked; what is not known never holds."""
    return All(tuple(_parsed_entry(name, wanted) for name, wanted in (tree or {}).items()))


def sale_amount(traits: Traits) -> float | None:
    """The money of the sale of which traits tell, if they tell of one."""
    amount = traits.get(SALE_AMOUNT)
    return amount if isinstance(amount, int | float) else None


def holds(tree: Mapping[str, Any] | None, traits: Mapping[str, Any]) -> bool:
    """Whether it all is so. No tree holds for everybody."""
    return not tree or _holds(parsed(tree), traits)


def keys(tree: Mapping[str, Any] | None) -> frozenset[tuple[str, str]] | None:
    """Fields and texts of which a customer must have at least one for the tree to hold; None when it asks for none.

    With them, of thousands of trees only those are looked at that can hold for a customer.
    """
    return _keys(parsed(tree))


def keys_of(traits: Mapping[str, Any]) -> set[tuple[str, str]]:
    """All fields and texts that a customer has."""
    found = set()
    for name, value in traits.items():
        values = value if isinstance(value, Collection) and not isinstance(value, str) else (value,)
        found |= {(name, one) for one in values if isinstance(one, str)}
    return found


def kind(name: str, fields: Mapping[str, str] = _KINDS) -> str | None:
    """The type of a field; None when there is no such field."""
    if name.startswith(ATTRIBUTES):
        return fields.get(ATTRIBUTES + "*") if ATTRIBUTE.fullmatch(name.removeprefix(ATTRIBUTES)) else None
    return fields.get(name)


def text_of(flag: bool) -> str:
    """How a boolean is kept and compared."""
    return "true" if flag else "false"


def _parsed_entry(name: str, wanted: Any) -> Node:
    if name == "$and":
        return All(tuple(parsed(part) for part in wanted))
    if name == "$or":
        return Some(tuple(parsed(part) for part in wanted))
    if name == "$not":
        return Not(parsed(wanted))
    return _parsed_field(name, wanted)


def _parsed_field(name: str, wanted: Any) -> Node:
    of_kind = kind(name)
    if of_kind is None:
        return NEVER
    if not isinstance(wanted, Mapping):
        wanted = {"$eq": wanted}
    parts: list[Node] = []
    for operator, operand in wanted.items():
        if operator == "$not":
            parts.append(Not(_parsed_field(name, operand)))
        elif operator == "$exists":
            parts.append(Test(name, of_kind, operator, operand))
        elif operator in _LISTS:
            parts.append(Test(name, of_kind, operator, tuple(_operand(name, of_kind, one) for one in operand)))
        elif operator in _COMPARE:
            parts.append(Test(name, of_kind, operator, _operand(name, of_kind, operand)))
        else:
            parts.append(NEVER)
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _operand(name: str, of_kind: str, value: Any) -> Any:
    if name == TAGS and isinstance(value, str):
        return written(value)
    if of_kind == MOMENT:
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return text_of(value) if isinstance(value, bool) else value


def _holds(node: Node, traits: Mapping[str, Any]) -> bool:
    match node:
        case All(parts):
            return all(_holds(part, traits) for part in parts)
        case Some(parts):
            return any(_holds(part, traits) for part in parts)
        case Not(part):
            return not _holds(part, traits)
        case Test(name, of_kind, operator, operand):
            value = traits.get(name)
            if of_kind == TEXTS:
                return _set_compares(operator, value or (), operand)
            return _compares(operator, value, operand)


def _set_compares(operator: str, values: Collection[str], operand: Any) -> bool:
    if operator == "$exists":
        return bool(bool(values) == operand)
    wanted = operand if operator in _LISTS else (operand,)
    is_among = any(value in wanted for value in values)
    return is_among if operator in {"$eq", "$in"} else not is_among


def _compares(operator: str, value: Any, operand: Any) -> bool:
    if operator == "$exists":
        return bool((value is not None) == operand)
    if value is None:
        return False
    if operator in _LISTS:
        return any(_equal(value, one) for one in operand) == (operator == "$in")
    if operator in {"$eq", "$ne"}:
        return _equal(value, operand) == (operator == "$eq")
    if isinstance(value, str) != isinstance(operand, str):
        return False
    if operator == "$gt":
        return bool(value > operand)
    if operator == "$gte":
        return bool(value >= operand)
    return bool(value < operand) if operator == "$lt" else bool(value <= operand)


def _equal(value: Any, operand: Any) -> bool:
    return isinstance(value, str) == isinstance(operand, str) and bool(value == operand)


def _keys(node: Node) -> frozenset[tuple[str, str]] | None:
    match node:
        case All(parts):
            found = [keys for keys in map(_keys, parts) if keys is not None]
            return min(found, key=len) if found else None
        case Some(parts):
            return _union(map(_keys, parts))
        case Test(name, of_kind, "$eq" | "$in" as operator, operand) if of_kind in {TEXT, TEXTS, ANY}:
            values = operand if operator == "$in" else (operand,)
            if all(isinstance(value, str) for value in values):
                return frozenset((name, value) for value in values)
    return None


def _union(parts: Iterable[frozenset[tuple[str, str]] | None]) -> frozenset[tuple[str, str]] | None:
    found: frozenset[tuple[str, str]] = frozenset()
    for keys in parts:
        if keys is None:
            return None
        found |= keys
    return found


Found = Iterator[tuple[str, str]]
TOO_LARGE = f"A condition has at most {NODES_MAX} parts, nested {DEPTH_MAX} deep."


def _problems(path: str, tree: Any, fields: Mapping[str, str], depth: int, budget: list[int]) -> Found:
    if _is_too_large(depth, budget):
        yield path, TOO_LARGE
        return
    if not isinstance(tree, dict):
        yield path, "A condition is an object of fields and operators."
        return
    for name, wanted in tree.items():
        here = f"{path}/{name.replace('~', '~0').replace('/', '~1')}"
        if name in _LOGIC:
            if not isinstance(wanted, list) or not wanted:
                yield here, f"{name} takes a list of conditions."
                continue
            for i, part in enumerate(wanted):
                yield from _problems(f"{here}/{i}", part, fields, depth + 1, budget)
        elif name == "$not":
            yield from _problems(here, wanted, fields, depth + 1, budget)
        else:
            of_kind = kind(name, fields)
            if of_kind is None:
                yield here, f"{name} is not known here; the fields are {', '.join(fields) or 'none'}."
            else:
                yield from _of_field(here, name, of_kind, wanted, depth + 1, budget)


def _of_field(path: str, name: str, of_kind: str, wanted: Any, depth: int, budget: list[int]) -> Found:
    if _is_too_large(depth, budget):
        yield path, TOO_LARGE
        return
    if not isinstance(wanted, dict):
        wanted = {"$eq": wanted}
    for operator, operand in wanted.items():
        here = f"{path}/{operator.replace('~', '~0').replace('/', '~1')}" if operator in wanted else path
        expected = None
        if operator == "$not":
            below = operand if isinstance(operand, dict) else {"$eq": operand}
            yield from _of_field(here, name, of_kind, below, depth + 1, budget)
        elif operator == "$exists":
            expected = None if isinstance(operand, bool) else "true or false"
        elif operator in _LISTS:
            if isinstance(operand, list) and len(operand) <= NODES_MAX:
                expected = _of_list(of_kind, operand, depth, budget)
            else:
                expected = f"a list of at most {NODES_MAX} values"
        elif operator in _COMPARE:
            is_ordered = operator not in _ORDERED or of_kind != TEXTS
            expected = _value_expected(of_kind, operand) if is_ordered else "a field that has an order"
        else:
            operators = ", ".join(sorted({*_COMPARE, *_LISTS, "$exists", "$not"}))
            yield here, f"{operator} is not an operator; these are: {operators}."
        if expected is TOO_LARGE:
            yield here, TOO_LARGE
        elif expected is not None:
            yield here, f"{name}: {operator} takes {expected}."


def _of_list(of_kind: str, values: Sequence[Any], depth: int, budget: list[int]) -> str | None:
    """What is expected of the values of a list, if one of them is something else; or that there are too many."""
    for value in values:
        if _is_too_large(depth, budget):
            return TOO_LARGE
        expected = _value_expected(of_kind, value)
        if expected is not None:
            return expected
    return None


def _value_expected(of_kind: str, value: Any) -> str | None:
    """What is expected of a value, if it is something else."""
    if of_kind == MOMENT:
        return None if isinstance(value, str) and _is_moment(value) else "a date in UTC"
    if of_kind == NUMBER:
        return None if _is_number(value) else "a number"
    if of_kind == ANY:
        known = _is_text(value) or isinstance(value, bool) or _is_number(value)
        return None if known else "text, a number or a boolean"
    return None if _is_text(value) else f"text of at most {TEXT_LENGTH_MAX} characters"


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= TEXT_LENGTH_MAX


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**53


def _is_moment(value: str) -> bool:
    if not _MOMENT.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _is_too_large(depth: int, budget: list[int]) -> bool:
    budget[0] -= 1
    return depth > DEPTH_MAX or budget[0] < 0
