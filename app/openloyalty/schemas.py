"""What the answers look like, for the API manual. The tests hold every answer against it."""

from functools import cache
from typing import Any

from marshmallow import Schema, fields

from app.campaign.models.campaigns import COUPON_KINDS
from app.campaign.models.vouchers import DELIVERIES
from app.members.models import LEVEL_CAUSES
from app.web.answers import flag as _flag
from app.web.answers import number as _number
from app.web.answers import text as _text
from app.web.answers import uuid as _id
from app.web.answers import whole as _whole
from app.web.answers import word as _word

MOMENT = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{4}$"
GENDERS = ("male", "female", "not_disclosed")
STATUSES = ("new", "active", "blocked", "deleted")  # of customers
CARD_STATES = ("no-card", "card-sent", "with-card")  # nobody says that a card was sent


def _ids(required: bool = True) -> fields.List[Any]:
    return fields.List(fields.UUID(), required=required)


def _moment(required: bool = True) -> fields.String:
    """No date-time of the standard, whose offsets have a colon."""
    return fields.String(required=required, metadata={"pattern": MOMENT, "example": "2017-09-05T10:59:00+0200"})


def _names(required: bool = True) -> fields.Raw:
    return fields.Raw(
        required=required,
        metadata={
            "oneOf": [
                {"type": "object", "additionalProperties": {"type": "string"}},
                {"type": "array", "maxItems": 0, "items": {}},
            ],
            "description": "Names by id; an empty list when there are none.",
        },
    )


class ActivityView(Schema):
    allTimeActive = _flag()
    activeFrom = _moment(required=False)
    activeTo = _moment(required=False)


class VisibilityView(Schema):
    allTimeVisible = _flag()
    visibleFrom = _moment(required=False)
    visibleTo = _moment(required=False)


class LabelView(Schema):
    key = _text()
    value = _text()


class BoughtCampaignView(Schema):
    campaignId = _id()
    reward = _word(COUPON_KINDS)
    name = _text()
    shortDescription = fields.String()
    conditionsDescription = fields.String()
    active = _flag()
    costInPoints = _number()
    singleCoupon = _flag()
    unlimited = _flag()
    limit = fields.Integer()
    limitPerUser = fields.Integer()
    campaignActivity = fields.Nested(ActivityView, required=True)
    campaignVisibility = fields.Nested(VisibilityView, required=True)
    usageInstruction = fields.String()


class PublicCampaignView(BoughtCampaignView):
    """A campaign as everybody sees it."""

    labels = fields.List(fields.Nested(LabelView))
    will_be_active_from = _moment(required=False)
    will_be_active_to = _moment(required=False)
    categories = _ids(required=False)
    categoryNames = _names(required=False)
    featured = _flag()
    public = fields.Boolean(required=True, metadata={"description": "Shown to who has not signed in."})
    brandIcon = fields.Boolean(metadata={"description": "Only when there is one."})


class OwnCampaignView(PublicCampaignView):
    """A campaign as customers see it."""

    usageLeft = _whole()
    usageLeftForCustomer = fields.Integer()
    canBeBoughtByCustomer = fields.Boolean()
    visibleForCustomersCount = _whole()
    usersWhoUsedThisCampaignCount = _whole()


class PhotoReference(Schema):
    id = _id()


class PhotoView(Schema):
    photoId = fields.Nested(PhotoReference, required=True)
    path = _text()
    orginalName = _text()
    mimeType = _text()


class CampaignTranslationView(Schema):
    name = fields.String()
    shortDescription = fields.String()
    conditionsDescription = fields.String()
    usageInstruction = fields.String()
    locale = _text()


class CategoryView(Schema):
    name = _text()
    campaignCategoryId = _id()
    active = _flag()
    sortOrder = _whole()
    translations = fields.List(fields.Nested(CampaignTranslationView), required=True)


class CategoryId(Schema):
    campaignCategoryId = _id()


class CampaignView(OwnCampaignView):
    """A campaign as admins and sellers see it; photos for admins only."""

    levels = _ids()
    segments = _ids()
    coupons = fields.List(fields.String(), required=True)
    couponsCount = fields.Integer(metadata={"description": "Only when there are more codes than printed."})
    segmentNames = _names()
    levelNames = _names()
    translations = fields.List(fields.Nested(CampaignTranslationView))
    hasPhoto = fields.Boolean()
    photos = fields.List(fields.Nested(PhotoView))


