"""Documents of campaigns: what is written is read back, whatever it says; and becomes another without losing what was given."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy.orm import Session

from app.campaign import invariants
from app.campaign.awards.give import SYSTEM
from app.campaign.document import documents, problems, shape
from app.campaign.document.spec import CampaignSpec
from app.campaign.models.campaigns import Campaign
from app.campaign.setup import campaigns
from app.organizations.scope import EVERY_CHAIN
from tests.campaign.document import drafts
from tests.world import PLAYS, World

PLAYED = settings(
    max_examples=PLAYS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=[Phase.generate],  # a play is a hundred statements: making it smaller would take minutes
    database=None,
)
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


class Undone(Exception):
    """Ends a transaction of which nothing is kept."""


def understood(session: Session, world: World, document: dict[str, Any]) -> CampaignSpec:
    [found] = documents.understood(session, world.chain_id, [document], {})
    assert [(it.path, str(it.refusal)) for it in found.problems] == []
    assert found.spec is not None
    return found.spec


def created(session: Session, world: World, document: dict[str, Any]) -> Campaign:
    return campaigns.create(session, understood(session, world, document), NOW, world.chain_id)


def test_a_random_document_is_read_back_as_it_was_and_becomes_any_other(world: World) -> None:
    following = {it: it if it == "inreview" else "live" for it in ("draft", "inreview", "live", "paused")}

    @PLAYED
    @given(drafts.documents(), drafts.documents(lifecycle="live"))
    def play(first: dict[str, Any], second: dict[str, Any]) -> None:
        assert shape.printed(shape.read(first).spec, {}, None, "UTC") | {"audience": first["audience"]} == first
        second["lifecycle"] = following[first["lifecycle"]]
        try:
            with world.database.transaction() as session:
                made = created(session, world, first)
                assert documents.one(session, made.id) == first
                campaigns.put(session, made.uuid, understood(session, world, second), EVERY_CHAIN, NOW, SYSTEM, 1)
                assert documents.one(session, made.id) == second
                assert made.stock.revision == (1 if first == second else 2)
                campaigns.put(session, made.uuid, understood(session, world, second), EVERY_CHAIN, NOW, SYSTEM)
                assert made.stock.revision == (1 if first == second else 2)
                assert [(b.invariant.name, b.rows) for b in invariants.check(session)] == []
                raise Undone
        except Undone:
            pass

    play()


def test_what_a_document_leaves_out_has_its_default(world: World) -> None:
    short = {"key": "coffee", "name": "Free coffee", "sale": {"coupon_kind": "gift_code"}}
    with world.database.transaction() as session:
        made = created(session, world, short)
        whole = documents.one(session, made.id)
        assert documents.one(session, made.id) == shape.printed(shape.read(whole).spec, {}, None, "UTC")
        assert (whole["lifecycle"], whole["price"], whole["audience"]["everyone"]) == ("draft", "0.00", False)
        assert not list(problems.problems(understood(session, world, whole)))
