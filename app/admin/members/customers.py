"""Customers: register, find, change, activate, put on a level."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from flask import Response, jsonify
from werkzeug.exceptions import BadRequest

from app import clock
from app.access import logins, staff
from app.access.errors import WrongPassword
from app.access.models import CUSTOMER
from app.members import customers, finding, own_edits
from app.members import listing as member_lists
from app.members.listing import CustomerFilter
from app.members.models import Customer
from app.openloyalty import member_views, queries, schemas, sorting
from app.openloyalty.api import Blueprint
from app.openloyalty.forms.customers import CustomerChangeForm, CustomerForm, ShopChoiceForm
from app.openloyalty.forms.fields import Text, Uuid
from app.openloyalty.forms.form import Form, form, lacking, refuse_to_change, require_unchanged
from app.openloyalty.queries import flag, paged_by, paging, text
from app.openloyalty.shared import registration
from app.openloyalty.shared.people import asked_customer, customer_details, customer_pages, details_of
from app.openloyalty.shared.transfers import POINTS_PARAMETERS, points_of
from app.organizations import chains as organizations
from app.paging import Page, Paged
from app.sales import levels as reached
from app.web.brakes import braked, counted
from app.web.door import allow, caller, chains, listing, login_id, reading, settings, transaction

blueprint = Blueprint("admin_customers", __name__)

STAFF = "admin", "seller"
TEXT_FILTERS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "phone": "phone",
    "email": "email",
    "loyaltyCardNumber": "loyalty_card_number",
}
FILTERS = queries.filters(
    *TEXT_FILTERS,
    "emailOrPhone",
    "strict",
    "manuallyAssignedLevel",
    "transactionsCount",
    "transactionsAmount",
    "averageTransactionAmount",
    "daysFromLastTransaction",
    "hoursFromLastUpdate",
)
YEARS_DAYS = 36_500  # further back than anybody bought anything
REGISTRATION_DAYS = 30
FOUND_MAX = 3  # at the till


class SearchForm(Form):
    """Who stands at the till, by any of these."""

    loyaltyCardNumber = Text(attribute="loyalty_card_number")
    phone = Text()
    email = Text()
    firstName = Text(attribute="first_name")
    lastName = Text(attribute="last_name")
    city = Text()
    postcode = Text(attribute="postal")


class LevelChoiceForm(Form):
    levelId = Uuid(attribute="level")


@blueprint.route("/customer/register", methods=["POST"])
@form("customer", CustomerForm)
@blueprint.response(200, schemas.Registered)
@allow(*STAFF)
def register_customer(data: dict[str, Any]) -> Response:
    """Register a customer."""
    return registration.register(data)


@blueprint.route("/customer", methods=["GET"])
@blueprint.response(200, schemas.listed("customers", schemas.CustomerView))
@blueprint.doc(parameters=[*paged_by(sorting.CUSTOMERS), *FILTERS])
@allow(*STAFF)
def list_customers() -> Response:
    """List customers."""
    texts = {column: found for name, column in TEXT_FILTERS.items() if (found := text(name))}
    days, hours = queries.number("daysFromLastTransaction"), queries.number("hoursFromLastUpdate")
    now = clock.now()
    wanted = CustomerFilter(
        texts,
        text("emailOrPhone"),
        strict=bool(flag("strict")),
        manual_level=_by_hand(),
        purchases_count=queries.number("transactionsCount"),
        spent=queries.amount("transactionsAmount"),
        spent_on_average=queries.amount("averageTransactionAmount"),
        bought_since=None if days is None else now - timedelta(days=min(days, YEARS_DAYS)),
        changed_since=None if hours is None else now - timedelta(hours=min(hours, YEARS_DAYS * 24)),
    )
    with listing() as session:
        return customer_pages(session, member_lists.page(session, chains(), wanted, paging(sorting.CUSTOMERS)))


@blueprint.route("/pos/search/customer", methods=["POST"])
@form("search", SearchForm)
@blueprint.response(200, schemas.FoundCustomers)
@allow(*STAFF)
def search_customers(data: dict[str, Any]) -> Response:
    """Find who stands at the till; where more than three answer to it, say more."""
    address = {name: value for name in ("city", "postal") if (value := data.pop(name))}
    texts = {name: value for name, value in data.items() if value}
    if not texts and not address:
        raise BadRequest("Say by what to search: a card, a phone, an address, a name, a city or a postcode.")
    wanted = CustomerFilter(texts, address=address)
    with reading() as session:
        named = finding.by_whole(session, chains(), texts)
        found = Paged(named, len(named)) if named else member_lists.page(session, chains(), wanted, Page(1, FOUND_MAX))
        if found.total > FOUND_MAX:
            response = jsonify(error="to many results")
            response.status_code = 400
            return response
        shown = customer_pages(session, found).get_json()
    return jsonify(customers=shown["customers"])


@blueprint.route("/customer/registrations/daily", methods=["GET"])
@blueprint.response(200, {"type": "object", "additionalProperties": {"type": "integer"}})
@allow("admin")
def show_registrations() -> Response:
    """Say how many customers registered on each of the last thirty days, in the programme's zone."""
    zone = settings().zone
    today = clock.now().astimezone(zone).date()
    days = [today - timedelta(days=back) for back in range(REGISTRATION_DAYS - 1, -2, -1)]
    with listing() as session:
        counts = member_lists.registrations(session, chains(), [datetime.combine(it, time(), zone) for it in days])
    return jsonify({day.isoformat(): count for day, count in zip(days, counts, strict=False)})


