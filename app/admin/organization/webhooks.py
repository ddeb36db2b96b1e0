"""Webhooks: who is told of what happens in a chain, what was sent, and sending it again."""

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from marshmallow import Schema, ValidationError, fields

from app import clock
from app.admin import chosen
from app.admin.chosen import CHAIN
from app.native import answers, schemas, views
from app.openloyalty.api import Blueprint
from app.openloyalty.forms.fields import Collection, Moment, Text
from app.openloyalty.forms.form import Form, form
from app.openloyalty.queries import choice, number
from app.outbox import subscriptions, targets
from app.outbox.events import EXAMPLES, KINDS, EventKind
from app.outbox.models import Delivery, Message, Subscription
from app.outbox.subscriptions import SubscriptionDetails
from app.outbox.webhooks import public_id
from app.web.door import allow, chains, listing, note_subject, reading, settings, transaction

blueprint = Blueprint("admin_webhooks", __name__)
OUTCOMES = ("delivered", "failed", "dead")
OUTCOME = {"in": "query", "name": "outcome", "schema": {"type": "string", "enum": list(OUTCOMES)}}


class WebhookForm(Form):
    """Where to send, and what: names of events, or `*` for all that there are and will be."""

    url = Text(required=True)
    events = Collection(Text(), most=100)
    description = Text()


class MessageId(Text):
    """A `webhook-id`."""

    def deserialize(self, value: Any, attr: Any = None, data: Any = None, **kw: Any) -> Any:
        sent = super().deserialize(value, attr, data, **kw)
        try:
            return UUID(str(sent).removeprefix("msg_"))
        except ValueError as e:
            raise ValidationError("This is no webhook-id; one looks like msg_0c9a2f7e53f44b7ea7d05a3df7a2a0c4.") from e


class ReplayForm(Form):
    """Either the `webhook-id`s of messages, or the span in which they occurred."""

    messages = Collection(MessageId(), most=1_000)
    since = Moment()
    until = Moment()


@blueprint.route("/admin/webhooks", methods=["GET"])
@blueprint.response(200, schemas.Webhooks)
@allow("admin")
def list_webhooks() -> Response:
    """List the webhooks of my chains, each with what waits for it."""
    with reading() as session:
        rows = [_webhook(it, subscriptions.waiting(session, it)) for it in subscriptions.of_chains(session, chains())]
    return jsonify(webhooks=rows)


@blueprint.route("/admin/webhooks/events", methods=["GET"])
@blueprint.response(200, schemas.EventKinds)
@allow("admin")
def list_event_kinds() -> Response:
    """List the kinds of events: what each says, as a JSON Schema and as an example."""
    return jsonify(events=[_kind(it) for it in KINDS.values()])


@blueprint.route("/admin/webhooks", methods=["POST"])
@form("webhook", WebhookForm)
@blueprint.response(201, schemas.NewWebhook)
@blueprint.doc(parameters=[CHAIN])
@allow("admin")
def create_webhook(data: dict[str, Any]) -> tuple[Response, int]:
    """Subscribe an address to events; only this answer shows the secret that its messages are signed with."""
    targets.require_plausible(data["url"], settings().webhook_networks)
    with transaction() as session:
        made = subscriptions.create(session, chosen.chain(), _details(data), clock.now())
        note_subject(webhook=made.uuid)
        answer = {**_webhook(made, subscriptions.waiting(session, made)), "secret": made.secret}
    return jsonify(answer), 201


@blueprint.route("/admin/webhooks/<uuid:webhook>", methods=["GET"])
@blueprint.response(200, schemas.WebhookView)
@allow("admin")
def show_webhook(webhook: UUID) -> Response:
    """Show a webhook, and what waits for it."""
    with reading() as session:
        it = subscriptions.get(session, webhook, chains())
        return jsonify(_webhook(it, subscriptions.waiting(session, it)))


