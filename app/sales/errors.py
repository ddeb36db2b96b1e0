"""Every reason for which a sale is not recorded, or an earning rule is not what it should be."""

from app.refusal import Conflicting, Excluded, Malformed, Missing, UsedUp


class SaleNotFound(Missing):
    message = "No such transaction"


class SaleDiffers(Conflicting):
    message = "There is another sale with this number."


class BadSale(Malformed):
    message = "This cannot be a sale."


class MoreThanSale(Conflicting):
    message = "More is returned than was bought."


class AlreadyAssigned(Conflicting):
    message = "Customer is already assign to this transaction"


class RuleNotFound(Missing):
    message = "There is no such earning rule."


class BadRule(Malformed):
    message = "This cannot be an earning rule."


class EventUnknown(Missing):
    message = "event does not exist"


class LimitExceeded(UsedUp):
    message = "limit exceeded"


class MayNotEarn(Excluded):
    message = "This customer may not earn points."
