"""Every reason for which the members' side says no."""

from app.refusal import Refusal


class CustomerNotFound(Refusal):
    message = "There is no such customer."


class LevelNotFound(Refusal):
    message = "There is no such level."


class SegmentNotFound(Refusal):
    message = "There is no such segment."


class UnknownCriterion(Refusal):
    message = "This kind of criterion is not known."


class CustomerElsewhere(Refusal):
    message = "The customer belongs to another chain."


class IdentifiersDisagree(Refusal):
    message = "The identifiers name different customers."


class BadCustomer(Refusal):
    """A customer's detail is malformed; the message says how."""