class CampaignDetails(OwnCampaignView):
    """One campaign; what customers do not see is there for admins and sellers only."""

    levels = _ids(required=False)
    segments = _ids(required=False)
    coupons = fields.List(fields.String())
    couponsCount = fields.Integer()
    segmentNames = _names(required=False)
    levelNames = _names(required=False)
    translations = fields.List(fields.Nested(CampaignTranslationView))
    hasPhoto = fields.Boolean()
    photos = fields.List(fields.Nested(PhotoView))


class CampaignId(Schema):
    campaignId = _id()


class CodeView(Schema):
    code = _text()


class PoolCouponView(Schema):
    """A code of a pool; `bought` never for a code that all buyers share."""

    code = _text()
    bought = _flag()


class SaleView(Schema):
    coupon = fields.Nested(CodeView, required=True)
    coupons = fields.List(fields.Nested(CodeView), required=True)


class PurchaseCoupon(Schema):
    id = _id()
    code = _text()


class DeliveryView(Schema):
    status = _word(DELIVERIES)


class HeldCoupon(Schema):
    """A bought coupon: whether it can be used, when it was, and where its reward is."""

    used = _flag()
    usageDate = _moment(required=False)
    status = _word(("active", "expired"))
    activeSince = _moment()
    activeTo = _moment(required=False)
    canBeUsed = _flag()
    deliveryStatus = fields.Nested(DeliveryView, required=True)
    coupon = fields.Nested(PurchaseCoupon, required=True)


class PurchaseView(HeldCoupon):
    purchaseAt = _moment()
    costInPoints = _number()
    campaignId = _id()
    campaign = fields.Nested(BoughtCampaignView)


class BoughtView(HeldCoupon):
    purchasedAt = _moment()
    costInPoints = _number()
    customerId = _id()
    customerEmail = fields.String()
    customerPhone = fields.String()
    customerName = _text()
    customerLastname = _text()
    customerLoyaltyCardNumber = fields.String()
    currentPointsAmount = _number()
    campaignId = _id()
    campaignName = _text()
    campaignType = _word(COUPON_KINDS, required=False)


class Choices(Schema):
    choices = fields.List(fields.String(), required=True)


class MarkedView(Schema):
    name = _text()
    used = _flag()
    campaignId = _id()
    customerId = _id()


class MarkedList(Schema):
    coupons = fields.List(fields.Nested(MarkedView), required=True)


class Used(Schema):
    used = _flag()


class ReasonView(Schema):
    code = _text(example="not_enough_points")
    message = _text()
    required = fields.Raw()
    actual = fields.Raw()
    missing = fields.Raw()
    opensAt = _moment(required=False)


class EligibilityView(Schema):
    eligible = _flag()
    campaignId = _id()
    customerId = _id()
    asOf = _moment()
    costInPoints = _number()
    points = _number()
    usageLeft = _whole()
    usageLeftForCustomer = _whole()
    reasons = fields.List(fields.Nested(ReasonView), required=True)


class CampaignReference(Schema):
    campaignId = _id()


class CampaignPurchaseView(Schema):
    purchaseAt = _moment()
    costInPoints = _number()
    campaignId = fields.Nested(CampaignReference, required=True)
    used = _flag()
    coupon = fields.Nested(CodeView, required=True)


class LevelReference(Schema):
    levelId = _id()


class NamedOnly(Schema):
    name = _text()


class StatusView(Schema):
    """`state` says whether who is active has a card."""

    availableTypes = fields.List(_word(STATUSES), required=True)
    availableStates = fields.List(_word(CARD_STATES), required=True)
    type = _word(STATUSES)
    state = _word(CARD_STATES, required=False)