@blueprint.route("/admin/webhooks/<uuid:webhook>", methods=["PUT"])
@form("webhook", WebhookForm)
@blueprint.response(200, schemas.WebhookView)
@allow("admin")
def change_webhook(data: dict[str, Any], webhook: UUID) -> Response:
    """Change a webhook as a whole; what waits for it goes to the new address."""
    targets.require_plausible(data["url"], settings().webhook_networks)
    with transaction() as session:
        it = subscriptions.change(session, webhook, _details(data), chains())
        session.flush()
        return jsonify(_webhook(it, subscriptions.waiting(session, it)))


@blueprint.route("/admin/webhooks/<uuid:webhook>", methods=["DELETE"])
@blueprint.response(204)
@allow("admin")
def remove_webhook(webhook: UUID) -> Response:
    """Remove a webhook, with what waits for it and the log of what was sent."""
    with transaction() as session:
        subscriptions.remove(session, webhook, clock.now(), chains())
    return Response(status=204)


@blueprint.route("/admin/webhooks/<uuid:webhook>/pause", methods=["POST"])
@blueprint.response(200, schemas.WebhookView)
@allow("admin")
def pause_webhook(webhook: UUID) -> Response:
    """Send nothing until it is resumed; what happens meanwhile waits."""
    with transaction() as session:
        it = subscriptions.pause(session, webhook, clock.now(), chains())
        return jsonify(_webhook(it, subscriptions.waiting(session, it)))


@blueprint.route("/admin/webhooks/<uuid:webhook>/resume", methods=["POST"])
@blueprint.response(200, schemas.WebhookView)
@allow("admin")
def resume_webhook(webhook: UUID) -> Response:
    """Send again, beginning at once with what has waited."""
    with transaction() as session:
        it = subscriptions.resume(session, webhook, clock.now(), chains())
        session.flush()
        return jsonify(_webhook(it, subscriptions.waiting(session, it)))


@blueprint.route("/admin/webhooks/<uuid:webhook>/secret", methods=["POST"])
@blueprint.response(200, schemas.NewWebhook)
@allow("admin")
def rotate_webhook_secret(webhook: UUID) -> Response:
    """Make a new secret, which only this answer shows. For a day each message is signed with the one before as well."""
    with transaction() as session:
        it = subscriptions.rotate(session, webhook, clock.now(), chains())
        return jsonify({**_webhook(it, subscriptions.waiting(session, it)), "secret": it.secret})


@blueprint.route("/admin/webhooks/<uuid:webhook>/test", methods=["POST"])
@blueprint.response(202)
@allow("admin", audited=False)
def test_webhook(webhook: UUID) -> Response:
    """Send a message of the kind `test`; the log of deliveries tells what came of it."""
    with transaction() as session:
        subscriptions.test(session, webhook, clock.now(), chains())
    return Response(status=202)


@blueprint.route("/admin/webhooks/<uuid:webhook>/deliveries", methods=["GET"])
@blueprint.response(200, schemas.TryPage)
@blueprint.doc(parameters=[OUTCOME, *answers.reading_on("id", type="integer")])
@allow("admin")
def list_webhook_tries(webhook: UUID) -> Response:
    """List the tries to deliver, the newest first: what was sent, what was answered, and how long that took. They are kept for 30 days."""
    with listing() as session:
        it = subscriptions.get(session, webhook, chains())
        outcome = choice("outcome", OUTCOMES)
        found, more = subscriptions.deliveries(session, it, number("before"), answers.size(), outcome)
        return jsonify(views.more("deliveries", [_delivery(each) for each in found], more))


@blueprint.route("/admin/webhooks/<uuid:webhook>/dead", methods=["GET"])
@blueprint.response(200, schemas.DeadPage)
@blueprint.doc(parameters=answers.reading_on("id", "after", type="integer"))
@allow("admin")
def list_dead_messages(webhook: UUID) -> Response:
    """List what could not be delivered in three days, the oldest first."""
    with listing() as session:
        it = subscriptions.get(session, webhook, chains())
        found, more = subscriptions.dead(session, it, number("after"), answers.size())
        return jsonify(views.more("messages", [_dead(each) for each in found], more))


