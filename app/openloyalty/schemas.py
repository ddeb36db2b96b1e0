"""What the answers look like, for the API manual. The tests hold every answer against it."""

from functools import cache

from marshmallow import Schema, fields


def _text(**kw: object) -> fields.String:
    return fields.String(required=True, **kw)  # type: ignore[arg-type]


def _number(**kw: object) -> fields.Float:
    return fields.Float(required=True, **kw)  # type: ignore[arg-type]


def _whole() -> fields.Integer:
    return fields.Integer(required=True)


def _flag() -> fields.Boolean:
    return fields.Boolean(required=True)


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
    activeFrom = fields.String(metadata={"example": "2017-09-05T10:59:00+0200"})
    activeTo = fields.String(metadata={"example": "2017-12-05T10:59:00+0100"})


class VisibilityView(Schema):
    allTimeVisible = _flag()
    visibleFrom = fields.String()
    visibleTo = fields.String()


class LabelView(Schema):
    key = _text()
    value = _text()


class BoughtCampaignView(Schema):
    campaignId = _text()
    reward = _text()
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


class OwnCampaignView(BoughtCampaignView):
    """A campaign as customers see it."""

    labels = fields.List(fields.Nested(LabelView))
    will_be_active_from = fields.String()
    will_be_active_to = fields.String()
    usageLeft = _whole()
    usageLeftForCustomer = fields.Integer()
    canBeBoughtByCustomer = fields.Boolean()
    visibleForCustomersCount = _whole()
    usersWhoUsedThisCampaignCount = _whole()


class PhotoReference(Schema):
    id = _text()


class PhotoView(Schema):
    photoId = fields.Nested(PhotoReference, required=True)
    path = _text()
    orginalName = _text()
    mimeType = _text()


class CampaignView(OwnCampaignView):
    """A campaign as admins and sellers see it; photos for admins only."""

    levels = fields.List(fields.String(), required=True)
    segments = fields.List(fields.String(), required=True)
    coupons = fields.List(fields.String(), required=True)
    couponsCount = fields.Integer(metadata={"description": "Only when there are more codes than printed."})
    segmentNames = _names()
    levelNames = _names()
    hasPhoto = fields.Boolean()
    photos = fields.List(fields.Nested(PhotoView))


class CampaignDetails(OwnCampaignView):
    """One campaign; what customers do not see is there for admins and sellers only."""

    levels = fields.List(fields.String())
    segments = fields.List(fields.String())
    coupons = fields.List(fields.String())
    couponsCount = fields.Integer()
    segmentNames = _names(required=False)
    levelNames = _names(required=False)
    hasPhoto = fields.Boolean()
    photos = fields.List(fields.Nested(PhotoView))


class CampaignId(Schema):
    campaignId = _text()


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
    id = _text()
    code = _text()


class DeliveryView(Schema):
    status = _text()


class HeldCoupon(Schema):
    """A bought coupon: whether it can be used, when it was, and where its reward is."""

    used = _flag()
    usageDate = fields.String()
    status = _text()
    activeSince = _text()
    activeTo = fields.String()
    canBeUsed = _flag()
    deliveryStatus = fields.Nested(DeliveryView, required=True)
    coupon = fields.Nested(PurchaseCoupon, required=True)


class PurchaseView(HeldCoupon):
    purchaseAt = _text()
    costInPoints = _number()
    campaignId = _text()
    campaign = fields.Nested(BoughtCampaignView)


class BoughtView(HeldCoupon):
    purchasedAt = _text()
    costInPoints = _number()
    customerId = _text()
    customerEmail = fields.String()
    customerPhone = fields.String()
    customerName = _text()
    customerLastname = _text()
    customerLoyaltyCardNumber = fields.String()
    currentPointsAmount = _number()
    campaignId = _text()
    campaignName = _text()
    campaignType = fields.String()


class Choices(Schema):
    choices = fields.List(fields.String(), required=True)


class MarkedView(Schema):
    name = _text()
    used = _flag()
    campaignId = _text()
    customerId = _text()


class MarkedList(Schema):
    coupons = fields.List(fields.Nested(MarkedView), required=True)


class Used(Schema):
    used = _flag()


class ReasonView(Schema):
    code = _text(metadata={"example": "not_enough_points"})
    message = _text()
    required = fields.Raw()
    actual = fields.Raw()
    missing = fields.Raw()
    opensAt = fields.String()


