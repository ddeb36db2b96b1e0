"""Every reason for which the members' side says no."""

from app.refusal import Conflicting, Elsewhere, Excluded, Malformed, Missing


class CustomerNotFound(Missing):
    message = "There is no such customer."


class LevelNotFound(Missing):
    message = "There is no such level."


class SegmentNotFound(Missing):
    message = "There is no such segment."


class CustomerElsewhere(Elsewhere):
    message = "The customer belongs to another chain."


class IdentifiersDisagree(Conflicting):
    message = "The identifiers name different customers."


class OwnEditsClosed(Excluded):
    message = "In this programme customers do not change their details themselves: the staff does."


class BadCustomer(Malformed):
    """A customer's detail is malformed; the message says how."""


class BadLevel(Malformed):
    message = "This cannot be a level."


class BadSegment(Malformed):
    message = "This cannot be a segment."
