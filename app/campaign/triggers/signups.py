"""Sign up: a customer, an account, what the chain's sign-up campaigns give, and who recommended the programme."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.access import logins
from app.campaign.awards.give import Actor, Unrewarded, give_all
from app.campaign.triggers import referrals
from app.campaign.triggers.referrals import Referred
from app.members import customers, sizes
from app.members.customers import PLAIN, Joining, Person
from app.members.models import Customer
from app.points import ledger
from app.sales import earning, levels


@dataclass(frozen=True)
class SignUp:
    """The new customer, and the campaigns that did not reward the sign-up, and why."""

    customer: Customer
    unrewarded: list[Unrewarded]


def sign_up(
    session: Session,
    person: Person,
    now: datetime,
    actor: Actor,
    password_hash: str | None = None,
    joining: Joining = PLAIN,
    referral_code: str | None = None,
    invited_by: int | None = None,
) -> SignUp:
    """Register a customer, and open a login and an account. Who is `new` is welcomed, and counts as referred, when they are activated.

    Raises as `customers.register` and, for a referral code, `referrals.apply_code` do.
    """
    customer = customers.register(session, person, now, joining)
    logins.open_for_customer(session, customer.id, password_hash)
    ledger.open_account(session, customer.id)
    session.flush()
    unrewarded = _welcome(session, customer, now, actor) if customer.is_active else []
    referred: Referred | None = None
    if referral_code is not None and customer.is_active:
        referred = referrals.apply_code(session, customer, referral_code, now, actor, at_sign_up=True)
    elif referral_code is not None:
        referrals.promise(session, customer, referral_code, now)
    elif invited_by is not None:
        customer.referred_by_id = invited_by  # who was invited is welcome, whatever has become of the campaigns
        if customer.is_active:
            referred = referrals.keep_promise(session, customer, now, actor)
    unrewarded += _of_referral(session, referred, now)
    # Last: all who sign up with this chain wait for this row.
    sizes.add(session, customer.chain_id, customer.level_id, sizes.ANY_SEGMENT, 1)
    levels.follow_points(session, [customer.id], now)  # who is counted now
    return SignUp(customer, unrewarded)


def activate(session: Session, customer: Customer, now: datetime, actor: Actor) -> list[Unrewarded]:
    """Let a customer sign in and buy; a new one is welcomed now. The campaigns that did not reward the sign-up, and why."""
    session.flush()
    involved = [customer.id, *([customer.referred_by_id] if customer.referred_by_id is not None else [])]
    ledger.lock_accounts(session, involved)  # before the customer's row, as everybody
    session.refresh(customer, with_for_update={"of": Customer})  # who is activated twice at once is welcomed once
    is_new = customer.status == "new"
    customers.activate(session, customer, now)
    unrewarded = _welcome(session, customer, now, actor) if is_new else []
    if is_new and customer.referred_by_id is not None:
        unrewarded += _of_referral(session, referrals.keep_promise(session, customer, now, actor), now)
    levels.follow_points(session, [customer.id], now)
    return unrewarded


def _of_referral(session: Session, referred: Referred | None, now: datetime) -> list[Unrewarded]:
    """The levels of those who referred somebody follow their points; which referral campaigns gave nothing."""
    if referred is None:
        return []
    levels.follow_points(session, {it.referring_id for it in referred.relations}, now)
    return referred.unrewarded


def _welcome(session: Session, customer: Customer, now: datetime, actor: Actor) -> list[Unrewarded]:
    """Give an active customer what the chain's rules and sign-up campaigns have for one; once, however often one is activated."""
    earning.for_event(session, customer, earning.REGISTERED, now)
    return give_all(session, customer.chain_id, customer.id, "signup", f"signup {customer.id}", {}, now, actor)
