"""What Guerdon's own calls answer, for the manual."""

from marshmallow import Schema, fields

AMOUNT = {"pattern": r"^\d+\.\d\d$", "example": "10.50"}


def _amount(required: bool = True, allow_none: bool = False) -> fields.String:
    return fields.String(required=required, allow_none=allow_none, metadata=AMOUNT)


def _moment(allow_none: bool = True) -> fields.DateTime:
    return fields.DateTime(required=True, allow_none=allow_none)


def _text(allow_none: bool = False) -> fields.String:
    return fields.String(required=True, allow_none=allow_none)


def _whole(allow_none: bool = False) -> fields.Integer:
    return fields.Integer(required=True, allow_none=allow_none)


def _flag(allow_none: bool = False) -> fields.Boolean:
    return fields.Boolean(required=True, allow_none=allow_none)


class WhyNotView(Schema):
    code = _text()
    message = _text()
    required = fields.Raw(required=True, allow_none=True)
    actual = fields.Raw(required=True, allow_none=True)
    missing = fields.Raw(required=True, allow_none=True)
    opens_at = _moment()


class RefusedErrorView(Schema):
    code = fields.Integer(required=True)
    message = fields.String(required=True)


class RefusedView(Schema):
    """Why not: the first reason as a sentence, and every reason."""

    error = fields.Nested(RefusedErrorView, required=True)
    reasons = fields.List(fields.Nested(WhyNotView))


class TextsView(Schema):
    short_description = _text(allow_none=True)
    conditions_description = _text(allow_none=True)
    usage_instruction = _text(allow_none=True)


class OptInState(Schema):
    required = _flag()
    opted_in = _flag(allow_none=True)


class ShelfGoalView(Schema):
    event_name = _text()
    counted = _whole()
    wanted = _whole()
    points = _amount()


class ShelfBehaviorView(Schema):
    name = _text()
    points = _amount()
    achieved = _whole()
    times_max = _whole(allow_none=True)
    counted = _whole()
    wanted = _whole()
    goals = fields.List(fields.Nested(ShelfGoalView), required=True)


class ShelfRewardView(Schema):
    title = _text()
    kind = _text()
    amount = _amount(allow_none=True)
    percent = _amount(allow_none=True)


class OfferedRewardView(ShelfRewardView):
    method = fields.Integer(required=True, metadata={"description": "Names it among a draw's candidates."})
    open = fields.Boolean(required=True, metadata={"description": "It can be given to the customer now."})
    odds = fields.Float(required=True, allow_none=True, metadata={"description": "Of a draw: its part, 0 to 1."})


class CommitmentView(Schema):
    commitment = fields.String(required=True, metadata={"description": "SHA-256 of the seed."})
    committed_at = _moment()
    seed = fields.String(required=True, allow_none=True, metadata={"description": "Once the campaign is over."})


class PerCustomerView(Schema):
    limit = _whole()
    unit = fields.String(required=True, allow_none=True, metadata={"description": "In each of these; null: for ever."})


class ShelfView(Schema):
    """A campaign as one customer sees it, and every reason why nothing can be had of it now."""

    id = fields.UUID(required=True)
    number = _whole()
    key = _text()
    name = _text()
    action = fields.String(required=True, metadata={"enum": ["buy", "play", "collect", "shop", "refer"]})
    texts = fields.Nested(TextsView, required=True)
    translations = fields.Dict(required=True)
    photo = _text(allow_none=True)
    price = _amount()
    currency = _text()
    active_from = _moment()
    active_to = _moment()
    left = _whole(allow_none=True)
    left_for_customer = _whole(allow_none=True)
    per_customer = fields.Nested(PerCustomerView, required=True, allow_none=True)
    visibility = fields.String(required=True, metadata={"enum": ["shown", "hidden", "secret"]})
    may_have = _flag()
    reasons = fields.List(fields.Nested(WhyNotView), required=True)
    state = _text()
    opt_in = fields.Nested(OptInState, required=True)
    behaviors = fields.List(fields.Nested(ShelfBehaviorView), required=True)
    rewards = fields.List(fields.Nested(OfferedRewardView), required=True)
    draw = fields.Nested(CommitmentView, required=True, allow_none=True)


class ShelfPage(Schema):
    campaigns = fields.List(fields.Nested(ShelfView), required=True)
    more = _flag()


class HeldCampaignView(Schema):
    id = fields.UUID(required=True)
    name = _text()
    translations = fields.Dict(required=True)
    photo = _text(allow_none=True)


