"""Chains, businesses, apps, permissions and tokens: by the command line and by the admin API; draws by the command line."""

import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from app.access import permissions, staff, tokens
from app.campaign.errors import CampaignNotActive
from app.members import customers
from app.organizations import chains
from app.organizations.details import ChainDetails
from tests.client import Client
from tests.world import World, hours, nothing, password_hash, points, voucher


def test_a_chain_is_set_up_by_the_command_line_and_called(guerdon: Any, world: World, client: Client) -> None:
    details = [
        "--currency",
        "gbp",
        "--time-zone",
        "Europe/London",
        "--referral-window",
        "30 day",
        "--third-party-voucher-ids",
        *("--points-expire", "365 days", "--points-locked-days", "2"),
        *("--levels-by", "sales", "--level-days", "90", "--no-profile-edits"),
    ]
    assert guerdon("chain", "add", "Shops", *details).output == "Chain 2 is Shops.\n"
    assert guerdon("chain", "business", "2", "High Street").exit_code == 0
    assert guerdon("chain", "app", "Shops.example", "--chain", "2").exit_code == 0
    assert guerdon("chain", "permit", "ada", "2", "--read").output == "ada may read for chain 2.\n"
    assert guerdon("chain", "change", "2", "--name", "The shops").exit_code == 0
    listed = guerdon("chain", "list").output
    assert (
        "2  The shops  GBP  Europe/London  referral codes for 30 day  points expire after 365 days  points are locked for 2 days"
        "  levels by sales of 90 days  customers do not change their profiles\n"
    ) in listed
    assert "business 1  High Street" in listed
    assert "staff ada may read" in listed
    assert guerdon("chain", "rename-business", "1", "Low Street").output == "Business 1 is Low Street.\n"
    assert "app shops.example" in listed
    made = guerdon("token", "create", "till", "--app", "shops.example", "--write", "--days", "30")
    token = made.stdout.strip()
    call = {"Authorization": f"Bearer {token}"}
    assert client.get("/get-campaigns", headers=call).json["results"]["total"] == 0  # type: ignore[index]
    assert "1  till  shops.example  write  until" in guerdon("token", "list").output
    assert token not in guerdon("token", "list").output
    assert guerdon("token", "revoke", "1").exit_code == 0
    assert client.get("/get-campaigns", headers=call).json["error"]["code"] == 266  # type: ignore[index]
    assert "revoked" in guerdon("token", "list").output
    assert guerdon("chain", "permit", "ada", "2", "--none").exit_code == 0
    assert guerdon("chain", "app", "shops.example", "--none").output.startswith("shops.example belongs to no chain;")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["chain", "add", "First chain"], "already"),
        (["chain", "add", "X", "--currency", "euro"], "three letters"),
        (["chain", "add", "X", "--time-zone", "Mars/Olympus"], "no time zone"),
        (["chain", "add", "X", "--referral-window", "a while"], "like `30 day`"),
        (["chain", "add", "X", "--referral-window", "99999 year"], "at most"),
        (["chain", "change", "9", "--name", "X"], "no such chain"),
        (["chain", "business", "9", "X"], "no such chain"),
        (["chain", "app", "x.example", "--chain", "9"], "no such chain"),
        (["chain", "app", "x.example"], "--none"),
        (["chain", "app", "bad host!", "--chain", "1"], "no host name"),
        (["token", "create", "x"], "--any-app"),
        (["campaign", "pause", "9"], "no campaign 9"),
        (["chain", "permit", "nobody", "1"], "no such login"),
        (["token", "create", "x", "--app", "nowhere.example"], "no such app"),
        (["token", "revoke", "9"], "no such access token"),
        (["draw", "verify", "9"], "no campaign 9"),
        (["draw", "export", "9"], "no campaign 9"),
    ],
)
def test_a_wrong_command_says_what_to_mend(guerdon: Any, world: World, command: list[str], said: str) -> None:
    result = guerdon(*command)
    assert result.exit_code == 1
    assert said in result.output
    assert "Traceback" not in result.output


