"""Every refusal has a word on every call, and every answer comes in the envelope, wherever it was asked for."""

from typing import Any

import pytest
from flask import Flask

from app.campaign.errors import CampaignNotFound
from app.spaaza import codes, envelope
from app.spaaza.calls import blueprint
from tests.client import Client
from tests.spaaza.conftest import HOST, KNOWN, Shop, code
from tests.spaaza.test_interactions import TABLE
from tests.test_house import refusals


def calls(app: Flask) -> list[str]:
    prefix = f"{blueprint.name}."
    return sorted(
        {rule.endpoint.removeprefix(prefix) for rule in app.url_map.iter_rules() if rule.endpoint.startswith(prefix)}
    )


def test_every_refusal_has_a_word_on_every_call(app: Flask) -> None:
    known = set(KNOWN.values())
    assert len(calls(app)) >= 17
    for call in calls(app):
        for kind in refusals():
            word = codes.word(call, kind)
            assert word in known, (call, kind)
            assert 400 <= word.status < 500 or word.code in {68, 228, 238}, (call, kind)


def test_every_refusal_is_answered_in_the_envelope(app: Flask) -> None:
    for call in calls(app):
        path = next(rule.rule for rule in app.url_map.iter_rules() if rule.endpoint == f"spaaza.{call}")
        for kind in refusals():
            with app.test_request_context(path, method="POST"):
                answer = app.make_response(envelope._refused(kind()))
                assert code(answer) == codes.word(call, kind).code  # type: ignore[arg-type]


@pytest.mark.parametrize("call", list(TABLE))
def test_the_documents_codes_are_ours_to_the_letter(call: str) -> None:
    for number, name, status in TABLE[call]:
        assert (KNOWN[number].name, KNOWN[number].status) == (name, status)


def test_what_a_call_can_be_refused_with_by_the_domain_stands_in_its_documents_table() -> None:
    """Of the refusals that interactions and completions can raise, none has a code that their documents do not list."""
    from app.campaign import errors as campaign
    from app.members import errors as members
    from app.organizations import errors as organizations

    raised = {
        "interact-campaign": [
            campaign.CampaignNotFound,
            campaign.WrongContext,
            campaign.CampaignNotActive,
            campaign.CampaignNotYetActive,
            campaign.CampaignOver,
            campaign.CampaignNotYetVisible,
            campaign.CampaignNoLongerVisible,
            campaign.OutsideHours,
            campaign.NotTargeted,
            campaign.RestrictionsNotMet,
            campaign.CustomerNotActive,
            campaign.TooManyPointsHeld,
            campaign.LimitReached,
            campaign.LimitInPeriodReached,
            campaign.LimitPerCustomerReached,
            campaign.NoCouponsLeft,
            campaign.NoRewardLeft,
            campaign.NotEnoughPoints,
            members.CustomerNotFound,
            members.CustomerElsewhere,
            members.IdentifiersDisagree,
        ],
        "complete-referral-relation": [
            campaign.CampaignNotFound,
            campaign.CampaignElsewhere,
            campaign.NotAReferralCampaign,
            campaign.RelationNotFound,
            campaign.RelationAlreadyRedeemed,
            campaign.CustomerNotActive,
            campaign.LimitReached,
            campaign.NoRewardLeft,
            campaign.LimitInPeriodReached,
            campaign.LimitPerCustomerReached,
            campaign.TooManyPointsHeld,
            members.CustomerNotFound,
            members.CustomerElsewhere,
            members.IdentifiersDisagree,
            organizations.ChainNotFound,
            organizations.BusinessNotFound,
        ],
    }
    for call, kinds in raised.items():
        listed = {number for number, _, _ in TABLE[call]}
        assert {codes.word(call, kind).code for kind in kinds} <= listed


def test_the_same_refusal_has_another_word_where_the_document_says_so() -> None:
    assert codes.word("interact-campaign", CampaignNotFound) == codes.CAMPAIGN_ID_NOT_FOUND
    assert codes.word("complete-referral-relation", CampaignNotFound) == codes.CAMPAIGN_NOT_FOUND


@pytest.mark.parametrize(
    "path", ["/nothing", "/auth/nothing", "/claim-voucher/", "/v1/claim-voucher", "/internal/x.json"]
)
def test_unknown_addresses_answer_in_the_envelope(client: Client, path: str) -> None:
    answer = client.post(path)
    assert (answer.status_code, code(answer)) == (404, 9404)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/claim-voucher"),
        ("DELETE", "/claim-voucher"),
        ("PATCH", "/interact-campaign"),
        ("PUT", "/auth/complete-referral-relation"),
        ("GET", "/auth/login"),
    ],
)
def test_wrong_methods_answer_in_the_envelope(client: Client, method: str, path: str) -> None:
    answer = client.send(method, path)
    assert (answer.status_code, code(answer)) == (405, 9405)
    assert "POST" in answer.headers["Allow"]


def test_open_loyaltys_addresses_keep_their_own_words(client: Client) -> None:
    assert client.get("/api/nothing").json == {"error": {"code": 404, "message": "Not Found"}}


@pytest.mark.parametrize(
    "body", [b"{", b"[1]", b'{"a":1,"a":2}', b'{"campaign_id":NaN}', b"\xff\xfe", b'{"a":"\\u0000"}']
)
def test_bodies_that_cannot_be_read_are_told_so(shop: Shop, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    here = {"X-Spaaza-MyPrice-App-Hostname": "shop.guerdon.example"}
    assert code(shop.partner().post("/claim-voucher", data=body, headers={**headers, **here})) == 419
    answer = shop.partner().post("/auth/complete-referral-relation", data=body, headers={**headers, **here})
    assert code(answer) == 3
    answer = shop.partner().post("/auth/complete-referral-relation", data=b"x", headers={"Content-Type": "text/plain"})
    assert code(answer) == 3


def test_bodies_without_a_length_or_too_large_are_refused_in_the_envelope(shop: Shop) -> None:
    answer = shop.partner().post("/claim-voucher", data=b"x" * 300_000, content_type="application/json")
    assert (answer.status_code, code(answer)) == (413, 9411)
    answer = shop.partner().post("/claim-voucher", headers={"Transfer-Encoding": "chunked"})
    assert (answer.status_code, code(answer)) == (411, 9411)
    answer = shop.partner().post("/claim-voucher?user_id=%00")
    assert (answer.status_code, code(answer)) == (400, 9411)


def test_the_manual_shows_every_call_once(client: Client) -> None:
    document: Any = client.get("/openapi.json").json
    shown = [path for path in document["paths"] if not path.startswith(("/api", "/priv"))]
    assert "/interact-campaign" in shown
    assert "/auth/complete-referral-relation" in shown
    assert not [path for path in shown if path.endswith(".json")]
    assert len({path.rpartition("/")[2] for path in shown}) == len(shown)


def test_every_call_refuses_by_name_what_it_does_not_know(shop: Shop) -> None:
    """A partner calls everything that the manual shows; a misspelled wish is never passed over in silence."""
    document: Any = shop.partner().get("/openapi.json").json
    called = 0
    for path, operations in document["paths"].items():
        if path.startswith(("/api/", "/priv/")) or "{" in path or path in {"/livez", "/readyz", "/metrics"}:
            continue
        for method in operations.keys() & {"get", "post", "put", "delete"}:
            answer = shop.partner(**HOST).send(method.upper(), f"{path}?colour=red")
            said = answer.get_data(as_text=True)
            assert answer.status_code in {400, 401, 403}, (method, path, said)
            assert "colour" in said or answer.status_code in {401, 403}, (method, path, said)
            called += "colour" in said
    assert called >= 15
