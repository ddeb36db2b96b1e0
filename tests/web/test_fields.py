"""The readers of typed fields: exact, bounded, and complaining by ValueError only."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web import fields
from app.web.fields import Fields
from app.web.rejected import Rejected

MONEY = re.compile(r"-?[0-9]{1,10}(\.[0-9]{1,2})?")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d")
ODD = [
    None,
    True,
    False,
    "",
    " ",
    "x",
    "٤",
    "1e3",
    "--1",
    "1.",
    [],
    {},
    1.5,
    float("nan"),
    float("inf"),
    10**40,
    "9" * 40,
]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=3,
)
READERS: list[Callable[[Any], object]] = [
    fields.text,
    fields.whole,
    fields.digits,
    lambda value: fields.moment(value, MOMENT),
    lambda value: fields.birth_day(value, date(2026, 11, 28)),
    lambda value: fields.decimal(value, MONEY, 2),
    lambda value: fields.hundredths(value, 1_000),
    lambda value: fields.word(value, {"true": True}),
]


@given(json_values | st.sampled_from(ODD))
def test_whatever_is_sent_is_read_or_refused(value: Any) -> None:
    for reader in READERS:
        try:
            reader(value)
        except ValueError:
            continue


@given(st.integers(-(10**12) + 1, 10**12 - 1))
def test_amounts_are_read_to_the_hundredth(hundredths: int) -> None:
    amount = Decimal(hundredths).scaleb(-2)
    assert fields.decimal(str(amount), MONEY, 2) == hundredths
    assert fields.decimal(float(amount), MONEY, 2) == hundredths
    if hundredths >= 0:
        assert fields.hundredths(float(amount), 10**10) == hundredths


def test_three_decimals_are_no_amount() -> None:
    for value in (1.005, "1.005", 0.001):
        with pytest.raises(ValueError, match=r"\d"):
            fields.decimal(value, MONEY, 2)
    with pytest.raises(ValueError, match=r"\d"):
        fields.hundredths(1.005, 10)
    assert fields.hundredths(0.1 + 0.2, 1) == 30


@pytest.mark.parametrize("reader", [fields.whole, fields.digits])
def test_a_boolean_is_no_number_and_bounds_hold(reader: Callable[..., int]) -> None:
    for value in (True, False, 0, 11, 1.0, "1.0"):
        with pytest.raises(ValueError, match=r"."):
            reader(value, 1, 10)
    assert reader(10, 1, 10) == 10


def test_only_digits_reads_text() -> None:
    assert fields.digits("-12") == -12
    with pytest.raises(ValueError, match="12"):
        fields.whole("12")


def test_moments_are_utc_and_in_the_zone_where_no_offset_is_named() -> None:
    noon = datetime(2026, 7, 1, 10, tzinfo=UTC)
    assert fields.moment("2026-07-01 12:00", MOMENT, ZoneInfo("Europe/Warsaw")) == noon
    assert fields.moment("2026-07-01T12:00:00+02:00", MOMENT) == noon
    assert fields.moment("1970-01-01T05:00:00+05:00", MOMENT) == datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2026-07-01",
        "20260701",
        20_260_701,
        "2026-W27-3",
        "1969-12-31 23:59:59",
        "1970-01-01T00:00:00+00:01",
        "3000-01-01 00:00:00",
        "9999-12-31 23:59:59",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_no_moment_is_read_that_some_dialect_could_not_print(value: object) -> None:
    with pytest.raises(ValueError, match=r"."):
        fields.moment(value, MOMENT)


@pytest.mark.parametrize("value", ["1899-12-31", "2026-11-29", "2026-11-28T00:00:00", "20000101", 20_000_101, ""])
def test_people_are_born_between_1900_and_today(value: object) -> None:
    today = date(2026, 11, 28)
    assert [fields.birth_day(day, today) for day in ("1900-01-01", "2026-11-28")] == [date(1900, 1, 1), today]
    with pytest.raises(ValueError, match=r".|^$"):
        fields.birth_day(value, today)


class Polite(Fields):
    def wrong(self, name: str, expected: str) -> Rejected:
        return Rejected(1, f"{name} please as {expected}")

    def missing(self, name: str) -> Rejected:
        return Rejected(2, f"{name} please")

    def text(self, name: str, length_max: int = 9) -> str | None:
        return self.read(name, "text", fields.text, length_max)


def test_the_words_of_a_complaint_are_the_dialects() -> None:
    sent = Polite({"size": "huge", "no": None})
    assert (sent.has("size"), sent.has("no"), sent.text("no"), sent.choice("size", ["huge"])) == (
        True,
        False,
        None,
        "huge",
    )
    with pytest.raises(Rejected, match="size please as one of small, large"):
        sent.choice("size", ["small", "large"])
    with pytest.raises(Rejected, match="size please as a number"):
        sent.read("size", "a number", fields.digits)
    with pytest.raises(Rejected, match="no please"):
        sent.required("no", sent.text("no"))
    assert sent.required("zero", 0) == 0
