"""add-user and add-user-purchase-progress: customers and their points."""

from flask import Response

from app import clock
from app.access import passwords, staff
from app.amounts import number
from app.campaign.triggers import signups
from app.members.customers import Joining, Person
from app.organizations import chains
from app.points import ledger
from app.sales import points as by_hand
from app.spaaza import access, envelope, schemas, views
from app.spaaza.calls import STAFF, call
from app.spaaza.identify import customer_id
from app.spaaza.parameters import invalid, parameters
from app.web.door import caller, note_subject, transaction

ADD, PROGRESS = "add-user", "add-user-purchase-progress"
PASSWORD_LENGTH_MAX = 1_000
AMOUNT_MAX = 10**12


@call(
    ADD,
    "POST",
    roles=STAFF,
    write=True,
    prefix="/internal",
    parameters={
        "chain_id": "The chain; for the staff.",
        "first_name*": "",
        "last_name*": "",
        "username": "E-mail.",
        "member_number": "",
        "authentication_point_identifier": "",
        "auxiliary_identifier": "",
        "phone": "",
        "password": "To sign in with.",
        "referral_code": "The code of whoever recommended the programme.",
    },
    results=schemas.UserResult,
)
def add() -> Response:
    """Sign a customer up, with the rewards of sign-up campaigns and of a referral."""
    sent = parameters()
    password = sent.secret("password", PASSWORD_LENGTH_MAX)
    password_hash = passwords.chosen(password) if password is not None else None
    person = Person(
        first_name=sent.required("first_name", sent.text("first_name")),
        last_name=sent.required("last_name", sent.text("last_name")),
        email=sent.email("username"),
        phone=sent.text("phone"),
        loyalty_card_number=sent.text("member_number"),
        authentication_point_identifier=sent.text("authentication_point_identifier"),
        auxiliary_identifier=sent.text("auxiliary_identifier"),
    )
    with transaction() as session:
        made = signups.sign_up(
            session,
            person,
            clock.now(),
            access.actor(),
            password_hash,
            Joining(access.chain_id()),
            referral_code=sent.text("referral_code"),
        )
        customer = made.customer
        note_subject(customer=customer.uuid)
        answer = {**views.user(customer.profile), "customer_uuid": str(customer.uuid)}
    return envelope.ok(ADD, {"user_info": answer}, envelope.warnings(ADD, made.unrewarded))


@call(
    PROGRESS,
    "POST",
    roles=STAFF,
    write=True,
    prefix="/auth",
    parameters={
        "chain_id": "The chain; for the staff.",
        "user_id": "The customer, or another identifier.",
        "amount*": "Points to add, or to take when negative; at most two decimals.",
        "log_message": "Why.",
    },
    infers_chain=True,
    results=schemas.PointsResult,
)
def progress() -> Response:
    """Add points to a customer's account, or take points from it."""
    sent = parameters()
    amount = sent.required("amount", sent.amount("amount"))
    if not 0 < abs(amount) <= AMOUNT_MAX:
        raise invalid("amount", "a number other than 0")
    now = clock.now()
    with transaction() as session:
        customer = customer_id(session, sent)
        staff.require_may_move_points(session, caller().login_id)
        change = by_hand.add if amount > 0 else ledger.spend
        who = caller()
        uuid = change(
            session, customer, abs(amount), now, sent.text("log_message"), access.actor().issuer, who.login_id
        )
        entry = ledger.get(session, uuid)
        note_subject(transfer=uuid)
        chain = chains.get(session, access.chain_id())
    answer = {
        "id": entry.id,
        "user_id": customer,
        "currency_id": views.currency(chain.currency)[0],
        "amount": number(amount),
        "progress_type": "Manual",
        "log_message": entry.comment,
        "created_date": views.moment_with_offset(now),
        "mutation_owner_id": who.login_id,
        "balance": number(entry.balance_after),
    }
    return envelope.ok(PROGRESS, {"user_purchase_progress": answer})
