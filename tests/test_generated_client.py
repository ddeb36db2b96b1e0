"""Whoever generates a client from the manual's document gets one that works."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from flask import Flask

from tests.world import PASSWORD, World

pytestmark = pytest.mark.slow

PACKAGE = "guerdon_client"
# The generator knows no pictures: it takes them as bytes when it is told to. And the code need not be pretty here.
CONFIG = {
    "content_type_overrides": {"image/*": "application/octet-stream", "application/pdf": "application/octet-stream"},
    "post_hooks": [],
}
Call = Callable[..., Any]


@pytest.fixture(scope="session")
def generated(wired: Flask, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The package that the generator makes of the document; it fails for whatever it cannot read."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "openapi.json").write_text(wired.test_client().get("/openapi.json").text)
    (folder / "config.json").write_text(json.dumps(CONFIG))
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"]
    command += ["--path", "openapi.json", "--config", "config.json", "--output-path", PACKAGE]
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    yield folder / PACKAGE
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture
def models(generated: Path) -> ModuleType:
    return import_module(f"{PACKAGE}.models")


@pytest.fixture
def call(generated: Path, app: Flask) -> Call:
    """Makes a call by its name in the manual, with the token of whoever has signed in, and returns the answer's model."""

    def make(name: str, token: str | None = None, **arguments: Any) -> Any:
        client = import_module(f"{PACKAGE}.client")
        options = {"base_url": "http://guerdon.example", "httpx_args": {"transport": httpx.WSGITransport(app=app)}}
        caller = client.AuthenticatedClient(token=token, **options) if token else client.Client(**options)
        [module] = generated.glob(f"api/*/{name}.py")
        with caller:
            answer = import_module(f"{PACKAGE}.api.{module.parent.name}.{name}").sync_detailed(
                client=caller, **arguments
            )
        assert answer.status_code in {200, 201}, answer.content
        return answer.parsed

    return make


def created_campaign(call: Call, models: ModuleType, token: str, world: World) -> Any:
    """The id of a campaign that sells one code to customers on the silver level."""
    document = models.CampaignDocumentView(
        key="free-coffee",
        name="Free coffee",
        lifecycle=models.CampaignDocumentViewLifecycle.LIVE,
        audience=models.AudiencePart(levels=["silver"]),
        price="10.00",
        limits=models.LimitsPart(overall=1, per_customer=models.CustomerLimitPart(limit=1)),
        sale=models.SalePart(coupon_kind=models.SalePartCouponKind.GIFT_CODE),
        labels=[models.LabelPart(key="type", value="promotion")],
        activity=models.WindowPart(from_=datetime(2026, 1, 1, tzinfo=UTC), to=datetime(2099, 1, 1, tzinfo=UTC)),
    )
    planned = call("plan_campaign_documents", token, body=models.PlanCampaignDocumentsBody(documents=[document]))
    assert [(plan.action, plan.possible) for plan in planned.plans] == [(models.PlanViewAction.CREATE, True)]
    created = call("create_campaign_document", token, body=document)
    assert isinstance(created, models.CampaignWithState)
    assert (created.price, created.state.revision, created.audience.levels) == ("10.00", 1, ["silver"])
    loaded = call("load_codes", token, campaign=created.key, body=models.LoadCodesBody(codes=["COFFEE-1"]))
    assert loaded.added == 1
    return created.state.id


def test_it_signs_in_creates_a_campaign_buys_and_reads_the_coupon(call: Call, models: ModuleType, world: World) -> None:
    def signed_in(role: str, name: str) -> str:
        tokens = call(f"sign_in_as_{role}", body=models.LoginForm(field_username=name, field_password=PASSWORD))
        return str(tokens.token)

    admin = signed_in("admin", "ada")
    campaign = created_campaign(call, models, admin, world)
    sale = call(
        "buy_for_customer_as_admin",
        admin,
        customer=str(world.cleo.uuid),
        campaign=campaign,
        idempotency_key="generated-1",
    )
    assert [coupon.code for coupon in sale.coupons] == ["COFFEE-1"]

    customer = signed_in("customer", "cleo@guerdon.example")
    [bought] = call("list_bought_as_customer", customer, include_details=True).campaigns
    assert (bought.coupon.code, bought.campaign_id, bought.cost_in_points) == ("COFFEE-1", campaign, 10)
    assert bought.delivery_status.status == models.DeliveryViewStatus.ORDERED
    assert bought.campaign.reward == models.BoughtCampaignViewReward.GIFT_CODE


def test_a_refusal_is_typed_too(call: Call, models: ModuleType, generated: Path, app: Flask) -> None:
    wrong = models.LoginForm(field_username="ada", field_password="wrong")
    client = import_module(f"{PACKAGE}.client")
    with client.Client("http://guerdon.example", httpx_args={"transport": httpx.WSGITransport(app=app)}) as nobody:
        refused = import_module(f"{PACKAGE}.api.signing_in.sign_in_as_admin").sync(client=nobody, body=wrong)
    assert isinstance(refused, models.Unauthorized)
    assert (refused.code, refused.message) == (401, "Bad credentials")


def test_every_call_of_the_manual_is_in_it(generated: Path, wired: Flask) -> None:
    document: Any = wired.test_client().get("/openapi.json").json
    names = {operation["operationId"] for path in document["paths"].values() for operation in _operations(path)}
    assert names == {module.stem for module in generated.glob("api/*/*.py")} - {"__init__"}


def _operations(path: dict[str, Any]) -> list[Any]:
    return [operation for method, operation in path.items() if method != "parameters"]
