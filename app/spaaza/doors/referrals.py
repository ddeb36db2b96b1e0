"""complete-referral-relation and apply-referral-code."""

from flask import Response
from sqlalchemy.orm import Session

from app import clock
from app.campaign.errors import ReferralCodeUnknown
from app.campaign.listings import chain_campaigns
from app.campaign.triggers import referrals
from app.members import customers, identifiers
from app.organizations import chains
from app.spaaza import access, codes, envelope, schemas, views
from app.spaaza.calls import STAFF, call
from app.spaaza.identify import customer_id, entity_of
from app.spaaza.parameters import Parameters, parameters
from app.web.door import note_subject, transaction
from app.web.rejected import Rejected

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
    results=schemas.RelationResult,
)
def complete() -> Response:
    """Reward the referring user of a referral, once, without waiting for a purchase."""
    sent = parameters()
    entity, campaign = sent.block("entity"), sent.block("campaign")
    blocks = sent.block("referring_user"), sent.block("referred_user")
    entity_type, entity_id = entity_of(entity)
    campaign.required("campaign_id", campaign.values.get("campaign_id"))
    campaign_id = campaign.whole("campaign_id")
    if campaign_id is None:
        raise Rejected(codes.CAMPAIGN_NOT_FOUND)
    named = [_named(block) for block in blocks]
    with transaction() as session:
        chain_id = _chain(session, entity_type, entity_id)
        access.enter(session, chain_id, write=True)
        referring, referred = (identifiers.customer_id(session, one, chain_id, forgiving=True) for one in named)
        relation = referrals.get(session, chain_id, campaign_id, referring, referred)
        referrals.complete(session, relation, clock.now(), access.actor())
        note_subject(relation=relation.id)
        profiles = chain_campaigns.profiles(session, [referring, referred])
        award = chain_campaigns.relation_award(session, relation)
        answer = views.relation(relation, profiles, award, chains.get(session, chain_id))
    return envelope.ok(COMPLETE, {"referral_relation": answer})


@call(
    APPLY,
    "POST",
    write=True,
    prefix="/auth",
    infers_chain=True,
    knows=("user", "campaign_id"),
    parameters={
        "referral_code*": "The code of whoever recommended the programme.",
        "user_id": "The customer, or another identifier, or all of them inside `user`; for the staff and partners.",
        "campaign_id": "Only in this campaign.",
    },
    results=schemas.RelationsResult,
)
def apply() -> Response:
    """Note by whom a user was referred, within the chain's window after signing up."""
    sent = parameters()
    code = sent.required("referral_code", sent.text("referral_code"))
    with access.guessing_is_braked("referral code", ReferralCodeUnknown), transaction() as session:
        # The code is the referring user's; it identifies nobody here.
        named = sent.block("user").values if sent.has("user") else sent.values
        user = Parameters({name: value for name, value in named.items() if name != "referral_code"})
        customer = customers.get_by_id(session, customer_id(session, user))
        done = referrals.apply_code(
            session, customer, code, clock.now(), access.actor(), only_campaign=sent.whole("campaign_id", 0)
        )
        made = done.relations
        note_subject(customer=customer.uuid)
        profiles = chain_campaigns.profiles(session, [customer.id, made[0].referring_id])
        chain = chains.get(session, customer.chain_id)
        answer = [views.relation(relation, profiles, None, chain) for relation in made]
    return envelope.ok(APPLY, {"referral_relations": answer}, envelope.warnings(APPLY, done.unrewarded))


def _named(block: Parameters) -> dict[str, object]:
    named = block.identifiers()
    if not named:
        raise Rejected(codes.HTTP_VARS_MISSING, "A user is named by at least one identifier.")
    return named


def _chain(session: Session, entity_type: str, entity_id: int) -> int:
    if entity_type == "business":
        return chains.business(session, entity_id).chain_id
    return chains.get(session, entity_id).id
