"""Events: what a customer did, one or several, or those of several customers in one request."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Response

from app import clock
from app.amounts import number
from app.campaign.errors import CampaignNotFound
from app.campaign.triggers import events
from app.campaign.triggers.events import QUANTITY_MAX, Achieved, CustomerEvent, Receipt
from app.db.prepared import Executor
from app.refusal import Refusal
from app.sessionm import access, codes, envelope, identify, schemas
from app.sessionm.calls import USER, V1, addresses, call
from app.sessionm.envelope import respond
from app.sessionm.forms.bodies import SentObject, body, missing
from app.web.door import Busy, note_unrewarded, single_statement, with_retries
from app.web.rejected import Rejected

EVENT = {"name", "transaction_id", "qty", "date", "context"}
EVENTS_MAX = 100
ACHIEVEMENTS_MAX = 1_000  # in one request: each is rewarded by itself
CONTEXT_MAX = 50
EVENT_BODY = {
    "type": "object",
    "properties": {
        "transaction_id": {"type": "string", "description": "Sent twice, it counts once."},
        "qty": {"type": "integer", "minimum": 1, "maximum": QUANTITY_MAX},
        "date": {"type": "string", "description": "ISO; now by default."},
        "context": {"type": "object", "description": "Names and plain values."},
    },
}
EVENTS_BODY = {
    "events": {
        "description": "By their names, or a list whose items have a name.",
        "oneOf": [{"type": "object", "additionalProperties": EVENT_BODY}, {"type": "array", "items": EVENT_BODY}],
    },
    "campaign_id": {"description": "The only campaign that shall react, by its id or permalink."},
    "async": {"description": "false: what is done is done when it is answered.", "type": "boolean"},
}
BATCH_BODY = {
    "batch": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {"user_id": {"type": "string"}, "external_id": {"type": "string"}, **EVENTS_BODY},
        },
    }
}


@call(
    "send_events",
    addresses(V1, USER, "/events"),
    "POST",
    changes=True,
    audited=False,
    body=EVENTS_BODY,
    answer=schemas.EventsAnswer,
)
def send() -> Response:
    """Tell what a customer did. All of its events count, or none."""
    sent = body("request")
    sent.require_known(EVENTS_BODY)
    _require_at_once(sent)
    events_sent = _events(sent)
    with single_statement() as executor:
        customer_id = identify.customer().id
        recorded = _recorded(executor, customer_id, events_sent, sent.text("campaign_id"))
    return respond({"status": "ok", **_answer(recorded)})


# No Idempotency-Key: its transaction would hold the accounts of many customers, and every event has a transaction_id.
@call(
    "send_batch",
    addresses(V1, "/events"),
    "POST",
    changes=True,
    audited=False,
    keyed=False,
    body=BATCH_BODY,
    answer=schemas.BatchAnswer,
)
def send_batch() -> Response:
    """Tell what several customers did, each with a transaction_id. Each item's events count, or none of them."""
    sent = body("request")
    sent.require_known(BATCH_BODY)
    items = sent.objects("batch", "batch")
    if not items:
        raise missing("batch")
    sizes = [item.values.get("events") for item in items]
    if sum(len(rows) if isinstance(rows, list | dict) else 1 for rows in sizes) > EVENTS_MAX:
        raise sent.wrong("batch", f"a list of at most {EVENTS_MAX} events")
    parsed = [_parsed(item) for item in items]
    _require_bounded(
        [telling for events_sent in parsed if isinstance(events_sent, list) for telling in events_sent], sent
    )
    return respond({"status": "ok", "batch": [_item(item, known) for item, known in zip(items, parsed, strict=True)]})


def _parsed(item: SentObject) -> list[CustomerEvent] | Rejected:
    """An item's events, or what is wrong with them."""
    try:
        item.require_known({"user_id", "external_id", *EVENTS_BODY})
        _require_at_once(item)
        if item.has("user_id") == item.has("external_id"):
            raise missing("batch data: user_id, or external_id, but not both")
        return _events(item, needs_transaction_id=True)
    except Rejected as e:
        return e


def _item(item: SentObject, events_sent: list[CustomerEvent] | Rejected) -> dict[str, Any]:
    named = {name: item.values[name] for name in ("user_id", "external_id") if item.has(name)}
    try:
        if isinstance(events_sent, Rejected):
            raise events_sent
        return {"status": "ok", **named, **with_retries(lambda: _recorded_of(item, events_sent))}
    except Refusal as e:
        code, message = codes.word(envelope.called(), type(e)), str(e)
    except Rejected as e:
        code, message = e.code, str(e)
    except Busy:  # the others have their answers by now
        code, message = codes.TRY_AGAIN, "The service is busy and nothing of this was changed. Try again."
    return {"status": "error", **named, "errors": {"code": code, "message": message}}


