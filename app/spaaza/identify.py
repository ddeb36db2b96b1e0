"""Which customer, voucher or retailer a call is about."""

from collections.abc import Mapping
from typing import Any

from app.campaign.vouchers.lookup import VoucherIdentifiers
from app.db.prepared import Executor
from app.members import identifiers
from app.refusal import Refusal
from app.spaaza import access, codes
from app.spaaza.parameters import KEY, Parameters, invalid
from app.web.door import caller
from app.web.rejected import Rejected


def customer_id(executor: Executor, sent: Parameters, trusting: bool = False) -> int:
    """The customer that staff and partners name, or the caller himself, who may name nobody else.

    `trusting` passes a user_id on unseen: what is done next finds out whether there is such a customer in the chain.
    Raises 154, 267 when nobody is named, 270, 405 or 416.
    """
    named = sent.identifiers()
    own = caller().customer_id
    if own is not None:
        if named and named != {"id": own} and not _names(executor, named, own):
            raise Rejected(codes.ENTITY_MISMATCH)
        return own
    if not named:
        raise Rejected(codes.NO_VALID_USER)
    if trusting and named.keys() == {"id"}:
        return int(named["id"])
    return identifiers.customer_id(executor, named, access.chain_id())


def _names(executor: Executor, named: Mapping[str, Any], customer_id: int) -> bool:
    """All of it names this customer. Whether something names somebody else, or nobody, is not told."""
    try:
        return identifiers.customer_id(executor, named, access.chain_id()) == customer_id
    except Refusal:
        return False


def voucher_identifiers(sent: Parameters) -> VoucherIdentifiers:
    """The voucher that these values name. Raises 3 or 419."""
    key = sent.text("voucher_key")
    if key is not None and not KEY.fullmatch(key):
        raise invalid("voucher_key", "64 hexadecimal digits in lower case")
    named = VoucherIdentifiers(key, sent.whole("voucher_id", 0), sent.whole("third_party_id", 0))
    if named == VoucherIdentifiers():
        raise Rejected(codes.HTTP_VARS_MISSING, "Name the voucher: voucher_key, voucher_id or third_party_id.")
    return named


def entity_of(entity: Parameters) -> tuple[str, int]:
    """The kind and the id of a chain or a business. Raises 3 or 217."""
    entity_type = entity.required("entity_type", entity.text("entity_type"))
    if entity_type not in {"chain", "business"}:
        raise Rejected(codes.CHAIN_ID_NOT_FOUND, "entity_type is chain or business.")
    entity.required("entity_id", entity.text("entity_id"))
    entity_id = entity.whole("entity_id")
    if entity_id is None:
        raise Rejected(codes.CHAIN_ID_NOT_FOUND)
    return entity_type, entity_id