class HeldView(Schema):
    """A coupon or another voucher that a customer holds. Amounts in the chain's money."""

    number = _whole()
    key = _text()
    kind = fields.String(required=True, metadata={"enum": ["coupon", "basket", "basket_pct", "honour"]})
    title = _text()
    campaign = fields.Nested(HeldCampaignView, required=True)
    purchase = fields.UUID(required=True, allow_none=True, metadata={"description": "Tells coupons of one code apart."})
    code = _text(allow_none=True)
    amount = _amount()
    percent = _amount(allow_none=True)
    currency = _text()
    text = _text(allow_none=True)
    usage_instruction = _text(allow_none=True)
    status = fields.String(required=True, metadata={"enum": ["usable", "used", "expired"]})
    can_be_marked = _flag()
    given_at = _moment()
    used_at = _moment()
    expires_at = _moment()


class HeldPage(Schema):
    vouchers = fields.List(fields.Nested(HeldView), required=True)
    more = _flag()


class DrawnCampaignView(Schema):
    id = fields.UUID(required=True)
    name = _text()
    translations = fields.Dict(required=True)
    ends_at = _moment()


class CandidateView(Schema):
    method = _whole()
    title = _text()
    weight = _whole()


class CheckedDrawView(Schema):
    """All that it takes to compute a draw again; see docs/draws.md."""

    id = fields.UUID(required=True)
    campaign = fields.Nested(DrawnCampaignView, required=True)
    customer = fields.UUID(required=True)
    number = _whole()
    at = _moment()
    ticket = _text()
    candidates = fields.List(fields.Nested(CandidateView), required=True)
    drawn = fields.Integer(required=True, metadata={"description": "The candidate on whom the ticket fell."})
    revision = _whole()
    commitment = _text()
    committed_at = _moment()
    seed = _text(allow_none=True)


class DrawPage(Schema):
    draws = fields.List(fields.Nested(CheckedDrawView), required=True)
    more = _flag()


class GivenRewardView(ShelfRewardView):
    voucher = fields.Nested(HeldView, required=True, allow_none=True)


class GivenView(Schema):
    """What a campaign gave at one time."""

    id = fields.UUID(required=True)
    at = _moment()
    price = _amount()
    balance = _amount()
    rewards = fields.List(fields.Nested(GivenRewardView), required=True)
    draw = fields.Nested(CheckedDrawView, required=True, allow_none=True)


class OptedView(Schema):
    opted_in = _flag()


class PersonView(Schema):
    """A customer as a search shows one."""

    id = fields.UUID(required=True)
    first_name = _text()
    last_name = _text()
    email = _text(allow_none=True)
    phone = _text(allow_none=True)
    loyalty_card_number = _text(allow_none=True)
    status = _text()
    level = _text(allow_none=True)
    balance = _amount()
    registered_at = _moment()


class People(Schema):
    customers = fields.List(fields.Nested(PersonView), required=True)


class CampaignLine(Schema):
    id = fields.UUID(required=True)
    key = _text()
    name = _text()
    kind = _text()
    active_from = _moment()
    active_to = _moment()


class RunningOutView(Schema):
    campaign = fields.Nested(CampaignLine, required=True)
    reward = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The reward of which little is left; none: the campaign."},
    )
    left = _whole()
    allowed = _whole()
    given_lately = fields.Integer(required=True, metadata={"description": "Within the last day."})
    ends_at = fields.DateTime(
        required=True, allow_none=True, metadata={"description": "When nothing is left, at the pace of the last day."}
    )


class OftenRefusedView(Schema):
    """What customers asked a campaign for and did not get, for one reason, within the last day."""

    campaign = fields.Nested(CampaignLine, required=True)
    code = _text()
    message = _text()
    count = _whole()
    last_at = _moment(allow_none=False)


class DayView(Schema):
    date = fields.Date(required=True)
    given = _amount()
    spent = _amount()


class OverviewView(Schema):
    """How a chain's campaigns go, at a glance."""

    at = _moment(allow_none=False)
    chain_id = _whole()
    time_zone = _text()
    currency = _text()
    customers = _whole()
    running = _whole()
    running_out = fields.List(fields.Nested(RunningOutView), required=True)
    empty = fields.List(
        fields.Nested(CampaignLine), required=True, metadata={"description": "They run, and have nothing left to give."}
    )
    beginning = fields.List(fields.Nested(CampaignLine), required=True)
    ending = fields.List(fields.Nested(CampaignLine), required=True)
    refused = fields.List(
        fields.Nested(OftenRefusedView), required=True, metadata={"description": "What was refused last comes first."}
    )
    days = fields.List(fields.Nested(DayView), required=True)


