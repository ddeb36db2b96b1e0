"""add-basket: a till tells of a purchase."""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from app import clock
from app.amounts import number
from app.campaign.triggers import sales
from app.campaign.vouchers.lookup import VoucherIdentifiers
from app.organizations import chains
from app.sales.recording import SaleDetails
from app.spaaza import access, codes, envelope, schemas, views
from app.spaaza.calls import STAFF, call
from app.spaaza.identify import customer_id, entity_of, voucher_identifiers
from app.spaaza.parameters import IDENTIFIERS, Parameters, invalid, parameters
from app.web.door import note_subject, reading, transaction
from app.web.rejected import Rejected

ADD = "add-basket"


TIMESTAMPS = ("basket_timestamp", "basket_timestamp_iso8601")  # two names of one moment
INSIDE = ("retailer_basket_code", "basket_total_price", *TIMESTAMPS)
NOTED = ("items", "tax", "currency", "owner_code", "payment_method", "shipping", "notes")  # kept as it was sent
VOUCHERS = ("basket_vouchers", "vouchers")
VOUCHERS_MAX = 20


@call(
    ADD,
    "POST",
    roles=STAFF,
    write=True,
    prefix="/auth",
    infers_chain=True,
    knows=("entity", "user", "basket"),
    parameters={
        "chain_id": "The chain; for the staff.",
        "user_id": "The customer, or another identifier; or all of them inside `user`.",
        "business_id": "The branch; or `entity` with entity_type and entity_id, chain or business.",
        "retailer_basket_code": "The till's own number of it: sent twice, it counts once.",
        "basket_total_price": "What was paid; at most two decimals.",
        "basket_timestamp": "YYYY-MM-DD HH:MM:SS, UTC; now.",
        "basket": "These three inside one object, which may also have basket_timestamp_iso8601, basket_items, basket_tax,"
        " basket_currency, and basket_vouchers: those that paid for it, each by voucher_key, voucher_id or third_party_id."
        " They are redeemed.",
    },
    results=schemas.BasketResult,
)
def add() -> Response:
    """Record a purchase, with the rewards of basket campaigns; the first completes the customer's referrals."""
    sent = parameters()
    inside, details, vouchers = _inside(sent)
    reference = inside.required("retailer_basket_code", inside.text("retailer_basket_code"))
    amount = inside.required("basket_total_price", inside.amount("basket_total_price"))
    if amount < 0:
        raise invalid("basket_total_price", "an amount that is not negative")
    user = _user(sent)
    now = clock.now()
    with transaction() as session:
        business_id = _business_id(session, sent)
        customer = customer_id(session, user)
        reported = SaleDetails(
            number=reference,
            bought_at=inside.moment(TIMESTAMPS[0]) or inside.moment(TIMESTAMPS[1]),
            amount=amount,
            customer_id=customer,
            business_id=business_id,
            details=details or None,
        )
        done = sales.record(
            session, access.chain_id(), reported, now, access.actor(), vouchers, access.holder(customer)
        )
        recorded = done.sale
        note_subject(basket=recorded.id)
        answer = {
            "basket_id": recorded.id,
            "user_id": recorded.customer_id,
            "business_id": recorded.business_id,
            "retailer_basket_code": recorded.number,
            "basket_total_price": number(recorded.amount),
            "basket_timestamp": views.moment(recorded.bought_at),
        }
    return envelope.ok(ADD, {"basket": answer}, envelope.warnings(ADD, done.unrewarded))


def _inside(sent: Parameters) -> tuple[Parameters, dict[str, Any], list[VoucherIdentifiers]]:
    """What the basket is: what is read of it, what is kept as it was sent, and the vouchers. Raises 419 for what is neither."""
    if not sent.has("basket"):
        return sent, {}, []
    basket = sent.block("basket").values
    read = {name: value for name, value in basket.items() if name in INSIDE}
    details = {
        name.removeprefix("basket_"): value for name, value in basket.items() if name.removeprefix("basket_") in NOTED
    }
    unknown = [
        name
        for name in basket
        if name not in INSIDE and name not in VOUCHERS and name.removeprefix("basket_") not in NOTED
    ]
    if unknown:
        raise invalid(f"basket: {', '.join(sorted(unknown))}", "nothing by this name, which the call does not know")
    if len(read) + len(details) + sum(name in basket for name in VOUCHERS) < len(basket) or read.keys() >= {
        *TIMESTAMPS
    }:
        raise invalid("basket", "each of its parts once, under one name")
    beside = sorted({*INSIDE, *VOUCHERS} & sent.values.keys())
    if beside:
        raise invalid(", ".join(beside), "inside basket")
    currency = details.get("currency")
    named = currency.get("currency_code") if isinstance(currency, dict) else currency
    _require_currency(named, currency.get("currency_id") if isinstance(currency, dict) else None)
    return (
        Parameters(read),
        details,
        [voucher_identifiers(Parameters(one)) for name in VOUCHERS for one in _listed(basket.get(name))],
    )


def _user(sent: Parameters) -> Parameters:
    """The values that name the customer: inside `user`, or side by side with everything else. Raises 419 for both."""
    if not sent.has("user"):
        return sent
    user = sent.block("user")
    unknown, beside = sorted(user.values.keys() - IDENTIFIERS.keys()), sorted(sent.values.keys() & IDENTIFIERS.keys())
    if unknown or beside:
        raise invalid(
            ", ".join([f"user: {name}" for name in unknown] + beside), "the customer's identifiers, inside user"
        )
    return user


def _listed(value: Any) -> list[Any]:
    found = [] if value in (None, "") else list(value.values()) if isinstance(value, dict) else value
    if not isinstance(found, list) or len(found) > VOUCHERS_MAX or not all(isinstance(one, dict) for one in found):
        raise invalid("basket_vouchers", f"a list of at most {VOUCHERS_MAX} objects")
    return found


def _require_currency(code: Any, currency_id: Any) -> None:
    """Both, where they are sent, are the chain's. Raises 419."""
    if code is None and currency_id is None:
        return
    with reading() as session:
        own = chains.get(session, access.chain_id()).currency
    number_of_own = views.currency(own)[0]
    if (code is not None and str(code).upper() != own) or (
        currency_id is not None and str(currency_id) != str(number_of_own)
    ):
        raise invalid("basket_currency", f"the chain's, which is {own}, {number_of_own}")


def _business_id(session: Session, sent: Parameters) -> int | None:
    business_id = sent.whole("business_id", 0)
    if sent.has("entity"):
        kind, entity_id = entity_of(sent.block("entity"))
        if kind == "chain" and entity_id != access.chain_id():
            raise Rejected(codes.ENTITY_MISMATCH)
        business_id = entity_id if kind == "business" else business_id
    if business_id is not None and chains.business(session, business_id).chain_id != access.chain_id():
        raise Rejected(codes.ENTITY_MISMATCH)
    return business_id
