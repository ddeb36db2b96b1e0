"""The document's own samples, replayed against the demo world, are answered as printed, apart from times and generated ids."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import demo
from app.campaign.models.campaigns import Campaign
from app.db.engine import Database
from tests.client import Client
from tests.sessionm.conftest import basic, code

EXAMPLES = Path(__file__).parent.parent / "examples"
TIMES = (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000")
GENERATED = {  # the demo world's own where two samples print the same one, or the database's next
    "id",
    "external_id",
    "behavior_id",
    "external_behavior_id",
    "offer_id",
    "root_offer_id",
    "retailer_id",
    "category_id",
    "ad_stat_id",
}
FLOCK, AVIARY = (demo.FLOCK_KEY, demo.FLOCK_SECRET), (demo.AVIARY_KEY, demo.AVIARY_SECRET)


@pytest.fixture
def database_url(demo_url: str) -> str:
    return demo_url


@pytest.fixture
def flock(app: Flask) -> Client:
    return as_app(Client(app), FLOCK)


def as_app(client: Client, credentials: tuple[str, str]) -> Client:
    client.headers["Authorization"] = basic(*credentials)
    return client


def printed(name: str) -> Any:
    return json.loads((EXAMPLES / f"sessionm-{name}.json").read_text())


def plain(address: str) -> str:
    """An address without its host, token, customer's other id, and the application's key of another installation."""
    address = re.sub(r"^https?://[^/]+", "", address)
    address = re.sub(r"auth_token=[^&]*", "auth_token=", address)
    address = re.sub(r"/stats/[0-9a-f-]{36}/", "/stats/*/", address)
    address = re.sub(r"xsid=[0-9a-f-]{36}", "xsid=*", address)
    return re.sub(r"/apps/\w+/", "/apps/*/", address)


def require_same(sent: Any, answered: Any, name: str = "", but: frozenset[str] = frozenset()) -> None:
    """Equal to the letter and in the order of the keys; times and generated ids by their kind."""
    if name in but:
        assert type(answered) is type(sent), name
    elif isinstance(sent, dict):
        assert list(sent) == list(answered), name
        for key, value in sent.items():
            require_same(value, answered[key], key, but)
    elif isinstance(sent, list):
        assert len(sent) == len(answered), name
        for one, other in zip(sent, answered, strict=True):
            require_same(one, other, name, but)
    elif name in GENERATED:
        assert type(answered) is type(sent), name
        if isinstance(sent, str):
            assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answered), name
    elif isinstance(sent, str) and any(re.fullmatch(time, sent) for time in TIMES):
        assert any(re.fullmatch(time, sent) and re.fullmatch(time, answered) for time in TIMES), name
    elif isinstance(sent, str) and "://" in sent and "/apps/" in sent:
        assert plain(answered) == plain(sent)
    else:
        assert answered == sent, name
        assert type(answered) is type(sent), name


def test_creating_the_printed_campaign_gives_the_printed_answer(flock: Client, database: Database) -> None:
    answer = flock.post(f"/priv/v1/apps/{demo.FLOCK_KEY}/campaigns", json=printed("create"))
    require_same(printed("create-answer"), answer.json)
    assert answer.json["campaign"]["starts_at"] == "2021-12-31T05:00:00Z"  # type: ignore[index]
    assert answer.json["campaign"]["ends_at"] == "2022-01-04T05:00:00Z"  # type: ignore[index]
    with database.reading() as session:
        made = session.query(Campaign).order_by(Campaign.id.desc()).first()
        assert made is not None
        assert str(made.permalink) == answer.json["campaign"]["external_id"]  # type: ignore[index]


@pytest.mark.parametrize("who", ["users/{finch}", "external/users/finch", "auth_token"])
def test_all_campaigns_of_a_customer(flock: Client, app: Flask, who: str) -> None:
    path = f"/priv/v1/apps/{demo.FLOCK_KEY}/{who.format(finch=demo.FINCH)}/campaigns"
    if who == "auth_token":
        path = f"/priv/v1/apps/{demo.FLOCK_KEY}/users/{demo.FINCH}/auth_token"
        token = flock.post(path).json["auth_token"]  # type: ignore[index]
        path = f"/api/v1/apps/{demo.FLOCK_KEY}/campaigns?auth_token={token}"
        flock = Client(app)
    answer = flock.get(path)
    assert code(answer) is None
    expected = printed("all-campaigns-answer")
    require_same(expected, answer.json)
    loaded = answer.json["campaigns"]["promotions"][1]  # type: ignore[index]
    printed_behavior = expected["campaigns"]["promotions"][1]["progress"]["behaviors"][0]
    assert loaded["progress"]["behaviors"][0] == printed_behavior  # with the printed ids


@pytest.mark.parametrize("name", ["qualified", "opted_in", "opted_out"])
@pytest.mark.parametrize("user", [f"users/{demo.MOOSE}", "external/users/moose"])
def test_progress(flock: Client, app: Flask, name: str, user: str) -> None:
    expected = printed(f"progress-{name.replace('_', '-')}-answer")
    base = f"/priv/v1/apps/{demo.FLOCK_KEY}"
    by_permalink = flock.get(f"{base}/{user}/external/campaigns/{name}/progress")
    require_same(expected, by_permalink.json)
    number = flock.get(f"{base}/external/campaigns/{name}/info").json["campaign"]["campaign_id"]  # type: ignore[index]
    assert flock.get(f"{base}/{user}/campaigns/{number}/progress").json == by_permalink.json
    token = flock.post(f"{base}/{user}/auth_token").json["auth_token"]  # type: ignore[index]
    for place in (f"campaigns/{number}", f"external/campaigns/{name}"):
        seen = Client(app).get(f"/api/v1/apps/{demo.FLOCK_KEY}/{place}/progress?auth_token={token}")
        assert seen.json == by_permalink.json


@pytest.mark.parametrize("who", [f"users/{demo.WREN}", "external/users/wren"])
def test_campaigns_for_a_customer_that_is_not_eligible(flock: Client, who: str) -> None:
    path = f"/priv/v2/apps/{demo.AVIARY_KEY}/{who}/campaigns?filters[]=all&creatives[]=tile"
    answer = as_app(flock, AVIARY).get(path)
    require_same(printed("eligible-answer"), answer.json)


def test_a_campaign_by_the_ids_of_both(flock: Client) -> None:
    path = f"/priv/v2/apps/{demo.FLOCK_KEY}/users/{demo.MOOSE}/campaigns/{demo.DONE}?creatives[]=promotion"
    require_same(printed("campaign-by-id-answer"), flock.get(path).json, but=frozenset({"campaign_id"}))


@pytest.mark.parametrize(
    "place",
    [
        f"users/{demo.MOOSE}/external/campaigns/d615678c-d458-11e7-8ac1-c27a328254fd",
        "external/users/moose/campaigns/d615678c-d458-11e7-8ac1-c27a328254fd",
        f"external/users/moose/campaigns/{demo.DEALS}",
        "external/users/moose/external/campaigns/d615678c-d458-11e7-8ac1-c27a328254fd",
    ],
)
def test_a_campaign_with_its_behaviors_and_offers(flock: Client, place: str) -> None:
    answer = flock.get(f"/priv/v2/apps/{demo.FLOCK_KEY}/{place}?sections[]=behaviors&sections[]=offers")
    require_same(printed("campaign-by-permalink-answer"), answer.json)


def test_the_printed_curl_is_understood_as_it_is_printed(flock: Client) -> None:
    printed_query = "sections[]=behaviors§ions[]=progress,§ions[]=offers§ions[]=redemptions"
    path = f"/priv/v2/apps/{demo.FLOCK_KEY}/users/{demo.MOOSE}/campaigns/{demo.DEALS}?{printed_query}"
    answer: Any = flock.get(path).json
    assert list(answer["campaign"]) == [
        "behaviors",
        "campaign_id",
        "campaign_permalink",
        "ends_at",
        "name",
        "offers",
        "opt_in_ends_at",
        "opt_in_starts_at",
        "progress",
        "qualified",
        "redemptions",
        "starts_at",
        "status",
    ]


def test_all_active_campaigns(flock: Client) -> None:
    """The printed one is a draft, and no longer active: such are listed by their status."""
    path = f"/priv/v1/apps/{demo.AVIARY_KEY}/campaigns"
    aviary = as_app(flock, AVIARY)
    require_same(printed("active-campaigns-answer"), aviary.get(f"{path}?status=draft").json)
    assert [row["id"] for row in aviary.get(path).json["campaigns"]] == [demo.BIRD]  # type: ignore[index]


def test_info(flock: Client) -> None:
    base, name = f"/priv/v1/apps/{demo.FLOCK_KEY}", "my_flock_to_unlock_campaign"
    answer: Any = flock.get(f"{base}/external/campaigns/{name}/info?api_version=1")
    require_same(printed("info-answer"), answer.json, but=frozenset({"campaign_id"}))
    number = answer.json["campaign"]["campaign_id"]
    assert flock.get(f"{base}/campaigns/{number}/info").json == answer.json
