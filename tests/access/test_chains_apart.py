"""Every route of /api, by every role: for what is the caller's chain's own, for what is another chain's, and for what is not there.

What is another's is answered exactly as what is not there, and nothing changes. A route that is not in the table fails the test.
"""

import dataclasses
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.access import permissions, roles, staff, tokens
from app.access.models import Login
from app.admin.cockpit import letters
from app.campaign.awards.give import SYSTEM
from app.campaign.models.photos import Photo
from app.campaign.setup import campaigns, categories
from app.campaign.setup.categories import CategoryDetails
from app.campaign.triggers import sales
from app.members import levels
from app.members.models import Customer
from app.migrations.tables import metadata
from app.organizations import chains, shops, translations
from app.organizations.details import ChainDetails
from app.organizations.translations import TranslationDetails
from app.outbox import subscriptions
from app.outbox.subscriptions import SubscriptionDetails
from app.points.models import LedgerEntry, PointsSpan
from app.sales import earning_rules
from app.sales.earning_rules import RuleDetails
from app.sales.recording import SaleDetails
from app.segments import segments
from app.segments.criteria import Criterion
from tests.client import Client, one_connection_at_a_time
from tests.world import World, offered, password_hash


@dataclass(frozen=True)
class Place:
    """What a request can name, all of one chain."""

    customer: UUID
    campaign: UUID
    level: UUID
    segment: UUID
    seller: UUID
    pos: UUID
    chain: int
    business: int
    hostname: str
    token: int
    code: str
    purchase: UUID
    photo: UUID
    webhook: UUID
    transfer: UUID
    receiver: UUID
    transaction: UUID
    bought: str  # the number of that transaction
    document: str  # of another transaction, which is nobody's yet
    rule: UUID
    event: str
    qr_code: str
    identifier: str  # of the shop
    language: str  # of a translation
    admin: UUID
    role: UUID
    category: UUID


MISSING = Place(
    *(uuid4() for _ in range(6)),
    999_999,
    999_999,
    "nowhere.example",
    999_999,
    "NO-CODE",
    *(uuid4() for _ in range(6)),
    "no sale of anybody",
    "no sale",
    uuid4(),
    "no event",
    "no code",
    "no shop",
    "no-language",
    uuid4(),
    uuid4(),
    uuid4(),
)
Body = Callable[[Place, World], dict[str, Any]]


def nothing(place: Place, world: World) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Row:
    """Who may call a route, what it names in its body, and what it makes of something own; a tuple where roles differ."""

    roles: str
    own: int = 200
    body: Body = nothing
    names: tuple[str, ...] = ()
    query: str = ""
    as_form: bool = field(default=False)
    is_public: bool = False  # of a campaign on show, to everybody
    headers: dict[str, str] = field(default_factory=dict)


def transfer(place: Place, world: World) -> dict[str, Any]:
    return {"transfer": {"customer": str(place.customer), "points": 1}}


def passing(place: Place, world: World) -> dict[str, Any]:
    return {"transfer": {"sender": str(place.customer), "receiver": str(world.cleo.uuid), "points": 1}}


def receiving(place: Place, world: World) -> dict[str, Any]:
    return {"transfer": {"receiver": str(place.receiver), "points": 1}}


def receipt(place: Place, world: World) -> dict[str, Any]:
    item = {"sku": {"code": "A"}, "name": "Coffee", "quantity": 1, "grossValue": 2}
    data = {"documentType": "sell", "documentNumber": uuid4().hex, "purchaseDate": "2026-11-02 10:00"}
    return {"transaction": {"transactionData": data, "items": [item], "pos": str(place.pos)}}


def assignment(place: Place, world: World) -> dict[str, Any]:
    return {"assign": {"transactionDocumentNumber": place.document, "customerId": str(place.customer)}}


def labels(place: Place, world: World) -> dict[str, Any]:
    return {"transaction_labels": {"transactionId": str(place.transaction), "labels": [{"key": "k", "value": "v"}]}}


def more_labels(place: Place, world: World) -> dict[str, Any]:
    return {"append": {"transactionDocumentNumber": place.bought, "labels": [{"key": "more", "value": "v"}]}}


def whereabouts(place: Place, world: World) -> dict[str, Any]:
    return {"earningRule": {"latitude": 51.1, "longitude": 17.03}}


def reading(place: Place, world: World) -> dict[str, Any]:
    return {"earningRule": {"code": place.qr_code}}


def an_admin(place: Place, world: World) -> dict[str, Any]:
    details = {"firstName": "An", "lastName": "Admin", "email": f"{uuid4().hex[:6]}@guerdon.example", "isActive": 1}
    return {"admin": {**details, "plainPassword": "Correct-Horse-8"}}


