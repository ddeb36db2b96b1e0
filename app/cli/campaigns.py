"""`guerdon campaign …`: switch on and off, end for good, tell whom they are for."""

import click
from sqlalchemy import func, select

from app import clock
from app.campaign.audience import visibility_sql
from app.campaign.listings import chain_campaigns
from app.campaign.setup import campaigns
from app.cli.root import errors_as_messages, main, opened
from app.members.models import Customer
from app.organizations.scope import EVERY_CHAIN
from app.settings import from_environment


@main.group("campaign")
def campaign_group() -> None:
    """Campaigns, by their number (campaign_id)."""


def _change(campaign_id: int, action: str) -> None:
    with opened(from_environment()).transaction() as session:
        found = chain_campaigns.one(session, campaign_id)
        if found is None:
            raise click.ClickException(f"There is no campaign {campaign_id}.")
        if action == "complete":
            changed = campaigns.complete(session, found.uuid, EVERY_CHAIN, clock.now())
        else:
            changed = campaigns.switch(session, found.uuid, action == "resume", EVERY_CHAIN, clock.now())
        click.echo(f"Campaign {campaign_id}, {changed.name}, is {changed.lifecycle}.")


@campaign_group.command("customers")
@click.argument("campaign", type=int)
@click.option("--list", "listed", is_flag=True, help="Print their UUIDs, one a line, instead of how many they are.")
@errors_as_messages
def customers(campaign: int, listed: bool) -> None:
    """Tell for how many customers CAMPAIGN is now: its audience, as far as its restrictions admit it."""
    database = opened(from_environment())
    with database.reading() as session:
        database.without_time_limit(session)
        if chain_campaigns.one(session, campaign) is None:
            raise click.ClickException(f"There is no campaign {campaign}.")
        condition = visibility_sql.qualifying(session, campaign, clock.now())
        if listed:
            for uuid in session.scalars(select(Customer.uuid).where(condition).order_by(Customer.id)):
                click.echo(uuid)
        else:
            click.echo(session.scalar(select(func.count()).select_from(Customer).where(condition)))


@campaign_group.command("pause")
@click.argument("campaign", type=int)
@errors_as_messages
def pause(campaign: int) -> None:
    """Switch CAMPAIGN off, for now."""
    _change(campaign, "pause")


@campaign_group.command("resume")
@click.argument("campaign", type=int)
@errors_as_messages
def resume(campaign: int) -> None:
    """Switch CAMPAIGN on. A completed one stays completed."""
    _change(campaign, "resume")


@campaign_group.command("complete")
@click.argument("campaign", type=int)
@errors_as_messages
def complete(campaign: int) -> None:
    """End CAMPAIGN for good. It never gives anything again, and the seed of its draws is published."""
    _change(campaign, "complete")
