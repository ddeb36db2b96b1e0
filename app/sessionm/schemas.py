"""What the answers look like, for the manual. The tests hold every answer against it."""

from marshmallow import Schema, fields

from app.campaign.models.campaigns import CAMPAIGN_TYPES, LIFECYCLES
from app.sessionm import codes
from app.web.answers import anything, by_name, flag, number, one, several, text, uuid, whole, word


class Ok(Schema):
    """The frame of every answer but a bare campaign's."""

    status = word(("ok",))


class SessionMCampaign(Schema):
    """A campaign as it was created or moved."""

    id = whole()
    external_id = text()
    name = text()
    status = word(LIFECYCLES)
    starts_at = text()
    ends_at = text()
    campaign_type = word(CAMPAIGN_TYPES)
    template = word(CAMPAIGN_TYPES)
    weight = whole()
    total_budget = whole()
    metadata = anything()
    optin_required = flag(required=False)
    opt_in_starts_at = text(required=False)
    opt_in_ends_at = text(required=False)
    reporting_ends_at = text(required=False)
    ssap_name = text(required=False)
    targeting = anything(required=False)
    qualify_tag = text(required=False)
    disqualify_tag = text(required=False)
    division_id = text(required=False, description="Only when the organization has divisions.")


class ListedSessionMCampaign(SessionMCampaign):
    """A campaign in the list of all."""

    reporting_ends_at = text(null=True)
    ssap_name = text(null=True)
    targeting = anything()
    qualify_tag = text(null=True)
    disqualify_tag = text(null=True)


class CampaignInfo(Schema):
    campaign_id = whole()
    permalink = text()
    starts_at = text()
    ends_at = text()
    optin_required = flag()
    opt_in_starts_at = text()
    opt_in_ends_at = text()
    division_id = text(required=False)


class BehaviorProgressView(Schema):
    behavior_id = whole()
    external_behavior_id = uuid()
    event_name = text(null=True)
    name = text()
    progress = whole()
    goal = whole()


class CountedEvents(Schema):
    """What is counted of an event; null is unlimited."""

    event_name = text(required=False)
    type = text()
    points = number()
    max_times_repeatable = whole(null=True)
    max_times_repeatable_per_period = whole(null=True)
    period = whole()
    min_time_between_events = whole(null=True)
    consecutive = flag()
    achieved = whole()
    current_count = whole(required=False)
    total_count = whole(required=False)


class GoalView(Schema):
    type = text()
    points = number()
    completed = flag()
    required = flag()
    earn_count = whole()
    group_id = text()
    progress = one(CountedEvents)


class GoalGroupView(Schema):
    type = text()
    current_count = whole()
    total_count = whole()
    num_goals = whole()
    completed = flag()


class BehaviorView(CountedEvents):
    """A behavior, by its event, or by its goals and their groups."""

    external_behavior_id = uuid(required=False)
    goals = by_name(GoalView, required=False)
    groups = by_name(GoalGroupView, required=False)


class ProgressView(Schema):
    state = text()
    behaviors = several(BehaviorProgressView, required=False)


class ProgressInCampaign(ProgressView):
    opted_in = flag(required=False)
    division_id = text(required=False)


class Advertised(Schema):
    """A campaign as a tile or a promotion shows it."""

    campaign_id = whole()
    name = text()
    group_id = whole(null=True)
    creative_id = whole(null=True)
    start_date = text()
    end_date = text()
    opt_in_starts_at = text()
    opt_in_ends_at = text()
    permalink = text()
    template = anything()
    progress = one(ProgressView)
    behaviors = by_name(BehaviorView)
    version = whole()
    division_id = text(required=False)


class AdvertisedCampaigns(Schema):
    tiles = several(Advertised)
    promotions = several(Advertised)


class RedemptionView(Schema):
    id = whole()
    offer_id = whole()
    status = text()
    code = text(null=True)
    voucher_key = text(null=True)
    issued_at = text()
    redeemed_at = text(null=True)
    expires_at = text(null=True)


