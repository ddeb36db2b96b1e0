"""Every reason for which the campaign domain says no."""

from app.refusal import Closed, Conflicting, Elsewhere, Excluded, Malformed, Missing, Unusable, UsedUp


class CampaignNotFound(Missing):
    message = "There is no such campaign."


class CampaignNotActive(Closed):
    message = "The campaign is switched off."


class CampaignNotYetActive(Closed):
    message = "The campaign has not started yet."


class CampaignOver(Closed):
    message = "The campaign is over."


class CampaignNotYetVisible(Closed):
    message = "The campaign is not shown to customers yet."


class CampaignNoLongerVisible(Closed):
    message = "The campaign is no longer shown to customers."


class NotTargeted(Excluded):
    message = "The campaign is for customers of other levels or segments."


class CustomerNotActive(Excluded):
    message = "The customer's account is not active."


class LimitReached(UsedUp):
    message = "All rewards of the campaign have been given."


class LimitPerCustomerReached(UsedUp):
    message = "The customer has had as many rewards of the campaign as one customer may."


class NoCouponsLeft(UsedUp):
    message = "The campaign has no coupons left."


class NotEnoughPoints(Unusable):
    message = "The customer does not have enough points."


class PurchaseNotFound(Missing):
    message = "The customer has not bought this coupon."


class BadQuantity(Malformed):
    message = "That many cannot be bought at once."


class MayNotGiveFree(Excluded):
    message = "Only admins sell for nothing."


class CouponStaysUsed(Conflicting):
    message = "A used coupon cannot be made unused by its customer."


class RedeemedCouponMissing(Malformed):
    message = "Already redeemed coupons cannot be removed from the campaign."


class LimitUnderUsage(Malformed):
    message = "The limit cannot be lower than what has been used already."


class SingleCouponFixed(Malformed):
    message = "Whether the campaign shares a single coupon cannot change after the first purchase."


class CategoryNotFound(Missing):
    message = "There is no such category."


class PhotoNotFound(Missing):
    message = "The campaign has no photo."


class WrongContext(Closed):
    message = "The campaign does not give its rewards in this way."


class OutsideHours(Closed):
    message = "The campaign gives nothing at this hour or on this day of the week."


class RestrictionsNotMet(Excluded):
    message = "The campaign's restrictions do not admit the customer."


class NotOptedIn(Excluded):
    message = "The customer has not opted in to the campaign."


class OptInNotNeeded(Excluded):
    message = "Nobody needs to opt in to this campaign."


class NotEligible(Excluded):
    message = "The campaign is not for this customer."


class OptInNotStarted(Closed):
    message = "It is too early to opt in to the campaign."


class OptInEnded(Closed):
    message = "It is too late to opt in to the campaign."


class OptInLimitReached(UsedUp):
    message = "As many customers have opted in to the campaign as may."


class BadEvent(Malformed):
    """The event is malformed; the message says how."""


class CreativeNotFound(Missing):
    message = "There is no such creative."


class BadCreative(Malformed):
    """The creative is malformed; the message says how."""


class CampaignNameTaken(Conflicting):
    message = "Another campaign has this name."


class PermalinkTaken(Conflicting):
    message = "Another campaign has this permalink."


class LifecycleRefused(Malformed):
    """A campaign cannot go from the state that it is in to this one; the message names both."""


class RevisionNotFound(Missing):
    message = "The campaign has no such revision."


class RevisionMoved(Conflicting):
    """Somebody else has changed the campaign meanwhile; `actual` is its revision by now."""

    message = "Somebody else has changed the campaign meanwhile."


class KeyTaken(Conflicting):
    message = "Another campaign of the chain has this key."


class FixedOnceGiven(Conflicting):
    """This cannot change any more, for the campaign has given something; the message says what."""


class OverForGood(Conflicting):
    message = "It is over, and the seed of its draws is published: whoever knows it could foresee every draw. Make a new campaign."


class LimitInPeriodReached(UsedUp):
    message = "All rewards of the campaign for this period have been given."


class NoRewardLeft(UsedUp):
    message = "None of the campaign's rewards can be given to the customer now."


class TooManyPointsHeld(Excluded):
    message = "The customer's account cannot hold that many points."


class BadRestriction(Malformed):
    message = "This restriction cannot be understood."


class NobodyMeant(Malformed):
    message = "A campaign is for everyone, or for levels or segments."


class NoCodes(Malformed):
    message = "A campaign that has codes keeps at least one."


class BadCampaign(Malformed):
    """The campaign's spec contradicts itself; the message says how."""


class BadVoucher(Malformed):
    """The voucher's terms contradict one another; the message says how."""


class VoucherNotFound(Missing):
    message = "There is no such voucher."


class VoucherIdentifiersDisagree(Conflicting):
    message = "The identifiers name different vouchers."


class VoucherElsewhere(Elsewhere):
    message = "The voucher belongs to another chain."


class VoucherNotForCustomers(Excluded):
    message = "The campaign's vouchers are claimed by the staff only."


class VoucherRedeemed(Unusable):
    message = "The voucher has been redeemed already."


class VoucherNotClaimed(Unusable):
    message = "The voucher must be claimed first."


class VoucherExpired(Unusable):
    message = "The voucher has expired."


class VoucherLocked(Unusable):
    message = "The voucher is locked for another basket."


class NotLockable(Conflicting):
    message = "Only vouchers for baskets can be locked."


class MoreThanVoucher(Conflicting):
    message = "The voucher is not worth that much."


class RelationNotFound(Missing):
    message = "There is no such referral relation."


class RelationAlreadyRedeemed(Unusable):
    message = "The referral has been rewarded already."


class NotAReferralCampaign(Conflicting):
    message = "The campaign is not a referral campaign."


class CampaignElsewhere(Elsewhere):
    message = "The campaign belongs to another chain."


class ReferralCodeUnknown(Missing):
    message = "Nobody has this referral code."


class SelfReferral(Conflicting):
    message = "Nobody can refer themselves."


class AlreadyReferred(Conflicting):
    message = "The customer has been referred already."


class ReferralWindowClosed(Conflicting):
    message = "It is too late to apply a referral code."


class NoReferralCampaign(Unusable):
    message = "There is no referral campaign open to the referring customer."