def a_role(place: Place, world: World) -> dict[str, Any]:
    return {"role": {"name": uuid4().hex, "permissions": [{"resource": "POS", "access": "VIEW"}]}}


def translation(place: Place, world: World) -> dict[str, Any]:
    return {"translation": {"code": "new", "name": "A language", "content": "{}"}}


def translation_change(place: Place, world: World) -> dict[str, Any]:
    return {"translation": {"name": "A language", "content": "{}", "default": True}}


def earning_rule(place: Place, world: World) -> dict[str, Any]:
    rule = {"type": "points", "name": "r", "active": 1, "allTimeActive": 1, "pointValue": 1}
    return {"earningRule": {**rule, "levels": [str(place.level)], "pos": [str(place.pos)]}}


def marks(place: Place, world: World) -> dict[str, Any]:
    mark = {"campaignId": str(place.campaign), "customerId": str(place.customer), "code": place.code, "used": 1}
    return {"coupons": [{**mark, "couponId": str(place.purchase)}]}


def seller(place: Place, world: World) -> dict[str, Any]:
    details = {"firstName": "Sel", "lastName": "Ler", "email": f"{uuid4().hex[:6]}@guerdon.example"}
    return {"seller": {**details, "posId": str(place.pos), "active": 1, "plainPassword": "Correct-Horse-8"}}


def level(place: Place, world: World) -> dict[str, Any]:
    return {
        "level": {"name": "gold", "conditionValue": 5, "active": 1, "reward": {"name": "r", "value": 1, "code": "r"}}
    }


def segment(place: Place, world: World) -> dict[str, Any]:
    return {"segment": {"name": "s", "active": 1, "parts": []}}


def person(place: Place, world: World) -> dict[str, Any]:
    details = {"firstName": "New", "lastName": "Comer", "email": f"{uuid4().hex[:6]}@guerdon.example", "agreement1": 1}
    return {"customer": {**details, "levelId": str(place.level)}}


def myself(place: Place, world: World) -> dict[str, Any]:
    details = {"firstName": "New", "lastName": "Comer", "email": f"{uuid4().hex[:6]}@guerdon.example", "agreement1": 1}
    return {"customer": {**details, "plainPassword": "Correct-Horse-8"}}


def photo(place: Place, world: World) -> dict[str, Any]:
    picture = io.BytesIO()
    Image.new("RGB", (600, 600)).save(picture, "PNG")
    return {"photo[file]": (io.BytesIO(picture.getvalue()), "p.png")}


def picture_of(name: str) -> Body:
    return lambda place, world: {f"{name}[file]": photo(place, world)["photo[file]"]}


def conditions(place: Place, world: World) -> dict[str, Any]:
    return {"conditions[file]": (io.BytesIO(b"%PDF-1.7 terms"), "terms.pdf")}


def the_file(text: str) -> dict[str, Any]:
    return {"file[file]": (io.BytesIO(text.encode()), "rows.xml")}


def document(place: Place, world: World) -> dict[str, Any]:
    whole = {
        "key": f"k{uuid4().hex}",
        "name": "A document",
        "lifecycle": "live",
        "audience": {"levels": [str(place.level)]},
    }
    return {**whole, "sale": {"coupon_kind": "gift_code"}, "limits": {"overall": 20}}


def webhook(place: Place, world: World) -> dict[str, Any]:
    return {"webhook": {"url": "https://hooks.example/", "events": ["purchase.made"]}}