class PoolCodeView(Schema):
    code = _text()
    given_at = _moment()


class PoolCodePage(Schema):
    codes = fields.List(fields.Nested(PoolCodeView), required=True)
    more = _flag()


class FoundCodeView(Schema):
    """A code, and whose it is."""

    code = _text()
    given_at = _moment()
    customer = fields.Nested(PersonView, required=True, allow_none=True)
    status = fields.String(required=True, metadata={"enum": ["free", "usable", "used", "expired", "shared"]})
    used_at = _moment()


class VerificationView(Schema):
    draws = _whole()
    commitment = _text()
    problems = fields.List(fields.String(), required=True)


class AuditEntryView(Schema):
    """One change by the staff or a partner; `changes` of what is not personal, before and after."""

    id = _whole()
    at = _moment()
    by = _text(allow_none=True)
    role = _text()
    action = _text()
    subject = fields.Dict(required=True)
    changes = fields.List(fields.Dict(), required=True)


class AuditPage(Schema):
    entries = fields.List(fields.Nested(AuditEntryView), required=True)
    more = _flag()


class ChoiceView(Schema):
    key = _text()
    name = _text()
    active = _flag()
    customers = _whole()


class BusinessChoiceView(Schema):
    key = _text()
    name = _text()


class ChoicesView(Schema):
    """What a campaign's document can name, and how many customers each is."""

    chain_id = _whole()
    time_zone = _text()
    currency = _text()
    customers = _whole()
    levels = fields.List(fields.Nested(ChoiceView), required=True)
    segments = fields.List(fields.Nested(ChoiceView), required=True)
    businesses = fields.List(fields.Nested(BusinessChoiceView), required=True)


class WebhookView(Schema):
    """A webhook, and how it does: failures in a row, and the messages that wait, ten thousand being counted at most."""

    id = fields.UUID(required=True)
    chain_id = _whole()
    url = _text()
    events = fields.List(fields.String(), required=True)
    description = _text(allow_none=True)
    created_at = _moment(allow_none=False)
    paused_at = _moment()
    paused_because = _text(allow_none=True)
    failures = _whole()
    held_until = _moment()
    waiting = _whole()
    waiting_since = _moment()
    dead = _whole()


class NewWebhook(WebhookView):
    secret = fields.String(required=True, metadata={"description": "Of the Standard Webhooks specification."})


class Webhooks(Schema):
    webhooks = fields.List(fields.Nested(WebhookView), required=True)


class EventKindView(Schema):
    name = _text()
    description = _text()
    version = _whole()
    schema = fields.Dict(required=True, metadata={"description": "JSON Schema of the message's `data`."})
    example = fields.Dict(required=True)


class EventKinds(Schema):
    events = fields.List(fields.Nested(EventKindView), required=True)


class TryView(Schema):
    """One try to deliver a message, which receivers know by this `webhook-id`; `request_id` is of the request in which it happened."""

    id = _whole()
    message = _text()
    event = _text()
    occurred_at = _moment(allow_none=False)
    tried_at = _moment(allow_none=False)
    milliseconds = _whole()
    outcome = _text()
    status = _whole(allow_none=True)
    answer = _text(allow_none=True)
    request_id = _text(allow_none=True)
    data = fields.Dict(required=True, allow_none=True)


class TryPage(Schema):
    deliveries = fields.List(fields.Nested(TryView), required=True)
    more = _flag()


class DeadView(Schema):
    id = _whole()
    message = _text()
    event = _text()
    occurred_at = _moment(allow_none=False)
    tries = _whole()
    dead_at = _moment(allow_none=False)


class DeadPage(Schema):
    messages = fields.List(fields.Nested(DeadView), required=True)
    more = _flag()


class Revived(Schema):
    messages = fields.Integer(required=True, metadata={"description": "How many are sent again."})
    more = _flag()


class ReplayedView(Schema):
    messages = fields.Integer(required=True, metadata={"description": "How many are sent again."})
    more_since = fields.DateTime(
        required=True, allow_none=True, metadata={"description": "Ask again with this as `since`: there are more."}
    )
