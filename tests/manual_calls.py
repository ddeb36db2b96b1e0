"""The manual's examples: every call made once, in an order that makes sense, over the demo world.

`make examples` writes what was sent and answered into app/manual/examples.json; tests/test_manual.py looks whether it is still so.
"""

import io
import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, UUID, uuid5

from flask import Flask
from PIL import Image
from sqlalchemy import select

from app import create_app, demo
from app.access.links import ACTIVATION, RESET, Links
from app.access.models import ActivationCode, Login
from app.db import installation
from app.db.engine import Database
from app.manual.document import EXAMPLES
from app.members.models import Customer
from app.settings import Settings
from app.web.callers import rotate_keys
from tests.client import Client
from tests.world import clock_at

NOW = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
STRONG = "Correct-Horse-7"
JANE, JOHN, TESTS, DISCOUNT = str(demo.JANE), str(demo.JOHN), str(demo.TESTS), str(demo.DISCOUNT)
HOST = {"X-Spaaza-MyPrice-App-Hostname": demo.ACME_HOST}
PARTNER = {**HOST, "Authorization": f"Bearer {demo.ACME_TOKEN}"}
APPLICATION = {"Authorization": f"Bearer {demo.AVIARY_SECRET}"}
RANDOM = re.compile(
    r"(?P<secret>\bwhsec_[\w+/=]{32})|(?P<link>\bWy[IJ][\w.-]{60,})|(?P<uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})|(?P<hex>\b[0-9a-f]{32,}\b)|(?P<token>\beyJ[\w.-]{40,}|\b[\w-]{43,}\b=*(?!\":))"
    r"|(?<=\"referral_code\": \")(?P<code>[a-z0-9]{8})\b|(?<=third_party_id\": )(?P<number>[0-9]{10})\b",
    re.ASCII,
)

Example = dict[str, Any]


class Walk:
    """Makes calls by their names in the manual, and notes the first of each."""

    def __init__(self, app: Flask) -> None:
        self.client = Client(app)
        self.document: Any = self.client.get("/openapi.json").json
        self.places = {
            operation["operationId"]: (method.upper(), path, operation)
            for path, operations in self.document["paths"].items()
            for method, operation in operations.items()
            if method != "parameters"
        }
        self.examples: dict[str, Example] = {}

    def __call__(
        self,
        name: str,
        caller: Mapping[str, str],
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        files: Any = None,
        **path: Any,
    ) -> Any:
        method, template, operation = self.places[name]
        address = template.format(**path) + (f"?{urlencode(query)}" if query else "")
        sent = {"data": files} if files else {"json": body} if body is not None else {}
        answer = self.client.send(method, address, headers=dict(caller), **sent)
        problem = answer.get_data(as_text=True)[:500] if answer.mimetype == "application/json" else ""
        assert answer.status_code in {200, 201, 202, 204}, f"{name}: {answer.status_code} {problem}"
        assert '"status":"error"' not in problem, f"{name}: {problem}"
        said_as_text = answer.get_data(as_text=True) if answer.mimetype in ("text/csv", "text/css") else None
        printed = answer.json if answer.mimetype == "application/json" else said_as_text
        shown = {p["name"] for p in operation.get("parameters", []) if p["in"] == "header"}
        parts = {
            "headers": {name: value for name, value in caller.items() if name in shown},
            "path": {part: value for part, value in path.items() if f"{{{part}}}" in template},
            "query": dict(query or {}),
            "body": dict.fromkeys(files, "(the file's bytes)") if files else body,
            "answer": printed,
        }
        said = {part: value for part, value in parts.items() if value is not None and (value != {} or part == "answer")}
        self.examples.setdefault(name, said)
        return printed


def recorded(app: Flask, walk: Walk | None = None) -> dict[str, Example]:
    """All examples, by the names of their calls. `app` serves a new demo world."""
    walk = walk or Walk(app)
    with clock_at(NOW):
        for play in (
            signing_in,
            campaigns,
            campaign_documents,
            buying,
            shop,
            customers,
            sales,
            programme,
            settings_of_the_programme,
            chains,
            webhooks,
            links,
            passwords,
            spaaza,
            sessionm,
        ):
            play(walk)
    assert walk.places.keys() == walk.examples.keys(), f"no example: {walk.places.keys() - walk.examples.keys()}"
    plain = dict(zip(walk.examples, json.loads(_without_chance(json.dumps([*walk.examples.values()]))), strict=True))
    return {name: plain[name] for name in walk.places}


def _without_chance(text: str) -> str:
    """What is made by chance is called the same each time: by how many of its kind came before it."""
    known = {str(value) for value in [*vars(demo).values(), *demo.LEVELS.values()]}
    names: dict[str, str] = {}

    def name(match: re.Match[str]) -> str:
        if match[0] in known:
            return match[0]
        number = len(names)
        uuid = uuid5(NAMESPACE_URL, f"guerdon example {number}")
        made = {
            "secret": f"whsec_…{number}",
            "link": f"WyI…{number}",
            "uuid": str(uuid),
            "hex": (uuid.hex * 4)[: len(match[0])],
            "token": f"{match[0][:3]}…{number}",
            "code": uuid.hex[:8],
            "number": str(10**9 + number),
        }
        return names.setdefault(match[0], made[str(match.lastgroup)])

    return RANDOM.sub(name, text)


