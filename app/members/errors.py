"""Every reason for which the members' side says no."""

from app.refusal import Refusal


class CustomerNotFound(Refusal):
    message = "There is no such customer."


class LevelNotFound(Refusal):
    message = "There is no such level."


class SegmentNotFound(Refusal):
    message = "There is no such segment."


class SellerNotFound(Refusal):
    message = "There is no such seller."


class PosNotFound(Refusal):
    message = "There is no such point of sale."


class WeakPassword(Refusal):
    message = "The password is too easy to guess."


class WrongPassword(Refusal):
    message = "This is not the current password."


class BadCredentials(Refusal):
    message = "Bad credentials"


class LoginNotActive(Refusal):
    message = "Your account is not active"


class BadRefreshToken(Refusal):
    message = "The refresh token is not valid."


class UnknownCriterion(Refusal):
    message = "This kind of criterion is not known."


class ChainNotFound(Refusal):
    message = "There is no such chain."


class BusinessNotFound(Refusal):
    message = "There is no such business."


class AppNotFound(Refusal):
    message = "There is no such app."


class AppWithoutChain(Refusal):
    message = "The app belongs to no chain."


class TokenNotFound(Refusal):
    message = "There is no such access token."


class LoginNotFound(Refusal):
    message = "There is no such login."


class CustomerElsewhere(Refusal):
    message = "The customer belongs to another chain."


class IdentifiersDisagree(Refusal):
    message = "The identifiers name different customers."


class BadChain(Refusal):
    """What was told of a chain cannot be; the message says why."""


class DivisionElsewhere(Refusal):
    message = "The division belongs to another organization."


class BadCustomer(Refusal):
    """What was told of a customer cannot be; the message says why."""
