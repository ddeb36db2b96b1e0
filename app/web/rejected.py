"""What a dialect refuses by itself, before the domain is asked."""

from typing import Any


class Rejected(Exception):
    """A dialect's own no: one of its codes, a sentence for people, and where it differs from the code's, the status."""

    def __init__(self, code: Any, message: str | None = None, status: int | None = None) -> None:
        super().__init__(message or code.description)
        self.code, self.status = code, status
