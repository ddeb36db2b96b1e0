"""What every refusal of the domain has in common. Standard library only."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, TypeVar


class Refusal(Exception):
    """The domain says no, and nothing has changed. One class a reason, one sentence a class.

    `required`, `actual` and `missing` say what the rule wanted, what it found, and the difference, where that makes
    sense; `opens_at` is the moment from which the answer may be another. `field` names what was wrong in a request.
    `others` are the further reasons that were found: a dialect whose documents name another one first may tell that one.
    `campaign_id` is of the campaign that gave nothing, where somebody asked one.
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
        self.campaign_id: int | None = None

    @property
    def code(self) -> str:
        """`NotEnoughPoints` is `not_enough_points` to a program."""
        name = type(self).__name__
        return "".join(f"_{c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))


# Families: a dialect words them once, and apart only those that its documents tell apart.


class Missing(Refusal):
    """What the request names is not there."""


class Elsewhere(Refusal):
    """What the request names belongs to another chain than the caller's."""


class Closed(Refusal):
    """Not now: it is switched off, too early or too late."""


class Excluded(Refusal):
    """Not this customer: it is for others, or the customer has not done what it takes."""


class UsedUp(Refusal):
    """Nothing is left, for all or for this customer."""


class Unusable(Refusal):
    """The customer cannot use what it has for this, as things are."""


class Conflicting(Refusal):
    """It contradicts what is there, or itself."""


class Malformed(Refusal):
    """A value that cannot be; the message says which and why."""


class NotProven(Refusal):
    """Whoever calls has not proven to be who may."""


FAMILIES = (Missing, Elsewhere, Closed, Excluded, UsedUp, Unusable, Conflicting, Malformed, NotProven)
Worded = TypeVar("Worded")


def word_for(refusal: type[Refusal], words: Mapping[type[Refusal], Worded]) -> Worded:
    """A dialect's word for a refusal: its own, or else its family's. Raises KeyError when there is none: a mistake."""
    for kind in refusal.__mro__:
        if kind in words:
            return words[kind]
    raise KeyError(refusal)


def sentence_of(code: str) -> str:
    """What a reason says that is known by its code only, as of long ago; the code of one that there is no more."""
    kinds = [Refusal]
    while kinds:
        kind = kinds.pop()
        if kind().code == code:
            return kind.message
        kinds += kind.__subclasses__()
    return code


class AlreadyTaken(Conflicting):
    """Something that must be unique belongs to another; `field` says what."""

    message = "This value is already used."