@blueprint.route("/customer/<customer>", methods=["GET"])
@blueprint.response(200, schemas.CustomerView)
@allow("admin", "seller", "customer")
def show_customer(customer: str) -> Response:
    """Show a customer; customers see themselves only."""
    with reading() as session:
        return customer_details(session, asked_customer(session, customer))


@blueprint.route("/customer/<customer>", methods=["PUT"])
@form("customer", CustomerChangeForm)
@blueprint.response(200, schemas.CustomerView)
@allow("admin", "seller", "customer")
def change_customer(data: dict[str, Any], customer: str) -> Response:
    """Change a customer; what is not sent stays. Customers change themselves only, and not what the staff decides.

    Another `levelId` puts the customer there by hand, where levels are given by hand. Labels, level, shop, seller and card are the staff's
    to change: of customers they are taken as they are, and refused where they differ. A customer who changes the e-mail address or the
    phone, which are names to sign in by, says the `currentPassword`.
    """
    password = data.pop("current_password", None)
    is_own = caller().role == CUSTOMER
    if is_own:
        _require_password(customer, data, password)
    with transaction() as session:
        found = asked_customer(session, customer)
        shown = details_of(session, found)
        require_unchanged("customer", shown)
        if is_own:
            data = _of_oneself(found, data)
            own_edits.require_allowed(session, found, data)
        level = data.pop("level", None)
        if level is not None and (found.level is None or found.level.uuid != level):
            if organizations.terms(session, found.chain_id).levels_by != "hand":
                refuse_to_change(["levelId"])  # which may have moved since it was shown
            customers.assign_level(session, found, level, clock.now())
        if "shop" in data:
            customers.set_shop(session, found, data.pop("shop"), clock.now())
        if "seller" in data:
            staff.assign_seller(session, found, data.pop("seller"), clock.now())
        customers.change(session, found, data, clock.now())
        return customer_details(session, found)


def _require_password(customer: str, data: dict[str, Any], password: str | None) -> None:
    """Before the transaction: to compare passwords is slow. Raises WrongPassword."""
    with reading() as session:
        found = asked_customer(session, customer)
        changed = own_edits.needing_password(found, data)
        known = logins.password_hash(session, login_id()) if changed else None
        own_edits.require_allowed(session, found, changed)
    if not changed:
        return
    counted("change myself")  # it tells which addresses and phones are taken
    if not password:
        raise WrongPassword("Say your current password to change this.", field=next(iter(changed)))
    with braked("change password", str(login_id()), WrongPassword, each_try=True):
        logins.require_password(known, password)


