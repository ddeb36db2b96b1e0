"""Every reason for which the ledger says no."""

from app.refusal import Conflicting, Malformed, Missing


class NotEnoughToSpend(Conflicting):
    message = "not enough points"


class AccountNotFound(Missing):
    message = "There is no such customer."


class EntryNotFound(Missing):
    message = "There is no such transfer of points."


class CannotBeCancelled(Conflicting):
    message = "this transfer cannot be canceled"


class TooManyPoints(Malformed):
    message = "An account cannot hold that many points."


class OwesPoints(Conflicting):
    message = "The account owes points, which nobody takes over: add as many first."


class SameAccount(Malformed):
    message = "Points cannot be passed on to whom they belong."
