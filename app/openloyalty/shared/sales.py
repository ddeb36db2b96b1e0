"""Sales: what all roles share. Open Loyalty calls them transactions."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Response, jsonify
from sqlalchemy.orm import Session

from app import clock
from app.access.models import CUSTOMER
from app.amounts import number
from app.campaign.awards.give import Unrewarded
from app.campaign.triggers import sales
from app.members import customers
from app.members.errors import CustomerNotFound
from app.members.models import Customer
from app.openloyalty import queries, sale_views, sorting
from app.openloyalty.formats import paged
from app.openloyalty.queries import filters, paging
from app.openloyalty.shared import people
from app.organizations import chains as organizations
from app.paging import Page
from app.sales import listing, matching, recording
from app.sales.errors import AlreadyAssigned, BadSale, SaleNotFound
from app.sales.listing import SaleFilter
from app.sales.models import Sale
from app.sales.recording import Labels, NewSale, SaleDetails
from app.web.door import caller, chains, note_chain, note_subject, note_unrewarded, own_chain, reading, transaction
from app.web.door import listing as listing_session

SALE_FILTERS = filters(
    "customerId",
    "documentNumber",
    "documentType",
    "posId",
    "assignedToCustomer",
    "purchaseDateFrom",
    "purchaseDateTo",
    "customerEmail",
    "customerPhone",
    "customerLoyaltyCardNumber",
)


def record(reported: SaleDetails) -> Response:
    """Record a sale or a return, once."""
    with transaction() as session:
        return jsonify(transactionId=str(recorded(session, reported).uuid))


def recorded(session: Session, reported: SaleDetails) -> Sale | NewSale:
    """The sale, and what it is told of it to whoever watches."""
    done = sales.record(session, own_chain(), reported, clock.now(), people.actor())
    _note(done.unrewarded)
    note_chain(done.sale.chain_id)
    note_subject(transaction=done.sale.uuid)
    return done.sale


def simulate(reported: SaleDetails) -> Response:
    """What a sale would earn; nothing is recorded."""
    with reading() as session:
        return jsonify(points=number(sales.simulate(session, own_chain(), reported, clock.now()).total))


def assign(data: dict[str, Any]) -> Response:
    """Say whose a transaction was."""
    with transaction() as session:
        sale = recording.find(session, own_chain(), data["number"])
        if sale is None:
            raise SaleNotFound(field="number")
        customer = _named(session, sale, data)
        try:
            _note(sales.assign(session, sale, customer, clock.now(), people.actor()))
        except AlreadyAssigned as e:
            raise AlreadyAssigned(str(e), field="number") from e
        note_subject(transaction=sale.uuid, customer=customer.uuid)
        return jsonify(transactionId=str(sale.uuid))


def label(data: dict[str, Any]) -> Response:
    """Put other labels on a transaction."""
    with transaction() as session:
        try:
            sale = recording.get(session, data["sale"], chains())
        except SaleNotFound as e:
            raise SaleNotFound(field="sale") from e
        return _labelled(session, sale, data["labels"], adds=False)


def label_own(data: dict[str, Any]) -> Response:
    """Put more labels on a transaction of the caller's own."""
    with transaction() as session:
        sale = recording.find(session, own_chain(), data["number"])
        if sale is None or sale.customer_id != caller().customer_id:
            raise SaleNotFound(field="number")
        return _labelled(session, sale, data["labels"], adds=True)


def _labelled(session: Session, sale: Sale, labels: Labels, adds: bool) -> Response:
    recording.label(session, sale.id, labels, adds)
    note_subject(transaction=sale.uuid)
    return jsonify(transactionId=str(sale.uuid))


def _named(session: Session, sale: Sale, data: dict[str, Any]) -> Customer:
    """By the first that was sent: a UUID, a card, a phone. Raises CustomerNotFound, or BadSale when none was."""
    buyer = {"loyalty_card_number": data["card"], "phone": data["phone"]}
    try:
        if data["customer"]:
            return customers.get(session, data["customer"], {sale.chain_id})
        if not any(buyer.values()):
            raise BadSale("Fill at least one customer field", field="customer")
        found = matching.find(session, sale.chain_id, buyer)
        if found is None:
            raise CustomerNotFound
        return customers.get_by_id(session, found)
    except CustomerNotFound as e:
        raise CustomerNotFound(field="customer") from e


def list_sales(customer: UUID | None = None) -> Response:
    """The sales of one customer, or of all."""
    kind, matched = queries.choice("documentType", ("sell", "return")), queries.flag("assignedToCustomer")
    since, until = queries.period("purchaseDate")
    wanted = SaleFilter(
        customer=customer or queries.uuid("customerId"),
        number=queries.text("documentNumber"),
        is_return=None if kind is None else kind == "return",
        is_matched=matched,
        shop=queries.uuid("posId"),
        since=since,
        until=until,
        of_buyer={
            name: text
            for name, text in (
                ("email", (queries.text("customerEmail") or "").lower()),
                ("phone", queries.text("customerPhone")),
                ("loyalty_card_number", queries.text("customerLoyaltyCardNumber")),
            )
            if text
        },
    )
    with reading() as session:
        known = customers.account_uuid(session, wanted.customer) if wanted.customer is not None else None
    return _page(replace(wanted, customer=known or wanted.customer), paging(sorting.SALES))


def list_of_document(document: str) -> Response:
    """The sales with this number: one, or none."""
    return _page(SaleFilter(number=document), paging(sorting.SALES))


def show(uuid: UUID) -> Response:
    """One sale; customers see their own only."""
    with reading() as session:
        sale = recording.get(session, uuid, chains())
        if caller().role == CUSTOMER and sale.customer_id != caller().customer_id:
            raise SaleNotFound
        [row] = listing.listed(session, [sale])
        return jsonify(sale_views.transaction(row, _currency(session, sale.chain_id)))


def _page(wanted: SaleFilter, page: Page) -> Response:
    with listing_session() as session:
        found = listing.page(session, chains(), wanted, page)
        currencies = {it.sale.chain_id: _currency(session, it.sale.chain_id) for it in found.rows}
        return paged("transactions", found, lambda row: sale_views.transaction(row, currencies[row.sale.chain_id]))


def _currency(session: Session, chain_id: int) -> str:
    return organizations.get(session, chain_id).currency.lower()


def _note(unrewarded: list[Unrewarded]) -> None:
    for it in unrewarded:
        note_unrewarded(it.campaign_id, it.reasons[0].code, is_answered=False)