STAFF, ALL, CUSTOMER = "admin seller", "admin seller customer", "customer"
TABLE: dict[str, Row] = {
    "GET accessToken": Row("admin"),
    "POST accessToken": Row(
        "admin", body=lambda p, w: {"token": {"name": "t", "hostname": p.hostname}}, names=("hostname",)
    ),
    "DELETE accessToken/<token>": Row("admin"),
    "GET app": Row("admin"),
    "PUT app/<hostname>": Row("admin", body=lambda p, w: {"app": {"chainId": p.chain}}, names=("chain",)),
    "DELETE app/<hostname>": Row("admin"),
    "GET chain": Row("admin"),
    "POST chain": Row("admin", body=lambda p, w: {"chain": {"name": uuid4().hex}}),
    "PUT chain/<chain>": Row("admin", body=lambda p, w: {"chain": {"name": uuid4().hex}}),
    "GET chain/<chain>/business": Row("admin"),
    "POST chain/<chain>/business": Row("admin", body=lambda p, w: {"business": {"name": uuid4().hex}}),
    "PUT chain/<chain>/permission/<username>": Row("admin", body=lambda p, w: {"permission": {"write": 0}}),
    "DELETE chain/<chain>/permission/<username>": Row("admin"),
    "PUT business/<business>": Row("admin", body=lambda p, w: {"business": {"name": uuid4().hex}}),
    "GET campaign": Row("admin"),
    "POST campaign": Row("admin", body=lambda p, w: offered(w)),
    "GET campaign/<campaign>": Row(ALL),
    "PUT campaign/<campaign>": Row(
        "admin",
        body=lambda p, w: offered(
            w, coupons=[p.code, "S-1", "S-2", "S-3"], limit=20, limitPerUser=20, levels=[str(w.bronze.uuid)]
        ),
    ),
    "GET campaign/<campaign>/coupons": Row("admin"),
    "GET campaign/<campaign>/customers/visible": Row("admin"),
    "POST campaign/<campaign>/photo": Row("admin", body=photo, as_form=True),
    "GET campaign/<campaign>/photo": Row(ALL + " anyone", is_public=True),
    "GET campaign/<campaign>/photo/<photo>": Row(ALL + " anyone", is_public=True),
    "DELETE campaign/<campaign>/photo/<photo>": Row("admin"),
    "DELETE campaign/<campaign>/photo": Row("admin"),
    **{
        f"{method} {whose}/photo": row
        for whose in ("level/<level>", "earningRule/<rule>")
        for method, row in (
            ("POST", Row("admin", body=photo, as_form=True)),
            ("GET", Row(ALL + " anyone", is_public=True)),
            ("DELETE", Row("admin")),
        )
    },
    "POST campaign/<campaign>/brand_icon": Row("admin", body=picture_of("brand_icon"), as_form=True),
    "GET campaign/<campaign>/brand_icon": Row(ALL + " anyone", is_public=True),
    "DELETE campaign/<campaign>/brand_icon": Row("admin"),
    "POST customer/<customer>/avatar": Row(ALL, 204, body=picture_of("avatar"), as_form=True),
    "GET customer/<customer>/avatar": Row(ALL),
    "DELETE customer/<customer>/avatar": Row(ALL, 204),
    "GET campaignCategory": Row(ALL + " anyone"),
    "POST campaignCategory": Row("admin", body=lambda p, w: {"campaign_category": {"name": uuid4().hex}}),
    "GET campaignCategory/<category>": Row(ALL + " anyone", is_public=True),
    "PUT campaignCategory/<category>": Row("admin", body=lambda p, w: {"campaign_category": {"name": uuid4().hex}}),
    "POST campaignCategory/<category>/active": Row("admin", body=lambda p, w: {"active": 1}),
    "GET campaign/public/available": Row(ALL + " anyone"),
    "GET campaign/bought/export/csv": Row("admin"),
    "GET settings/emails": Row("admin"),
    "GET settings/emails/<email>": Row("admin"),
    "PUT settings/emails/<email>": Row("admin", body=lambda p, w: {"email": {"subject": "S", "content": "<p>C</p>"}}),
    "GET customer/check": Row(ALL + " anyone", is_public=True, query="?emailOrPhone=nobody@guerdon.example"),
    "GET campaign/bought": Row("admin"),
    "PUT admin/customer/<customer>/bought/coupon/<purchase>/changeDeliveryStatus": Row(
        "admin", body=lambda p, w: {"deliveryStatus": {"status": "shipped"}}
    ),
    "POST admin/p2p-points-transfer": Row("admin", body=passing, names=("customer",)),
    "POST campaign/<campaign>/<status>": Row("admin"),
    "POST admin/campaign/coupons/mark_as_used": Row(
        "admin", body=marks, names=("campaign", "customer", "code", "purchase")
    ),
    "GET customer": Row(STAFF),
    "POST customer/register": Row(STAFF, body=person, names=("level",)),
    "POST seller/customer/register": Row(STAFF, body=person, names=("level",)),
    "GET customer/<customer>": Row(ALL),
    "PUT customer/<customer>": Row(ALL, body=lambda p, w: {"customer": {"firstName": "Clea"}}),
    "GET customer/<customer>/status": Row(ALL),
    "GET admin/customer/<customer>/status": Row("admin"),
    "GET seller/customer/<customer>/status": Row(STAFF),
    "POST admin/customer/<customer>/<action>": Row("admin"),
    "POST seller/customer/<customer>/<action>": Row(STAFF),
    "POST customer/<customer>/level": Row(STAFF, body=lambda p, w: {"levelId": str(p.level)}, names=("level",)),
    "POST customer/<customer>/remove-manually-level": Row(STAFF),
    "POST customer/<customer>/pos": Row(STAFF, body=lambda p, w: {"posId": str(p.pos)}, names=("pos",)),
    "POST seller/customer/<customer>/send-sms-code": Row(STAFF, 400),  # who is active needs none
    "POST seller/customer/<customer>/pos": Row(STAFF, body=lambda p, w: {"posId": str(p.pos)}, names=("pos",)),
    "GET customer/<customer>/levels": Row(ALL),
    "GET customer/registrations/daily": Row("admin"),
    "POST pos/search/customer": Row(STAFF, body=lambda p, w: {"search": {"lastName": "x"}}),
    "GET admin/customer/<customer>/export": Row("admin"),
    "GET customer/level": Row(CUSTOMER),
    "GET csv/level/<level>": Row("admin"),
    "POST admin/customer/import": Row(
        "admin", body=lambda p, w: the_file("<customers><customer/></customers>"), as_form=True
    ),
    "POST points/transfer/import": Row(
        "admin",
        body=lambda p, w: the_file("<all><pointsTransfer><points>x</points></pointsTransfer></all>"),
        as_form=True,
    ),
    "POST transaction/import": Row("admin", body=lambda p, w: the_file("<all><transaction/></all>"), as_form=True),
    "GET csv/segment/<segment>": Row("admin"),
    **{
        f"{method} {role}/customer/<customer>/campaign/{rest}": Row(STAFF)
        for role in ("admin", "seller")
        for method, rest in (
            ("GET", "available"),
            ("GET", "bought"),
            ("GET", "<campaign>/eligibility"),
            ("POST", "<campaign>/buy"),
        )
    },
    "GET customer/campaign/available": Row(CUSTOMER),
    "GET customer/campaign/bought": Row(CUSTOMER),
    "GET customer/campaign/<campaign>/eligibility": Row(CUSTOMER),
    "POST customer/campaign/<campaign>/buy": Row(CUSTOMER),
    "POST customer/campaign/<campaign>/coupon/<code>": Row(CUSTOMER, body=lambda p, w: {"used": 1}),
    "POST customer/campaign/coupons/mark_as_used": Row(CUSTOMER, body=marks, names=("campaign", "code", "purchase")),
    "GET customer/points/transfer": Row(CUSTOMER),
    "GET points/transfer": Row(STAFF, names=("customer",), query="?customerId={customer}"),
    "GET seller/points/transfer": Row(STAFF, names=("customer",), query="?customerId={customer}"),
    "POST points/transfer/add": Row("admin", body=transfer, names=("customer",)),
    "POST points/transfer/spend": Row("admin", body=transfer, names=("customer",)),
    "POST points/transfer/<transfer>/cancel": Row("admin"),
    "POST customer/points/p2p-transfer": Row(CUSTOMER, body=receiving, names=("receiver",)),
    "GET customer/<customer>/points": Row(ALL),
    "POST transaction": Row(STAFF, body=receipt, names=("pos",)),
    "POST transaction/simulate": Row(STAFF, body=receipt, names=("pos",)),
    "GET transaction": Row(STAFF, names=("customer",), query="?customerId={customer}"),
    "GET transaction/<transaction>": Row(STAFF),
    "GET transaction/item/labels": Row("admin"),
    "POST admin/transaction/customer/assign": Row("admin", body=assignment, names=("document", "customer")),
    "POST pos/transaction/customer/assign": Row("seller", body=assignment, names=("document", "customer")),
    "POST seller/transaction/customer/assign": Row(
        "seller", 400, body=assignment, names=("document", "customer")
    ),  # assigned already
    "POST admin/transaction/labels": Row("admin", body=labels, names=("transaction",)),
    "PUT customer/transaction/labels/append": Row(CUSTOMER, body=more_labels, names=("bought",)),
    "GET seller/transaction": Row(STAFF, names=("customer",), query="?customerId={customer}"),
    "GET seller/transaction/customer/<customer>": Row(STAFF),
    "GET seller/transaction/<document>": Row(STAFF, query="?page=1"),
    "GET customer/transaction": Row(CUSTOMER),
    "GET customer/transaction/<transaction>": Row(CUSTOMER),
    "GET customer/earningRule": Row(CUSTOMER),
    "POST earningRule": Row("admin", body=earning_rule, names=("level", "pos")),
    "PUT earningRule/<rule>": Row("admin", body=earning_rule, names=("level", "pos")),
    "POST earningRule/<rule>/activate": Row("admin", body=lambda p, w: {"active": 1}),
    "GET earningRule/<rule>": Row(STAFF),
    "GET earningRule": Row("admin"),
    "GET seller/earningRule": Row(STAFF),
    "GET seller/earningRule/<rule>": Row(STAFF),
    "POST v1/earnRule/<event>/customer/<customer>": Row("admin"),
    "POST earningRule/geolocation/customer/<customer>": Row("admin", body=whereabouts),
    "POST earningRule/qrcode/customer/<customer>": Row("admin", body=reading, names=("qr_code",)),
    "POST pos/points/transfer/add": Row(STAFF, body=transfer, names=("customer",)),
    "POST pos/points/transfer/spend": Row(STAFF, body=transfer, names=("customer",)),
    "GET invitations": Row("admin"),
    "POST invitations/invite": Row(
        CUSTOMER, 400, body=lambda p, w: {"invitation": {"recipientEmail": "friend@guerdon.example"}}
    ),
    "GET admin": Row("admin"),
    "POST admin/data": Row("admin", body=an_admin),
    "GET admin/data/<admin>": Row("admin"),
    "PUT admin/data/<admin>": Row(
        "admin", body=lambda p, w: {"admin": {**an_admin(p, w)["admin"], "plainPassword": ""}}
    ),
    **{f"GET admin/acl/{what}": Row("admin") for what in ("role", "resources", "accesses")},
    "POST admin/acl/role": Row("admin", 204, body=a_role),
    "GET admin/acl/role/<role>": Row("admin"),
    "PUT admin/acl/role/<role>": Row("admin", 204, body=a_role),
    "DELETE admin/acl/role/<role>": Row("admin", 204),
    "GET settings": Row("admin"),
    "POST settings": Row("admin", body=lambda p, w: {"settings": {"programPointsPlural": "stars"}}),
    "GET settings/public": Row(ALL + " anyone"),
    "GET settings/css": Row(ALL + " anyone"),
    "GET settings/activation-method": Row(ALL + " anyone"),
    "GET settings/choices/<type>": Row(ALL + " anyone"),
    "GET admin/customer-statuses": Row("admin"),
    "GET settings/conditions-file": Row(ALL + " anyone", 404, is_public=True),
    "GET settings/conditions-url": Row(ALL + " anyone", is_public=True),
    "POST settings/conditions-file": Row("admin", body=conditions, as_form=True),
    "DELETE settings/conditions-file": Row("admin"),
    "GET settings/photo/<picture>": Row(ALL + " anyone", is_public=True),
    "POST settings/photo/<picture>": Row("admin", body=photo, as_form=True),
    "DELETE settings/photo/<picture>": Row("admin"),
    "GET translations": Row(ALL + " anyone"),
    "GET admin/translations": Row("admin"),
    "POST admin/translations": Row("admin", body=translation),
    "GET admin/translations/<language>": Row("admin"),
    "PUT admin/translations/<language>": Row("admin", body=translation_change),
    "DELETE admin/translations/<language>": Row("admin"),
    **{f"GET admin/analytics/{of}": Row("admin") for of in ("points", "transactions", "customers", "referrals")},
    "GET level": Row(STAFF),
    "GET seller/level": Row(STAFF),
    "GET level/<level>": Row(STAFF),
    "GET seller/level/<level>": Row(STAFF),
    "PUT level/<level>": Row("admin", body=level),
    "POST level/<level>/activate": Row("admin", 204, body=lambda p, w: {"active": 1}),
    "GET level/<level>/customers": Row("admin"),
    "POST level/create": Row("admin", body=level),
    "GET segment": Row("admin"),
    "POST segment": Row("admin", body=segment),
    "POST segment/preview": Row("admin", body=segment),
    "GET segment/<segment>": Row("admin"),
    "PUT segment/<segment>": Row("admin", body=segment),
    "POST segment/<segment>/<action>": Row("admin", 204),
    "GET segment/<segment>/customers": Row("admin"),
    "DELETE segment/<segment>": Row("admin", 204),
    "GET pos": Row("admin"),
    "GET seller/pos": Row(STAFF),
    "POST pos": Row("admin", body=lambda p, w: {"pos": {"name": "p", "identifier": uuid4().hex}}),
    "GET pos/<pos>": Row("admin"),
    "GET pos/identifier/<identifier>": Row("admin"),
    "PUT pos/<pos>": Row("admin", body=lambda p, w: {"pos": {"name": "p", "identifier": uuid4().hex}}),
    "GET seller/pos/<pos>": Row(STAFF),
    "GET seller": Row("admin"),
    "POST seller/register": Row("admin", body=seller, names=("pos",)),
    "GET seller/<seller>": Row(STAFF),
    "PUT seller/<seller>": Row("admin", body=seller, names=("pos",)),
    "GET seller/campaign": Row(STAFF),
    "GET seller/campaign/<campaign>": Row(STAFF),
    "POST seller/<seller>/<action>": Row("admin"),
    "GET campaign-document.json": Row(ALL + " anyone"),
    "GET admin/campaigns": Row("admin"),
    "POST admin/campaigns": Row("admin", 201, body=document, names=("level",)),
    "GET admin/campaigns/<campaign>": Row("admin"),
    "PUT admin/campaigns/<campaign>": Row("admin", body=document, names=("level",), headers={"If-Match": "*"}),
    "GET admin/campaigns/<campaign>/revisions": Row("admin"),
    "GET admin/campaigns/<campaign>/revisions/<revision>": Row("admin"),
    "POST admin/campaigns/<campaign>/revisions/<revision>/restore": Row("admin", headers={"If-Match": "*"}),
    "POST admin/campaigns/<campaign>/codes": Row("admin", body=lambda p, w: {"codes": [uuid4().hex]}),
    "POST admin/campaigns/plan": Row("admin", body=lambda p, w: {"documents": [document(p, w)]}),
    "POST admin/campaigns/ask": Row(
        "admin",
        body=lambda p, w: {"document": document(p, w), "customer": str(p.customer)},
        names=("customer", "level"),
    ),
    "GET admin/overview": Row("admin", names=("chain",), query="?chain_id={chain}"),
    "GET audit/log": Row("admin"),
    "GET campaign/active": Row("admin"),
    "GET admin/audit": Row("admin"),
    "GET admin/choices": Row("admin", names=("chain",), query="?chain_id={chain}"),
    "GET admin/campaigns/<campaign>/codes": Row("admin"),
    "GET admin/campaigns/<campaign>/code": Row("admin", names=("code",), query="?code={code}"),
    "GET admin/campaigns/<campaign>/draws": Row("admin"),
    "GET admin/campaigns/<campaign>/draws/verification": Row("admin", 404),  # it draws nothing
    **{
        f"GET {role}/{what}": Row(STAFF)
        for role in ("admin", "seller")
        for what in (
            "customers",
            "customer/<customer>/campaigns",
            "customer/<customer>/campaigns/<campaign>",
            "customer/<customer>/vouchers",
            "customer/<customer>/draws",
        )
    },
    "POST seller/campaign/coupons/mark_as_used": Row(
        STAFF, body=marks, names=("customer", "campaign", "code", "purchase")
    ),
    "POST customer/self_register": Row(ALL + " anyone", body=myself),
    "GET customer/campaigns": Row(CUSTOMER),
    "GET customer/campaigns/<campaign>": Row(CUSTOMER),
    "POST customer/campaigns/<campaign>/play": Row(CUSTOMER),
    "POST customer/campaigns/<campaign>/<wish>": Row(CUSTOMER),
    "GET admin/webhooks": Row("admin"),
    "POST admin/webhooks": Row("admin", 201, body=webhook, names=("chain",), query="?chain_id={chain}"),
    "GET admin/webhooks/events": Row("admin"),
    "GET admin/webhooks/<webhook>": Row("admin"),
    "PUT admin/webhooks/<webhook>": Row("admin", body=webhook),
    "GET admin/webhooks/<webhook>/deliveries": Row("admin"),
    "GET admin/webhooks/<webhook>/dead": Row("admin"),
    "POST admin/webhooks/<webhook>/dead": Row("admin"),
    "POST admin/webhooks/<webhook>/test": Row("admin", 202),
    "POST admin/webhooks/<webhook>/pause": Row("admin"),
    "POST admin/webhooks/<webhook>/resume": Row("admin"),
    "POST admin/webhooks/<webhook>/secret": Row("admin"),
    "POST admin/webhooks/<webhook>/replay": Row("admin", body=lambda p, w: {"replay": {"messages": [str(uuid4())]}}),
    "DELETE admin/webhooks/<webhook>": Row("admin", 204),
    "GET customer/vouchers": Row(CUSTOMER),
    "GET customer/draws": Row(CUSTOMER),
    # Last, for they leave less than was there.
    "POST admin/customer/<customer>/merge": Row(
        "admin", body=lambda p, w: {"merge": {"customer": str(p.receiver)}}, names=("receiver",)
    ),
    "DELETE admin/customer/<customer>": Row("admin", 204),
}
# They name nobody but the caller.
OF_ONESELF = {"login_check", "password/change", "token/refresh", "token/revoke"}
OF_ONESELF |= {"password/reset/request", "password/reset", "customer/activate/<token>"}
OF_ONESELF |= {"customer/activate-sms/<token>", "customer/customer-phone/send-sms-code"}
ACTIONS = {
    "wish": "opt_out",
    "revision": "1",
    "status": "active",
    "action": "activate",
    "type": "deliveryStatus",
    "picture": "logo",
    "username": "sol@guerdon.example",
    "email": str(next(iter(letters.IDS))),
}