def test_a_chain_is_set_up_by_the_admin_api_and_called(ada: Client, sol: Client, client: Client, world: World) -> None:
    chain: Any = ada.post(
        "/api/chain", json={"chain": {"name": "Shops", "referralWindowQuantity": 1, "referralWindowUnit": "month"}}
    ).json
    number = chain["chainId"]
    assert (chain["currency"], chain["timeZone"], chain["referralWindowUnit"]) == ("EUR", "UTC", "month")
    changed = ada.put(
        f"/api/chain/{number}", json={"chain": {"name": "Shops", "currency": "usd", "thirdPartyVoucherIds": 1}}
    )
    assert changed.json["currency"] == "USD"  # type: ignore[index]
    assert ada.get("/api/chain").json["total"] == 2  # type: ignore[index]
    branch: Any = ada.post(f"/api/chain/{number}/business", json={"business": {"name": "High Street"}}).json
    assert ada.get(f"/api/chain/{number}/business").json["businesses"] == [branch]  # type: ignore[index]
    renamed = ada.put(f"/api/business/{branch['businessId']}", json={"business": {"name": "Low Street"}})
    assert renamed.json == {**branch, "name": "Low Street"}
    again = ada.post(f"/api/chain/{number}/business", json={"business": {"name": "Low Street"}})
    assert again.status_code == 400
    app: Any = ada.put("/api/app/shops.example", json={"app": {"chainId": number}}).json
    assert app == {"hostname": "shops.example", "chainId": number, "apiKey": app["apiKey"]}
    assert len(app["apiKey"]) == 40
    assert ada.put(f"/api/chain/{number}/permission/sol@guerdon.example", json={"permission": {"write": 1}}).json == {
        "success": True
    }
    assert ada.delete(f"/api/chain/{number}/permission/sol@guerdon.example").json == {"success": True}
    token: Any = ada.post(
        "/api/accessToken", json={"token": {"name": "till", "hostname": "shops.example", "write": 1}}
    ).json
    call = {"Authorization": f"Bearer {token['token']}"}
    assert client.get("/get-campaigns", headers=call).status_code == 200
    [listed] = ada.get("/api/accessToken").json["tokens"]  # type: ignore[index]
    assert "token" not in listed
    assert ada.delete(f"/api/accessToken/{token['tokenId']}").status_code == 200
    assert client.get("/get-campaigns", headers=call).status_code == 401
    assert ada.delete("/api/app/shops.example").json == {"hostname": "shops.example", "apiKey": app["apiKey"]}
    assert sol.get("/api/chain").status_code == 403
    assert client.get("/api/accessToken").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/api/chain", {"chain": {}}, 400),
        ("POST", "/api/chain", {"chain": {"name": "First chain"}}, 400),
        ("POST", "/api/chain", {"chain": {"name": "X", "currency": "E1"}}, 400),
        ("POST", "/api/chain", {"chain": {"name": "X", "timeZone": "Mars"}}, 400),
        ("POST", "/api/chain", {"chain": {"name": "X", "referralWindowQuantity": 4}}, 400),
        ("PUT", "/api/chain/99", {"chain": {"name": "X"}}, 404),
        ("PUT", "/api/chain/99999999999999999999", {"chain": {"name": "X"}}, 404),
        ("POST", "/api/chain/99/business", {"business": {"name": "X"}}, 404),
        ("PUT", "/api/business/99", {"business": {"name": "X"}}, 404),
        ("PUT", "/api/app/x.example", {"app": {"chainId": 99}}, 404),
        ("PUT", "/api/chain/1/permission/nobody", {"permission": {"write": 1}}, 404),
        ("POST", "/api/accessToken", {"token": {"name": "x", "hostname": "nowhere.example"}}, 404),
        ("DELETE", "/api/accessToken/99", None, 404),
        ("POST", "/api/accessToken", {"token": {"name": "x", "app": "shops.example"}}, 400),
        ("PUT", "/api/app/x.example", {"app": {"chain": 1}}, 400),
        ("PUT", "/api/app/bad host", {"app": {"chainId": 1}}, 400),
        ("DELETE", "/api/app/nowhere.example", None, 404),
    ],
)
def test_a_wrong_form_is_refused(ada: Client, method: str, path: str, body: Any, status: int) -> None:
    assert ada.send(method, path, json=body).status_code == status


def a_draw(world: World) -> Any:
    """Ten draws between a voucher that runs out, points and nothing; the campaign closes in an hour."""
    campaign = world.a_reward_campaign(
        voucher(5, stock=2, weight=5),
        points(1, weight=3),
        nothing(weight=2),
        handling="random_draw",
        activity=(world.now - hours(1), world.now + hours(1)),
        limit_per_customer=9,
    )
    for customer in (world.cleo, world.a_customer()):
        for _ in range(5):
            world.interact(campaign, customer)
    return campaign


