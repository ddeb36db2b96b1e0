"""Two documents of one campaign, told apart in words. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.campaign.document.shape import Document

# What tells the entries of a list apart, where an entry stays itself when others come and go; other lists are told as a whole.
NAMED_BY = {"rewards": "key", "behaviors": "name", "goals": "event_name", "creatives": "kind"}
ONE_OF = {"rewards": "reward", "behaviors": "behavior", "goals": "goal", "creatives": "creative"}
# Told as a whole: their names are not ours, or are no names.
WHOLE = ("restrictions", "details", "content", "offer", "groups")
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
WHOLE_AMOUNT = re.compile(r"[0-9]+\.00")


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
    return list(_of_part(_Place(), old, new))


@dataclass(frozen=True)
class _Place:
    """Where in a document: its path; the entries of lists that it is in, as they are called; and the names within the last of these."""

    path: str = ""
    entries: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def part(self, name: str) -> "_Place":
        return replace(self, path=f"{self.path}/{name}", names=(*self.names, name))

    def entry(self, name: str | int, called: str) -> "_Place":
        return _Place(f"{self.path}/{name}", (*self.entries, called))

    @property
    def said(self) -> str:
        own = WORDS.get(self.path) or " ".join(self.names).replace("_", " ")
        return ", ".join((*self.entries, *([own] if own else [])))


def _of_part(here: _Place, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for name in dict.fromkeys((*old, *new)):
        before, after, there = old.get(name), new.get(name), here.part(name)
        if before == after:
            continue
        if name in NAMED_BY and isinstance(before, list) and isinstance(after, list):
            yield from _of_list(there, name, before, after)
        elif name == "translations":
            for language in sorted({*(before or ()), *(after or ())}):
                entry = there.entry(language, f"translation {language}")
                yield from _of_entry(entry, (before or {}).get(language), (after or {}).get(language))
        elif isinstance(before, dict) and isinstance(after, dict) and name not in WHOLE and there.path not in WORDS:
            yield from _of_part(there, before, after)
        else:
            old_said, new_said = shown(before), shown(after)
            said = f"{old_said} → {new_said}" if old_said != new_said else "changed, behind what fits here"
            yield Difference(there.path, before, after, f"{there.said}: {said}")


def _of_list(here: _Place, name: str, old: Sequence[Any], new: Sequence[Any]) -> Iterator[Difference]:
    key, one = NAMED_BY[name], ONE_OF[name]
    before, after = {it[key]: it for it in old}, {it[key]: it for it in new}
    for i, it in enumerate(old):
        if it[key] not in after:
            gone = here.entry(i, f"{one} {it.get('title') or it[key]}")
            yield Difference(gone.path, it, None, f"{gone.said}: closed")
    for i, it in enumerate(new):
        yield from _of_entry(here.entry(i, f"{one} {it.get('title') or it[key]}"), before.get(it[key]), it)
    if [key for key in before if key in after] != [key for key in after if key in before]:
        yield Difference(here.path, list(before), list(after), f"{here.said}: in the order {', '.join(after)}")


def _of_entry(here: _Place, old: Any, new: Any) -> Iterator[Difference]:
    if old is None or new is None:
        yield Difference(here.path, old, new, f"{here.said}: {'new' if old is None else 'gone'}")
    elif old != new:
        yield from _of_part(here, old, new)


def shown(value: Any) -> str:
    """A value as people read it."""
    if value is None or value == [] or value == {}:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        text = value.removesuffix(".00") if WHOLE_AMOUNT.fullmatch(value) else value
        return text if len(text) <= TEXT_SHOWN_MAX else text[: TEXT_SHOWN_MAX - 1] + "…"
    if isinstance(value, dict):
        if "limit" in value:
            return f"{value['limit']}" + (f" a {value['unit']}" if value.get("unit") else "")
        return ", ".join(f"{name} {shown(it)}" for name, it in value.items() if it is not None)
    if isinstance(value, list):
        return ", ".join(shown(it) for it in value)
    return f"{value:,}" if isinstance(value, int) else str(value)
