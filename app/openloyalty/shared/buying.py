"""What is done for one customer and a campaign, the same for admins, sellers and the customers themselves."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response, jsonify, request
from marshmallow import ValidationError

from app import clock
from app.access.logins import Beside
from app.campaign.eligibility.explain import explain
from app.campaign.eligibility.facts import OF_ONE
from app.campaign.eligibility.rows import CampaignFacts
from app.campaign.listings import catalogue
from app.campaign.triggers import purchases
from app.campaign.triggers.purchases import Order
from app.campaign.vouchers import bought as bought_coupons
from app.members import customers
from app.members.errors import CustomerNotFound
from app.openloyalty import campaign_views, errors, sorting
from app.openloyalty.formats import paged
from app.openloyalty.forms.coupons import Mark
from app.openloyalty.forms.fields import Whole
from app.openloyalty.forms.form import unknown_names
from app.openloyalty.queries import FLAGS, IN_EVERY_QUERY, paging, shelf, wants_details, wants_html
from app.openloyalty.shared import showing
from app.web.body import body, query
from app.web.door import (
    by_token_beside,
    caller,
    chains,
    found_beside,
    note_effect,
    note_subject,
    reading,
    single_statement,
    transaction,
)

ORDER = ("quantity", "withoutPoints")


def available(customer: str, viewer: str) -> Response:
    """The campaigns that a customer can buy, now or soon."""
    with reading() as session:
        customer_id = customers.get(session, customer, chains()).id
        found = catalogue.available_page(
            session,
            customer_id,
            paging(sorting.CAMPAIGNS),
            clock.now(),
            with_codes=viewer != "customer",
            wanted=shelf(),
        )
        return showing.page(found, viewer, wants_html())


def _named(claims: Mapping[str, Any]) -> Mapping[str, Any]:
    """The campaign and the customer of a purchase's address; customers buy for themselves, whose id is in their token."""
    named = request.view_args or {}
    try:
        customer = UUID(named.get("customer") or claims["id"])
    except ValueError:  # a loyalty card
        customer = None
    return {"campaign": named["campaign"], "customer": customer}


# Who is calling, together with the facts of the purchase.
buyer_by_token = by_token_beside(Beside(OF_ONE, CampaignFacts), _named)


def buy(customer: str, campaign: UUID) -> Response:
    """Sell a reward, or several of one campaign."""
    who = caller()
    order = _order(who.role)
    issuer = "system" if who.role == "customer" else who.role  # Open Loyalty knows no other issuers
    buyer = _uuid(customer)
    with single_statement() as executor:
        sold = purchases.buy(
            executor, campaign, buyer, chains(), clock.now(), who.login_id, issuer, order, found_beside()
        )
        note_effect(sold[0].award_id)
    return jsonify(campaign_views.sale(sold))


def _order(role: str) -> Order:
    """What is wanted, by the body or the query. Raises NotOffered or MayNotGiveFree."""
    asked, sent = query(), body()
    if any(str(asked[name]) != str(sent[name]) for name in asked.keys() & sent.keys()):
        raise errors.NotOffered("The query says something else than the body")
    sent = {**asked, **sent}
    if not sent:
        return purchases.order_of(role)
    unknown = unknown_names(sent, {*ORDER, *IN_EVERY_QUERY})
    if "transactionId" in unknown:
        raise errors.NotOffered("Leave out transactionId: no reward is sold for a transaction")
    if unknown:
        raise errors.NotOffered(f"Unknown: {', '.join(unknown)}")
    free = str(sent.get("withoutPoints") or "0").lower()
    if free not in FLAGS:
        raise errors.NotOffered("withoutPoints is true or false")
    try:
        quantity = Whole(least=1).deserialize(sent.get("quantity"))
    except ValidationError as e:
        raise errors.NotOffered(f"quantity: {e}") from e
    return purchases.order_of(role, 1 if quantity is None else quantity, FLAGS[free])


def bought(customer: str) -> Response:
    """What a customer has bought."""
    with reading() as session:
        customer_id = customers.get(session, customer, chains()).id
        coupons = bought_coupons.of_customer(session, customer_id, paging(sorting.BOUGHT))
        return paged("campaigns", coupons, lambda row: campaign_views.purchase(row, wants_details()))


def why_not(customer: str, campaign: UUID, at: Any = None) -> Response:
    """Whether a customer may buy, and every reason why not."""
    uuid = _uuid(customer)
    with reading() as session:
        role = caller().role
        waives = purchases.trigger_of(purchases.order_of(role)).waives
        verdict = explain(session, campaign, uuid, chains(), at or clock.now(), role == "customer", waives)
    return jsonify(campaign_views.eligibility(verdict, str(campaign), str(uuid)))


def mark(marks: list[Mark], may_unuse: bool) -> Response:
    """Mark coupons, all of them or none. Without a customer in a mark it is the caller's own."""
    with transaction() as session:
        done: list[dict[str, Any]] = []
        owners = [customers.get(session, data.customer or str(caller().customer or ""), chains()) for data in marks]
        purchases.lock_marked(
            session, [(owner.id, data.campaign, data.code) for owner, data in zip(owners, marks, strict=True)]
        )
        for owner, data in zip(owners, marks, strict=True):
            found = purchases.mark(
                session, owner.id, data.campaign, data.code, data.purchase, data.used, clock.now(), may_unuse
            )
            note_subject(**{f"purchase_{len(done)}": found.award_id, f"used_{len(done)}": data.used})
            done.append(campaign_views.marked(found, str(owner.uuid)))
    return jsonify({"coupons": done})


def _uuid(customer: str) -> UUID:
    """The customer's UUID; a UUID is believed, a loyalty card number looked up. Raises CustomerNotFound."""
    try:
        return UUID(customer)
    except ValueError:
        if not customer:
            raise CustomerNotFound from None
        with reading() as session:
            return customers.get(session, customer, chains()).uuid