def key(method: str, rule: str) -> str:
    parts = [f"<{part[1:-1].rpartition(':')[2]}>" if part.startswith("<") else part for part in rule.split("/")[2:]]
    return f"{method} {'/'.join(parts)}"


def test_the_table_has_every_route_and_says_who_may_call_it(app: Flask) -> None:
    found = {
        key(method, rule.rule): getattr(app.view_functions[rule.endpoint], "policy", frozenset())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and not rule.rule.startswith("/api/v1/apps")  # SessionM's creatives
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if not any(rule.rule.endswith(end) for end in OF_ONESELF)
    }
    assert found.keys() == TABLE.keys()
    for name, policy in found.items():
        roles = set(TABLE[name].roles.split())
        assert policy == ({"anyone"} if "anyone" in roles else roles), name


def a_place(world: World, session: Session, chain_id: int, name: str) -> tuple[Place, Login, Login]:
    """A chain with one of everything; and an admin and a seller of its own."""
    low = levels.create(session, chain_id, levels.LevelDetails(f"{name} low", 0, active=True), world.now)
    list_all = Criterion(segments.CUSTOMER_LIST, {"customers": [f"{name}@guerdon.example"]})
    group = segments.create(session, chain_id, segments.SegmentDetails(f"{name} group", True, [[list_all]]), world.now)
    shop = shops.add(session, chain_id, f"{name} shop", f"{name} shop")
    host = chains.set_app(session, f"{name}.example", chain_id)
    details = staff.SellerDetails(name, "Seller", f"seller@{name}.example", pos=shop.uuid)
    sold_by = staff.add_seller(session, chain_id, details, password_hash())
    admin = staff.add_admin(session, f"admin of {name}", password_hash())
    session.flush()
    permissions.permit(session, admin.username or "", world.chain_id, None)
    permissions.permit(session, admin.username or "", chain_id, may_write=True)
    business = chains.add_business(session, chain_id, f"{name} branch")
    token, _ = tokens.create_token(session, f"{name} partner", host, True, world.now)
    texts = TranslationDetails(f"en-{name}", "Ours", '{"global": {}}')
    translations.create(session, chain_id, texts, world.now)
    hook = subscriptions.create(session, chain_id, SubscriptionDetails(f"https://{name}.example", ["*"]), world.now)
    place = Place(
        UUID(int=0), UUID(int=0), low.uuid, group.uuid, sold_by.uuid, shop.uuid, chain_id, business.id, host.hostname,
        token.id, "", UUID(int=0), UUID(int=0), hook.uuid, UUID(int=0), UUID(int=0), UUID(int=0), "", "", UUID(int=0),
        f"{name} event", f"{name} QR code", shop.identifier, f"en-{name}", admin.uuid,
        roles.create(session, chain_id, f"{name} role", [], by=None).uuid,
        categories.create(session, chain_id, CategoryDetails(f"{name} category")).uuid,
    )  # fmt: skip
    return place, admin, sold_by


