"""What is asked for behind the question mark, as real clients send it: lists with commas, with brackets, with a second `?`."""

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl

from flask import g, request

from app.campaign.listings.customer_campaigns import Qualification
from app.paging import PER_PAGE_MAX, Page
from app.sessionm import codes
from app.web.rejected import Rejected

PAGE_SIZE = 20
PAGE_MAX = 10**6
FIELDS_MAX = 1_000


@dataclass(frozen=True)
class Query:
    """The names and values of a query string; what nobody knows is passed over."""

    pairs: tuple[tuple[str, str], ...]

    def words(self, *names: str) -> list[str]:
        """A list, by any of its names, with brackets or without; in the order in which it was sent."""
        sent = [value for name, value in self.pairs if name.partition("[")[0].strip().lower() in names]
        return [word.strip() for value in sent for word in value.split(",") if word.strip()]

    @cached_property
    def sections(self) -> frozenset[str]:
        """Of progress, behaviors, offers and redemptions."""
        return frozenset(word.lower() for word in self.words("sections", "section"))

    @cached_property
    def creatives(self) -> frozenset[str]:
        """Of `promotion` and `tile`; plurals are understood."""
        return frozenset(word.lower().rstrip("s") for word in self.words("creatives", "creative"))

    @cached_property
    def which(self) -> Qualification | None:
        """Which campaigns; None when none that is known was asked for."""
        sent = {word.lower() for word in self.words("filters", "filter")}
        if "all" in sent or {"eligible", "ineligible"} <= sent:
            return "all"
        if "ineligible" in sent:
            return "ineligible"
        return "eligible" if "eligible" in sent else None

    @cached_property
    def division_ids(self) -> list[str] | None:
        """None when none was asked for. An empty list asks for none of them, and is no wish for all. Raises `missing_data`."""
        names = ("division_ids", "division_id")
        found = self.words(*names)
        if not found and any(name.partition("[")[0].strip().lower() in names for name, _ in self.pairs):
            raise Rejected(codes.MISSING_DATA, "Missing division_ids.")
        return found or None

    def flag(self, name: str) -> bool:
        return any(key.strip() == name and value.strip().lower() in {"true", "1"} for key, value in self.pairs)

    def page(self, size: int = PAGE_SIZE) -> Page:
        """Raises `argument_error`."""
        return Page(self._whole("page", 1, PAGE_MAX), self._whole("page_size", size, PER_PAGE_MAX))

    @property
    def has_page(self) -> bool:
        return bool(self.words("page") or self.words("page_size"))

    def _whole(self, name: str, default: int, most: int) -> int:
        sent = self.words(name)
        if not sent:
            return default
        if not (sent[-1].isascii() and sent[-1].isdecimal() and len(sent[-1]) < 10 and 0 < int(sent[-1]) <= most):
            raise Rejected(codes.ARGUMENT_ERROR, f"{name} is a whole number from 1 to {most}.")
        return int(sent[-1])


def query() -> Query:
    """The query of the current request. Raises `argument_error` when it is too long."""
    if "query" not in g:
        text = request.query_string.decode("utf-8", "replace")
        # A second question mark begins another list; and documents show `&sections` as a section sign.
        text = text.replace("?", "&").replace("§ions", "&sections").replace("%C2%A7ions", "&sections")
        try:
            g.query = Query(tuple(parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX)))
        except ValueError as e:
            raise Rejected(codes.ARGUMENT_ERROR, f"The query has more than {FIELDS_MAX} fields.") from e
    return g.query  # type: ignore[no-any-return]
