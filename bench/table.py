"""The table of figures, each beside its limit."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One ratio, the limit it must keep, and what it was made of; of what must stay flat, what it cost at each of its `sizes`."""

    what: str
    ratio: float
    limit: float
    at_least: bool
    detail: str
    sizes: tuple[tuple[float, float], ...] = ()

    @property
    def is_met(self) -> bool:
        return self.ratio >= self.limit if self.at_least else self.ratio <= self.limit

    def row(self) -> str:
        sign = "≥" if self.at_least else "≤"
        return f"| {self.what} | {self.ratio:.2f} | {sign} {self.limit:g} | {'yes' if self.is_met else '**no**'} | {self.detail} |"


HEAD = "| what | ratio | limit | met | measured |\n|---|---|---|---|---|"
