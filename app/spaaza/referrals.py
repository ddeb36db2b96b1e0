"""complete-referral-relation and apply-referral-code."""

from typing import cast

from flask import Response
from sqlalchemy.orm import Session

from app import clock
from app.campaign.listings import chain_campaigns
from app.campaign.triggers import referrals
from app.members import identifiers
from app.members.models import Customer
from app.organizations import chains
from app.spaaza import access, codes, envelope, views
from app.spaaza.calls import STAFF, call
from app.spaaza.envelope import Told
from app.spaaza.identify import customer_id
from app.spaaza.parameters import Parameters, parameters
from app.web.door import names_subject, transaction

COMPLETE = "complete-referral-relation"
APPLY = "apply-referral-code"


@call(
    COMPLETE,
    "POST",
    "GET",
    roles=STAFF,
    write=True,
    chain="",
    prefix="/auth",
    parameters={
        "entity[entity_type]": "chain or business; these may be an object in JSON as well.",
        "entity[entity_id]": "Its id.",
        "campaign[campaign_id]": "The referral campaign.",
        "referring_user[user_id]": "Or referral_code, authentication_point_identifier, username, member_number.",
        "referred_user[user_id]": "Or referral_code, authentication_point_identifier, username, member_number.",
    },
)
def complete() -> Response:
    """Reward the referring user of a referral, once, without waiting for a purchase."""
    told = parameters()
    entity, campaign = told.block("entity"), told.block("campaign")
    blocks = told.block("referring_user"), told.block("referred_user")
    entity_type, entity_id = _entity(entity)
    campaign.required(campaign.values.get("campaign_id"), "campaign_id")
    campaign_id = campaign.whole("campaign_id")
    if campaign_id is None:
        raise Told(codes.CAMPAIGN_NOT_FOUND)
    named = [_named(block) for block in blocks]
    with transaction() as session:
        chain_id = _chain(session, entity_type, entity_id)
        access.enter(session, chain_id, write=True)
        referring, referred = (identifiers.customer_id(session, one, chain_id, forgiving=True) for one in named)
        relation = referrals.found(session, chain_id, campaign_id, referring, referred)
        referrals.complete(session, relation, clock.now(), access.by())
        names_subject(relation=relation.id)
        profiles = chain_campaigns.profiles(session, [referring, referred])
        award = chain_campaigns.relation_award(session, relation)
        answer = views.relation(relation, profiles, award, chains.found(session, chain_id))
    return envelope.ok(COMPLETE, {"referral_relation": answer})


@call(
    APPLY,
    "POST",
    write=True,
    prefix="/auth",
    parameters={"referral_code*": "The code of whoever recommended the programme."},
)
def apply() -> Response:
    """Note by whom a user was referred, within the chain's window after signing up."""
    told = parameters()
    code = cast(str, told.required(told.text("referral_code"), "referral_code"))
    with transaction() as session:
        # The code is the referring user's; it identifies nobody here.
        user = Parameters({name: value for name, value in told.values.items() if name != "referral_code"})
        customer = session.get_one(Customer, customer_id(session, user))
        made = referrals.apply_code(session, customer, code, clock.now(), access.by())
        names_subject(customer=customer.uuid)
        profiles = chain_campaigns.profiles(session, [customer.id, made[0].referring_id])
        chain = chains.found(session, customer.chain_id)
        answer = [views.relation(relation, profiles, None, chain) for relation in made]
    return envelope.ok(APPLY, {"referral_relations": answer})


def _entity(entity: Parameters) -> tuple[str, int]:
    entity_type = cast(str, entity.required(entity.text("entity_type"), "entity_type"))
    if entity_type not in {"chain", "business"}:
        raise Told(codes.CHAIN_ID_NOT_FOUND, "entity_type is chain or business.")
    entity.required(entity.text("entity_id"), "entity_id")
    entity_id = entity.whole("entity_id")
    if entity_id is None:
        raise Told(codes.CHAIN_ID_NOT_FOUND)
    return entity_type, entity_id


def _named(block: Parameters) -> dict[str, object]:
    named = block.identifiers()
    if not named:
        raise Told(codes.HTTP_VARS_MISSING, "A user is named by at least one identifier.")
    return named


def _chain(session: Session, entity_type: str, entity_id: int) -> int:
    if entity_type == "business":
        return chains.business(session, entity_id).chain_id
    return chains.found(session, entity_id).id