def bearer(tokens: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {tokens['token']}"}


def signed_in(walk: Walk, role: str) -> dict[str, str]:
    name, password = {
        "admin": ("admin", demo.STAFF_PASSWORD),
        "seller": ("john@doe.com", demo.STAFF_PASSWORD),
        "customer": ("user-temp@oloy.com", demo.CUSTOMER_PASSWORD),
    }[role]
    return bearer(walk(f"sign_in_as_{role}", {}, {"_username": name, "_password": password}))


def signing_in(walk: Walk) -> None:
    tokens = walk("sign_in_as_admin", {}, {"_username": "admin", "_password": demo.STAFF_PASSWORD})
    tokens = walk("refresh", {}, {"refresh_token": tokens["refresh_token"]})
    walk("revoke", bearer(tokens))
    walk("revoke_by_get", signed_in(walk, "admin"))


def links(walk: Walk) -> None:
    """What is mailed: made here, as a worker would when it sends."""
    extensions = walk.client.app.extensions
    extensions["guerdon_settings"] = replace(extensions["guerdon_settings"], smtp_url="smtp://mail.guerdon.example")
    person = {"firstName": "Lina", "lastName": "New", "email": "lina@guerdon.example", "agreement1": True}
    nora = UUID(walk("register_customer", signed_in(walk, "admin"), {"customer": person})["customerId"])
    walk("activate_myself", {}, token=_link(walk, ACTIVATION, nora, "new"))
    for name in ("request_password_reset", "request_customers_password_reset"):
        walk(name, {}, {"username": "lina@guerdon.example"})
    walk("invite", signed_in(walk, "customer"), {"invitation": {"recipientEmail": "friend@guerdon.example"}})
    _code(walk)
    link = _link(walk, RESET, nora, "active")
    walk("reset_password", {}, {"token": link, "reset": {"plainPassword": STRONG}})


def _code(walk: Walk) -> None:
    """What is sent to a phone, or by mail to whoever has none."""
    person = {
        "firstName": "Olga",
        "lastName": "New",
        "email": "olga@guerdon.example",
        "phone": "+48 600 200 300",
        "agreement1": True,
    }
    olga = UUID(walk("register_customer", signed_in(walk, "admin"), {"customer": person})["customerId"])
    with walk.client.app.extensions["guerdon_database"].transaction() as session:
        session.scalars(select(Customer).where(Customer.uuid == olga)).one().status = "new"
    walk("send_code_as_seller", signed_in(walk, "seller"), customer=str(olga))
    walk("ask_for_code", {}, {"phone": person["phone"]})
    with walk.client.app.extensions["guerdon_database"].transaction() as session:
        session.scalars(select(ActivationCode)).one().code = "042137"  # rather than by chance
    walk("activate_with_code", {}, token="042137")


def _link(walk: Walk, purpose: str, of: UUID, status: str) -> str:
    made: Links = walk.client.app.extensions["guerdon_identity"].links
    with walk.client.app.extensions["guerdon_database"].transaction() as session:
        customer = session.scalars(select(Customer).where(Customer.uuid == of)).one()
        customer.status = status
        session.flush()
        return made.make(
            session, purpose, session.scalars(select(Login).where(Login.customer_id == customer.id)).one().uuid
        )


def a_campaign(name: str, **changed: Any) -> dict[str, Any]:
    return {
        "campaign": {
            "reward": "gift_code",
            "name": name,
            "shortDescription": "A coffee on the house.",
            "active": True,
            "costInPoints": 10,
            "target": "level",
            "levels": [str(uuid) for uuid in demo.LEVELS.values()],
            "labels": [{"key": "type", "value": "promotion"}],
            "unlimited": False,
            "limit": 5,
            "limitPerUser": 3,
            "coupons": ["COFFEE-1", "COFFEE-2", "COFFEE-3", "COFFEE-4", "COFFEE-5"],
            "campaignVisibility": {"allTimeVisible": True},
            "campaignActivity": {"activeFrom": "2026-01-01 00:00", "activeTo": "2027-01-01 00:00"},
            **changed,
        }
    }


def campaigns(walk: Walk) -> None:
    admin, seller = signed_in(walk, "admin"), signed_in(walk, "seller")
    made = walk("create_campaign", admin, a_campaign("Free coffee"))["campaignId"]
    walk("list_campaigns", admin, query={"perPage": 1, "sort": "name"})
    walk("list_active_campaigns", admin, query={"perPage": 1})
    category = {"campaign_category": {"name": "Drinks", "active": True, "sortOrder": 1}}
    drinks = walk("create_category", admin, category)["campaignCategoryId"]
    walk("list_categories", {}, query={"perPage": 1000})
    walk("show_category", {}, category=drinks)
    walk("change_category", admin, {"campaign_category": {"name": "Hot drinks", "sortOrder": 2}}, category=drinks)
    walk("switch_category", admin, {"active": True}, category=drinks)
    walk("change_campaign", admin, a_campaign("Free coffee", limit=4, categories=[drinks], public=True), campaign=made)
    walk("list_public", {}, query={"categoryId[]": drinks})
    walk("show_campaign", admin, campaign=made)
    walk("switch_campaign", admin, campaign=made, status="active")
    walk("list_coupons", admin, query={"perPage": 2}, campaign=made)
    walk("list_customers_of_campaign", admin, query={"perPage": 1, "sort": "createdAt"}, campaign=made)
    walk("list_visible_campaigns", seller, query={"perPage": 1, "sort": "name"})
    walk("show_campaign_to_seller", seller, campaign=TESTS)
    for _ in range(2):
        walk("upload_photo", admin, files={"photo[file]": (_picture(), "coffee.png")}, campaign=made)
    photos = walk("show_campaign", admin, campaign=made)["photos"]
    walk("show_photo", admin, campaign=made)
    walk("show_one_photo", admin, campaign=made, photo=photos[0]["photoId"]["id"])
    walk("remove_photo", admin, campaign=made, photo=photos[0]["photoId"]["id"])
    walk("remove_photos", admin, campaign=made)
    walk("upload_brand_icon", admin, files={"brand_icon[file]": (_picture(), "icon.png")}, campaign=made)
    walk("show_brand_icon", admin, campaign=made)
    walk("remove_brand_icon", admin, campaign=made)


COFFEE_DOCUMENT = {
    "key": "a-coffee-a-day",
    "name": "A coffee a day",
    "lifecycle": "live",
    "audience": {"levels": ["level1", "level2"]},
    "price": "10.00",
    "limits": {"overall": 1000, "per_customer": {"limit": 1, "unit": "day"}},
    "sale": {"coupon_kind": "gift_code"},
}


def campaign_documents(walk: Walk) -> None:
    admin, cheaper = signed_in(walk, "admin"), {**COFFEE_DOCUMENT, "price": "8.00"}
    walk("show_document_schema", {})
    walk("plan_campaign_documents", admin, {"documents": [COFFEE_DOCUMENT]})
    walk("ask_campaign_document", admin, {"document": COFFEE_DOCUMENT, "customer": JANE, "at": "2026-05-04T10:00:00Z"})
    walk("create_campaign_document", admin, COFFEE_DOCUMENT)
    walk("list_campaign_documents", admin, query={"kind": "interaction", "text": "coffee", "perPage": 1})
    walk("show_campaign_document", admin, campaign=COFFEE_DOCUMENT["key"])
    walk("change_campaign_document", admin | {"If-Match": '"1"'}, cheaper, campaign=COFFEE_DOCUMENT["key"])
    walk("load_codes", admin, {"codes": ["COFFEE-1", "COFFEE-2"]}, campaign=COFFEE_DOCUMENT["key"])
    walk("list_revisions", admin, campaign=COFFEE_DOCUMENT["key"])
    walk("show_revision", admin, campaign=COFFEE_DOCUMENT["key"], revision=1)
    walk("restore_revision", admin | {"If-Match": '"2"'}, campaign=COFFEE_DOCUMENT["key"], revision=1)


def _picture() -> io.BytesIO:
    picture = io.BytesIO()
    Image.new("RGB", (600, 600), "brown").save(picture, "PNG")
    picture.seek(0)
    return picture


def buying(walk: Walk) -> None:
    admin, seller, customer = (signed_in(walk, role) for role in ("admin", "seller", "customer"))
    coffee = walk("create_campaign", admin, a_campaign("Coffee"))["campaignId"]
    for role, who in (("admin", admin), ("seller", seller)):
        walk(f"list_available_for_customer_as_{role}", who, query={"perPage": 1, "sort": "name"}, customer=JANE)
        walk(f"explain_for_customer_as_{role}", who, customer=JOHN, campaign=DISCOUNT)
        walk(f"buy_for_customer_as_{role}", who, customer=JANE, campaign=coffee)
        walk(f"list_bought_by_customer_as_{role}", who, query={"includeDetails": "true"}, customer=JANE)
    walk("list_available", customer, query={"perPage": 1, "sort": "name"})
    walk("explain", customer, campaign=coffee)
    walk("buy", customer, campaign=coffee)
    bought = walk("list_bought_as_customer", customer, query={"perPage": 1})["campaigns"][0]
    walk("pass_own_points_on", customer, {"transfer": {"receiver": JOHN, "points": 1}})
    walk("list_own_transfers", customer, query={"perPage": 1, "type": "adding"})
    walk("list_bought_as_admin", admin, query={"perPage": 1})
    walk("export_bought", admin, query={"purchasedAtFrom": "2026-01-01"})
    walk("list_choices", admin, type="deliveryStatus")
    walk(
        "change_delivery",
        admin,
        {"deliveryStatus": {"status": "shipped"}},
        customer=JANE,
        purchase=bought["coupon"]["id"],
    )
    mark = {"campaignId": coffee, "code": bought["coupon"]["code"], "used": True}
    code = walk("buy_for_customer_as_seller", seller, customer=JOHN, campaign=coffee)["coupon"]["code"]
    at_till = {**mark, "customerId": JOHN, "code": code}
    walk("mark_coupons_at_the_till", seller, {"coupons": [at_till]})
    walk("mark_coupons", customer, {"coupons": [mark]})
    walk("mark_coupons_of_customers", admin, {"coupons": [{**mark, "used": False, "customerId": JANE}]})
    walk("mark_coupon", customer, {"used": True}, campaign=coffee, code=mark["code"])


def shop(walk: Walk) -> None:
    """Guerdon's own calls: what one sees, plays and holds, whoever asks."""
    admin, seller, customer = (signed_in(walk, role) for role in ("admin", "seller", "customer"))
    # A draw that always ends the same: chance has no place in examples.
    rewards = [
        {"title": "100 points", "kind": "points", "points": 100, "weight": 1},
        {"title": "Better luck next time", "kind": "nothing", "weight": 0},
    ]
    scratch = {"key": "scratch-card", "name": "Scratch card", "kind": "composable", "handling": "random_draw"}
    whole = {**scratch, "lifecycle": "live", "audience": {"everyone": True}, "rewards": rewards}
    wheel = walk("create_campaign_document", admin, whole)["state"]["id"]
    walk("list_campaigns_shown_to_me", customer, query={"action": "play"})
    walk("show_campaign_to_me", customer, campaign=wheel)
    walk("play", customer, campaign=wheel)
    walk("opt", customer, campaign=wheel, wish="opt_out")
    walk("list_my_vouchers", customer, query={"usable": "true", "size": 1})
    walk("list_my_draws", customer, query={"size": 1})
    for role, who in (("admin", admin), ("seller", seller)):
        walk(f"find_customers_as_{role}", who, query={"text": "jane", "size": 1})
        walk(f"list_campaigns_shown_to_customer_as_{role}", who, query={"action": "play", "size": 1}, customer=JANE)
        walk(f"show_campaign_as_customer_sees_it_as_{role}", who, customer=JANE, campaign=DISCOUNT)
        walk(f"list_vouchers_of_customer_as_{role}", who, query={"size": 1}, customer=JANE)
        walk(f"list_draws_of_customer_as_{role}", who, query={"size": 1}, customer=JANE)
    walk("show_overview", admin)
    walk("show_choices", admin)
    walk("list_pool_codes", admin, query={"size": 2}, campaign="discount-code-campaign")
    walk("find_pool_code", admin, query={"code": "testCoupon"}, campaign="discount-code-campaign")
    walk("list_draws", admin, query={"size": 1}, campaign="scratch-card")
    walk("verify_draws", admin, campaign="scratch-card")
    walk("list_audit_entries", admin, query={"size": 2})
    walk("list_audit_log", admin, query={"perPage": 2})


def customers(walk: Walk) -> None:
    admin, seller = signed_in(walk, "admin"), signed_in(walk, "seller")
    ann = {"firstName": "Ann", "lastName": "Example", "email": "ann@guerdon.example", "agreement1": True}
    made = walk("register_customer", admin, {"customer": {**ann, "plainPassword": STRONG}})["customerId"]
    dan = {**ann, "firstName": "Dan", "email": "dan@guerdon.example", "plainPassword": STRONG}
    walk("register_myself", {}, {"customer": dan})
    walk("check_name", {}, query={"emailOrPhone": "dan@guerdon.example"})
    ben = {**ann, "firstName": "Ben", "email": "ben@guerdon.example", "loyaltyCardNumber": "700001"}
    walk("register_customer_as_seller", seller, {"customer": ben})
    walk("list_customers", admin, query={"firstName": "Jane", "strict": "true"})
    walk("show_customer", admin, customer=JANE)
    walk("change_customer", admin, {"customer": {"phone": "+48123456789"}}, customer=made)
    walk("upload_avatar", admin, files={"avatar[file]": (_picture(), "jane.png")}, customer=JANE)
    walk("show_avatar", admin, customer=JANE)
    walk("remove_avatar", admin, customer=JANE)
    walk("show_status", admin, customer=JANE)
    walk("show_status_to_admin", admin, customer=JANE)
    walk("show_status_to_seller", seller, customer=JANE)
    for name, who in (("switch_customer", admin), ("switch_customer_as_seller", seller)):
        walk(name, who, customer=made, action="deactivate")
    walk("switch_customer", admin, customer=made, action="activate")
    walk("assign_level", admin, {"levelId": str(demo.LEVELS["level2"])}, customer=made)
    walk("release_level", admin, customer=made)
    walk("show_level_history", admin, customer=made)
    shop = walk("create_pos", admin, {"pos": {"name": "Harbour", "identifier": "harbour"}})["posId"]
    walk("assign_shop", admin, {"posId": shop}, customer=made)
    walk("assign_shop_as_seller", seller, {"posId": shop}, customer=made)
    walk("search_customers", seller, {"search": {"phone": "+48123456789"}})
    walk("show_registrations", admin)
    twin = {**ann, "email": "ann.example@guerdon.example", "loyaltyCardNumber": "700002", "posId": shop}
    labels = [{"key": "came by", "value": "harbour festival"}]
    walk("register_customer", admin, {"customer": {**twin, "labels": labels, "createdAt": "2026-05-01 10:00"}})
    walk("merge_customers", admin, {"merge": {"customer": "700002"}}, customer=made)
    walk("export_customer", admin, customer=made)
    other = {**ann, "firstName": "Eve", "email": "eve@guerdon.example"}
    gone = walk("register_customer", admin, {"customer": other})["customerId"]
    walk("erase_customer", admin, customer=gone)
    imported = "<customers><customer><firstName>Fay</firstName><lastName>Example</lastName><agreement1>1</agreement1>"
    imported += "<email>fay@guerdon.example</email></customer></customers>"
    walk("import_customers", admin, files=a_file(imported))
    imported = "<pointsTransfers><pointsTransfer><customerEmail>fay@guerdon.example</customerEmail><points>5</points>"
    walk("import_points", admin, files=a_file(imported + "</pointsTransfer></pointsTransfers>"))
    given = {"customer": made, "points": 50, "comment": "For your patience"}
    added = walk("add_points", admin, {"transfer": given})["pointsTransferId"]
    walk("show_points", admin, customer=made)
    walk("add_points_as_seller", seller, {"transfer": given})
    walk("spend_points", admin, {"transfer": {"customer": made, "points": 2.5, "comment": "Corrected"}})
    walk("spend_points_as_seller", seller, {"transfer": {"customer": made, "points": 10}})
    walk("pass_points_on", admin, {"transfer": {"sender": made, "receiver": JANE, "points": 5}})
    walk("cancel_points", admin, transfer=added)
    walk("list_transfers", admin, query={"customerId": JOHN})
    walk("list_transfers_as_seller", seller, query={"customerId": JOHN})


def a_file(rows: str) -> dict[str, Any]:
    return {"file[file]": (io.BytesIO(rows.encode()), "rows.xml")}


def sales(walk: Walk) -> None:
    """By what points are earned, and what is sold."""
    admin, seller, customer = (signed_in(walk, role) for role in ("admin", "seller", "customer"))
    always = {"active": True, "allTimeActive": True}
    spent = {"type": "points", "name": "A point for each euro", **always, "pointValue": 1, "excludedSKUs": ["GIFTCARD"]}
    made = walk("create_earning_rule", admin, {"earningRule": spent})["earningRuleId"]
    walk("change_earning_rule", admin, {"earningRule": {**spent, "pointValue": 1.5}}, rule=made)
    visit = {"type": "custom_event", "name": "A visit", **always, "eventName": "visit", "pointsAmount": 5}
    limited = {"active": True, "limit": 1, "period": "1 day"}
    walk("create_earning_rule", admin, {"earningRule": {**visit, "limit": limited}})
    walk("show_earning_rule", admin, rule=made)
    walk("list_earning_rules", admin, query={"type": "points"})
    walk("list_earning_rules_as_seller", seller)
    walk("show_earning_rule_to_seller", seller, rule=made)
    walk("list_earning_rules_as_customer", customer)
    walk("tell_custom_event", admin, event="visit", customer=JANE)
    shop = {"type": "geolocation", "name": "In the shop", **always, "pointsAmount": 5}
    walk("create_earning_rule", admin, {"earningRule": {**shop, "latitude": 51.11, "longitude": 17.03, "radius": 0.2}})
    walk("tell_place", admin, {"earningRule": {"latitude": 51.1101, "longitude": 17.0302}}, customer=JANE)
    poster = {"type": "qrcode", "name": "The poster", **always, "pointsAmount": 5, "code": "poster-1"}
    poster_rule = walk("create_earning_rule", admin, {"earningRule": poster})["earningRuleId"]
    walk("tell_code", admin, {"earningRule": {"code": "poster-1", "earningRuleId": poster_rule}}, customer=JANE)
    walk("upload_photo_of_earning_rule", admin, files={"photo[file]": (_picture(), "poster.png")}, rule=poster_rule)
    walk("show_photo_of_earning_rule", admin, rule=poster_rule)
    walk("remove_photo_of_earning_rule", admin, rule=poster_rule)
    coffee = {"sku": {"code": "COFFEE"}, "name": "Coffee", "quantity": 2, "grossValue": 7, "maker": "Roast"}
    labels = [{"key": "kind", "value": "card"}]
    card = {"sku": {"code": "GIFTCARD"}, "name": "Gift card", "quantity": 1, "grossValue": 20, "labels": labels}
    document = {"documentType": "sell", "documentNumber": "2026-0001", "purchaseDate": "2026-05-01 12:30"}
    receipt = {"transactionData": document, "items": [coffee, card], "customerData": {"email": "user-temp@oloy.com"}}
    walk("simulate_transaction", seller, {"transaction": receipt})
    sold = walk("record_transaction", seller, {"transaction": receipt})["transactionId"]
    returned = {"documentType": "return", "documentNumber": "2026-0002", "purchaseDate": "2026-05-02 09:00"}
    half = {**coffee, "quantity": 1, "grossValue": 3.5}
    back = {"transactionData": returned, "items": [half], "revisedDocument": "2026-0001"}
    walk("record_transaction", seller, {"transaction": back})
    for name, who, number in (
        ("assign_transaction", admin, "2026-0003"),
        ("assign_transaction_as_seller", seller, "2026-0004"),
        ("assign_transaction_below_seller", seller, "2026-0006"),
    ):
        other = {"transactionData": {**document, "documentNumber": number}, "items": [coffee]}
        walk("record_transaction", seller, {"transaction": other})
        walk(name, who, {"assign": {"transactionDocumentNumber": number, "customerId": JOHN}})
    imported = "<transactions><transaction><documentType>sell</documentType><documentNumber>2026-0005</documentNumber>"
    imported += "<purchaseDate>2026-05-01 12:30</purchaseDate><items><item><sku>COFFEE</sku><name>Coffee</name><quantity>1</quantity>"
    imported += "<grossValue>3.5</grossValue></item></items><customer><email>user-temp@oloy.com</email></customer></transaction>"
    walk("import_transactions", admin, files=a_file(imported + "</transactions>"))
    walk("list_transactions", admin, query={"documentType": "sell", "perPage": 1})
    walk("show_transaction", admin, transaction=sold)
    walk("list_item_labels", admin)
    labels = [{"key": "table", "value": "7"}]
    walk("label_transaction", admin, {"transaction_labels": {"transactionId": sold, "labels": labels}})
    more = {"transactionDocumentNumber": "2026-0001", "labels": [{"key": "with", "value": "friends"}]}
    walk("label_own_transaction", customer, {"append": more})
    walk("list_invitations", admin)
    walk("list_transactions_as_seller", seller, query={"perPage": 1})
    walk("list_transactions_of_customer", seller, customer=JOHN)
    walk("list_transactions_of_document", seller, document="2026-0001")
    walk("list_own_transactions", customer, query={"perPage": 1})
    walk("show_own_transaction", customer, transaction=sold)
    walk("switch_earning_rule", admin, {"active": False}, rule=made)


def settings_of_the_programme(walk: Walk) -> None:
    """What is decided about the programme, its texts and pictures, and what has come together."""
    admin = signed_in(walk, "admin")
    walk("show_settings", admin)
    priorities = [{"priority": 1, "field": "loyaltyCardNumber"}, {"priority": 2, "field": "email"}]
    changed = {
        "programPointsSingular": "bean",
        "programPointsPlural": "beans",
        "customersIdentificationPriority": priorities,
        "accentColor": "#6f4e37",
    }
    walk("change_settings", admin, {"settings": changed})
    walk("show_public_settings", {})
    walk("show_activation_method", {})
    walk("show_styles", {})
    walk("list_customer_statuses", admin)
    letter = walk("list_letters", admin)["emails"][0]
    walk("show_letter", admin, email=letter["emailId"])
    words = {"subject": "{{ campaign }} is yours", "content": "<p>Hello {{ first_name }}, you have {{ campaign }}.</p>"}
    walk("change_letter", admin, {"email": words}, email=letter["emailId"])
    grace = {
        "firstName": "Grace",
        "lastName": "Doe",
        "email": "grace@guerdon.example",
        "plainPassword": "Correct-Horse-8",
    }
    another = walk("register_admin", admin, {"admin": grace})["adminId"]
    walk("change_admin", admin, {"admin": {**grace, "phone": "+48600100100"}}, admin=another)
    walk("show_admin", admin, admin=another)
    walk("list_admins", admin)
    pos = [{"resource": "POS", "access": "VIEW"}]
    walk("create_role", admin, {"role": {"name": "Shops", "permissions": pos}})
    role = walk("list_roles", admin)["roles"][1]["id"]
    walk("show_role", admin, role=role)
    walk("change_role", admin, {"role": {"name": "Who looks at shops", "permissions": pos}}, role=role)
    walk("create_role", admin, {"role": {"name": "Nobody's", "permissions": []}})
    walk("remove_role", admin, role=walk("list_roles", admin)["roles"][2]["id"])
    held = {
        "firstName": "Lena",
        "lastName": "New",
        "email": "lena@guerdon.example",
        "plainPassword": STRONG,
        "roles": [role],
    }
    walk("register_admin", admin, {"admin": held})
    walk("list_resources", admin)
    walk("list_accesses", admin)
    walk("list_choices", {}, type="earningRuleLimitPeriod")
    walk("upload_picture", admin, files={"photo[file]": (_picture(), "logo.png")}, picture="logo")
    walk("show_picture", {}, picture="logo")
    walk("remove_picture", admin, picture="logo")
    walk("upload_conditions", admin, files={"conditions[file]": (io.BytesIO(b"%PDF-1.7 terms"), "terms.pdf")})
    walk("show_conditions", {})
    walk("show_address_of_conditions", {})
    walk("remove_conditions", admin)
    texts = {"name": "English", "code": "en", "content": '{"global": {"save": "Save"}}'}
    walk("create_translation", admin, {"translation": texts})
    polish = {"name": "Polski", "code": "pl", "order": 1, "content": '{"global": {"save": "Zapisz"}}'}
    walk("create_translation", admin, {"translation": polish})
    walk("list_translations", admin)
    walk("change_translation", admin, {"translation": {**polish, "default": True}}, language="pl")
    walk("show_translation", admin, language="en")
    walk("show_texts", {})
    walk("remove_translation", admin, language="en")
    for of in ("points", "sales", "customers", "referrals"):
        walk(f"show_{of}_figures", admin)


def programme(walk: Walk) -> None:
    """Levels, segments, sellers and points of sale."""
    admin, seller = signed_in(walk, "admin"), signed_in(walk, "seller")
    gold = {
        "name": "gold",
        "conditionValue": 500,
        "active": True,
        "reward": {"name": "25% off", "value": 25, "code": "gold"},
    }
    level = walk("create_level", admin, {"level": gold})["id"]
    walk("change_level", admin, {"level": {**gold, "conditionValue": 400}}, level=level)
    walk("switch_level", admin, {"active": False}, level=level)
    walk("list_all_levels", admin, query={"perPage": 1})
    walk("show_one_level", admin, level=level)
    walk("list_customers_of_level", admin, query={"perPage": 1}, level=str(demo.LEVELS["level1"]))
    for each in ("level0", "level1"):
        walk("upload_photo_of_level", admin, files={"photo[file]": (_picture(), "l.png")}, level=str(demo.LEVELS[each]))
    walk("show_photo_of_level", admin, level=str(demo.LEVELS["level1"]))
    walk("remove_photo_of_level", admin, level=str(demo.LEVELS["level1"]))
    walk("list_levels_as_seller", seller, query={"perPage": 1})
    walk("list_levels_as_customer", signed_in(walk, "customer"))
    walk("show_level_as_seller", seller, level=str(demo.LEVELS["level0"]))
    regulars = {
        "name": "regulars",
        "active": True,
        "parts": [{"criteria": [{"type": "customer_list", "customers": [JANE]}]}],
    }
    often = {"type": "transaction_count", "min": 1, "max": 1000}
    walk("preview_segment", admin, {"segment": {"name": "Who has bought", "parts": [{"criteria": [often]}]}})
    segment = walk("create_segment", admin, {"segment": regulars})["segmentId"]
    walk("list_segments", admin, query={"name": "regulars"})
    walk("show_segment", admin, segment=segment)
    walk("list_customers_of_segment", admin, segment=segment)
    walk("export_customers_of_segment", admin, segment=segment)
    walk("export_customers_of_level", admin, level=level)
    walk("change_segment", admin, {"segment": {**regulars, "description": "Who comes often"}}, segment=segment)
    walk("switch_segment", admin, segment=segment, action="deactivate")
    walk("remove_segment", admin, segment=segment)
    shop = {"name": "Corner shop", "identifier": "corner", "description": "At the corner"}
    pos = walk("create_pos", admin, {"pos": shop})["posId"]
    walk("list_pos", admin, query={"perPage": 1, "sort": "identifier"})
    walk("show_pos", admin, pos=pos)
    walk("show_pos_named", admin, identifier="corner")
    walk("change_pos", admin, {"pos": {**shop, "description": "At the corner, by the fountain"}}, pos=pos)
    walk("list_shops_as_seller", seller, query={"perPage": 1, "sort": "identifier"})
    walk("show_shop_as_seller", seller, pos=pos)
    cara = {"firstName": "Cara", "lastName": "Clerk", "email": "cara@guerdon.example", "posId": pos, "active": True}
    made = walk("register_seller", admin, {"seller": {**cara, "plainPassword": STRONG}})["sellerId"]
    walk("list_sellers", admin, query={"perPage": 1, "sort": "email"})
    walk("show_seller", admin, seller=made)
    walk("change_seller", admin, {"seller": {**cara, "allowPointTransfer": False}}, seller=made)
    walk("switch_seller", admin, seller=made, action="deactivate")


def chains(walk: Walk) -> None:
    admin = signed_in(walk, "admin")
    bistro = {"name": "Bistro", "currency": "EUR", "timeZone": "Europe/Warsaw"}
    chain = walk("create_chain", admin, {"chain": bistro})["chainId"]
    walk("list_chains", admin)
    walk(
        "change_chain",
        admin,
        {"chain": {**bistro, "referralWindowQuantity": 30, "referralWindowUnit": "day"}},
        chain=chain,
    )
    business = walk("add_business", admin, {"business": {"name": "Bistro at the station"}}, chain=chain)["businessId"]
    walk("rename_business", admin, {"business": {"name": "Bistro at the harbour"}}, business=business)
    walk("list_businesses", admin, chain=chain)
    walk("give_permission", admin, {"permission": {"write": True}}, chain=chain, username="admin")
    walk("set_app", admin, {"app": {"chainId": 1}}, hostname="bistro.guerdon.example")
    walk("list_apps", admin)
    token = {"name": "till 7", "hostname": "bistro.guerdon.example", "write": True, "expiresAt": "2027-01-01 00:00"}
    made = walk("create_token", admin, {"token": token})["tokenId"]
    walk("list_tokens", admin)
    walk("revoke_token", admin, token=made)
    walk("close_app", admin, hostname="bistro.guerdon.example")
    walk("take_permission", admin, chain=chain, username="admin")


def webhooks(walk: Walk) -> None:
    admin = signed_in(walk, "admin")
    hook = {
        "url": "https://crm.guerdon.example/hooks",
        "events": ["purchase.made", "points.added"],
        "description": "The CRM",
    }
    made = walk("create_webhook", admin, {"webhook": hook})["id"]
    walk("list_event_kinds", admin)
    walk("list_webhooks", admin)
    walk("show_webhook", admin, webhook=made)
    walk("change_webhook", admin, {"webhook": {**hook, "events": ["*"]}}, webhook=made)
    walk("test_webhook", admin, webhook=made)
    walk("list_webhook_tries", admin, webhook=made)
    span = {"since": "2026-05-01 00:00", "until": "2026-05-04 00:00"}
    walk("replay_messages", admin, {"replay": span}, webhook=made)
    walk("list_dead_messages", admin, webhook=made)
    walk("revive_dead_messages", admin, webhook=made)
    walk("rotate_webhook_secret", admin, webhook=made)
    walk("pause_webhook", admin, webhook=made)
    walk("resume_webhook", admin, webhook=made)
    walk("remove_webhook", admin, webhook=made)


def passwords(walk: Walk) -> None:
    for role, known in (("admin", "open"), ("seller", "open"), ("customer", "loyalty")):
        sent = {"currentPassword": known, "plainPassword": STRONG}
        walk(f"change_password_as_{role}", signed_in(walk, role), sent)


def spaaza(walk: Walk) -> None:
    for name in ("spaaza_logout", "spaaza_logout_by_delete"):
        walk(name, _session(walk))
    janneke = _session(walk)
    walk("spaaza_interact_campaign", janneke, query={"campaign_id": demo.TAP})
    walk("spaaza_interact_campaign_by_get", PARTNER, query={"campaign_id": demo.TAP, "user_id": demo.REFERRED})
    walk("spaaza_get_campaigns", PARTNER, query={"campaign_id": demo.TAP, "user_id": demo.JANNEKE})
    scratch = {
        "title": "Scratch card",
        "type": "composable",
        "context": "interaction",
        "active": True,
        "rewards_handling": "random_draw",
        "max_reward_quantity": 1,
        "max_reward_quantity_unit": "day",
        "active_date_until": "2030-01-01 00:00:00",
        "reward_methods": [
            {"type": "voucher", "title": "One euro", "amount": 1, "weight": 1},
            {"type": "nothing", "weight": 9},
        ],
    }
    walk("spaaza_add_campaign", PARTNER, scratch)
    relation = {
        "entity[entity_type]": "chain",
        "entity[entity_id]": demo.ACME,
        "campaign[campaign_id]": demo.REFERRAL,
        "referring_user[user_id]": demo.JANNEKE,
        "referred_user[user_id]": demo.REFERRED,
    }
    walk("spaaza_complete_referral_relation", PARTNER, query=relation)
    newcomers = []
    for name, code in (("Nora", "an8it2"), ("Noel", None)):
        person = {"first_name": name, "last_name": "Newcomer", "username": f"{name.lower()}@guerdon.example"}
        answer = walk("spaaza_add_user", PARTNER, {**person, **({"referral_code": code} if code else {})})
        newcomers.append(answer["results"]["user_info"]["id"])
    nora, noel = newcomers
    walk("spaaza_complete_referral_relation_by_get", PARTNER, query={**relation, "referred_user[user_id]": nora})
    walk("spaaza_apply_referral_code", PARTNER, {"user_id": noel, "referral_code": "an8it2"})
    walk("spaaza_add_user_purchase_progress", PARTNER, {"user_id": noel, "amount": 20, "log_message": "Welcome"})
    vouchers(walk)


def vouchers(walk: Walk) -> None:
    """A voucher is claimed, locked and redeemed; another expires."""
    named = {"user_id": demo.MEMBER, "voucher_id": demo.VOUCHER}
    for how in ("", "_by_put"):
        walk(f"spaaza_claim_voucher{how}", PARTNER, named)
        walk(f"spaaza_lock_voucher{how}", PARTNER, {**named, "retailer_basket_code": "B-1", "voucher_lock_period": 600})
        walk(f"spaaza_unlock_voucher{how}", PARTNER, named)
        walk(f"spaaza_unclaim_voucher{how}", PARTNER, named)
    walk("spaaza_claim_voucher", PARTNER, named)
    redeemed = walk("spaaza_redeem_voucher", PARTNER, {**named, "amount": 2})["results"]
    rest = redeemed["regenerated_voucher"]["voucher_key"]
    walk("spaaza_redeem_voucher_by_put", PARTNER, {"user_id": demo.MEMBER, "voucher_key": rest, "amount": 1})
    issued = {"campaign_id": demo.TAP, "user_id": demo.MEMBER, "amount": 3, "set_claimed": True}
    for how in ("", "_by_put"):
        made = walk("spaaza_create_voucher", PARTNER, issued)["results"]
        walk(f"spaaza_expire_voucher{how}", PARTNER, {"voucher_key": made["voucher_key"]})
    made = walk("spaaza_create_voucher", PARTNER, issued)["results"]
    walk("spaaza_get_user_vouchers", PARTNER, query={"user_id": demo.MEMBER, "limit": 1})
    basket = {
        "retailer_basket_code": "till-7-1001",
        "basket_total_price": 12.5,
        "basket_vouchers": [{"voucher_key": made["voucher_key"]}],
    }
    sent = {"entity": {"entity_type": "chain", "entity_id": demo.ACME}, "user": {"user_id": demo.MEMBER}}
    walk("spaaza_add_basket", PARTNER, {**sent, "basket": basket})


def _session(walk: Walk) -> dict[str, str]:
    """Janneke's headers; she signs in anew."""
    sent = {"username": "testchainuser@acme.com", "password": demo.CUSTOMER_PASSWORD}
    info = walk("spaaza_login", HOST, sent)["results"]["session_info"]
    key = {"X-Spaaza-Session-User-Id": str(info["session_user_id"]), "X-Spaaza-Session-Key": info["session_key"]}
    return {**HOST, **key}


def sessionm(walk: Walk) -> None:
    app = {"api_key": demo.AVIARY_KEY}
    permalink = "come-again"
    campaign = {
        "name": "Come again",
        "external_id": permalink,
        "status": "live",
        "starts_at": "2026-01-01T00:00:00Z",
        "ends_at": "2030-01-01T00:00:00Z",
        "optin_required": True,
        "opt_in_limit": 1000,
        "behaviors": [{"name": "Visits", "event_name": "visit", "total_count": 3, "points": 5}],
        "creatives": {"tile": {"message": {"header": "Come again"}, "action": {"type": "open_ad"}}},
    }
    made = walk("sessionm_create_campaign", APPLICATION, {"campaign": campaign}, **app)["campaign"]["id"]
    walk("sessionm_list_campaigns", APPLICATION, query={"page": 1, "page_size": 1}, **app)
    walk("sessionm_list_divisions", APPLICATION, **app)
    for status, place in (("paused", ""), ("live", "_by_permalink")):
        sent = {"campaign": {"status": status}}
        walk(f"sessionm_change_campaign{place}", APPLICATION, sent, campaign_id=made, permalink=permalink, **app)
        walk(f"sessionm_campaign_info{place}", APPLICATION, campaign_id=made, permalink=permalink, **app)
    person = {"external_id": "heron", "email": "heron@guerdon.example", "first_name": "Heron"}
    user = walk("sessionm_create_user", APPLICATION, {"user": person}, **app)["user"]["id"]
    named = {**app, "user_id": user, "external_id": "heron"}
    both = {**named, "campaign_id": made, "permalink": permalink, "campaign": made}
    for place in ("", "_by_external_id"):
        walk(f"sessionm_show_user{place}", APPLICATION, **named)
        walk(f"sessionm_change_user{place}", APPLICATION, {"user": {"attributes": {"shoe_size": 42}}}, **named)
        walk(f"sessionm_set_tags{place}", APPLICATION, {"tags": ["regular"], "ttl": 86400}, **named)
        walk(f"sessionm_show_tags{place}", APPLICATION, **named)
        walk(f"sessionm_remove_tags{place}", APPLICATION, {"tags": ["regular"]}, **named)
    for place in ("", "_by_permalink", "_by_external_id", "_by_external_id_and_permalink"):
        for how in ("", "_by_get"):
            walk(f"sessionm_opt_out{place}{how}", APPLICATION, **both)
            walk(f"sessionm_opt_in{place}{how}", APPLICATION, **both)
    for place in ("", "_by_external_id"):
        event = {"events": {"visit": {"transaction_id": f"visit 1{place}"}}}
        walk(f"sessionm_send_events{place}", APPLICATION, event, **named)
    item = {"external_id": "heron", "events": {"visit": {"transaction_id": "visit 2"}}}
    walk("sessionm_send_batch", APPLICATION, {"batch": [item]}, **app)
    for place in ("", "_by_permalink", "_by_external_id", "_by_external_id_and_permalink"):
        walk(f"sessionm_progress{place}", APPLICATION, **both)
        walk(f"sessionm_campaign_for_customer{place}", APPLICATION, query={"sections[]": "behaviors"}, **both)
    for place in ("", "_by_external_id"):
        walk(f"sessionm_all_campaigns{place}", APPLICATION, **named)
        walk(f"sessionm_campaigns_for_customer{place}", APPLICATION, query={"page_size": 1}, **named)
        token = walk(f"sessionm_create_auth_token{place}", APPLICATION, **named)["auth_token"]
    mine = {"auth_token": token}
    walk("sessionm_visitor_all_campaigns", {}, query=mine, **app)
    for place in ("", "_by_permalink"):
        walk(f"sessionm_visitor_progress{place}", {}, query=mine, campaign_id=made, permalink=permalink, **app)


def demo_application(folder: Path) -> Iterator[Flask]:
    """The application over a new demo world, as it is at NOW."""
    rotate_keys(folder / "keys" / "jwt.pem")
    settings = Settings(environment="test", storage=folder, jwt_private_keys=(folder / "keys" / "jwt.pem").read_text())
    app = create_app(settings)
    database: Database = app.extensions["guerdon_database"]
    installation.migrate(database, lambda session: demo.load(session, NOW, settings.zone))
    yield app
    database.engine.dispose()


def written(examples: dict[str, Example]) -> str:
    """As JSON, a line for each part of each example."""

    def line(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    calls = (
        f"{line(name)}: {{\n" + ",\n".join(f" {line(part)}: {line(value)}" for part, value in example.items()) + "\n}"
        for name, example in examples.items()
    )
    return "{\n" + ",\n".join(calls) + "\n}\n"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for app in demo_application(Path(folder)):
            EXAMPLES.write_text(written(recorded(app)), encoding="utf-8")


if __name__ == "__main__":
    main()
