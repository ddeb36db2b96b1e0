"""Every reason for which the ledger says no."""

from app.refusal import Refusal


class NotEnoughToSpend(Refusal):
    message = "not enough points"


class AccountNotFound(Refusal):
    message = "There is no such customer."


class TooManyPoints(Refusal):
    message = "An account cannot hold that many points."
