"""A document without what it need not say: for files, which people read. Pure; read back, it is the same."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from app.campaign.document import shape
from app.campaign.document.shape import Document

ALWAYS = ("version", "key", "name", "kind", "lifecycle")
# What the parts say that are null unless somebody says more.
INSIDE: Mapping[str, Mapping[str, Any]] = {
    "sale": {"single_coupon": False},
    "voucher": dict.fromkeys(("amount", "percent", "code", "text", "valid_seconds")),
    "per_customer": {"unit": None},
    "creatives": {"tracks_clicks": True},
}
FREE = ("restrictions", "details", "content", "offer")  # whoever wrote these knows why they are so


def short(document: Document) -> dict[str, Any]:
    """What differs from the defaults, and what says at a glance which campaign this is."""
    plain = _plain("campaign")
    hours = {name: value for name, value in document["hours"].items() if name != "time_zone"}
    whole = {name: value for name, value in document.items() if name != "state"}
    if hours == {name: plain["hours"][name] for name in hours}:
        whole.pop("hours")
    if whole["context"] == (document["kind"] if document["kind"] != "composable" else "interaction"):
        whole.pop("context")
    own = {name: value for name, value in whole.items() if name in ALWAYS}
    return own | {name: value for name, value in _differing(whole, plain).items() if name not in ALWAYS}


def _differing(document: Mapping[str, Any], plain: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in document.items():
        if name in plain and value == plain[name]:
            continue
        if name in FREE or name not in plain:
            found[name] = value
        elif isinstance(value, Mapping) and isinstance(plain[name], Mapping) and name != "translations":
            found[name] = _differing(value, plain[name])
        elif name in ("rewards", "behaviors", "goals"):
            found[name] = [_differing(entry, _plain(name)) for entry in value]
        elif name in INSIDE:
            inside = INSIDE[name]
            found[name] = (
                [_differing(it, inside) for it in value] if isinstance(value, list) else _differing(value, inside)
            )
        elif name == "translations":
            found[name] = {code: {k: v for k, v in texts.items() if v is not None} for code, texts in value.items()}
        else:
            found[name] = value
    return found


@cache
def _plain(part: str) -> dict[str, Any]:
    """A part of a document that says only what it must, printed whole, without what it must say."""
    goal = {"event_name": "e"}
    behavior = {"name": "b", "goals": [goal]}
    reward = {"title": "t", "kind": "nothing", "key": "t"}
    document = {
        "key": "k",
        "name": "n",
        "kind": "composable",
        "context": "event",
        "rewards": [reward],
        "behaviors": [behavior],
    }
    whole = shape.printed(shape.read(document).spec, {}, None, None)
    parts = {
        "campaign": ({**whole, "rewards": [], "behaviors": []}, ("key", "name", "kind", "context", "lifecycle")),
        "rewards": (whole["rewards"][0], ("key", "title", "kind")),
        "behaviors": (whole["behaviors"][0], ("name", "kind", "goals")),
        "goals": (whole["behaviors"][0]["goals"][0], ("event_name",)),
    }
    found, said = parts[part]
    plain = {name: value for name, value in found.items() if name not in said}
    return plain | ({"goals": []} if part == "behaviors" else {})
