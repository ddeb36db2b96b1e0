"""How far work by the clock has come in a list that time makes: a mark is kept with the run, and read by the next one."""

from datetime import UTC, datetime
from typing import NamedTuple


class ExpiryMark(NamedTuple):
    """The last thing that was told of, by when it expires, and its number."""

    expires_at: datetime
    number: int

    def __str__(self) -> str:
        return f"{self.expires_at.astimezone(UTC).isoformat()} {self.number}"

    @classmethod
    def read(cls, text: str) -> "ExpiryMark":
        moment, _, number = text.partition(" ")
        return cls(datetime.fromisoformat(moment), int(number))
