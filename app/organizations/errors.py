"""Every reason for which the retailers' side says no."""

from app.refusal import Refusal


class PosNotFound(Refusal):
    message = "There is no such point of sale."


class ChainNotFound(Refusal):
    message = "There is no such chain."


class BusinessNotFound(Refusal):
    message = "There is no such business."


class AppNotFound(Refusal):
    message = "There is no such app."


class AppWithoutChain(Refusal):
    message = "The app belongs to no chain."


class BadChain(Refusal):
    """A chain's detail is malformed; the message says how."""


class DivisionElsewhere(Refusal):
    message = "The division belongs to another organization."
