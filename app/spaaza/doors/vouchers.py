"""The calls about vouchers: claim, unclaim, lock, unlock, redeem, expire, create, list."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from app import clock
from app.campaign.errors import VoucherNotFound
from app.campaign.models.rewards import VOUCHER_KINDS
from app.campaign.models.vouchers import VOUCHER_STATUSES
from app.campaign.vouchers import lifecycle, lookup
from app.campaign.vouchers.lifecycle import VoucherTerms
from app.campaign.vouchers.lookup import Holder, VoucherIdentifiers
from app.spaaza import access, envelope, schemas, views
from app.spaaza.calls import STAFF, call, called_as
from app.spaaza.identify import customer_id, voucher_identifiers
from app.spaaza.parameters import invalid, paging, parameters
from app.web.door import caller, note_subject, reading, single_statement, transaction

CLAIM, LIST, OF_CHAIN = "claim-voucher", "get-user-vouchers", "get-vouchers"
CHAIN_ID_SINCE = (1, 5, 3)  # clients of earlier versions let the service find out
DETAILS, DETAIL_LENGTH_MAX = ("title", "description", "notes", "image_url"), 2_000
LOCK_SECONDS, LOCK_SECONDS_MAX = 600, 7 * 24 * 3600
NAMES = {
    "voucher_key": "The voucher's key (preferred),",
    "voucher_id": "or its id,",
    "third_party_id": "or its id at a third party.",
    "chain_id": "The chain (integer); for the staff.",
    "user_id": "The customer, or member_number, username, authentication_point_identifier or auxiliary_identifier;"
    " for the staff and partners.",
    "X-Spaaza-MyPrice-App-Hostname": "The app of a customer's session or of a partner.",
}


@call(
    CLAIM,
    "POST",
    "PUT",
    write=True,
    app_for_partners=True,
    chain_since=CHAIN_ID_SINCE,
    parameters=NAMES,
    results=schemas.VoucherView,
)
def claim() -> Response:
    """Claim a voucher, so that it can be redeemed. Claiming it again changes nothing."""
    now = clock.now()
    with access.guessing_is_braked("voucher", VoucherNotFound), single_statement() as executor:
        holder = access.holder(customer_id(executor, parameters()))
        claimed = lifecycle.claim(executor, voucher_identifiers(parameters()), holder, now)
    return envelope.ok(CLAIM, views.voucher(claimed, now))


@call(
    "unclaim-voucher", "POST", "PUT", write=True, app_for_partners=True, parameters=NAMES, results=schemas.VoucherView
)
def unclaim() -> Response:
    """Take a claim back."""
    with access.guessing_is_braked("voucher", VoucherNotFound):
        return _changed(
            "unclaim-voucher",
            lambda session, holder: lifecycle.unclaim(session, voucher_identifiers(parameters()), holder, clock.now()),
        )


@call(
    "lock-voucher",
    "PUT",
    "POST",
    roles=STAFF,
    write=True,
    parameters={
        **NAMES,
        "voucher_lock_period": "Seconds (600).",
        "voucher_locking_code": "Whoever knows it may lock again.",
        "retailer_basket_code": "The basket that the voucher is kept for.",
    },
    infers_chain=True,
    results=schemas.VoucherView,
)
def lock() -> Response:
    """Keep a voucher for one basket for a while."""
    sent = parameters()
    seconds = _lock_seconds() or LOCK_SECONDS
    codes_told = sent.text("voucher_locking_code"), sent.text("retailer_basket_code")
    return _changed(
        "lock-voucher",
        lambda session, holder: lifecycle.lock(
            session, voucher_identifiers(parameters()), holder, seconds, *codes_told, clock.now()
        ),
    )


@call(
    "unlock-voucher",
    "PUT",
    "POST",
    roles=STAFF,
    write=True,
    parameters=NAMES,
    infers_chain=True,
    results=schemas.VoucherView,
)
def unlock() -> Response:
    """Let a locked voucher go."""
    return _changed(
        "unlock-voucher", lambda session, holder: lifecycle.unlock(session, voucher_identifiers(parameters()), holder)
    )


@call("expire-voucher", "POST", "PUT", roles=STAFF, write=True, parameters=NAMES, results=schemas.VoucherKey)
def expire() -> Response:
    """Let a claimed voucher expire now."""
    now = clock.now()
    with transaction() as session:
        expired = lifecycle.expire(session, voucher_identifiers(parameters()), _holder(session), now)
        note_subject(voucher=expired.id)
    return envelope.ok("expire-voucher", {"voucher_key": expired.key})


@call(
    "redeem-voucher",
    "POST",
    "PUT",
    roles=STAFF,
    write=True,
    prefix="/auth",
    parameters={
        **NAMES,
        "amount": "How much of it; all of it when absent.",
        "retailer_basket_code": "Of a locked voucher: the basket that it is kept for,",
        "voucher_locking_code": "or the code of the lock.",
    },
    results=schemas.RedeemedVoucher,
)
def redeem() -> Response:
    """Redeem a claimed voucher; what is left becomes a new one."""
    amount = parameters().amount("amount")
    if amount is not None and amount <= 0:
        raise invalid("amount", "a positive number")
    codes_told = parameters().text("voucher_locking_code"), parameters().text("retailer_basket_code")
    now = clock.now()
    with transaction() as session:
        holder = _holder(session)
        done = lifecycle.redeem(session, voucher_identifiers(parameters()), holder, amount, now, *codes_told)
        note_subject(voucher=done.voucher_id)
        answer = views.voucher(lookup.get(session, VoucherIdentifiers(id=done.voucher_id), holder), now)
        rest = lookup.get(session, VoucherIdentifiers(id=done.rest_id), holder) if done.rest_id else None
        answer["regenerated_voucher"] = (
            {**views.voucher(rest, now), "parent_voucher": views.parent(rest)} if rest else None
        )
    return envelope.ok("redeem-voucher", answer)


@call(
    "create-voucher",
    "POST",
    roles=STAFF,
    write=True,
    parameters={
        "campaign_id*": "The campaign that the voucher belongs to.",
        "chain_id": NAMES["chain_id"],
        "user_id": "For whom, or another identifier; without one, whoever claims it.",
        "voucher_type": f"{', '.join(VOUCHER_KINDS)} (basket).",
        "amount": "What it is worth,",
        "voucher_amount": "or by this name.",
        "voucher_discount_ratio": "0.15 is 15%.",
        "voucher_honour_code": "The third party's code.",
        "voucher_text": "A text.",
        "set_claimed": "Claimed at once.",
        "expiry_date": "YYYY-MM-DD HH:MM:SS, UTC.",
        "voucher_title": "What it is called,",
        "voucher_description": "what it is for,",
        "voucher_notes": "what the staff should know,",
        "voucher_image_url": "and what it looks like.",
        "voucher_lock_period": "Seconds; it is locked from the beginning,",
        "retailer_basket_code": "for this basket.",
    },
    infers_chain=True,
    results=schemas.ListedVoucher,
)
def create() -> Response:
    """Issue a voucher by hand."""
    sent = parameters()
    campaign_id = sent.required("campaign_id", sent.whole("campaign_id", 0))
    terms = _terms()
    now = clock.now()
    with transaction() as session:
        owner = customer_id(session, sent) if sent.identifiers() else None
        made = lifecycle.issue(session, access.chain_id(), campaign_id, owner, terms, now)
        note_subject(voucher=made.id)
        answer = views.listed_voucher(lookup.get(session, VoucherIdentifiers(id=made.id), access.holder(None)), now)
    return envelope.ok("create-voucher", answer)


@call(
    LIST,
    "GET",
    changes=False,
    also=(OF_CHAIN,),
    parameters={
        "chain_id": NAMES["chain_id"],
        "user_id": NAMES["user_id"],
        "status": f"{', '.join(VOUCHER_STATUSES)}, with commas between; generated,claimed when absent.",
        "include_expired": "Whether to list what has expired.",
        "limit": "At most so many (20).",
        "offset": "Skip so many.",
    },
    results=schemas.VoucherLists,
)
def listed() -> Response:
    """List a customer's vouchers, the newest first; called get-vouchers, without a customer, the chain's."""
    sent = parameters()
    statuses = (sent.text("status") or "generated,claimed").split(",")
    if set(statuses) - set(VOUCHER_STATUSES):
        raise invalid("status", f"some of {', '.join(VOUCHER_STATUSES)}")
    now = clock.now()
    with reading() as session:
        rest = statuses, paging(), now, bool(sent.flag("include_expired", False))
        if access.is_customer() or sent.identifiers() or called_as() != OF_CHAIN:
            found = lookup.of_customer(session, customer_id(session, sent), *rest)
        else:
            found = lookup.of_chain(session, access.chain_id(), *rest)
    shown = [(row.kind, views.listed_voucher(row, now)) for row in found.rows]
    return envelope.ok(
        LIST,
        {
            "basket_vouchers": [view for kind, view in shown if kind != "honour"],
            "honour_vouchers": [view for kind, view in shown if kind == "honour"],
            "var_price_vouchers": [],
            "total": found.total,
        },
    )


def _changed(name: str, change: Callable[[Session, Holder], Any]) -> Response:
    now = clock.now()
    with transaction() as session:
        done = change(session, _holder(session))
        note_subject(voucher=done.id)
    return envelope.ok(name, views.voucher(done, now))


def _holder(session: Session) -> Holder:
    """For whom the caller acts; staff and partners may name no customer, and then act for whoever holds the voucher."""
    if caller().role != access.CUSTOMER and not parameters().identifiers():
        return access.holder(None)
    return access.holder(customer_id(session, parameters()))


def _terms() -> VoucherTerms:
    sent = parameters()
    kind = sent.choice("voucher_type", VOUCHER_KINDS) or "basket"
    amounts = {sent.amount(name) for name in ("amount", "voucher_amount")} - {None}
    if len(amounts) > 1:
        raise invalid("voucher_amount", "the same as amount, or one of the two")
    seconds, basket = _lock_seconds(), sent.text("retailer_basket_code")
    if (seconds is None) != (basket is None):
        raise invalid("voucher_lock_period", "a number of seconds, together with retailer_basket_code")
    details = {name: sent.text(f"voucher_{name}", DETAIL_LENGTH_MAX) for name in DETAILS}
    return VoucherTerms(
        kind=kind,
        amount=(amounts.pop() if amounts else 0) or 0 if kind == "basket" else 0,
        hundredths_of_percent=sent.ratio("voucher_discount_ratio") if kind == "basket_pct" else None,
        code=sent.text("voucher_honour_code"),
        text=sent.text("voucher_text"),
        claimed=bool(sent.flag("set_claimed", False)),
        expires_at=_future("expiry_date"),
        details={name: text for name, text in details.items() if text is not None},
        locked_seconds=seconds,
        basket_code=basket,
    )


def _lock_seconds() -> int | None:
    seconds = parameters().whole("voucher_lock_period", 1)
    if seconds is not None and seconds > LOCK_SECONDS_MAX:
        raise invalid("voucher_lock_period", f"at most {LOCK_SECONDS_MAX} seconds")
    return seconds


def _future(name: str) -> datetime | None:
    at = parameters().moment(name)
    if at is not None and at <= clock.now():
        raise invalid(name, "a moment to come")
    return at