class CustomerView(Schema):
    customerId = _id()
    active = _flag()
    firstName = _text()
    lastName = _text()
    gender = _word(GENDERS, required=False)
    email = fields.String()
    phone = fields.String()
    birthDate = _moment(required=False)
    address = fields.Dict(keys=fields.String(), values=fields.String())
    loyaltyCardNumber = fields.String()
    createdAt = _moment()
    levelId = _id(required=False)
    manuallyAssignedLevelId = fields.Nested(LevelReference)
    agreement1 = _flag()
    agreement2 = _flag()
    agreement3 = _flag()
    company = fields.Dict(keys=fields.String(), values=fields.String())
    posId = _id(required=False)
    status = fields.Nested(StatusView, required=True)
    updatedAt = _moment()
    campaignPurchases = fields.List(fields.Nested(CampaignPurchaseView), required=True)
    transactionsCount = _whole()
    transactionsAmount = _number()
    transactionsAmountWithoutDeliveryCosts = _number()
    amountExcludedForLevel = _number()
    averageTransactionAmount = _number()
    lastTransactionDate = _moment(required=False)
    currency = _text()
    levelPercent = fields.String()
    segments = _ids(required=False)
    posIdentifier = fields.String()
    level = fields.Nested(NamedOnly)
    labels = fields.List(fields.Nested(LabelView), required=True)
    sellerId = _id(required=False)
    agreement1At = _moment(required=False)
    agreement2At = _moment(required=False)
    agreement3At = _moment(required=False)


class ImportedRow(Schema):
    row = _whole()
    status = _word(("success", "error"))
    id = _id(required=False)
    message = fields.String()


class ImportResult(Schema):
    items = fields.List(fields.Nested(ImportedRow), required=True)
    totalProcessed = _whole()
    totalSuccess = _whole()
    totalFailed = _whole()


class FoundCustomers(Schema):
    customers = fields.List(fields.Nested(CustomerView), required=True)


class NamedLevel(Schema):
    levelId = _id()
    name = _text()


class LevelChangeView(Schema):
    before = fields.Nested(NamedLevel)
    level = fields.Nested(NamedLevel)
    cause = _word(LEVEL_CAUSES)
    changedAt = _moment()


class CustomerStatusView(Schema):
    firstName = _text()
    lastName = _text()
    customerId = _id()
    points = _number()
    usedPoints = _number()
    expiredPoints = _number()
    lockedPoints = _number()
    totalEarnedPoints = _number()
    pointsExpiringNextMonth = _number()
    level = fields.String()
    levelName = fields.String()
    nextLevel = fields.String()
    nextLevelName = fields.String()
    levelConditionValue = fields.Float()
    nextLevelConditionValue = fields.Float()
    pointsToNextLevel = fields.Float()
    transactionsAmountToNextLevelWithoutDeliveryCosts = fields.Float()
    levelWillExpireInDays = fields.Integer(
        metadata={"description": "If nothing more is bought or earned; where levels are reached in a window."}
    )
    pointsSinceLastLevelRecalculation = fields.Float(metadata={"description": "What counts towards levels now."})
    pointsRequiredToRetainLevel = fields.Float(
        metadata={"description": "What has to be earned before the level expires."}
    )
    transactionsAmountWithoutDeliveryCosts = _number()
    averageTransactionsAmount = _text()
    transactionsCount = _whole()
    transactionsAmount = _number()
    currency = _text()


class Registered(Schema):
    customerId = _id()
    email = fields.String()


class MemberView(Schema):
    customerId = _id()
    firstName = _text()
    lastName = _text()
    email = fields.String()


class RewardView(Schema):
    name = fields.String()
    value = _number()
    code = fields.String()


class SpecialRewardView(RewardView):
    id = _id()
    active = _flag()
    createdAt = _moment()
    startAt = _moment()
    endAt = _moment()


class TranslatedView(Schema):
    name = _text()
    description = fields.String()
    locale = _text()


class LevelView(Schema):
    id = _id()
    name = _text()
    description = fields.String()
    active = _flag()
    conditionValue = _number()
    hasPhoto = _flag()
    reward = fields.Nested(RewardView, required=True)
    specialRewards = fields.List(fields.Nested(SpecialRewardView), required=True)
    customersCount = _whole()
    minOrder = fields.Float()
    translations = fields.List(fields.Nested(TranslatedView), required=True)


