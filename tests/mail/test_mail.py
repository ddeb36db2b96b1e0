"""Letters, to a real mail server and into files."""

import io
import re
import ssl
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from flask import Flask
from sqlalchemy import select

from app import clock
from app.access import logins, mails
from app.access.errors import BadLink
from app.access.links import ACTIVATION, INVITATION, RESET, WELCOME
from app.access.models import Login
from app.campaign import notices
from app.campaign.vouchers import lifecycle
from app.campaign.vouchers.lifecycle import VoucherTerms
from app.db.engine import Database
from app.jobs.marks import ExpiryMark
from app.mail.letters import CONTENTS
from app.mail.mailer import mailer
from app.mail.transports import Smtp
from app.members import customers
from app.members.models import Customer, Profile
from app.organizations.scope import EVERY_CHAIN
from app.outbox import subscriptions
from app.outbox.models import Delivery, Message
from app.points import ledger, lots, reminders
from app.settings import BadSettings, Settings, from_environment
from app.web.callers import identity
from app.wording.templates import KINDS, LANGUAGES, Templates
from tests.client import Client
from tests.outbox.hooks import Hooks, later
from tests.pages.conftest import HOSTILE
from tests.postgres import free_port
from tests.world import World, clock_at, points, voucher

STRONG = "Correct-Horse-9"


