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


class AlreadyTaken(Refusal):
    """Something that must be unique belongs to another; `field` says what."""

    message = "This value is already used."


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
