"""The documents' own requests, replayed against the demo world, answer as printed."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import demo
from tests.client import Client

pytestmark = pytest.mark.slow

EXAMPLES = Path(__file__).parent.parent / "examples" / "open-loyalty-reward-campaigns.txt"
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}")

# What depends on the day, on what was bought before, or is printed differently from one sample to another.
NOT_ALWAYS_THERE = {"will_be_active_from", "will_be_active_to", "labels", "coupons"}
LATER = {
    ".customers[": {"status", "level"},
    "/campaign": {"translations", "featured", "public"},
}  # what rows have of later versions, where the contract names them
VARIES = {
    "usageLeft",
    "usageLeftForCustomer",
    "visibleForCustomersCount",
    "usersWhoUsedThisCampaignCount",
    "total",
    "campaignPurchases",
    "levels",
    "segments",
    "levelNames",
    "segmentNames",
    "active",
    "canBeBoughtByCustomer",
}
# "Discount Code Campaign 1" is what the PUT example has made of it.
RENAMED = {"Discount Code Campaign 1": "Discount Code Campaign"}


@dataclass(frozen=True)
class Example:
    method: str
    url: str
    headers: dict[str, str]
    body: str
    status: int
    printed: Any

    def __str__(self) -> str:
        return f"{self.method} {self.url[:70]}"


def examples() -> Iterator[Example]:
    blocks = EXAMPLES.read_text().strip().split("\n\n")
    requests: list[str] = []
    for block in blocks:
        if block.startswith("curl"):
            requests.append(block)
        elif requests:
            # The list is printed once, for two requests; it is the answer to the one without a filter.
            first, *filtered = requests
            yield example(first, block)
            yield from (example(request, "STATUS: 200 OK") for request in filtered)
            requests = []


def example(request: str, answer: str) -> Example:
    # Two of the documents' commands lack the backslashes at the ends of their lines.
    words = shlex.split(" ".join(line.rstrip("\\ ") for line in request.splitlines()))
    headers, body, method, url = {}, [], "GET", ""
    arguments = iter(words[1:])
    for word in arguments:
        if word == "-X":
            method = next(arguments)
        elif word == "-H":
            name, _, value = next(arguments).partition(": ")
            headers[name] = value
        elif word == "-d":
            body.append(next(arguments))
        else:
            url = word
    head, _, text = answer.partition("\n")
    # One printed answer has a comma too many.
    printed = json.loads(re.sub(r",(\s*[}\]])", r"\1", text)) if text.strip() else None
    return Example(
        method, url.removeprefix("http://localhost:8181"), headers, "&".join(body), int(head.split()[1]), printed
    )


@pytest.fixture
def database_url(demo_url: str) -> str:
    return demo_url


@pytest.fixture
def tokens(app: Flask) -> dict[str, str]:
    sign_in = {"admin": ("admin", "open"), "seller": ("john@doe.com", "open"), "customer": ("user@oloy.com", "loyalty")}
    found = {}
    for role, (name, password) in sign_in.items():
        answer = Client(app).post(f"/api/{role}/login_check", data={"_username": name, "_password": password})
        found[role] = answer.json["token"]  # type: ignore[index]
    return found


@pytest.mark.parametrize("example", list(examples()), ids=str)
def test_the_printed_request_gets_the_printed_answer(example: Example, app: Flask, tokens: dict[str, str]) -> None:
    role = "seller" if example.url.startswith("/api/seller") else "admin"
    headers = {name: value for name, value in example.headers.items() if name != "Authorization"}
    answer = Client(app).with_token(tokens[role]).send(example.method, example.url, headers=headers, data=example.body)
    if "/photo" in example.url and example.method != "DELETE":
        # The demo campaign has no photo; and the uploaded "file" is a path as text, which no server can open.
        assert answer.status_code == (404 if example.method == "GET" else 400)
        return
    assert answer.status_code == example.status
    if example.printed is not None:
        require_same(example.printed, answer.json, example.url)


def require_same(printed: Any, answered: Any, where: str) -> None:
    assert type(answered) is type(printed) or where.rsplit(".", 1)[-1] in VARIES, where
    if isinstance(printed, dict):
        require_same_keys(list(printed), list(answered), where)
        for key, value in printed.items():
            if key in answered and key not in VARIES:
                require_same(value, answered[key], f"{where}.{key}")
            if isinstance(value, list) and key in {"campaigns", "customers"}:
                require_same_rows(value, answered[key], f"{where}.{key}")
    elif isinstance(printed, str) and DATE.fullmatch(printed):
        assert DATE.fullmatch(answered), where
    elif not isinstance(printed, list) and not where.endswith("campaignId"):
        assert answered == RENAMED.get(printed, printed), where


def require_same_keys(printed: list[str], answered: list[str], where: str) -> None:
    missing = set(printed) - set(answered) - NOT_ALWAYS_THERE
    later = set().union(*(names for place, names in LATER.items() if place in where))
    extra = set(answered) - set(printed) - NOT_ALWAYS_THERE - later
    assert not missing, f"{where}: {missing} missing"
    assert not extra, f"{where}: {extra} too many"
    common = [key for key in printed if key in answered and key != "labels"]  # labels stand in several places
    assert common == [key for key in answered if key in common], f"{where}: another order"
    if "total" in printed:
        assert answered[0] == printed[0], "clients take the first key as the list"


def require_same_rows(printed: list[Any], answered: list[Any], where: str) -> None:
    by_id = {row.get("campaignId") or row["customerId"]: row for row in answered}
    for row in printed:
        identity = row.get("campaignId") or row["customerId"]
        assert identity in by_id or identity.endswith("92"), f"{where}: {identity} missing"
        if identity in by_id:
            require_same(row, by_id[identity], f"{where}[{identity}]")


def test_every_request_of_the_documents_is_here() -> None:
    found = list(examples())
    assert len(found) == 18
    assert {example.method for example in found} == {"GET", "POST", "PUT", "DELETE"}


def test_the_bought_code_is_the_printed_one_and_the_purchase_shows(app: Flask, tokens: dict[str, str]) -> None:
    jane, tests = demo.JANE, demo.TESTS
    seller = Client(app).with_token(tokens["seller"])
    answer = seller.post(f"/api/seller/customer/{jane}/campaign/{tests}/buy")
    assert answer.json == {"coupon": {"code": "123"}, "coupons": [{"code": "123"}]}
    admin = Client(app).with_token(tokens["admin"])
    customers = admin.get(f"/api/campaign/{tests}/customers/visible").json["customers"]  # type: ignore[index]
    [purchase] = customers[1]["campaignPurchases"]
    assert list(purchase) == ["purchaseAt", "costInPoints", "campaignId", "used", "coupon"]
    assert (purchase["costInPoints"], purchase["campaignId"], purchase["used"], purchase["coupon"]) == (
        10,
        {"campaignId": str(tests)},
        False,
        {"code": "123"},
    )
    listed = seller.get("/api/seller/campaign").json["campaigns"][0]  # type: ignore[index]
    assert (listed["usageLeft"], listed["usersWhoUsedThisCampaignCount"]) == (0, 1)


def test_the_printed_empty_form_is_answered_to_the_letter(app: Flask, tokens: dict[str, str]) -> None:
    [printed] = [example.printed for example in examples() if example.status == 400]
    answer = Client(app).with_token(tokens["admin"]).post("/api/campaign")
    assert answer.json == printed
    assert json.dumps(answer.json) == json.dumps(printed)