class Mailbox:
    """What a mail server does with letters."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.answer = "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            self.letters.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return self.answer

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address.startswith("elsewhere@"):
            return "554 5.7.1 relay access denied"
        if address.startswith("gone@"):
            return f"550 5.1.1 <{address}> no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, Controller]]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield box, controller
    if controller.server is not None:
        controller.stop()


def port_of(controller: Controller) -> int:
    return int(controller.port)


def hooks_of(app: Flask, settings: Settings, database: Database) -> Hooks:
    with app.app_context():
        sent_by = mailer(settings, database, identity().links)
    assert sent_by is not None
    subscriptions.renew(database, sends_mail=True)
    return Hooks(database, sent_by)


def letters_in(settings: Settings) -> list[EmailMessage]:
    files = sorted((settings.storage / "mail").glob("*.eml"), key=lambda it: it.stat().st_mtime_ns)
    return [message_from_bytes(it.read_bytes(), policy=policy.default) for it in files]  # type: ignore[misc]


def text_of(letter: EmailMessage, kind: str = "plain") -> str:
    body = letter.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def address(world: World, email: str | None) -> None:
    with world.database.transaction() as session:
        session.scalars(select(Profile).where(Profile.customer_id == world.cleo.id)).one().email = email


def test_a_mail_server_gets_the_letter_about_a_purchase(
    app: Flask, world: World, mailing: Settings, mailbox: tuple[Mailbox, Controller]
) -> None:
    box, controller = mailbox
    settings = replace(
        mailing, smtp_url=f"smtp://127.0.0.1:{port_of(controller)}?tls=none", mail_from="Shop <no-reply@shop.example>"
    )
    hooks = hooks_of(app, settings, world.database)
    for code in ("FIRST", "SECOND"):
        world.buy(world.a_campaign(codes=[code], name="Koffie & gebak"))
    hooks.send()
    first, second = box.letters
    assert "Code: FIRST" in text_of(first)
    assert "Koffie & gebak" in text_of(first)
    assert "Koffie &amp; gebak" in text_of(first, "html")
    assert (first["From"], second["Auto-Submitted"]) == ("Shop <no-reply@shop.example>", "auto-generated")
    assert first["Message-ID"] != second["Message-ID"]
    assert hooks.count() == 0
    with world.database.reading() as session:
        assert [(it.outcome, it.data) for it in session.scalars(select(Delivery))] == [("delivered", None)] * 2


def test_whoever_has_no_address_is_written_nothing(app: Flask, world: World, mailing: Settings) -> None:
    address(world, None)
    hooks = hooks_of(app, mailing, world.database)
    world.buy(world.a_campaign())
    hooks.send()
    assert (letters_in(mailing), hooks.count()) == ([], 0)


def test_a_mail_server_that_is_away_is_tried_again(
    app: Flask, world: World, mailing: Settings, mailbox: tuple[Mailbox, Controller], monkeypatch: pytest.MonkeyPatch
) -> None:
    box, controller = mailbox
    port = port_of(controller)
    hooks = hooks_of(app, replace(mailing, smtp_url=f"smtp://127.0.0.1:{port}?tls=none"), world.database)
    world.buy(world.a_campaign())
    box.answer = "451 try again later"
    hooks.send()
    assert len(hooks.waiting()) == 1
    box.answer = "250 OK"
    with clock_at(later(seconds=10)):
        hooks.send()
    assert len(box.letters) == 1
    controller.stop()
    world.buy(world.a_campaign())
    hooks.send()
    [waits] = hooks.waiting()
    assert waits.tries == 0, "nobody was there to be asked"
    again = Controller(box, hostname="127.0.0.1", port=controller.port)
    again.start()
    hooks.send()
    assert len(box.letters) == 1, "it is asked again a little later"
    hooks.deliveries._mail_held_until = 0.0
    hooks.send()
    again.stop()
    assert len(box.letters) == 2


def test_an_address_that_is_refused_is_told_without_being_named(
    app: Flask, world: World, mailing: Settings, mailbox: tuple[Mailbox, Controller]
) -> None:
    address(world, "gone@shop.example")
    settings = replace(mailing, smtp_url=f"smtp://127.0.0.1:{port_of(mailbox[1])}?tls=none")
    hooks = hooks_of(app, settings, world.database)
    world.buy(world.a_campaign())
    hooks.send()
    with world.database.reading() as session:
        [tried] = session.scalars(select(Delivery)).all()
    assert tried.outcome == "dead", "it will never be taken"
    assert hooks.count() == 0
    assert str(tried.answer).startswith("550")
    assert "gone@" not in str(tried.answer)


def test_a_letter_that_is_refused_for_want_of_a_setting_waits_until_that_is_mended(
    app: Flask, world: World, mailing: Settings, mailbox: tuple[Mailbox, Controller]
) -> None:
    """Also when the server says 5xx: who may not relay today may tomorrow, and the code of a purchase is in it."""
    address(world, "elsewhere@shop.example")
    settings = replace(mailing, smtp_url=f"smtp://127.0.0.1:{port_of(mailbox[1])}?tls=none")
    hooks = hooks_of(app, settings, world.database)
    world.buy(world.a_campaign())
    hooks.send()
    [waits] = hooks.waiting()
    assert waits.tries == 1
    mailbox[0].answer = "550 5.7.1 sender rejected"
    address(world, "cleo@shop.example")
    with clock_at(later(seconds=10)):
        hooks.send()
    assert len(hooks.waiting()) == 1


def certificate(folder: Path) -> tuple[Path, Path]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_letter_goes_by_tls_to_whom_the_certificate_names_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_trusted: bool
) -> None:
    cert, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    box = Mailbox()
    controller = Controller(box, hostname="localhost", port=free_port(), tls_context=context, require_starttls=True)
    controller.start()
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "a@shop.example", "b@shop.example", "S"
    letter.set_content("T")
    try:
        transport = Smtp(f"smtp://localhost:{port_of(controller)}")
        if is_trusted:
            transport.send(letter)
        else:
            with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
                transport.send(letter)
        transport.close()
    finally:
        controller.stop()
    assert len(box.letters) == is_trusted


@pytest.mark.parametrize(
    "url", ["mail.example", "http://mail.example", "smtp://", "smtp://mail.example:x", "smtp://mail.example?tls=none"]
)
def test_a_wrong_mail_server_names_its_setting(url: str) -> None:
    with pytest.raises(BadSettings, match="GUERDON_SMTP_URL"):
        Smtp(url)


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"GUERDON_SMTP_URL": "smtps://mail.example"}, "GUERDON_PUBLIC_URL"),
        ({"GUERDON_MAIL_FROM": "nobody"}, "GUERDON_MAIL_FROM"),
        ({"GUERDON_PUBLIC_URL": "shop.example"}, "GUERDON_PUBLIC_URL"),
        ({"GUERDON_WEBHOOK_NETWORKS": "10.0.0.0/99"}, "GUERDON_WEBHOOK_NETWORKS"),
    ],
)
def test_a_wrong_setting_names_itself(environ: dict[str, str], said: str) -> None:
    with pytest.raises(BadSettings, match=said):
        from_environment(environ)


@pytest.mark.parametrize(
    "text",
    ["Subject: S\n{{ nobody }}", "Subject: S\n{% if %}", "No subject\n", "Subject: \n", "Subject: S\n{{ 1 / 0 }}"],
)
def test_a_template_with_an_error_is_found_at_start(tmp_path: Path, text: str) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "purchase.made.txt").write_text(text)
    with pytest.raises(BadSettings, match=r"en/purchase\.made"):
        Templates(tmp_path)


def test_a_folder_replaces_some_templates(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "purchase.made.txt").write_text("Subject: Hooray\n\nIt is {{ campaign }}.\n")
    words = Templates(tmp_path).words("purchase.made", "en", KINDS["purchase.made"])
    assert (words.subject, words.text) == ("Hooray", "It is A coffee.\n")
    with pytest.raises(BadSettings, match="GUERDON_MAIL_TEMPLATES"):
        Templates(tmp_path / "nowhere")
    (tmp_path / "en" / "purchase_made.txt").write_text("Subject: Hooray\n\nNever sent.\n")
    with pytest.raises(BadSettings, match="purchase_made"):
        Templates(tmp_path)


def test_every_kind_of_letter_has_contents() -> None:
    assert {*CONTENTS, "customer.invitation"} == {*KINDS}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_people_write_becomes_markup(kind: str, language: str) -> None:
    hostile = {
        name: HOSTILE + "\r\nBcc: x@y.example" if isinstance(value, str) else value
        for name, value in KINDS[kind].items()
    }
    words = Templates().words(kind, language, hostile)
    assert HOSTILE not in words.html
    assert "<script" not in words.html


def test_a_forgotten_password_is_chosen_anew_with_the_link_that_is_mailed(
    app: Flask, world: World, mailing: Settings
) -> None:
    hooks, client = hooks_of(app, mailing, world.database), Client(app)
    app.extensions["guerdon_settings"] = mailing
    before = Client(app).as_login(login_of(world))
    for name in ("nobody@shop.example", email_of(world)):
        answer = client.post("/api/customer/password/reset/request", json={"username": name})
        assert (answer.status_code, answer.json) == (200, {"success": True})
    hooks.send()
    [letter] = letters_in(mailing)
    assert letter["To"] == email_of(world)
    [link] = re.findall(r"https://shop\.example/shop/reset#(\S+)", text_of(letter))

    def reset(password: str = STRONG) -> Any:
        return client.post("/api/password/reset", json={"token": link, "reset": {"plainPassword": password}})

    assert reset("weak").status_code == 400
    assert reset().json == {"success": True}
    assert reset().status_code == 404, "it holds once"
    assert before.get("/api/customer/campaign/available").status_code == 401
    signed = client.post("/api/customer/login_check", json={"_username": email_of(world), "_password": STRONG})
    assert signed.status_code == 200


def test_a_link_ends_after_an_hour_and_with_another_change_of_the_password(app: Flask, world: World) -> None:
    links = app.extensions["guerdon_identity"].links
    login = login_of(world)
    with world.database.transaction() as session:
        link = links.make(session, RESET, login.uuid)
        assert links.read(session, RESET, link).login.id == login.id
        for wrong in (link[:-1], link + "x", "", "x" * 10_000, "a.b.c"):
            with pytest.raises(BadLink):
                links.read(session, RESET, wrong)
        with pytest.raises(BadLink):
            links.read(session, ACTIVATION, link)
        old = links._serializer(RESET)
        old.make_signer = signer_of_before(old, seconds=3_601)
        with pytest.raises(BadLink):
            links.read(session, RESET, old.dumps(links._serializer(RESET).loads(link)))
        logins.set_password(session, login.id, "another hash")
        session.expire_all()
        with pytest.raises(BadLink):
            links.read(session, RESET, link)


def signer_of_before(serializer: Any, seconds: int) -> Any:
    made = serializer.make_signer

    def make(*args: Any) -> Any:
        signer = made(*args)
        now = signer.get_timestamp
        signer.get_timestamp = lambda: now() - seconds
        return signer

    return make


def test_who_registers_activates_the_account_with_the_link_that_is_mailed(
    app: Flask, world: World, mailing: Settings
) -> None:
    settings = replace(mailing, self_registration="mail")
    hooks, client = hooks_of(app, settings, world.database), Client(app)
    app.extensions["guerdon_settings"] = settings
    person = {
        "firstName": "Nora",
        "lastName": "New",
        "email": "nora@shop.example",
        "agreement1": 1,
        "plainPassword": STRONG,
    }
    assert client.post("/api/customer/self_register", json={"customer": person}).status_code == 200
    sign_in = {"_username": "nora@shop.example", "_password": STRONG}
    assert client.post("/api/customer/login_check", json=sign_in).status_code == 400
    hooks.send()
    [letter] = letters_in(settings)
    [link] = re.findall(r"https://shop\.example/shop/activate#(\S+)", text_of(letter))
    answer = client.post(f"/api/customer/activate/{link}")
    assert (answer.status_code, answer.json) == (200, "")
    assert client.post(f"/api/customer/activate/{link}").status_code == 404
    assert client.post("/api/customer/login_check", json=sign_in).status_code == 200


def test_whom_the_staff_registers_chooses_a_password_with_the_link_that_is_mailed(
    app: Flask, world: World, ada: Client, sol: Client, mailing: Settings
) -> None:
    hooks, client = hooks_of(app, mailing, world.database), Client(app)
    person = {"firstName": "Nora", "lastName": "New", "agreement1": 1}

    def register(at: str, caller: Client, email: str | None, **more: str) -> None:
        sent = {**person, **more, **({"email": email} if email else {"phone": "+48 600 100 200"})}
        assert caller.post(at, json={"customer": sent}).status_code == 200

    register("/api/customer/register", ada, "early@shop.example")
    app.extensions["guerdon_settings"] = mailing
    register("/api/seller/customer/register", sol, "nora@shop.example")
    register("/api/customer/register", ada, None)
    register("/api/customer/register", ada, "has@shop.example", plainPassword=STRONG)
    row = "<customers><customer><firstName>N</firstName><lastName>N</lastName><email>row@shop.example</email>"
    rows = io.BytesIO(f"{row}<agreement1>1</agreement1></customer></customers>".encode())
    imported = ada.send("POST", "/api/admin/customer/import", data={"file[file]": (rows, "rows.xml")})
    assert imported.status_code == 200, imported.json
    hooks.send()
    letters = {str(it["To"]): it for it in letters_in(mailing)}
    assert list(letters) == ["nora@shop.example"], (
        "who has a password, no address, or comes in a table, is written nothing"
    )
    [link] = re.findall(r"https://shop\.example/shop/reset#(\S+)", text_of(letters["nora@shop.example"]))
    chosen = {"token": link, "reset": {"plainPassword": STRONG}}
    links = app.extensions["guerdon_identity"].links
    for days, holds in ((6, True), (8, False)):
        old = links._serializer(WELCOME)
        old.make_signer = signer_of_before(old, seconds=days * 86_400)
        with world.database.reading() as session, nullcontext() if holds else pytest.raises(BadLink):
            links.read_for_password(session, old.dumps(links._serializer(WELCOME).loads(link)))
    assert client.post("/api/password/reset", json=chosen).json == {"success": True}
    assert client.post("/api/password/reset", json=chosen).status_code == 404, "it holds once"
    sign_in = {"_username": "nora@shop.example", "_password": STRONG}
    assert client.post("/api/customer/login_check", json=sign_in).status_code == 200


@pytest.mark.parametrize("way", ["open", "mail"])
def test_who_is_invited_registers_as_recommended(
    app: Flask, world: World, cleo: Client, mailing: Settings, way: str
) -> None:
    settings = replace(mailing, self_registration=way)
    hooks, anyone = hooks_of(app, settings, world.database), Client(app)
    app.extensions["guerdon_settings"] = settings
    world.a_reward_campaign(points(5, recipient="referred"), points(7, recipient="referring"), context="referral")

    def invite(address: str) -> Any:
        return cleo.post("/api/invitations/invite", json={"invitation": {"recipientEmail": address}})

    # Who is a customer is written nothing, and nobody is told.
    for address in ("Nora@shop.example", "cleo@guerdon.example"):
        assert (invite(address).status_code, invite(address).json) == (200, [])
    hooks.send()
    letters = letters_in(settings)
    assert {str(it["To"]) for it in letters} == {"Nora@shop.example"}
    assert "Cleo recommends" in text_of(letters[0])
    [token] = re.findall(r"https://shop\.example/shop/register#(\S+)", text_of(letters[0]))
    with world.database.reading() as session:
        assert session.scalars(select(Message)).all() == [], "the address is kept nowhere"
    person = {"firstName": "Nora", "lastName": "New", "email": "nora@shop.example", "agreement1": 1}
    person["plainPassword"] = STRONG
    odd = anyone.post("/api/customer/self_register", json={"customer": {**person, "invitationToken": token[:-3]}})
    told = odd.json["form"]["children"]["invitationToken"]["errors"]
    for other in ({"email": "other@shop.example"}, {"referral_customer_email": "cleo@guerdon.example"}):
        sent = {"customer": {**person, "invitationToken": token, **other}}
        refused = anyone.post("/api/customer/self_register", json=sent)
        assert refused.json["form"]["children"]["invitationToken"]["errors"], other
    assert (odd.status_code, told) == (400, ["This invitation does not hold any more."])
    made = anyone.post("/api/customer/self_register", json={"customer": {**person, "invitationToken": token}})
    assert made.status_code == 200, made.json
    ada = Client(app).as_login(world.ada)
    if way == "mail":
        assert ada.get("/api/invitations").json == {"invitations": [], "total": 0}
        ada.post(f"/api/admin/customer/{made.json['customerId']}/activate")
    [shown] = ada.get("/api/invitations").json["invitations"]
    assert (shown["referrerEmail"], shown["recipientEmail"], shown["status"]) == (
        "cleo@guerdon.example",
        "nora@shop.example",
        "registered",
    )
    assert ada.get(f"/api/customer/{made.json['customerId']}/status").json["points"] == 5
    receipt = {"transactionData": {"documentType": "sell", "documentNumber": "I-1", "purchaseDate": "2026-11-02 10:00"}}
    item = {"sku": {"code": "A"}, "name": "A", "quantity": 1, "grossValue": 2}
    sale = {"transaction": {**receipt, "items": [item], "customerData": {"email": "nora@shop.example"}}}
    assert ada.post("/api/transaction", json=sale).status_code == 200
    assert ada.get("/api/invitations").json["invitations"][0]["status"] == "made_purchase"
    assert ada.get(f"/api/customer/{world.cleo.uuid}/status").json["points"] == 1_007
    world.require_invariants()


def test_an_invitation_holds_for_a_month_and_one_customer_sends_twenty_a_day(
    app: Flask, world: World, cleo: Client, mailing: Settings
) -> None:
    app.extensions["guerdon_settings"] = replace(mailing, self_registration="open")
    links = app.extensions["guerdon_identity"].links
    link = links.make_invitation(world.cleo.uuid, "Nora@shop.example")
    assert links.read_invitation(link, " nora@SHOP.example") == world.cleo.uuid
    with pytest.raises(BadLink, match="another e-mail address"):
        links.read_invitation(link, "ben@shop.example")
    old = links._serializer(INVITATION)
    old.make_signer = signer_of_before(old, seconds=30 * 86_400 + 1)
    for wrong in (old.dumps(links._serializer(INVITATION).loads(link)), "", "a.b.c", "x" * 10_000):
        with pytest.raises(BadLink):
            links.read_invitation(wrong, "nora@shop.example")
    statuses = [
        cleo.post(
            "/api/invitations/invite", json={"invitation": {"recipientEmail": f"friend{i}@shop.example"}}
        ).status_code
        for i in range(21)
    ]
    assert statuses == [200] * 20 + [429]
    last = cleo.post("/api/invitations/invite", json={"invitation": {"recipientEmail": "one@shop.example"}})
    assert "try again tomorrow" in last.get_data(as_text=True)
    assert int(last.headers["Retry-After"]) == 86_400


@pytest.mark.parametrize(("name", "said"), [("Anne-Lise", True), ("win at http://x.example", False), ("", False)])
def test_what_looks_like_more_than_a_name_stands_in_no_letter_to_a_stranger(
    app: Flask, world: World, mailing: Settings, name: str, said: bool
) -> None:
    hooks = hooks_of(app, mailing, world.database)
    customer = world.a_customer(name, email="anne@shop.example")
    with world.database.transaction() as session:
        mails.write_invitation(session, session.get_one(Customer, customer.id), "nora@shop.example", clock.now())
    hooks.send()
    [letter] = letters_in(mailing)
    [first, *_] = text_of(letter).splitlines()
    assert first == f"{name if said else 'A customer'} recommends First chain to you."


def test_where_no_mail_is_sent_nobody_is_promised_any(app: Flask, world: World) -> None:
    answer = Client(app).post("/api/password/reset/request", json={"username": "x"})
    assert (answer.status_code, answer.json) == (
        400,
        {"error": "No mail is sent from here: ask the staff for a new password."},
    )


def test_a_coupon_that_expires_soon_is_written_about(app: Flask, world: World, mailing: Settings) -> None:
    hooks, now = hooks_of(app, mailing, world.database), world.now
    campaign = world.a_reward_campaign(voucher(10), name="Ten euros")
    with world.database.transaction() as session:
        lifecycle.issue(
            session, 1, campaign.id, world.cleo.id, VoucherTerms("basket", 1_000, expires_at=later(days=6)), now
        )
        notices.tell_of_vouchers(session, "voucher.expiring", ExpiryMark(now, 0), later(days=7), now)
    hooks.send()
    [letter] = letters_in(mailing)
    assert "Ten euros" in str(letter["Subject"])


def test_points_that_expire_soon_are_written_about(app: Flask, world: World, mailing: Settings) -> None:
    hooks, now = hooks_of(app, mailing, world.database), world.now
    with world.database.transaction() as session:
        ledger.add(session, world.cleo.id, 1_250, now, days_active=5)
        lots.bring_up_to_date(session, world.cleo.id, now)
        reminders.tell(session, ExpiryMark(now, 0), later(days=7), now)
    hooks.send()
    [letter] = letters_in(mailing)
    assert "points expire soon" in str(letter["Subject"])
    assert "12.50 of your points expire on" in letter.as_string()


def test_a_letter_that_nobody_waits_for_any_more_is_not_sent(app: Flask, world: World, mailing: Settings) -> None:
    """A link that was asked for before a weekend without a worker would be made now, and hold for an hour from now."""
    hooks = hooks_of(app, mailing, world.database)
    app.extensions["guerdon_settings"] = mailing
    Client(app).post("/api/password/reset/request", json={"username": email_of(world)})
    with clock_at(later(hours=2)):
        hooks.send()
    assert (letters_in(mailing), hooks.count()) == ([], 0)


@pytest.mark.parametrize("change", ["blocked", "another address"])
def test_a_link_ends_with_what_the_staff_does(app: Flask, world: World, change: str) -> None:
    links = app.extensions["guerdon_identity"].links
    now = world.now
    nora = world.a_customer("Nora")
    with world.database.transaction() as session:
        customer = customers.get(session, str(nora.uuid), EVERY_CHAIN)
        customer.status = "new"
        session.flush()
        login = session.scalars(select(Login).where(Login.customer_id == customer.id)).one()
        link = links.make(session, ACTIVATION, login.uuid)
        assert links.read(session, ACTIVATION, link).customer.id == customer.id
        if change == "blocked":
            customers.block(session, customer, now + timedelta(seconds=1))
        else:
            customers.change(session, customer, {"email": "other@shop.example"}, customer.updated_at)
        with pytest.raises(BadLink):
            links.read(session, ACTIVATION, link)


def test_nobody_can_fill_a_mailbox(app: Flask, world: World, mailing: Settings) -> None:
    hooks = hooks_of(app, mailing, world.database)
    app.extensions["guerdon_settings"] = mailing
    for _ in range(6):
        answer = Client(app).post("/api/password/reset/request", json={"username": email_of(world)})
        assert answer.json == {"success": True}
    hooks.send()
    assert len(letters_in(mailing)) == 3


def test_when_mail_ends_nothing_more_is_written_for_it(app: Flask, world: World, mailing: Settings) -> None:
    hooks = hooks_of(app, mailing, world.database)
    subscriptions.renew(world.database, sends_mail=False)
    world.buy(world.a_campaign())
    assert hooks.count() == 0


def login_of(world: World) -> Login:
    with world.database.reading() as session:
        return session.scalars(select(Login).where(Login.customer_id == world.cleo.id)).one()


def email_of(world: World) -> str:
    with world.database.reading() as session:
        return str(session.scalar(select(Profile.email).where(Profile.customer_id == world.cleo.id)))
