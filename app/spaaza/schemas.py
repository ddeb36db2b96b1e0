"""What the results of calls look like, for the manual. The tests hold every answer against it."""

from marshmallow import Schema, fields

from app.campaign.models.campaigns import CAMPAIGN_KINDS, CONTEXTS
from app.campaign.models.rewards import METHOD_KINDS, VOUCHER_KINDS
from app.campaign.models.vouchers import VOUCHER_STATUSES
from app.web.answers import anything, flag, number, one, several, text, uuid, whole, word


class ResultStatus(Schema):
    code = whole()
    status = word(("ok", "error"))


class WarningView(Schema):
    """What a running campaign did not reward, and why; `message` is for programs."""

    code = whole()
    name = text()
    description = text()
    message = anything()


class Card(Schema):
    type = word(("custom", "regular"))
    code = text()


class VoucherView(Schema):
    """A voucher, and whose it is."""

    voucher_key = text()
    voucher_id = whole()
    voucher_status = word(VOUCHER_STATUSES)
    voucher_locked = flag()
    campaign_id = whole()
    campaign_type = word(CAMPAIGN_KINDS)
    campaign_title = text()
    voucher_expiry_datetime_utc = text()
    voucher_expiry_seconds_remaining = whole()
    voucher_currency_id = whole()
    voucher_currency_symbol = text()
    voucher_amount_original = number()
    voucher_amount_redeemed = number()
    voucher_amount = number()
    voucher_text = text(null=True)
    voucher_third_party_id = whole(null=True)
    user_id = whole(null=True)
    user_entity_card = one(Card, null=True)


class ParentVoucher(Schema):
    voucher_id = whole()


class ListedVoucher(VoucherView):
    """A voucher with what it is worth at the till."""

    voucher_type = word(VOUCHER_KINDS)
    voucher_honour_code = text(null=True)
    voucher_discount_ratio = number(null=True)
    voucher_locked_until = text(null=True)
    voucher_locking_code = text(null=True)
    voucher_retailer_basket_code_exclusive = text(null=True)
    voucher_created_date = text()
    voucher_claimed_date = text(null=True)
    voucher_redeemed_date = text(null=True)
    parent_voucher_id = whole(null=True)
    parent_voucher = one(ParentVoucher, null=True)
    voucher_title = text(null=True)
    voucher_description = text(null=True)
    voucher_notes = text(null=True)
    voucher_image_url = text(null=True)


class RestOfVoucher(VoucherView):
    """What is left of a voucher of which a part was redeemed."""

    parent_voucher = one(ParentVoucher, null=True)


class RedeemedVoucher(VoucherView):
    regenerated_voucher = one(RestOfVoucher, null=True)


class VoucherKey(Schema):
    voucher_key = text()


class VoucherLists(Schema):
    basket_vouchers = several(ListedVoucher)
    honour_vouchers = several(ListedVoucher)
    var_price_vouchers = fields.List(fields.Dict(), required=True, metadata={"maxItems": 0})
    total = whole()


class MethodView(Schema):
    """What a campaign gives, one way of several."""

    id = whole(null=True)
    type = word(METHOD_KINDS)
    title = text()
    recipient = text()
    weight = whole()
    amount = number()
    restrictions = anything(required=False, null=True)
    max_quantity = whole(null=True)
    max_quantity_unit = text(null=True)
    max_quantity_per_user = whole(null=True)
    max_quantity_per_user_unit = text(null=True)
    given = whole(required=False)
    voucher_type = text(null=True)
    voucher_discount_ratio = number(null=True)
    voucher_text = text(null=True)
    voucher_expiry_seconds = whole(null=True)


class DrawView(Schema):
    commitment = text()
    committed_date = text()
    seed = text(null=True)


class UserProgress(Schema):
    award_count = whole()
    total_amount_awarded = number()


class SpaazaCampaign(Schema):
    """A campaign; its restrictions are not for customers."""

    campaign_id = whole()
    campaign_type = word(CAMPAIGN_KINDS)
    context = word(CONTEXTS)
    title = text()
    description = text(null=True)
    active = flag()
    is_active = flag()
    active_date_from = text(null=True)
    active_date_until = text(null=True)
    active_time_from = text(null=True)
    active_time_until = text(null=True)
    active_weekdays = text(null=True)
    point_cost = number()
    max_reward_quantity = whole(null=True)
    max_reward_quantity_unit = text(null=True)
    total_reward_quantity = whole(null=True)
    total_reward_quantity_unit = text(null=True)
    rewards_given = whole()
    rewards_left = whole(null=True)
    allows_end_user_to_claim_voucher = flag()
    created_voucher_claimed_by_default = flag()
    rewards_handling = text()
    restrictions = anything(required=False, null=True)
    reward_methods = several(MethodView)
    campaign_uuid = uuid()
    draw = one(DrawView, required=False)
    user_progress = one(UserProgress, required=False)


class CampaignResult(Schema):
    campaign = one(SpaazaCampaign)


class CampaignsResult(Schema):
    campaigns = several(SpaazaCampaign, required=False)
    total = whole(required=False)
    campaign = one(SpaazaCampaign, required=False)


class Done(Schema):
    success = flag()


class SessionInfo(Schema):
    session_key = text()
    session_key_validity = text(description="Hours.")
    session_auth_method = word(("user", "admin"))
    session_user_id = whole()
    session_username = text()
    session_expires_date = text()


class SessionOwnerView(Schema):
    id = whole()
    username = text()


class SessionResult(Schema):
    session_info = one(SessionInfo)
    user_info = one(SessionOwnerView)


class SpaazaUser(Schema):
    id = whole()
    first_name = text()
    last_name = text()
    username = text(null=True)
    member_number = text(null=True)
    referral_code = text(null=True)
    authentication_point_identifier = text(null=True)
    auxiliary_identifier = text(null=True)


class AddedUser(SpaazaUser):
    customer_uuid = uuid()


class UserResult(Schema):
    user_info = one(AddedUser)


class PointsChange(Schema):
    id = whole()
    user_id = whole()
    currency_id = whole()
    amount = number()
    progress_type = text()
    log_message = text(null=True)
    created_date = text()


class ManualPointsChange(PointsChange):
    mutation_owner_id = whole(null=True)
    balance = number()


class PointsResult(Schema):
    user_purchase_progress = one(ManualPointsChange)


class ReferringUser(SpaazaUser):
    award = one(PointsChange, required=False)


class Relation(Schema):
    id = whole()
    campaign_id = whole()
    referring_user = one(ReferringUser)
    referred_user = one(SpaazaUser)
    redeemed = flag()
    redeemed_date = text(null=True)
    created_date = text()


class RelationResult(Schema):
    referral_relation = one(Relation)


class RelationsResult(Schema):
    referral_relations = several(Relation)


class BasketView(Schema):
    basket_id = whole()
    user_id = whole()
    business_id = whole(null=True)
    retailer_basket_code = text()
    basket_total_price = number()
    basket_timestamp = text()


class BasketResult(Schema):
    basket = one(BasketView)
