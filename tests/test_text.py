"""One rule for text: what is trimmed, written and folded, and what is an e-mail address."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text import folded, is_email, trimmed, written

NOTHING = [" ", "\t", "\n", "\u00a0", "\u2003", "\u200b", "\u200d", "\ufeff", "\u2028", "\x00", "\x7f"]


@pytest.mark.parametrize("blank", NOTHING)
def test_blanks_and_invisible_characters_do_not_count(blank: str) -> None:
    assert trimmed(f"{blank}Łódź{blank}") == written(f"{blank}Łódź{blank}") == "Łódź"
    assert trimmed(blank) == written(blank) == ""
    assert written(f"A{blank}1") in {"A 1", "A1"}


def test_what_looks_alike_is_written_alike() -> None:
    assert written("e\u0301te\u0301") == written("été") == "été"
    assert written("SUMMER\u00a010") == written("SUMMER 10") == "SUMMER 10"
    assert written("SUM\u200bMER") == "SUMMER"
    assert written("Summer") != written("SUMMER")  # capitals count


def test_what_belongs_to_text_stays() -> None:
    family, england = "👩\u200d👧", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
    assert trimmed(f" {family} {england} ") == f"{family} {england}"


@given(st.text())
@pytest.mark.slow
def test_once_is_enough(text: str) -> None:
    for change in (trimmed, written, folded):
        assert change(change(text)) == change(text)
    assert unicodedata.is_normalized("NFC", written(text))
    assert written(trimmed(text)) == written(text)


@pytest.mark.parametrize(
    ("text", "expected"), [("Łukasz", "lukasz"), ("STRAẞE", "strasse"), ("Şişman", "sisman"), ("Æsop Ø", "aesop o")]
)
def test_neither_capitals_nor_accents_count_in_a_search(text: str, expected: str) -> None:
    assert folded(text) == folded(text.upper()) == folded(text.lower()) == expected


@pytest.mark.parametrize("text", ["ada@guerdon.example", "a.b+c@x-y.co", "łukasz@poczta.example", "x@müller.example"])
def test_an_address_is_one(text: str) -> None:
    assert is_email(text)


@pytest.mark.parametrize(
    "text",
    ["x@", "@x.example", "a b@guerdon.example", "Ada <a@guerdon.example>", "a@b", "a@@b.example", "a@b..example", "a@.b.example",
     "a@-b.example", ".a@b.example", "a@b.example ", "a\u200b@b.example", "a@b.example,c@d.example", "a" * 250 + "@b.example", ""],
)  # fmt: skip
def test_an_address_is_alone_and_whole(text: str) -> None:
    assert not is_email(text)
