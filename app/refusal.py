"""What every refusal of the domain has in common. Standard library only."""

from datetime import datetime
from typing import Any, ClassVar


class Refusal(Exception):
    """The domain says no, and nothing has changed. One class a reason, one sentence a class.

    `required`, `actual` and `missing` say what the rule wanted, what it found, and the difference, where that makes
    sense; `opens_at` is the moment from which the answer may be another. `field` names what was wrong in a request.
    `others` are the further reasons that were found: a dialect whose documents name another one first may tell that one.
    """

    message: ClassVar[str] = "This cannot be done."

    def __init__(
        self,
        message: str | None = None,
        *,
        required: Any = None,
        actual: Any = None,
        missing: Any = None,
        opens_at: datetime | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(message or self.message)
        self.required = required
        self.actual = actual
        self.missing = missing
        self.opens_at = opens_at
        self.field = field
        self.others: tuple[Refusal, ...] = ()

    @property
    def code(self) -> str:
        """`NotEnoughPoints` is `not_enough_points` to a program."""
        name = type(self).__name__
        return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


class AlreadyTaken(Refusal):
    """Something that must be unique belongs to another; `field` says what."""

    message = "This value is already used."
