"""Every reason for which the retailers' side says no."""

from app.refusal import Elsewhere, Malformed, Missing, NotProven


class PosNotFound(Missing):
    message = "There is no such point of sale."


class ChainNotFound(Missing):
    message = "There is no such chain."


class BusinessNotFound(Missing):
    message = "There is no such business."


class AppNotFound(Missing):
    message = "There is no such app."


class AppWithoutChain(NotProven):
    message = "The app belongs to no chain."


class BadChain(Malformed):
    """A chain's detail is malformed; the message says how."""


class SharedByAll(NotProven):
    message = "This concerns every chain, and you may not write for each of them."


class DivisionElsewhere(Elsewhere):
    message = "The division belongs to another organization."


class TranslationNotFound(Missing):
    message = "There is no such translation."


class BadTranslation(Malformed):
    message = "This cannot be a translation."