class EligibilityView(Schema):
    eligible = _flag()
    campaignId = _text()
    customerId = _text()
    asOf = _text()
    costInPoints = _number()
    points = _number()
    usageLeft = _whole()
    usageLeftForCustomer = _whole()
    reasons = fields.List(fields.Nested(ReasonView), required=True)


class CampaignReference(Schema):
    campaignId = _text()


class CampaignPurchaseView(Schema):
    purchaseAt = _text()
    costInPoints = _number()
    campaignId = fields.Nested(CampaignReference, required=True)
    used = _flag()
    coupon = fields.Nested(CodeView, required=True)


class LevelReference(Schema):
    levelId = _text()


class CustomerView(Schema):
    customerId = _text()
    active = _flag()
    firstName = _text()
    lastName = _text()
    gender = fields.String()
    email = fields.String()
    phone = fields.String()
    birthDate = fields.String()
    address = fields.Dict(keys=fields.String(), values=fields.String())
    loyaltyCardNumber = fields.String()
    createdAt = _text()
    levelId = fields.String()
    manuallyAssignedLevelId = fields.Nested(LevelReference)
    agreement1 = _flag()
    agreement2 = _flag()
    agreement3 = _flag()
    company = fields.Dict(keys=fields.String(), values=fields.String())
    updatedAt = _text()
    campaignPurchases = fields.List(fields.Nested(CampaignPurchaseView), required=True)
    transactionsCount = _whole()
    transactionsAmount = _number()
    transactionsAmountWithoutDeliveryCosts = _number()
    amountExcludedForLevel = _number()
    averageTransactionAmount = _number()
    lastTransactionDate = fields.String()
    currency = _text()
    levelPercent = fields.String()
    segments = fields.List(fields.String())


class CustomerStatusView(Schema):
    firstName = _text()
    lastName = _text()
    customerId = _text()
    points = _number()
    usedPoints = _number()
    expiredPoints = _number()
    level = fields.String()
    levelName = fields.String()
    nextLevel = fields.String()
    nextLevelName = fields.String()
    transactionsAmountToNextLevelWithoutDeliveryCosts = fields.Float()
    transactionsAmountWithoutDeliveryCosts = _number()
    averageTransactionsAmount = _text()
    transactionsCount = _whole()
    transactionsAmount = _number()
    currency = _text()


class Registered(Schema):
    customerId = _text()
    email = fields.String()


class MemberView(Schema):
    customerId = _text()
    firstName = _text()
    lastName = _text()
    email = fields.String()


class RewardView(Schema):
    name = fields.String()
    value = _number()
    code = fields.String()


class LevelView(Schema):
    id = _text()
    name = _text()
    description = fields.String()
    active = _flag()
    conditionValue = _number()
    minOrder = fields.Float()
    hasPhoto = _flag()
    reward = fields.Nested(RewardView, required=True)
    specialRewards = fields.List(fields.Raw(), required=True)
    customersCount = _whole()


class LevelId(Schema):
    id = _text()


class CriterionView(Schema):
    criterionId = _text()
    type = _text()
    customers = fields.List(fields.String())


class PartView(Schema):
    segmentPartId = _text()
    criteria = fields.List(fields.Nested(CriterionView), required=True)


class SegmentView(Schema):
    segmentId = _text()
    name = _text()
    description = fields.String()
    active = _flag()
    parts = fields.List(fields.Nested(PartView), required=True)
    createdAt = _text()
    customersCount = _whole()


class SegmentId(Schema):
    segmentId = _text()


class TransferView(Schema):
    pointsTransferId = _text()
    accountId = _text()
    customerId = _text()
    customerFirstName = _text()
    customerLastName = _text()
    customerEmail = fields.String()
    customerPhone = fields.String()
    customerLoyaltyCardNumber = fields.String()
    createdAt = _text()
    value = _number()
    state = _text()
    type = _text()
    comment = fields.String()
    issuer = _text()


class TransferId(Schema):
    pointsTransferId = _text()


class SellerView(Schema):
    sellerId = _text()
    firstName = fields.String()
    lastName = fields.String()
    email = fields.String()
    phone = fields.String()
    active = _flag()
    deleted = _flag()
    posId = fields.String()
    posName = fields.String()
    allowPointTransfer = _flag()


class SellerRegistered(Schema):
    sellerId = _text()
    email = _text()


class SellerId(Schema):
    sellerId = _text()


class PosView(Schema):
    posId = _text()
    name = _text()
    identifier = _text()
    description = fields.String()


class PosId(Schema):
    posId = _text()


class Tokens(Schema):
    token = _text(metadata={"description": "A JWT; send it as `Authorization: Bearer <token>`."})
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
