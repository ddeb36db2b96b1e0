"""Files of customers, points and sales in XML: each row stands or falls by itself, and what is no such file changes nothing."""

import io
from typing import Any

import pytest
from sqlalchemy import func, select

from app.members.models import Customer
from app.points import ledger
from app.sales.models import Sale
from tests.client import Client
from tests.world import World

CUSTOMERS, POINTS, SALES = "/api/admin/customer/import", "/api/points/transfer/import", "/api/transaction/import"


def send(client: Client, path: str, text: str | bytes) -> Any:
    content = text.encode() if isinstance(text, str) else text
    return client.send("POST", path, data={"file[file]": (io.BytesIO(content), "rows.xml")})


def told(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    rows: list[dict[str, Any]] = answer.json["items"]
    counts = [answer.json[name] for name in ("totalProcessed", "totalSuccess", "totalFailed")]
    failed = sum(it["status"] == "error" for it in rows)
    assert counts == [len(rows), len(rows) - failed, failed]
    assert [it["row"] for it in rows] == list(range(1, len(rows) + 1))
    return [it.get("message", "") for it in rows]


def count(world: World, model: Any) -> int:
    with world.database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_customers_come_with_all_that_a_call_takes(ada: Client, world: World) -> None:
    whole = (
        "<customer><firstName>Zoë</firstName><lastName>O'Hara &amp; Sons</lastName><email>zoe@guerdon.example</email>"
        "<agreement1>true</agreement1><loyaltyCardNumber>007</loyaltyCardNumber><address><city>Łódź</city></address>"
        "<labels><label><key>from</key><value>shop</value></label></labels><createdAt>2020-02-02 10:00</createdAt></customer>"
    )
    wrong = "<customer><firstName>No</firstName><lastName>Agreement</lastName><email>no</email></customer>"
    twice = whole.replace("zoe@", "zoe2@")
    rows = told(send(ada, CUSTOMERS, f"<customers>{whole}{wrong}{twice}<customer>text</customer></customers>"))
    assert rows[0] == ""
    assert "agreement1: This value should not be blank." in rows[1]
    assert rows[2] == "customer with such loyalty card number already exists"
    assert rows[3] == "A customer consists of elements."
    found: Any = ada.get("/api/customer/007").json
    assert (found["firstName"], found["lastName"], found["address"]) == ("Zoë", "O'Hara & Sons", {"city": "Łódź"})
    assert found["labels"] == [{"key": "from", "value": "shop"}]
    assert found["createdAt"].startswith("2020-02-02T10:00")


def test_points_are_added_to_whom_a_row_names(ada: Client, world: World) -> None:
    con = world.a_customer("Con", points=0, email="con@guerdon.example", phone="+48 1", loyalty_card_number="0042")
    names = {
        "customerId": str(con.uuid), "customerLoyaltyCardNumber": "0042", "customerEmail": "CON@guerdon.example",
        "customerPhoneNumber": "+48 1",
    }  # fmt: skip
    rows = "".join(
        f"<pointsTransfer><{name}>{value}</{name}><points>1.5</points><comment>{name}</comment></pointsTransfer>"
        for name, value in names.items()
    )
    rows += "<pointsTransfer><customerEmail>nobody@guerdon.example</customerEmail><points>1</points></pointsTransfer>"
    rows += "<pointsTransfer><points>1</points></pointsTransfer>"
    rows += (
        f"<pointsTransfer><customerId>{con.uuid}</customerId><points>1</points><type>spending</type></pointsTransfer>"
    )
    found = told(send(ada, POINTS, f"<pointsTransfers>{rows}</pointsTransfers>"))
    assert found[:4] == [""] * 4
    assert found[4] == "There is no such customer."
    assert found[5].startswith("Say whose points")
    assert found[6] == "type: points are added by a file, not spent."
    with world.database.reading() as session:
        assert ledger.balance(session, con.id) == 600


def test_sales_are_recorded_once(ada: Client, world: World) -> None:
    con = world.a_customer("Con", email="con@guerdon.example")
    head = "<documentType>{}</documentType><documentNumber>{}</documentNumber><purchaseDate>2026-05-01 12:30</purchaseDate>"
    items = "<items><item><sku>A</sku><name>A</name><quantity>1</quantity><grossValue>3.5</grossValue></item></items>"
    mine = "<customer><email>con@guerdon.example</email></customer>"
    rows = f"<transaction>{head.format('sell', 'R-1')}{items}{mine}</transaction>"
    rows += f"<transaction>{head.format('return', 'B-1')}{items}<revisedDocument>R-1</revisedDocument></transaction>"
    rows += f"<transaction>{head.format('sell', 'R-2')}<items><item><name>?</name></item></items></transaction>"
    for _ in range(2):
        found = told(send(ada, SALES, f"<transactions>{rows}</transactions>"))
        assert found[:2] == ["", ""]
        assert "items: 0: sku: This value should not be blank." in found[2]
    assert count(world, Sale) == 2
    with world.database.reading() as session:
        assert set(session.scalars(select(Sale.customer_id))) == {con.id}
    world.require_invariants()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no XML"),
        ("<customers>", "no XML"),
        ("<customers/>", "elements <customer>"),
        ("<customers><client/></customers>", "not client"),
        (b"\xff\xfe<\x00a\x00/\x00>\x00", "UTF-8"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><customers><customer>&b;</customer></customers>', "document type"),
        ("<all>" + "<customer/>" * 5_001 + "</all>", "5,001 rows"),
    ],
)
def test_what_is_no_such_file_changes_nothing(ada: Client, world: World, content: str | bytes, said: str) -> None:
    before = count(world, Customer)
    answer = send(ada, CUSTOMERS, content)
    assert (answer.status_code, count(world, Customer)) == (400, before)
    assert said in answer.get_data(as_text=True)
    raw = ada.send("POST", CUSTOMERS, data=content, content_type="application/xml")
    assert raw.status_code == 400