@blueprint.route("/admin/webhooks/<uuid:webhook>/dead", methods=["POST"])
@blueprint.response(200, schemas.Revived)
@allow("admin")
def revive_dead_messages(webhook: UUID) -> Response:
    """Try what is dead once more, for another three days; five thousand messages at most."""
    with transaction() as session:
        it = subscriptions.get(session, webhook, chains())
        count, more = subscriptions.revive(session, it, clock.now())
        return jsonify(messages=count, more=more)


@blueprint.route("/admin/webhooks/<uuid:webhook>/replay", methods=["POST"])
@form("replay", ReplayForm)
@blueprint.response(200, schemas.ReplayedView)
@allow("admin")
def replay_messages(data: dict[str, Any], webhook: UUID) -> Response:
    """Send again what was sent before, with the ids that it had. A long span goes on at `more_since`."""
    with transaction() as session:
        it = subscriptions.get(session, webhook, chains())
        done = subscriptions.replay(session, it, data["messages"], data["since"], data["until"], clock.now())
        return jsonify(messages=done.messages, more_since=views.precise(done.more_since))


def _details(data: dict[str, Any]) -> SubscriptionDetails:
    return SubscriptionDetails(data["url"], data["events"], data["description"])


def _webhook(it: Subscription, waiting: subscriptions.Waiting) -> dict[str, Any]:
    return {
        "id": str(it.uuid),
        "chain_id": it.chain_id,
        "url": it.url,
        "events": it.kinds,
        "description": it.description,
        "created_at": views.moment(it.created_at),
        "paused_at": views.moment(it.paused_at),
        "paused_because": it.paused_because,
        "failures": it.failures,
        "held_until": views.moment(it.held_until),
        "waiting": waiting.messages,
        "waiting_since": views.moment(waiting.since),
        "dead": waiting.dead,
    }


def _delivery(it: Delivery) -> dict[str, Any]:
    return {
        "id": it.id,
        "message": public_id(it.message),
        "event": it.kind,
        "occurred_at": views.moment(it.occurred_at),
        "tried_at": views.moment(it.tried_at),
        "milliseconds": it.milliseconds,
        "outcome": it.outcome,
        "status": it.status,
        "answer": it.answer,
        "request_id": it.request_id,
        "data": it.data,
    }


def _dead(it: Message) -> dict[str, Any]:
    return {
        "id": it.id,
        "message": public_id(it.uuid),
        "event": it.kind,
        "occurred_at": views.moment(it.occurred_at),
        "tries": it.tries,
        "dead_at": views.moment(it.dead_at),
    }


def _kind(it: EventKind) -> dict[str, Any]:
    return {
        "name": it.name,
        "description": it.sentence,
        "version": it.version,
        "schema": json_schema(it.family),
        "example": EXAMPLES[it.family],
    }


def json_schema(of: type[Schema]) -> dict[str, Any]:
    """A marshmallow schema as JSON Schema, with what it nests inside."""
    properties = {name: _property(field) for name, field in of().fields.items()}
    required = [name for name, field in of().fields.items() if field.required]
    return {"type": "object", "properties": properties, "required": required}


TYPES: dict[type[fields.Field[Any]], dict[str, str]] = {
    fields.UUID: {"type": "string", "format": "uuid"},
    fields.Integer: {"type": "integer"},
    fields.String: {"type": "string"},
}


def _property(field: fields.Field[Any]) -> dict[str, Any]:
    if isinstance(field, fields.Nested):
        found = json_schema(type(field.schema))
    elif isinstance(field, fields.List):
        found = {"type": "array", "items": _property(field.inner)}
    else:
        found = dict(TYPES[type(field)])
    if field.allow_none:
        found["type"] = [found["type"], "null"]
    return found