@dataclass
class Two:
    """Two chains, alike, and the people of the first."""

    own: Place
    foreign: Place
    people: dict[str, Client]


@pytest.fixture(autouse=True)
def _with_one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of every call, as every role: it holds one connection to the database at a time."""
    send = Client.send

    def watched(*args: Any, **kw: Any) -> Any:
        with one_connection_at_a_time():
            return send(*args, **kw)

    monkeypatch.setattr(Client, "send", watched)


@pytest.fixture
def two(world: World, app: Flask) -> Two:
    with world.database.transaction() as session:
        there = chains.create(session, ChainDetails("There"), world.now).id
        own, admin, seller = a_place(world, session, world.chain_id, "here")
        foreign, *_ = a_place(world, session, there, "there")
    picture = app.extensions["guerdon_blobs"].put(b"picture")
    own, foreign = with_a_purchase(world, own, "here", picture), with_a_purchase(world, foreign, "there", picture)
    with world.database.reading() as session:
        login = session.scalars(select(Login).join(Customer).where(Customer.uuid == own.customer)).one()
    people = {
        "admin": Client(app).as_login(admin),
        "seller": Client(app).as_login(seller),
        "customer": Client(app).as_login(login, own.customer),
        "anyone": Client(app),
    }
    return Two(own, foreign, people)


def with_a_purchase(world: World, place: Place, name: str, picture: str) -> Place:
    customer = world.a_customer(f"Person{name}", email=f"{name}@guerdon.example", chain_id=place.chain)
    codes = [f"{name}-{i}" for i in range(9)]
    spec = world.sale_spec(
        name=f"{name} campaign", levels=[], for_everyone=True, codes=codes, limit=20, limit_per_customer=20
    )
    with world.database.transaction() as session:
        campaign = campaigns.create(session, spec, world.now, place.chain)
        photo = Photo(
            campaign_id=campaign.id, sha256=picture, media_type="image/png", bytes_count=7, created_at=world.now
        )
        session.add(photo)
    sale = world.buy(campaign, customer)
    with world.database.reading() as session:
        added = select(LedgerEntry.uuid).where(LedgerEntry.customer_id == customer.id, LedgerEntry.kind == "added")
        transfer = session.scalars(added).one()
    with world.database.transaction() as session:
        reported = SaleDetails(f"{name} sale", world.now, amount=100, customer_id=customer.id)
        sold = sales.record(session, place.chain, reported, world.now, SYSTEM).sale
        of_nobody = sales.record(
            session, place.chain, SaleDetails(f"{name} other", world.now, 100), world.now, SYSTEM
        ).sale
        told = RuleDetails("custom_event", f"{name} told", {"event": f"{name} event", "points": 100}, active=True)
        near = {"latitude": 51.1, "longitude": 17.03, "radius": 1, "points": 100}
        for details in (
            told,
            RuleDetails("geolocation", f"{name} near", near, active=True),
            RuleDetails("qr_code", f"{name} read", {"code": place.qr_code, "points": 100}, active=True),
        ):
            earning_rules.create(session, place.chain, details, world.now)
        spent = RuleDetails("spending", f"{name} rule", {"points_per_unit": 100}, active=True)
        rule = earning_rules.create(session, place.chain, spent, world.now)
    return dataclasses.replace(
        place,
        customer=customer.uuid,
        campaign=campaign.uuid,
        code=sale.code,
        purchase=sale.award_id,
        photo=photo.uuid,
        transfer=transfer,
        transaction=sold.uuid,
        bought=sold.number,
        document=of_nobody.number,
        rule=rule.uuid,
        receiver=world.a_customer(chain_id=place.chain).uuid,
    )


# Days that are over are counted once, when somebody first looks at them: what is kept follows from what is there. And tries are counted.
KEPT = {"points_span", "wrong_tries"}


def stored(world: World) -> dict[str, list[Any]]:
    with world.database.reading() as session:
        tables = [table for table in metadata.sorted_tables if table.name not in KEPT]
        return {table.name: sorted(map(repr, session.execute(select(table)).all())) for table in tables}


def send(client: Client, name: str, place: Place, world: World) -> TestResponse:
    row = TABLE[name]
    method, _, rule = name.partition(" ")
    path = "/api/" + rule
    for argument, value in {**vars(place), **ACTIONS}.items():
        path = path.replace(f"<{argument}>", str(value))
    path += row.query.format(**vars(place))
    if row.as_form:
        return client.send(method, path, data=row.body(place, world))
    body = row.body(place, world)
    return client.send(method, path, headers=row.headers, **({"json": body} if body else {}))


def without_ids(response: TestResponse, place: Place) -> tuple[int, str]:
    text = response.get_data(as_text=True)
    for value in map(str, vars(place).values()):
        text = text.replace(value, "…") if len(value) > 3 else text
    return response.status_code, text


def variants(name: str, two: Two) -> Iterator[tuple[Place, Place]]:
    """The own place with one thing of the other chain, and with one that is not there, in turn."""
    rule = name.partition(" ")[2]
    for argument in vars(two.own):
        if f"<{argument}>" in rule or argument in TABLE[name].names:
            yield (
                dataclasses.replace(two.own, **{argument: getattr(two.foreign, argument)}),
                dataclasses.replace(two.own, **{argument: getattr(MISSING, argument)}),
            )


@pytest.mark.parametrize("role", ["admin", "seller", "customer", "anyone"])
@pytest.mark.slow
def test_what_is_another_chains_is_not_there(world: World, two: Two, role: str) -> None:
    client = two.people[role]
    before = stored(world)
    for name, row in TABLE.items():
        if role not in row.roles.split():
            for place in (two.own, two.foreign, MISSING):
                assert send(client, name, place, world).status_code == (401 if role == "anyone" else 403), name
            continue
        for foreign, missing in variants(name, two) if not row.is_public else ():
            # Whoever comes first takes a host name, and that it is taken cannot be hidden.
            if name == "PUT app/<hostname>" and foreign.hostname == two.foreign.hostname:
                assert send(client, name, foreign, world).status_code == 400
                continue
            refused = without_ids(send(client, name, foreign, world), two.foreign)
            assert refused == without_ids(send(client, name, missing, world), MISSING), name
            assert refused[0] in {400, 403, 404} or row.query, (name, refused)
        if name.startswith("GET"):
            text = send(client, name, two.own, world).get_data(as_text=True)
            for secret in (*map(str, vars(two.foreign).values()), "Personthere", "there campaign", "there low"):
                assert len(secret) < 4 or secret not in text, (name, secret)
    assert stored(world) == before
    with world.database.reading() as session:
        assert set(session.scalars(select(PointsSpan.chain_id))) <= {two.own.chain}


@pytest.mark.parametrize("role", ["admin", "seller", "customer", "anyone"])
@pytest.mark.slow
def test_what_is_the_chains_own_is_served(world: World, two: Two, role: str) -> None:
    for name in TABLE:
        if name.startswith("POST") and name.endswith(("/photo", "/photo/<picture>", "/brand_icon")):
            assert send(two.people["admin"], name, two.own, world).status_code == 200
    for name, row in TABLE.items():
        if role in row.roles.split():
            answer = send(two.people[role], name, two.own, world)
            assert answer.status_code == row.own, (name, answer.get_data(as_text=True))
