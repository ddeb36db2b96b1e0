"""Customers with what is printed beside them, in a fixed number of statements a page."""

from flask import Response, jsonify
from sqlalchemy.orm import Session

from app.campaign.awards.give import Actor
from app.campaign.vouchers import bought
from app.members import customers
from app.members.models import Customer
from app.openloyalty import views
from app.paging import Paged
from app.web.door import caller


def actor() -> Actor:
    """Who asked, for the records."""
    return Actor(caller().login_id, caller().role)


def customer_pages(session: Session, found: Paged[Customer]) -> Response:
    ids = [customer.id for customer in found.rows]
    spending = customers.spending(session, ids)
    coupons = bought.latest_by_customer(session, ids, views.PURCHASES_PRINTED_MAX)
    return views.paged("customers", found, lambda it: views.customer(it, spending.get(it.id), coupons[it.id]))


def customer_details(session: Session, customer: Customer) -> Response:
    spending = customers.spending(session, [customer.id])
    coupons = bought.latest_by_customer(session, [customer.id], views.PURCHASES_PRINTED_MAX)
    segments = [str(uuid) for uuid in customers.segments_of(session, customer.id)]
    return jsonify(views.customer(customer, spending.get(customer.id), coupons[customer.id], segments))