def test_draws_are_verified_and_exported(guerdon: Any, world: World) -> None:
    campaign = a_draw(world)
    verified = guerdon("draw", "verify")
    assert verified.exit_code == 0
    assert f"Campaign {campaign.id}, Tap and win: 10 draws" in verified.output
    assert "All draws agree with their seeds." in guerdon("draw", "verify", str(campaign.id)).output
    head, *rows = (json.loads(line) for line in guerdon("draw", "export", str(campaign.id)).output.splitlines())
    assert (head["campaign"], head["seed"], len(rows)) == (str(campaign.uuid), None, 10)
    assert list(rows[0]) == ["customer", "number", "candidates", "ticket", "method", "revision"]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE draw_seed SET seed = commitment", "not the one that was committed to"),
        ("UPDATE draw SET ticket = '{other}' WHERE number = 3", "ticket does not follow"),
        ("UPDATE draw SET number = number + 1 WHERE number = 5", "number 5 is missing"),
        ("UPDATE draw SET candidates = '[[{last}, 2]]' WHERE number = 2", "always open was left out"),
        ("UPDATE reward_method SET weight = weight + 1", "other weights than the odds"),
        ("UPDATE draw_odds SET rewards = '[[{last}, 7, false]]'", "another weight"),
        ("DELETE FROM draw WHERE number = 5", "10 draws were counted, and 8 are stored"),
        (
            "UPDATE draw SET method_id = CASE WHEN method_id = {last} THEN {last} - 1 ELSE {last} END WHERE number = 1",
            "another candidate",
        ),
    ],
)
def test_a_forged_draw_is_found(guerdon: Any, world: World, statement: str, said: str) -> None:
    campaign = a_draw(world)
    with world.database.transaction() as session:
        last = session.scalar(text(f"SELECT MAX(id) FROM reward_method WHERE campaign_id = {campaign.id}"))
        session.execute(text(statement.format(other="a" * 64, last=last)))
    found = guerdon("draw", "verify")
    assert found.exit_code == 1
    assert said in found.output


def test_anybody_can_recompute_an_export(guerdon: Any, world: World) -> None:
    """With nothing of ours: the recipe of docs/draws.md, on an export made after the campaign was over."""
    import hashlib
    import hmac

    campaign = a_draw(world)
    assert guerdon("campaign", "pause", str(campaign.id)).output == f"Campaign {campaign.id}, Tap and win, is paused.\n"
    assert guerdon("campaign", "complete", str(campaign.id)).exit_code == 0
    assert "is completed" in guerdon("campaign", "resume", str(campaign.id)).output
    with pytest.raises(CampaignNotActive):
        world.interact(campaign)
    head, *rows = (json.loads(line) for line in guerdon("draw", "export", str(campaign.id)).output.splitlines())
    seed = bytes.fromhex(head["seed"])
    assert hashlib.sha256(seed).hexdigest() == head["commitment"]
    for row in rows:
        said = f"{head['campaign']}/{row['customer']}/{row['number']}"
        ticket = hmac.new(seed, said.encode(), hashlib.sha256).hexdigest()
        assert ticket == row["ticket"]
        place = int(ticket, 16) * sum(weight for _, weight in row["candidates"]) >> 256
        winner = None
        for method, weight in sorted(row["candidates"]):
            winner = method if winner is None and place < weight else winner
            place -= weight
        assert winner == row["method"]


def test_an_app_that_changes_its_chain_leaves_its_partners(ada: Client, world: World) -> None:
    """Or a token that one chain gave would open the next one that takes the host name."""
    first: Any = ada.put("/api/app/shop.example", json={"app": {"chainId": world.chain_id}}).json
    token: Any = ada.post(
        "/api/accessToken", json={"token": {"name": "till", "hostname": "shop.example", "write": 1}}
    ).json
    there = ada.post("/api/chain", json={"chain": {"name": "There"}}).json["chainId"]  # type: ignore[index]
    assert ada.delete("/api/app/shop.example").status_code == 200
    second: Any = ada.put("/api/app/shop.example", json={"app": {"chainId": there}}).json
    assert second["apiKey"] != first["apiKey"]
    with world.database.reading() as session:
        assert tokens.find_token(session, token["token"], "shop.example", world.now) is None
    [shown] = ada.get("/api/accessToken").json["tokens"]  # type: ignore[index]
    assert "revokedAt" in shown


def test_who_acts_for_every_chain_sees_and_revokes_what_opens_them_all(ada: Client, world: World) -> None:
    made: Any = ada.post("/api/accessToken", json={"token": {"name": "all", "anyApp": 1}}).json
    assert ada.get("/api/accessToken").json["total"] == 1  # type: ignore[index]
    with world.database.transaction() as session:
        chains.create(session, ChainDetails("There"), world.now)
    assert ada.get("/api/accessToken").json["total"] == 0  # type: ignore[index]
    assert ada.delete(f"/api/accessToken/{made['tokenId']}").status_code == 404
    assert ada.post("/api/accessToken", json={"token": {"name": "more", "anyApp": 1}}).status_code == 403
    permit = {"permission": {"write": 1}}
    assert ada.put("/api/chain/2/permission/ada", json=permit).status_code == 404


def test_what_a_seller_makes_is_its_own_chains(app: Flask, world: World) -> None:
    with world.database.transaction() as session:
        there = chains.create(session, ChainDetails("There"), world.now).id
        seller = staff.add_seller(session, there, staff.SellerDetails("S", "T", "s@there.example"), password_hash())
        session.flush()
        permissions.permit(session, "s@there.example", world.chain_id, may_write=True)
    person = {"firstName": "New", "lastName": "C", "agreement1": 1, "email": "new@guerdon.example"}
    made: Any = Client(app).as_login(seller).post("/api/seller/customer/register", json={"customer": person}).json
    with world.database.reading() as session:
        assert customers.get(session, made["customerId"], {there}).chain_id == there
