"""The documents' own requests, replayed against the demo world, answer as printed, apart from times."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import demo
from tests.client import Client

EXAMPLES = Path(__file__).parent.parent / "examples"
TIMES = {"created_date", "redeemed_date", "voucher_expiry_seconds_remaining"}
TIME = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d|T\d\d:\d\d:\d\d\+00:00)")


@pytest.fixture
def database_url(demo_url: str) -> str:
    return demo_url


@pytest.fixture
def partner(app: Flask) -> Client:
    client = Client(app).with_token(demo.ACME_TOKEN)
    client.headers["X-Spaaza-MyPrice-App-Hostname"] = demo.ACME_HOST
    return client


def printed(name: str) -> Any:
    return json.loads((EXAMPLES / f"spaaza-{name}-answer.json").read_text())


def require_same(sent: Any, answered: Any) -> None:
    """Equal to the letter and in the order of the keys; times by their format."""
    if isinstance(sent, dict):
        assert list(sent) == list(answered)
        for key, value in sent.items():
            if key in TIMES:
                assert type(answered[key]) is type(value)
                if isinstance(value, str):
                    printed_format, found_format = TIME.fullmatch(value), TIME.fullmatch(answered[key])
                    assert printed_format is not None
                    assert found_format is not None
                    assert len(value) == len(answered[key])
            else:
                require_same(value, answered[key])
    else:
        assert answered == sent
        assert type(answered) is type(sent)


@pytest.mark.parametrize("path", ["/auth/complete-referral-relation", "/complete-referral-relation"])
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_completing_the_printed_referral_gives_the_printed_answer(partner: Client, path: str, method: str) -> None:
    request = json.loads((EXAMPLES / "spaaza-complete-referral-relation.json").read_text())
    answer = partner.send(method, path, json=request)
    assert answer.status_code == 200, answer.json
    require_same(printed("complete-referral-relation"), answer.json)
    again: Any = partner.send(method, path, json=request).json
    assert again["error"]["code"] == 504


def test_a_referral_is_completed_with_flat_names_too(partner: Client) -> None:
    sent = {
        "entity[entity_type]": "chain",
        "entity[entity_id]": "1",
        "campaign[campaign_id]": "3",
        "referring_user[user_id]": "4",
        "referred_user[member_number]": "20000000002",
    }
    answer = partner.get("/complete-referral-relation", query_string=sent)
    require_same(printed("complete-referral-relation"), answer.json)


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    "sent",
    [
        {"voucher_key": demo.VOUCHER_KEY, "user_id": "1107604"},
        {"voucher_id": "35735", "member_number": "404064"},
        {"third_party_id": "3914599659", "user_id": "1107604", "voucher_id": "35735"},
    ],
    ids=["key", "id", "third_party_id"],
)
def test_claiming_the_printed_voucher_gives_the_printed_answer(
    partner: Client, method: str, sent: dict[str, str]
) -> None:
    first = partner.send(method, "/claim-voucher", data=sent)
    require_same(printed("claim-voucher"), first.json)
    remaining = first.json["results"]["voucher_expiry_seconds_remaining"]  # type: ignore[index]
    assert 0 < remaining < 996899028
    require_same(printed("claim-voucher"), partner.send(method, "/claim-voucher", data=sent).json)


@pytest.mark.parametrize("path", ["/interact-campaign", "/interaction-campaign", "/v1/interact-campaign.json"])
@pytest.mark.parametrize("campaign", [demo.TAP, demo.WHEEL])
def test_an_interaction_gives_the_printed_answer(partner: Client, path: str, campaign: int) -> None:
    answer = partner.get(f"{path}?campaign_id={campaign}&user_id={demo.MEMBER}")
    assert answer.json == printed("interact-campaign")
    assert json.dumps(answer.json) == json.dumps(printed("interact-campaign"))


def test_the_demo_world_can_be_signed_in_to(partner: Client) -> None:
    answer: Any = Client(partner.app).post(
        "/auth/login",
        data={"username": "testchainuser@acme.com", "password": "loyalty"},
        headers={"X-Spaaza-MyPrice-App-Hostname": demo.ACME_HOST},
    )
    info = answer.json["results"]["session_info"]
    assert list(info) == [
        "session_key",
        "session_key_validity",
        "session_auth_method",
        "session_user_id",
        "session_username",
        "session_expires_date",
    ]
    assert (info["session_key_validity"], info["session_user_id"]) == ("336", 4)