def _recorded_of(item: SentObject, events_sent: list[CustomerEvent]) -> dict[str, Any]:
    with single_statement() as executor:
        customer_id = identify.customer_named(executor, item.text("user_id"), item.text("external_id")).id
        recorded = _recorded(executor, customer_id, events_sent, item.text("campaign_id"))
    return _answer(recorded)


def _recorded(
    executor: Executor, customer_id: int, events_sent: list[CustomerEvent], campaign: str | None
) -> list[tuple[CustomerEvent, Receipt]]:
    if campaign is not None:
        only = _campaign_id(executor, campaign)
        events_sent = [replace(telling, campaign_id=only) for telling in events_sent]
    receipts = events.record_all(executor, customer_id, events_sent, clock.now(), access.actor())
    return list(zip(events_sent, receipts, strict=True))


def _events(sent: SentObject, needs_transaction_id: bool = False) -> list[CustomerEvent]:
    """Raises `missing_data`, `argument_error` or `validation`."""
    rows = sent.objects("events", "event", "name")
    if not rows:
        raise missing("events")
    if len(rows) > EVENTS_MAX:
        raise sent.wrong("events", f"a list of at most {EVENTS_MAX} events")
    events_sent = [_event(row, needs_transaction_id) for row in rows]
    _require_bounded(events_sent, sent)
    return events_sent


def _require_at_once(sent: SentObject) -> None:
    if sent.flag("async", False):
        raise Rejected(
            codes.ARGUMENT_ERROR,
            "async is false: events are recorded at once, and the answer says what became of them.",
        )


def _require_bounded(events_sent: list[CustomerEvent], sent: SentObject) -> None:
    if sum(telling.quantity for telling in events_sent) > ACHIEVEMENTS_MAX:
        raise sent.wrong("qty", f"at most {ACHIEVEMENTS_MAX} in one request")


def _event(row: SentObject, needs_transaction_id: bool) -> CustomerEvent:
    row.require_known(EVENT)
    transaction_id = row.text("transaction_id")
    if row.has("transaction_id") and transaction_id is None:
        raise row.wrong("transaction_id", "text that is not blank; without one, leave it out")
    if needs_transaction_id:
        row.required("transaction_id", transaction_id)
    context = row.object("context")
    values = context.values if context else {}
    if len(values) > CONTEXT_MAX or any(isinstance(value, dict | list) for value in values.values()):
        raise row.wrong("context", f"an object of at most {CONTEXT_MAX} names and plain values")
    return CustomerEvent(
        name=row.required("name", row.text("name")),
        transaction_id=transaction_id,
        quantity=row.whole("qty", 1, QUANTITY_MAX) or 1,
        at=row.moment("date"),
        context=values,
    )


def _campaign_id(executor: Executor, named: str) -> int:
    """By id or by permalink. Raises `not_found`, which in a body is refused business."""
    try:
        return identify.campaign_of(executor, named)
    except CampaignNotFound as e:
        raise Rejected(codes.NOT_FOUND, str(e), 200) from e


def _answer(recorded: Sequence[tuple[CustomerEvent, Receipt]]) -> dict[str, Any]:
    """Each event, and the behaviors that it completed. What was not rewarded is noted: it is recorded by now."""
    for it in (row for _, receipt in recorded if not receipt.is_repeated for row in receipt.unrewarded):
        note_unrewarded(it.campaign_id, it.reasons[0])
    return {
        "events": [
            {
                "name": telling.name,
                "transaction_id": receipt.transaction_id,
                "behaviors_counted": receipt.counted,
                "behaviors": [_achieved(it) for it in receipt.achieved],
                **_not_rewarded(receipt),
            }
            for telling, receipt in recorded
        ]
    }


def _not_rewarded(receipt: Receipt) -> dict[str, Any]:
    """The campaigns that did not count it or did not give all that it earned, and why; absent when there is none."""
    rows = [{"campaign_id": it.campaign_id, "reasons": list(it.reasons)} for it in receipt.unrewarded]
    return {"not_rewarded": rows} if rows else {}


def _achieved(it: Achieved) -> dict[str, Any]:
    return {
        "campaign_id": it.campaign_id,
        "campaign_permalink": it.campaign,
        "behavior_id": it.behavior_id,
        "external_behavior_id": str(it.behavior),
        "name": it.name,
        "type": it.kind,
        "achieved_now": it.times,
        "points": number(it.points),
    }
