"""Which customer a call is about."""

from app.db.prepared import Executor
from app.members import identifiers
from app.spaaza import access, codes
from app.spaaza.parameters import Parameters
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
        if named and named != {"id": own} and identifiers.customer_id(executor, named, access.chain_id()) != own:
            raise Rejected(codes.ENTITY_MISMATCH)
        return own
    if not named:
        raise Rejected(codes.NO_VALID_USER)
    if trusting and named.keys() == {"id"}:
        return int(named["id"])
    return identifiers.customer_id(executor, named, access.chain_id())
