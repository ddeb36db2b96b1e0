"""add-basket: a till tells of a purchase."""

from flask import Response

from app import clock
from app.amounts import number
from app.campaign.models.baskets import Basket
from app.campaign.triggers import baskets
from app.organizations import chains
from app.spaaza import access, codes, envelope, views
from app.spaaza.calls import STAFF, call
from app.spaaza.identify import customer_id
from app.spaaza.parameters import invalid, parameters
from app.web.door import note_subject, transaction
from app.web.rejected import Rejected

ADD = "add-basket"


@call(
    ADD,
    "POST",
    roles=STAFF,
    write=True,
    prefix="/auth",
    parameters={
        "chain_id": "The chain; for the staff.",
        "user_id": "The customer, or another identifier.",
        "business_id": "The branch.",
        "retailer_basket_code*": "The till's own number of it: sent twice, it counts once.",
        "basket_total_price*": "What was paid; at most two decimals.",
        "basket_timestamp": "YYYY-MM-DD HH:MM:SS, UTC; now.",
    },
)
def add() -> Response:
    """Record a purchase, with the rewards of basket campaigns; the first completes the customer's referrals."""
    sent = parameters()
    reference = sent.required("retailer_basket_code", sent.text("retailer_basket_code"))
    amount = sent.required("basket_total_price", sent.amount("basket_total_price"))
    if amount < 0:
        raise invalid("basket_total_price", "an amount that is not negative")
    business_id = sent.whole("business_id", 0)
    now = clock.now()
    with transaction() as session:
        if business_id is not None and chains.business(session, business_id).chain_id != access.chain_id():
            raise Rejected(codes.ENTITY_MISMATCH)
        basket = Basket(
            chain_id=access.chain_id(),
            business_id=business_id,
            customer_id=customer_id(session, sent),
            reference=reference,
            amount=amount,
            bought_at=sent.moment("basket_timestamp") or now,
            recorded_at=now,
        )
        done = baskets.record(session, basket, now, access.actor())
        recorded = done.basket
        note_subject(basket=recorded.id)
        answer = {
            "basket_id": recorded.id,
            "user_id": recorded.customer_id,
            "business_id": recorded.business_id,
            "retailer_basket_code": recorded.reference,
            "basket_total_price": number(recorded.amount),
            "basket_timestamp": views.moment(recorded.bought_at),
        }
    return envelope.ok(ADD, {"basket": answer}, envelope.warnings(ADD, done.unrewarded))
