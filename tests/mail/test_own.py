"""A chain's own words for a letter: what they may say, how they are sent, and who may change them."""

from typing import Any

import pytest
from flask import Flask

from app.settings import Settings
from app.wording import own
from app.wording.errors import BadMailTemplate
from app.wording.templates import KINDS, LANGUAGES, Templates
from tests.client import Client
from tests.mail.test_mail import hooks_of, letters_in
from tests.world import World

KIND = "purchase.made"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_installations_own_letters_can_be_the_beginning_of_others(kind: str, language: str) -> None:
    subject, content = Templates().source(kind, language)
    own.require_sound(kind, subject, content)


@pytest.mark.parametrize(
    "text",
    [
        "{{ nobody }}",
        "{% if %}",
        "{{ campaign * 1000000000 }}",
        "{{ ''.__class__ }}",
        "{{ campaign.upper() }}",
        "{{ campaign | center(1000000000) }}",
        "{% for a in vouchers %}{% for b in vouchers %}{{ a.code }}{% endfor %}{% endfor %}",
        "{% for a in range(1000000) %}x{% endfor %}",
        "{% set a = 1 %}{{ a }}",
        "{% include 'en/password.reset.txt' %}",
        "{% macro a() %}{% endmacro %}x",
        "{{ vouchers[0].code }}",
        "{% if campaign > 10 %}x{% endif %}",
        "{% for a in instructions %}{{ a }}{% endfor %}",
        "{% for a, b in campaign %}{{ a }}{% endfor %}",
        "{% if campaign %}" * 110 + "{% endif %}" * 110,
        "{{ " + "not " * 3_000 + "campaign }}",
        "x" * (own.CONTENT_LENGTH_MAX + 1),
        " ",
    ],
)
def test_what_goes_too_far_is_refused(text: str) -> None:
    with pytest.raises(BadMailTemplate):
        own.require_sound(KIND, "S", text)
    with pytest.raises(BadMailTemplate):
        own.require_sound(KIND, text, "C")


@pytest.mark.parametrize("kind", own.NEEDED)
def test_a_letter_says_what_it_is_for(kind: str) -> None:
    needed = own.NEEDED[kind]
    with pytest.raises(BadMailTemplate, match=needed):
        own.require_sound(kind, "S", "<p>Hello.</p>")
    own.require_sound(kind, "S", f"<p>{{{{ {needed} }}}}</p>")


def test_words_that_cannot_be_said_of_somebody_give_way_to_the_installations(
    app: Flask, world: World, mailing: Settings
) -> None:
    hooks = hooks_of(app, mailing, world.database)
    faulty = "{% if first_name == 'Cleo' %}{% if balance > 5 %}x{% endif %}{% endif %}"
    with world.database.transaction() as session:
        own.put(session, world.chain_id, KIND, "S", faulty, world.now)
    world.buy(world.a_campaign(name="Tea"))
    hooks.send()
    [letter] = letters_in(mailing)
    assert letter["Subject"].endswith("new reward")


def test_text_is_what_the_letter_says_without_its_markup() -> None:
    html = """<html><head><title>T</title><style>p { color: red }</style><body><h1>Hello  you</h1>
<p>A &lt;code&gt;: <b>X-1</b>.<br>See <a href="https://shop.example">the
shop</a>.</p><ul><li>One</li><li>Two</li></ul></body></html>"""
    assert own.text_of(html) == "Hello you\n\nA <code>: X-1.\nSee the shop https://shop.example.\n\nOne\n\nTwo\n"


def test_a_programme_says_something_else(ada: Client, app: Flask, world: World, mailing: Settings) -> None:
    hooks = hooks_of(app, mailing, world.database)
    listed: Any = ada.get("/api/settings/emails").json
    assert listed["total"] == len(listed["emails"]) == len(KINDS)
    [bought] = [it for it in listed["emails"] if it["key"] == KIND]
    path = f"/api/settings/emails/{bought['emailId']}"
    assert ada.send("PUT", path, json={"email": bought}).status_code == 200
    assert "updatedAt" not in ada.get(path).json["entity"], "what is sent back as it is becomes nobody's own"
    words = {"subject": "{{ campaign }} & more", "content": "<p>Take <b>{{ campaign }}</b>, {{ first_name }}.</p>"}
    changed = ada.send("PUT", path, json={"email": {**bought, **words}})
    assert (changed.status_code, changed.json) == (200, {"emailId": bought["emailId"]})
    shown: Any = ada.get(path).json
    assert shown["entity"]["subject"] == words["subject"]
    assert "updatedAt" in shown["entity"]
    assert shown["additional"] == {"variables": list(KINDS[KIND]), "preview": "<p>Take <b>A coffee</b>, Jane.</p>"}
    assert ada.send("PUT", path, json={"email": shown["entity"]}).status_code == 200, "what is printed is taken back"
    world.buy(world.a_campaign(name="Tea <for> two"))
    hooks.send()
    [letter] = letters_in(mailing)
    assert letter["Subject"] == "Tea <for> two & more"
    body = letter.get_body(("html",))
    assert body is not None
    assert body.get_content().strip() == "<p>Take <b>Tea &lt;for&gt; two</b>, Cleo.</p>"
    plain = letter.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().strip() == "Take Tea <for> two, Cleo."
    for sent, field in (
        ({"subject": "{{ secret }}", "content": "C"}, "subject"),
        ({"subject": "S", "content": "{{ 7 * 7 }}"}, "content"),
        ({"subject": "S"}, "content"),
        ({"subject": "a\nBcc: x@y.example", "content": "C"}, "subject"),
    ):
        refused = ada.send("PUT", path, json={"email": sent})
        assert refused.status_code == 400, sent
        assert refused.json["form"]["children"][field]["errors"], sent
    assert ada.send("PUT", path, json={"email": {**words, "senderEmail": "else@shop.example"}}).status_code == 400
    assert ada.get(path).json == shown
    assert ada.send("PUT", path, json={"email": {"subject": "", "content": ""}}).status_code == 200
    again: Any = ada.get(path).json
    assert again["entity"] == bought, "and the installation's own words are back"
    assert ada.get("/api/settings/emails/00000000-0000-4000-8000-000000000000").status_code == 404
