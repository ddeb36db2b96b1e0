"""Events: what a customer did, one or several, or those of several customers in one request."""

from typing import Any

from flask import Response

from app import clock
from app.amounts import number
from app.campaign import events
from app.campaign.events import QUANTITY_MAX, Receipt, Told
from app.doors import reading, short_transaction, transaction
from app.members import identifiers
from app.members.errors import CustomerNotFound
from app.refusal import Refusal
from app.sessionm import access, codes, envelope, identify
from app.sessionm.calls import USER, V1, addresses, call
from app.sessionm.envelope import sent
from app.sessionm.told import Object, body, missing

EVENT = {"name", "transaction_id", "qty", "date", "context", "campaign_id"}
EVENTS_MAX = 100
ACHIEVEMENTS_MAX = 1_000  # in one request: each is rewarded by itself
CONTEXT_MAX = 50
EVENT_BODY = {
    "type": "object",
    "properties": {
        "transaction_id": {"type": "string", "description": "Told twice, it counts once."},
        "qty": {"type": "integer", "minimum": 1, "maximum": QUANTITY_MAX},
        "date": {"type": "string", "description": "ISO; now when it is not told."},
        "context": {"type": "object", "description": "Names and plain values."},
    },
}
EVENTS_BODY = {
    "events": {
        "description": "By their names, or a list whose items have a name.",
        "oneOf": [
            {"type": "object", "additionalProperties": EVENT_BODY},
            {"type": "array", "items": EVENT_BODY},
        ],
    },
    "campaign_id": {"description": "The only campaign that shall react, by its id or permalink."},
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


@call("send_events", addresses(V1, USER, "/events"), "POST", changes=True, audited=False, body=EVENTS_BODY)
def send() -> Response:
    """Tell what a customer did. All of its events count, or none."""
    told = body()
    tellings = _events(told)
    names = told.text("campaign_id")
    now, by = clock.now(), access.by()
    with short_transaction() if len(tellings) == 1 else transaction() as bind:
        customer = identify.customer(bind)
        only = _campaign_id(bind, names)
        receipts = [events.record(bind, customer.id, _only(telling, only), now, by) for telling in tellings]
    return sent({"status": "ok", **_answer(tellings, receipts)})


@call("send_batch", addresses(V1, "/events"), "POST", changes=True, audited=False, body=BATCH_BODY)
def send_batch() -> Response:
    """Tell what several customers did, each with a transaction_id. Each customer's events count, or none of them."""
    told = body()
    items = told.objects("batch", "batch")
    if not items:
        raise missing("batch")
    every = [(item, _events(item, needs_transaction_id=True)) for item in items]
    if sum(len(tellings) for _, tellings in every) > EVENTS_MAX:
        raise told.wrong("batch", f"a list of at most {EVENTS_MAX} events")
    _require_bounded([telling for _, tellings in every for telling in tellings], told)
    now, by, answers = clock.now(), access.by(), []
    for item, tellings in every:
        named = {name: item.text(name) for name in ("user_id", "external_id") if item.has(name)}
        try:
            with transaction() as session:
                customer = _customer(session, named)
                only = _campaign_id(session, item.text("campaign_id"))
                receipts = [events.record(session, customer.id, _only(it, only), now, by) for it in tellings]
            answers.append({"status": "ok", **named, **_answer(tellings, receipts)})
        except Refusal as e:
            code = codes.word(envelope.called(), type(e))
            answers.append({"status": "error", **named, "errors": {"code": code, "message": str(e)}})
    return sent({"status": "ok", "batch": answers})


def _events(told: Object, needs_transaction_id: bool = False) -> list[Told]:
    """Raises `missing_data`, `argument_error` or `validation`."""
    rows = told.objects("events", "event", "name")
    if not rows:
        raise missing("events")
    if len(rows) > EVENTS_MAX:
        raise told.wrong("events", f"a list of at most {EVENTS_MAX} events")
    tellings = [_event(row, needs_transaction_id) for row in rows]
    _require_bounded(tellings, told)
    return tellings


def _require_bounded(tellings: list[Told], told: Object) -> None:
    if sum(telling.quantity for telling in tellings) > ACHIEVEMENTS_MAX:
        raise told.wrong("qty", f"at most {ACHIEVEMENTS_MAX} in one request")


def _event(row: Object, needs_transaction_id: bool) -> Told:
    row.require_known(EVENT)
    transaction_id = row.text("transaction_id")
    if needs_transaction_id:
        row.required("transaction_id", transaction_id)
    context = row.object("context")
    values = context.values if context else {}
    if len(values) > CONTEXT_MAX or any(isinstance(value, dict | list) for value in values.values()):
        raise row.wrong("context", f"an object of at most {CONTEXT_MAX} names and plain values")
    return Told(
        name=row.required("name", row.text("name")),
        transaction_id=transaction_id,
        quantity=row.whole("qty", 1, QUANTITY_MAX) or 1,
        at=row.moment("date"),
        context=values,
    )


def _only(telling: Told, campaign_id: int | None) -> Told:
    if campaign_id is None:
        return telling
    return Told(telling.name, telling.transaction_id, telling.quantity, telling.at, telling.context, campaign_id)


def _campaign_id(bind: Any, named: str | None) -> int | None:
    """By id or by permalink. Raises CampaignNotFound."""
    return identify.campaign_of(bind, named) if named is not None else None


def _customer(session: Any, named: dict[str, str | None]) -> Any:
    chain_id = access.application().chain_id
    if named.get("user_id"):
        return identifiers.by_uuid(session, chain_id, identify.uuid(str(named["user_id"])))
    if named.get("external_id"):
        return identifiers.by_external_id(session, chain_id, str(named["external_id"]))
    raise CustomerNotFound


def _answer(tellings: list[Told], receipts: list[Receipt]) -> dict[str, Any]:
    """Each event, and the behaviors that it completed."""
    with reading() as session:
        known = events.behaviors_of(session, receipts)
    return {
        "events": [
            {
                "name": telling.name,
                "transaction_id": receipt.transaction_id,
                "behaviors_counted": receipt.counted,
                "behaviors": [_achieved(*known[it.behavior_id], it.times) for it in receipt.achieved],
            }
            for telling, receipt in zip(tellings, receipts, strict=True)
        ]
    }


def _achieved(behavior: Any, campaign: Any, times: int) -> dict[str, Any]:
    return {
        "campaign_id": campaign.id,
        "campaign_permalink": campaign.permalink,
        "behavior_id": behavior.id,
        "external_behavior_id": str(behavior.uuid),
        "name": behavior.name,
        "type": behavior.kind,
        "achieved_now": times,
        "points": number(behavior.points),
    }
