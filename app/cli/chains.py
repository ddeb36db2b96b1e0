"""`guerdon chain …` and `guerdon token …`: retailers, their apps, who may act for them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import click

from app import clock
from app.access import permissions, tokens
from app.cli.root import errors_as_messages, main, opened
from app.organizations import chains
from app.organizations.details import ChainDetails
from app.organizations.models import LEVELS_BY, POINTS_DAYS_MAX, POINTS_EXPIRIES, UNITS, Chain
from app.organizations.scope import EVERY_CHAIN
from app.settings import from_environment


@main.group("chain")
def chain_group() -> None:
    """Chains: retailers with a programme of their own. The first one is there from the beginning."""


@chain_group.command("list")
@errors_as_messages
def list_chains() -> None:
    """List the chains and their terms, businesses, staff and apps."""
    with opened(from_environment()).reading() as session:
        for chain in chains.of_scope(session, EVERY_CHAIN):
            closed = f"  CLOSED since {chain.closed_at:%Y-%m-%d %H:%M} UTC, while it moves" if chain.closed_at else ""
            click.echo(f"{chain.id}  {chain.name}  {chain.currency}  {chain.time_zone}{_programme(chain)}{closed}")
            for business in chains.businesses(session, chain.id):
                click.echo(f"   business {business.id}  {business.name}  division {business.division_id}")
            for name, may_write in permissions.permissions(session, chain.id):
                click.echo(f"   staff {name} {'may write' if may_write else 'may read'}")
            for app in chains.apps(session, EVERY_CHAIN):
                if app.chain_id == chain.id:
                    click.echo(f"   app {app.hostname}  api key {app.api_key}")


LISTED = ("matches_by", "delivery_skus", "earning_statuses", "spending_statuses")  # with commas between them
TERMS = [
    click.option("--currency", help="ISO code; EUR for a new chain."),
    click.option("--time-zone", help="As Europe/Amsterdam; UTC for a new chain."),
    click.option(
        "--referral-window",
        help="How long after signing up a referral code may be applied, as `30 day`; without it, at sign-up only.",
    ),
    click.option(
        "--third-party-voucher-ids/--no-third-party-voucher-ids", default=None, help="Number vouchers for tills."
    ),
    click.option(
        "--divisions/--no-divisions",
        "has_divisions",
        default=None,
        help="Tell divisions of campaigns, and filter by them.",
    ),
    click.option(
        "--points-expire",
        help="When points given from now on expire: `never`, after `365 days`, at the `month_end` or the `year_end`.",
    ),
    click.option(
        "--levels-by", type=click.Choice(LEVELS_BY), help="What customers reach levels by; `hand` for a new chain."
    ),
    click.option(
        "--level-days",
        type=click.IntRange(0, POINTS_DAYS_MAX),
        help="Only what was bought or earned in the last so many days counts; 0: all that ever was.",
    ),
    click.option(
        "--matches-by", help="Whose a sale is, the first that is known, as `loyalty_card_number,email,phone`."
    ),
    click.option(
        "--earning-statuses",
        help="Of which customers sales and events earn points by rules, as `new,active`; `active` for a new chain.",
    ),
    click.option(
        "--spending-statuses",
        help="Which customers may buy and be given what campaigns have; `active` for a new chain.",
    ),
    click.option(
        "--profile-edits/--no-profile-edits",
        "allows_profile_edits",
        default=None,
        help="Whether customers may change their own details; they may in a new chain.",
    ),
    click.option("--delivery-skus", help="Products that are the cost of delivery, with commas between them."),
    click.option(
        "--points-locked-days",
        "points_days_locked",
        type=click.IntRange(0, POINTS_DAYS_MAX),
        help="How many days points that are given from now on cannot be spent yet; 0 for a new chain.",
    ),
]


def chain_terms(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(TERMS):
        command = option(command)
    return command


@chain_group.command("add")
@click.argument("name")
@chain_terms
@errors_as_messages
def add_chain(name: str, **details: Any) -> None:
    """Add a chain."""
    with opened(from_environment()).transaction() as session:
        chain = chains.create(session, _terms({"name": name, **details}), clock.now())
    click.echo(f"Chain {chain.id} is {chain.name}.")


@chain_group.command("change")
@click.argument("chain", type=int)
@click.option("--name")
@chain_terms
@errors_as_messages
def change_chain(chain: int, **details: Any) -> None:
    """Change a chain; what is not named stays."""
    with opened(from_environment()).transaction() as session:
        known = chains.get(session, chain)
        before = chains.details(known)
        changed = chains.details(chains.change(session, chain, _terms(details, vars(before))))
    click.echo(f"Chain {chain} is changed.")
    if (changed.levels_by, changed.level_days) != (before.levels_by, before.level_days) and changed.levels_by != "hand":
        click.echo("Customers move to the levels that they have reached by now within the hour, by `guerdon worker`.")


@chain_group.command("business")
@click.argument("chain", type=int)
@click.argument("name")
@click.option("--division-id", help="What SessionM's clients call it; a new UUID unless given.")
@errors_as_messages
def add_business(chain: int, name: str, division_id: str | None) -> None:
    """Add a business (a branch, a division) to CHAIN."""
    with opened(from_environment()).transaction() as session:
        business = chains.add_business(session, chain, name, division_id)
    click.echo(f"Business {business.id} of chain {chain} is {name}.")


@chain_group.command("rename-business")
@click.argument("business", type=int)
@click.argument("name")
@errors_as_messages
def rename_business(business: int, name: str) -> None:
    """Give BUSINESS another name."""
    with opened(from_environment()).transaction() as session:
        chains.rename_business(session, business, name)
    click.echo(f"Business {business} is {name}.")


@chain_group.command("app")
@click.argument("hostname")
@click.option("--chain", type=int, help="Whose it is.")
@click.option("--none", "none", is_flag=True, help="Take it from its chain: it opens nothing any more.")
@errors_as_messages
def set_app(hostname: str, chain: int | None, none: bool) -> None:
    """Register the HOSTNAME of an app, and whose it is."""
    if none == (chain is not None):
        raise click.ClickException("Say whose it is with --chain, or --none.")
    with opened(from_environment()).transaction() as session:
        app = tokens.give_app(session, hostname, chain, clock.now())
    click.echo(f"{hostname} belongs to {f'chain {chain}' if chain else 'no chain'}; its api key is {app.api_key}.")


@chain_group.command("permit")
@click.argument("username")
@click.argument("chain", type=int)
@click.option("--write/--read", "write", default=True, help="Read and write, or only read.")
@click.option("--none", "none", is_flag=True, help="Take the permission back.")
@errors_as_messages
def permit(username: str, chain: int, write: bool, none: bool) -> None:
    """Let a member of the staff act for CHAIN."""
    with opened(from_environment()).transaction() as session:
        permissions.permit(session, username, chain, None if none else write)
    click.echo(f"{username} may {'nothing' if none else 'read and write' if write else 'read'} for chain {chain}.")


@main.group("token")
def token_group() -> None:
    """Access tokens of partners (Spaaza's privileged authentication)."""


@token_group.command("create")
@click.argument("name")
@click.option("--app", "hostname", help="The app for whose chain it acts.")
@click.option("--any-app", is_flag=True, help="Instead: for the chain of whichever app each request names.")
@click.option("--write/--read", "write", default=False, help="Read and write, or only read (and interact).")
@click.option("--days", type=click.IntRange(1, 36_500), help="When it expires; never, without it.")
@errors_as_messages
def create_token(name: str, hostname: str | None, any_app: bool, write: bool, days: int | None) -> None:
    """Create an access token and print it: only its hash is kept."""
    if any_app == (hostname is not None):
        raise click.ClickException("Say for which app with --app, or --any-app.")
    now = clock.now()
    with opened(from_environment()).transaction() as session:
        app = chains.app(session, hostname) if hostname else None
        expires_at = now + timedelta(days=days) if days else None
        made, token = tokens.create_token(session, name, app, write, now, expires_at)
    click.echo(f"Token {made.id}, shown only now:", err=True)
    click.echo(token)


@token_group.command("list")
@errors_as_messages
def list_tokens() -> None:
    """List the tokens, without the tokens themselves."""
    with opened(from_environment()).reading() as session:
        for token, hostname in tokens.tokens(session, EVERY_CHAIN):
            state = (
                "revoked" if token.revoked_at else f"until {token.expires_at:%Y-%m-%d}" if token.expires_at else "valid"
            )
            click.echo(
                f"{token.id}  {token.name}  {hostname or 'any app'}  {'write' if token.may_write else 'read'}  {state}"
            )


@token_group.command("revoke")
@click.argument("token", type=int)
@errors_as_messages
def revoke_token(token: int) -> None:
    """Revoke a token by its number; it opens nothing any more."""
    with opened(from_environment()).transaction() as session:
        tokens.revoke_token(session, token, clock.now())
    click.echo(f"Token {token} is revoked.")


def _terms(details: dict[str, Any], known: dict[str, Any] | None = None) -> ChainDetails:
    """A chain's details: those that were given, and otherwise those that it has."""
    window, expiry = details.pop("referral_window", None), details.pop("points_expire", None)
    listed = {name: details.pop(name, None) for name in LISTED}
    terms = {**(known or {}), **{name: value for name, value in details.items() if value is not None}}
    if window:
        quantity, _, unit = window.partition(" ")
        if not quantity.isdecimal() or unit not in UNITS:
            raise click.ClickException(f"A referral window is a number and one of {', '.join(UNITS)}, like `30 day`.")
        terms |= {"referral_window_quantity": int(quantity), "referral_window_unit": unit}
    if expiry:
        days, _, unit = expiry.partition(" ")
        if days.isdecimal() and unit in ("day", "days"):
            terms |= {"points_expiry": "after_days", "points_days_active": int(days)}
        elif expiry in POINTS_EXPIRIES and expiry != "after_days":
            terms |= {"points_expiry": expiry, "points_days_active": None}
        else:
            raise click.ClickException(
                "Points expire `never`, after days like `365 days`, at the `month_end` or the `year_end`."
            )
    terms |= {
        name: [it.strip() for it in text.split(",") if it.strip()] for name, text in listed.items() if text is not None
    }
    terms["level_days"] = terms.get("level_days") or None
    return ChainDetails(**terms)


def _programme(chain: Chain) -> str:
    """Of points, levels and profiles, what differs from a new chain's terms."""
    said = []
    if chain.referral_window_unit is not None:
        said.append(f"referral codes for {chain.referral_window_quantity} {chain.referral_window_unit}")
    if chain.points_expiry != "never":
        expiry = f"after {chain.points_days_active} days" if chain.points_days_active else chain.points_expiry
        said.append(f"points expire {expiry.replace('_', ' ')}")
    if chain.points_days_locked:
        said.append(f"points are locked for {chain.points_days_locked} days")
    if chain.levels_by != "hand":
        said.append(f"levels by {chain.levels_by}" + (f" of {chain.level_days} days" if chain.level_days else ""))
    if not chain.allows_profile_edits:
        said.append("customers do not change their profiles")
    return "".join(f"  {it}" for it in said)
