"""`guerdon draw …`: check draws, and let others check them."""

import json

import click

from app import clock
from app.campaign.awards import verification
from app.campaign.listings import chain_campaigns
from app.cli.root import errors_as_messages, main, opened
from app.settings import from_environment


@main.group("draw")
def draw_group() -> None:
    """Draws that can be checked: see docs/draws.md."""


@draw_group.command("verify")
@click.argument("campaign", type=int, required=False)
@errors_as_messages
def verify_draws(campaign: int | None) -> None:
    """Recompute every draw of CAMPAIGN, or of all campaigns. Exits with 1 when one does not agree."""
    database = opened(from_environment())
    broken = 0
    with database.reading() as session:
        database.without_time_limit(session)
        reports = list(verification.verify(session, campaign))
        for report in reports:
            click.echo(f"Campaign {report.campaign.id}, {report.campaign.name}: {report.draws_count:,} draws")
            click.echo(f"   commitment {report.seed.commitment}, made {report.seed.committed_at:%Y-%m-%d %H:%M:%S} UTC")
            for problem in report.problems:
                broken += 1
                click.echo(f"   {problem}")
    if campaign is not None and not reports:
        raise click.ClickException(f"There is no campaign {campaign} that draws.")
    if broken:
        raise SystemExit(1)
    click.echo("All draws agree with their seeds.")


@draw_group.command("export")
@click.argument("campaign", type=int)
@errors_as_messages
def export_draws(campaign: int) -> None:
    """Print CAMPAIGN's draws as JSON, one a line, for whoever wants to recompute them; the seed only when it is over."""
    database = opened(from_environment())
    with database.reading() as session:
        database.without_time_limit(session)
        shown = chain_campaigns.one(session, campaign)
        if shown is None or shown.seed is None:
            raise click.ClickException(f"There is no campaign {campaign} that draws.")
        seed = shown.seed.told(shown, clock.now())
        rewards = [{"reward": method.id, "title": method.title, "weight": method.weight} for method in shown.methods]
        odds = [
            {"revision": it.revision, "weights": [[method, weight] for method, weight, _ in it.rewards]}
            for it in verification.odds(session, campaign)
        ]
        head = {
            "campaign": str(shown.uuid),
            "commitment": shown.seed.commitment,
            "seed": seed,
            "rewards": rewards,
            "odds": odds,
        }
        click.echo(json.dumps(head))
        for row in verification.rows(session, campaign):
            click.echo(
                json.dumps(
                    {
                        "customer": str(row.customer),
                        "number": row.number,
                        "candidates": row.candidates,
                        "ticket": row.ticket,
                        "method": row.method_id,
                        "revision": row.revision,
                    }
                )
            )