class CustomersLevelView(Schema):
    id = _id()
    name = _text()
    description = fields.String()
    conditionValue = _number()
    hasPhoto = _flag()
    reward = fields.Nested(RewardView, required=True)
    specialRewards = fields.List(fields.Nested(SpecialRewardView), required=True)
    minOrder = fields.Float()


class LevelId(Schema):
    id = _id()


# Of a segment's criteria, what is kept in hundredths.
CRITERION_AMOUNTS = {"fromAmount", "toAmount", "fromPoints", "toPoints"}


class CriterionTerms(Schema):
    """What criteria of a segment ask for, all types together: each type has some of them."""

    customers = fields.List(fields.String())
    posIds = _ids(required=False)
    posId = _id(required=False)
    percent = fields.Float()
    min = fields.Integer()
    max = fields.Integer()
    fromAmount = fields.Float()
    toAmount = fields.Float()
    fromPoints = fields.Float()
    toPoints = fields.Float()
    fromDate = fields.String()
    toDate = fields.String()
    days = fields.Integer()
    skuIds = fields.List(fields.String())
    makers = fields.List(fields.String())
    labels = fields.List(fields.Nested(LabelView))
    anniversaryType = fields.String()
    levelIds = _ids(required=False)
    tags = fields.List(fields.String())
    name = fields.String()
    value = fields.String()


class CriterionView(CriterionTerms):
    criterionId = _id()
    type = _text()


class PartView(Schema):
    segmentPartId = _id()
    criteria = fields.List(fields.Nested(CriterionView), required=True)


class SegmentView(Schema):
    segmentId = _id()
    name = _text()
    description = fields.String()
    active = _flag()
    parts = fields.List(fields.Nested(PartView), required=True)
    createdAt = _moment()
    customersCount = _whole()


class SegmentId(Schema):
    segmentId = _id()


# What Open Loyalty calls transfers, by its words for them. What has become of one is its state, and no transfer of its own.
TRANSFER_TYPES: dict[str, tuple[str, ...]] = {
    "adding": ("added", "rewarded", "earned"),
    "spending": ("spent", "bought", "taken_back"),
    "p2p_adding": ("received",),
    "p2p_spending": ("passed_on",),
}
TRANSFER_KINDS = tuple(kind for kinds in TRANSFER_TYPES.values() for kind in kinds)
TRANSFER_STATES = {"active": "active", "pending": "pending", "expired": "expired", "canceled": "cancelled"}


class TransactionRef(Schema):
    transactionId = _id()


class TransferView(Schema):
    pointsTransferId = _id()
    accountId = _id()
    customerId = _id()
    customerFirstName = _text()
    customerLastName = _text()
    customerEmail = fields.String()
    customerPhone = fields.String()
    customerLoyaltyCardNumber = fields.String()
    createdAt = _moment()
    expiresAt = _moment(required=False)
    lockedUntil = _moment(required=False)
    value = _number()
    state = _word(tuple(TRANSFER_STATES))
    type = _word(tuple(TRANSFER_TYPES))
    transactionId = fields.Nested(TransactionRef)
    transactionDocumentNumber = fields.String()
    comment = fields.String()
    issuer = _text()


class ExpiringView(Schema):
    expiresAt = _moment()
    points = _number()


class PointsView(Schema):
    """A customer's points at a moment; what expires in the days behind it, only where the moment is now."""

    at = _moment()
    points = _number()
    lockedPoints = _number()
    usedPoints = _number()
    expiredPoints = _number()
    totalEarnedPoints = _number()
    expiring = fields.List(fields.Nested(ExpiringView))


class TransactionId(Schema):
    transactionId = _id()


class PointsEarned(Schema):
    points = _number()


class SkuView(Schema):
    code = _text()


class ItemView(Schema):
    sku = fields.Nested(SkuView, required=True)
    name = _text()
    quantity = _whole()
    grossValue = _number()
    category = fields.String()
    maker = fields.String()
    labels = fields.List(fields.Nested(LabelView), required=True)


class RuleOfSaleView(Schema):
    """What one earning rule gave for a sale, or the code of the reason why it gave nothing."""

    earningRuleId = _id()
    name = _text()
    points = _number()
    reason = fields.String()


