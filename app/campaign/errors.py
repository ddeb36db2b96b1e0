"""Every reason for which the campaign domain says no."""

from app.refusal import Points, Refusal

__all__ = ["Points", "Refusal"]


class CampaignNotFound(Refusal):
    message = "There is no such campaign."


class CampaignNotActive(Refusal):
    message = "The campaign is switched off."


class CampaignNotYetActive(Refusal):
    message = "The campaign has not started yet."


class CampaignOver(Refusal):
    message = "The campaign is over."


class CampaignNotYetVisible(Refusal):
    message = "The campaign is not shown to customers yet."


class CampaignNoLongerVisible(Refusal):
    message = "The campaign is no longer shown to customers."


class NotTargeted(Refusal):
    message = "The campaign is for customers of other levels or segments."


class CustomerNotActive(Refusal):
    message = "The customer's account is not active."


class LimitReached(Refusal):
    message = "All rewards of the campaign have been sold."


class LimitPerCustomerReached(Refusal):
    message = "The customer has bought as many rewards of the campaign as one customer may."


class NoCouponsLeft(Refusal):
    message = "The campaign has no coupons left."


class NotEnoughPoints(Refusal):
    message = "The customer does not have enough points."


class PurchaseNotFound(Refusal):
    message = "The customer has not bought this coupon."


class CouponStaysUsed(Refusal):
    message = "A used coupon cannot be made unused by its customer."


class RedeemedCouponMissing(Refusal):
    message = "Already redeemed coupons cannot be removed from the campaign."


class LimitUnderUsage(Refusal):
    message = "The limit cannot be lower than what has been used already."


class SingleCouponFixed(Refusal):
    message = "Whether the campaign shares a single coupon cannot change after the first purchase."


class PhotoNotFound(Refusal):
    message = "The campaign has no photo."
