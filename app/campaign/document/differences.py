"""Two documents of one campaign, told apart in words. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.campaign.document.shape import Document

# What tells the entries of a list apart, where an entry stays itself when others come and go; other lists are told as a whole.
NAMED_BY = {"rewards": "key", "behaviors": "name", "goals": "event_name", "creatives": "kind"}
ONE_OF = {
    "rewards": "reward",
    "behaviors": "behavior",
    "goals": "goal",
    "creatives": "creative",
    "translations": "translation",
}
# Where the path alone would not be understood.
WORDS = {
    "/price": "price in points",
    "/limits/overall": "limit in all",
    "/limits/per_period": "limit in a period",
    "/limits/per_customer": "limit for each customer",
    "/activity/from": "gives from",
    "/activity/to": "gives until",
    "/visibility/from": "shown from",
    "/visibility/to": "shown until",
    "/hours/from": "opens at",
    "/hours/to": "closes at",
    "/opt_in/required": "opting in is needed",
    "/opt_in/places": "places",
    "/sale": "what it sells",
    "/audience/everyone": "for everyone",
    "/audience/levels": "for the levels",
    "/audience/segments": "for the segments",
}
TEXT_SHOWN_MAX = 60


@dataclass(frozen=True)
class Difference:
    """What differs at a place of the document, a JSON Pointer into the new one (of what is gone, into the old one); and a sentence."""

    path: str
    old: Any
    new: Any
    text: str


def differences(old: Document | None, new: Document) -> list[Difference]:
    """What has to change for the old document to become the new one; of a document that is new, that it is."""
    if old is None:
        return [Difference("", None, new, f"new: {new['name']}")]
    return list(_of_mapping("", (), old, new))


def _of_mapping(
    path: str, named: tuple[str, ...], old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[Difference]:
    for name in dict.fromkeys((*old, *new)):
        here = f"{path}/{name}"
        before, after = old.get(name), new.get(name)
        if before == after:
            continue
        if name in NAMED_BY and isinstance(before, list) and isinstance(after, list):
            yield from _of_list(here, named, name, before, after)
        elif name == "translations" and isinstance(before, dict) and isinstance(after, dict):
            for language in sorted({*before, *after}):
                yield from _of_entry(
                    f"{here}/{language}", (*named, f"translation {language}"), before.get(language), after.get(language)
                )
        elif isinstance(before, dict) and isinstance(after, dict) and here != "/restrictions" and here not in WORDS:
            yield from _of_mapping(here, named, before, after)
        else:
            said = ", ".join((*named, WORDS.get(here) or _words(here, named)))
            yield Difference(here, before, after, f"{said}: {shown(before)} → {shown(after)}")


def _of_list(
    path: str, named: tuple[str, ...], name: str, old: Sequence[Any], new: Sequence[Any]
) -> Iterator[Difference]:
    key = NAMED_BY[name]
    before, after = {it[key]: it for it in old}, {it[key]: it for it in new}
    for i, it in enumerate(old):
        if it[key] not in after:
            yield Difference(f"{path}/{i}", it, None, f"{_called(named, name, it)}: closed")
    for i, it in enumerate(new):
        yield from _of_entry(f"{path}/{i}", (*named, _called((), name, it)), before.get(it[key]), it)
    if [key for key in before if key in after] != [key for key in after if key in before]:
        order = ", ".join(after)
        yield Difference(path, list(before), list(after), f"{', '.join((*named, name))}: in the order {order}")


def _of_entry(path: str, named: tuple[str, ...], old: Any, new: Any) -> Iterator[Difference]:
    if old is None or new is None:
        yield Difference(path, old, new, f"{', '.join(named)}: {'new' if old is None else 'gone'}")
    elif old != new:
        yield from _of_mapping(path, named, old, new)


def _called(named: tuple[str, ...], name: str, entry: Mapping[str, Any]) -> str:
    return ", ".join((*named, f"{ONE_OF[name]} {entry.get('title') or entry[NAMED_BY[name]]}"))


def _words(path: str, named: tuple[str, ...]) -> str:
    """The last names of a path; of an entry of a list, those within it."""
    parts = [part for part in path.split("/") if part and not part.isdecimal()]
    inside = len(parts) - 1
    if named:
        lists = [i for i, part in enumerate(parts) if part in ONE_OF]
        inside = len(parts) - 1 - (lists[-1] if lists else -1)
        parts = parts[-inside:] if inside > 0 else parts[-1:]
    return " ".join(parts).replace("_", " ")


def shown(value: Any) -> str:
    """A value as people read it."""
    if value is None or value == [] or value == {}:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        text = value.removesuffix(".00") if value.replace(".", "").isdecimal() else value
        return text if len(text) <= TEXT_SHOWN_MAX else text[: TEXT_SHOWN_MAX - 1] + "…"
    if isinstance(value, dict):
        if "limit" in value:
            return f"{value['limit']}" + (f" a {value['unit']}" if value.get("unit") else "")
        return ", ".join(f"{name} {shown(it)}" for name, it in value.items() if it is not None)
    if isinstance(value, list):
        return ", ".join(shown(it) for it in value)
    return f"{value:,}" if isinstance(value, int) else str(value)