class TransactionView(Schema):
    """A sale, or a return, whose amount is negative."""

    grossValue = _number()
    transactionId = _id()
    documentNumber = _text()
    purchaseDate = _moment()
    purchasePlace = fields.String()
    documentType = _word(("sell", "return"))
    customerId = _id(required=False)
    assignedToCustomer = _flag()
    customerData = fields.Dict(required=True)
    items = fields.List(fields.Nested(ItemView), required=True)
    labels = fields.List(fields.Nested(LabelView), required=True)
    revisedDocument = fields.String()
    posId = _id(required=False)
    currency = _text()
    pointsEarned = fields.Float()
    earningRules = fields.List(fields.Nested(RuleOfSaleView))


class EarningRuleId(Schema):
    earningRuleId = _id()


class MultiplierView(Schema):
    key = _text()
    value = _text()
    multiplier = _number()


class RuleLimitView(Schema):
    active = _flag()
    limit = _whole()
    period = _text()


class EarningRuleView(Schema):
    """An earning rule, with the fields of its type."""

    earningRuleId = _id()
    type = _text()
    name = _text()
    description = fields.String()
    active = _flag()
    allTimeActive = _flag()
    startAt = _moment(required=False)
    endAt = _moment(required=False)
    levels = _ids()
    segments = _ids()
    pos = _ids()
    hasPhoto = _flag()
    pointValue = fields.Float()
    pointsAmount = fields.Float()
    minOrderValue = fields.Float()
    multiplier = fields.Float()
    skuIds = fields.List(fields.String())
    excludedSKUs = fields.List(fields.String())
    excludeDeliveryCost = fields.Boolean()
    rewardType = fields.String()
    rewardCampaignId = _id(required=False)
    eventName = fields.String()
    labelMultipliers = fields.List(fields.Nested(MultiplierView))
    labels = fields.List(fields.Nested(LabelView))
    excludedLabels = fields.List(fields.Nested(LabelView))
    includedLabels = fields.List(fields.Nested(LabelView))
    labelsInclusionType = fields.String()
    limit = fields.Nested(RuleLimitView)
    latitude = fields.Float()
    longitude = fields.Float()
    radius = fields.Float()
    code = fields.String()
    translations = fields.List(fields.Nested(TranslatedView), required=True)


class InvitationView(Schema):
    """Who registered as recommended by whom."""

    invitationId = _id()
    referrerId = _id()
    referrerEmail = fields.String()
    referrerName = _text()
    recipientId = _id()
    recipientEmail = fields.String()
    recipientName = _text()
    status = fields.String(required=True, metadata={"enum": ["registered", "made_purchase"]})
    createdAt = _moment()


class TransferId(Schema):
    pointsTransferId = _id()


class SellerView(Schema):
    sellerId = _id()
    firstName = fields.String()
    lastName = fields.String()
    email = fields.String()
    phone = fields.String()
    active = _flag()
    deleted = _flag()
    posId = _id(required=False)
    posName = fields.String()
    allowPointTransfer = _flag()


class SellerRegistered(Schema):
    sellerId = _id()
    email = _text()


class SellerId(Schema):
    sellerId = _id()


class GeoPointView(Schema):
    """In degrees, as text."""

    lat = _text()
    long = _text()


class LocationView(Schema):
    street = fields.String()
    address1 = fields.String()
    address2 = fields.String()
    postal = fields.String()
    city = fields.String()
    province = fields.String()
    country = fields.String()
    geoPoint = fields.Nested(GeoPointView)


class PosView(Schema):
    posId = _id()
    name = _text()
    identifier = _text()
    description = fields.String()
    location = fields.Nested(LocationView, required=True)
    transactionsAmount = fields.Float()
    transactionsCount = fields.Integer()
    currency = fields.String()


class PosId(Schema):
    posId = _id()


class Tokens(Schema):
    token = _text(description="A JWT; send it as `Authorization: Bearer <token>`.")
    refresh_token = _text()


class Unauthorized(Schema):
    code = _whole()
    message = _text()


class Success(Schema):
    success = _flag()


@cache
def listed(key: str, row: type[Schema]) -> type[Schema]:
    """The envelope of a list of `row`."""
    return Schema.from_dict(
        {key: fields.List(fields.Nested(row), required=True), "total": _whole()}, name=f"{row.__name__}Page"
    )
