"""Every reason for which the campaign domain says no."""

from app.refusal import Refusal


class CampaignNotFound(Refusal):
    message = "There is no such campaign."


class CampaignHidden(Refusal):
    message = "The campaign is not shown to this customer."


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
    message = "All rewards of the campaign have been given."


class LimitPerCustomerReached(Refusal):
    message = "The customer has had as many rewards of the campaign as one customer may."


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


class WrongContext(Refusal):
    message = "The campaign does not give its rewards in this way."


class OutsideHours(Refusal):
    message = "The campaign gives nothing at this hour or on this day of the week."


class RestrictionsNotMet(Refusal):
    message = "The campaign's restrictions do not admit the customer."


class NotOptedIn(Refusal):
    message = "The customer has not opted in to the campaign."


class OptInNotNeeded(Refusal):
    message = "Nobody needs to opt in to this campaign."


class NotEligible(Refusal):
    message = "The campaign is not for this customer."


class OptInNotStarted(Refusal):
    message = "It is too early to opt in to the campaign."


class OptInEnded(Refusal):
    message = "It is too late to opt in to the campaign."


class OptInLimitReached(Refusal):
    message = "As many customers have opted in to the campaign as may."


class BadEvent(Refusal):
    """The event is malformed; the message says how."""


class CreativeNotFound(Refusal):
    message = "There is no such creative."


class BadCreative(Refusal):
    """The creative is malformed; the message says how."""


class CampaignNameTaken(Refusal):
    message = "Another campaign has this name."


class PermalinkTaken(Refusal):
    message = "Another campaign has this permalink."


class LifecycleRefused(Refusal):
    """A campaign cannot go from the state that it is in to this one; the message names both."""


class LimitInPeriodReached(Refusal):
    message = "All rewards of the campaign for this period have been given."


class NoRewardLeft(Refusal):
    message = "None of the campaign's rewards can be given to the customer now."


class TooManyPointsHeld(Refusal):
    message = "The customer's account cannot hold that many points."


class BadRestriction(Refusal):
    message = "This restriction cannot be understood."


class BadCampaign(Refusal):
    """The campaign's spec contradicts itself; the message says how."""


class BadVoucher(Refusal):
    """The voucher's terms contradict one another; the message says how."""


class VoucherNotFound(Refusal):
    message = "There is no such voucher."


class VoucherIdentifiersDisagree(Refusal):
    message = "The identifiers name different vouchers."


class VoucherElsewhere(Refusal):
    message = "The voucher belongs to another chain."


class VoucherNotForCustomers(Refusal):
    message = "The campaign's vouchers are claimed by the staff only."


class VoucherRedeemed(Refusal):
    message = "The voucher has been redeemed already."


class VoucherNotClaimed(Refusal):
    message = "The voucher must be claimed first."


class VoucherExpired(Refusal):
    message = "The voucher has expired."


class VoucherLocked(Refusal):
    message = "The voucher is locked for another basket."


class NotLockable(Refusal):
    message = "Only vouchers for baskets can be locked."


class MoreThanVoucher(Refusal):
    message = "The voucher is not worth that much."


class RelationNotFound(Refusal):
    message = "There is no such referral relation."


class RelationAlreadyRedeemed(Refusal):
    message = "The referral has been rewarded already."


class NotAReferralCampaign(Refusal):
    message = "The campaign is not a referral campaign."


class CampaignElsewhere(Refusal):
    message = "The campaign belongs to another chain."


class ReferralCodeUnknown(Refusal):
    message = "Nobody has this referral code."


class SelfReferral(Refusal):
    message = "Nobody can refer themselves."


class AlreadyReferred(Refusal):
    message = "The customer has been referred already."


class ReferralWindowClosed(Refusal):
    message = "It is too late to apply a referral code."


class NoReferralCampaign(Refusal):
    message = "There is no referral campaign open to the referring customer."


class BasketDiffers(Refusal):
    message = "Another basket has this reference."