def _of_oneself(customer: Customer, data: dict[str, Any]) -> dict[str, Any]:
    """What the staff decides comes back from clients as it is, and is left out. Raises InvalidForm."""
    fields = {field.attribute or name: name for name, field in CustomerChangeForm().fields.items()}
    refuse_to_change([fields[name] for name in own_edits.of_staff(customer, data)])
    return {name: value for name, value in data.items() if name not in own_edits.DECIDED_BY_STAFF}


def _by_hand() -> UUID | bool | None:
    """The level that was given by hand: which; or, as 3.2's console asks, whether there is one. Raises BadRequest."""
    sent = (queries.text("manuallyAssignedLevel") or "").lower()
    return queries.FLAGS[sent] if sent in queries.FLAGS else queries.uuid("manuallyAssignedLevel")


@blueprint.route("/customer/<customer>/status", methods=["GET"])
@blueprint.response(200, schemas.CustomerStatusView)
@allow("admin", "seller", "customer")
def show_status(customer: str) -> Response:
    """Show a customer's points and level; customers see their own only."""
    return registration.status(customer)


@blueprint.route("/customer/<customer>/points", methods=["GET"])
@blueprint.response(200, schemas.PointsView)
@blueprint.doc(parameters=POINTS_PARAMETERS)
@allow("admin", "seller", "customer")
def show_points(customer: str) -> Response:
    """Show a customer's points as of now, or of a past moment, and what expires soon; customers see their own only."""
    return points_of(customer)


@blueprint.route("/admin/customer/<customer>/status", methods=["GET"])
@blueprint.response(200, schemas.CustomerStatusView)
@allow("admin")
def show_status_to_admin(customer: str) -> Response:
    """Show a customer's points and level."""
    return registration.status(customer)


@blueprint.route("/admin/customer/<customer>/<any(activate, deactivate):action>", methods=["POST"])
@blueprint.response(200, {"type": "string"})
@allow("admin")
def switch_customer(customer: str, action: str) -> Response:
    """Activate a customer, or block one: no signing in, no buying."""
    return registration.switch(customer, on=action == "activate")


@blueprint.route("/customer/<customer>/level", methods=["POST"])
@form(None, LevelChoiceForm)
@blueprint.response(200, {"type": "array", "items": {}})
@allow(*STAFF)
def assign_level(data: dict[str, Any], customer: str) -> Response:
    """Put a customer on a level by hand."""
    if data["level"] is None:
        return lacking(levelId="field is required")
    with transaction() as session:
        customers.assign_level(session, customers.get(session, customer, chains()), data["level"], clock.now())
    return jsonify([])


@blueprint.route("/customer/<customer>/pos", methods=["POST"])
@form(None, ShopChoiceForm)
@blueprint.response(200, {"type": "array", "items": {}})
@allow(*STAFF)
def assign_shop(data: dict[str, Any], customer: str) -> Response:
    """Say in which shop a customer is at home."""
    return registration.assign_shop(customer, data["shop"])


@blueprint.route("/customer/<customer>/levels", methods=["GET"])
@blueprint.response(200, schemas.listed("levels", schemas.LevelChangeView))
@allow("admin", "seller", "customer")
def show_level_history(customer: str) -> Response:
    """List the levels on which a customer has stood, the latest first; customers see their own only."""
    with reading() as session:
        found = customers.level_history(session, asked_customer(session, customer).id)
        return jsonify(levels=[member_views.level_change(it) for it in found], total=len(found))


@blueprint.route("/customer/<customer>/remove-manually-level", methods=["POST"])
@blueprint.response(200, {"type": "array", "items": {}})
@allow(*STAFF)
def release_level(customer: str) -> Response:
    """Take back a level given by hand."""
    with transaction() as session:
        reached.release(session, customers.get(session, customer, chains()), clock.now())
    return jsonify([])
