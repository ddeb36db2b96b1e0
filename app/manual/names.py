"""What calls are called in the manual, and so in the clients that are generated from it."""

import re
from collections.abc import Collection, Set
from typing import Any, NamedTuple

DIALECTS = ("spaaza", "sessionm")
# By which SessionM's callers name their customers and campaigns, and where in an address these stand.
OWN_IDS = {"external_id": "/external/users/", "permalink": "/external/campaigns/"}


class Call(NamedTuple):
    """An address and a method, and the view behind them; `operation` is their page in the document."""

    endpoint: str
    path: str
    method: str
    methods: Set[str]
    view: Any
    operation: dict[str, Any]

    @property
    def place(self) -> tuple[str, str]:
        """The blueprint, and the name of the view in it."""
        blueprint, _, view = self.endpoint.partition(".")
        return blueprint, view


def of(calls: Collection[Call]) -> list[str]:
    """A name for each call, which no other has: that of its view, and what tells it from others of the same view."""
    places = {call.place for call in calls if call.place[0] not in DIALECTS}
    views = [view for _, view in places]
    shared = {view for view in views if views.count(view) > 1}  # each role has one, at an address of its own
    return [_name(call, shared) for call in calls]


def _name(call: Call, shared: Set[str]) -> str:
    blueprint, view = call.place
    if blueprint in DIALECTS:
        name = f"{blueprint}_{re.sub('__[0-9]+$', '', view)}".replace("-", "_")
        own = [name for name, place in OWN_IDS.items() if place in call.path]
        name = name.removesuffix("_by_permalink") + (f"_by_{'_and_'.join(own)}" if own else "")
    else:
        name = f"{view}_as_{blueprint.partition('_')[0]}" if view in shared else view
    plain = "POST" if "POST" in call.methods else call.method
    return name if call.method == plain else f"{name}_by_{call.method.lower()}"
