"""Customers with what is printed beside them, in a fixed number of statements a page."""

from typing import Any

from flask import Response, jsonify
from sqlalchemy.orm import Session
from werkzeug.exceptions import Forbidden

from app.access.models import CUSTOMER
from app.campaign.awards.give import Actor
from app.campaign.vouchers import bought
from app.members import customers
from app.members.models import Customer
from app.openloyalty import campaign_views, member_views
from app.openloyalty.formats import paged
from app.organizations import chains as organizations
from app.paging import Paged
from app.web.door import caller, chains


def actor() -> Actor:
    """Who asked, for the records."""
    return Actor(caller().login_id, caller().role)


def asked_customer(session: Session, name: str) -> Customer:
    """The customer who is asked for, by id or card; customers ask for themselves. Raises CustomerNotFound or Forbidden."""
    who = caller()
    if who.role != CUSTOMER:
        return customers.get(session, name, chains())
    own = customers.get(session, str(who.customer), chains())
    if name.lower() != str(who.customer) and name != own.profile.loyalty_card_number:
        raise Forbidden
    return own


def customer_pages(session: Session, found: Paged[Customer]) -> Response:
    ids = [customer.id for customer in found.rows]
    spending = customers.spending(session, ids)
    coupons = bought.latest_by_customer(session, ids, campaign_views.PURCHASES_PRINTED_MAX)
    currencies = organizations.printed_currencies(session, [it.chain_id for it in found.rows])

    def shown(it: Customer) -> dict[str, Any]:
        return member_views.customer(it, currencies[it.chain_id], spending.get(it.id), coupons[it.id])

    return paged("customers", found, shown)


def customer_details(session: Session, customer: Customer) -> Response:
    return jsonify(details_of(session, customer))


def details_of(session: Session, customer: Customer) -> dict[str, Any]:
    """All that is printed of one customer."""
    spending = customers.spending(session, [customer.id])
    coupons = bought.latest_by_customer(session, [customer.id], campaign_views.PURCHASES_PRINTED_MAX)
    segments = [str(uuid) for uuid in customers.segments_of(session, customer.id)]
    currency = organizations.printed_currencies(session, [customer.chain_id])[customer.chain_id]
    return member_views.customer(customer, currency, spending.get(customer.id), coupons[customer.id], segments)