class OfferView(Schema):
    offer_id = whole()
    name = text()
    type = text()
    total_available = whole()
    deal = anything(required=False)


class CustomersCampaign(Schema):
    """A campaign for one customer, with the sections that were asked for."""

    campaign_id = whole()
    campaign_permalink = text()
    name = text()
    status = text()
    qualified = flag()
    opted_in = flag(required=False)
    starts_at = text()
    ends_at = text()
    opt_in_starts_at = text()
    opt_in_ends_at = text()
    behaviors = by_name(BehaviorView, required=False)
    progress = one(ProgressView, required=False)
    offers = several(OfferView, required=False)
    redemptions = several(RedemptionView, required=False)
    creative = anything(required=False)
    division_id = text(required=False)


class ExternalId(Schema):
    external_id = text()
    external_id_type = text(null=True)


class UserView(Schema):
    id = uuid()
    external_id = text(null=True)
    first_name = text(null=True)
    last_name = text(null=True)
    email = text(null=True)
    phone = text(null=True)
    gender = text(null=True)
    dob = text(null=True)
    time_zone = text(null=True)
    anonymous = flag()
    available_points = number()
    attributes = anything()
    created_at = text()
    identifiers = several(ExternalId, required=False)
    user_profile = anything(required=False)


class TagView(Schema):
    """How often it was given, or until when."""

    count = whole(required=False)
    expires_at = text(required=False)


class AchievedBehavior(Schema):
    campaign_id = whole()
    campaign_permalink = text()
    behavior_id = whole()
    external_behavior_id = uuid()
    name = text()
    type = text()
    achieved_now = whole()
    points = number()


class NotRewardedView(Schema):
    campaign_id = whole()
    reasons = fields.List(fields.String(), required=True)


class EventView(Schema):
    name = text()
    transaction_id = text(null=True)
    behaviors_counted = whole()
    behaviors = several(AchievedBehavior)
    not_rewarded = several(NotRewardedView, required=False)


class DivisionView(Schema):
    division_id = text()
    display_name = text()
    currency = text()
    divisions = fields.List(fields.Dict(), required=True, metadata={"maxItems": 0})


class WholeOrganization(DivisionView):
    divisions = several(DivisionView)


class CampaignAnswer(Ok):
    campaign = one(SessionMCampaign)


class CampaignsAnswer(Ok):
    campaigns = several(ListedSessionMCampaign)
    page = whole(required=False)
    page_size = whole(required=False)
    number_of_pages = whole(required=False)


class InfoAnswer(Ok):
    campaign = one(CampaignInfo)


class DivisionsAnswer(Ok):
    version = whole()
    enabled = flag()
    divisions = one(WholeOrganization)


class AllCampaignsAnswer(Ok):
    campaigns = one(AdvertisedCampaigns)


class ProgressAnswer(Ok):
    campaign = one(ProgressInCampaign)


class CustomersCampaignsAnswer(Ok):
    page = whole()
    page_size = whole()
    number_of_pages = whole()
    campaigns = several(CustomersCampaign)


class CustomersCampaignAnswer(Ok):
    campaign = one(CustomersCampaign)


class UserAnswer(Ok):
    user = one(UserView)


class TagsAnswer(Ok):
    tags = by_name(TagView)


class AuthTokenAnswer(Ok):
    auth_token = text()
    expires_in = whole()


class EventsAnswer(Ok):
    events = several(EventView)


class Mistake(Schema):
    code = word(sorted(codes.STATUS))
    message = text()


class BatchItem(Schema):
    """One customer's events, or why none of them counts."""

    status = word(("ok", "error"))
    user_id = fields.Raw(metadata={"description": "As it was sent."})
    external_id = fields.Raw(metadata={"description": "As it was sent."})
    events = several(EventView, required=False)
    errors = one(Mistake, required=False)


class BatchAnswer(Ok):
    batch = several(BatchItem)
