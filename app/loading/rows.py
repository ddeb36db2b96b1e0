"""The rows of a table of customers, each checked by itself. Memory does not grow with the table."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from app.amounts import BALANCE_MAX
from app.members.customers import AGREEMENTS
from app.text import folded, is_email, trimmed, written

Value = TypeVar("Value")
DELIMITERS = ";,\t"
TEXT_LENGTH_MAX = 255
UUID_LENGTH_MIN = 32
POINTS = re.compile(r"[0-9]{1,15}(\.[0-9]{1,2})?")
GENDERS = ("male", "female", "not_disclosed")
YES, NO = {"1", "true", "yes"}, {"", "0", "false", "no"}
ADDRESS = ("street", "address1", "address2", "postal", "city", "province", "country")
# As the API calls them; a heading may write them with blanks, underscores or other capitals.
COLUMNS = (
    "firstName", "lastName", "email", "phone", "loyaltyCardNumber", "gender", "birthDate", "createdAt", "level", "points", "labels",
    *AGREEMENTS, *ADDRESS,
)  # fmt: skip


class BadTable(Exception):
    """The file is no table of customers; the message says why."""


@dataclass(frozen=True)
class NewCustomer:
    """A customer as a row tells; points in hundredths."""

    line: int
    first_name: str
    last_name: str
    email: str | None
    phone: str | None
    loyalty_card_number: str | None
    gender: str | None
    born_on: date | None
    created_at: datetime | None
    level_id: int | None
    points: int
    agreements: list[bool]  # by AGREEMENTS
    labels: list[list[str]] = field(default_factory=list)
    address: dict[str, str] = field(default_factory=dict)
    uuid: UUID = field(default_factory=uuid4)


@dataclass(frozen=True)
class BadRow:
    """What is wrong with a row."""

    line: int
    message: str


def read(
    file: Iterator[str], levels: Mapping[str, int], zone: ZoneInfo, now: datetime
) -> Iterator[NewCustomer | BadRow]:
    """The rows of a file whose first line names its columns. `levels` are the ids of the chain's, by their keys and names.

    Days and times without an offset are the zone's. Raises BadTable.
    """
    line = 0
    try:
        first = next((text for text in file if text.strip()), "")
        reader = csv.reader(_with(first, file), delimiter=max(DELIMITERS, key=first.count), strict=True)
        places = _places(next(reader, []))
        for cells in reader:
            line = reader.line_num
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(places):
                yield BadRow(line, f"{len(cells)} cells, where the heading has {len(places)}.")
                continue
            yield _customer(line, {name: trimmed(cells[i]) for name, i in places.items()}, levels, zone, now)
    except csv.Error as e:
        raise BadTable(f"Behind line {line}: {e}.") from e
    except UnicodeDecodeError as e:
        raise BadTable(f"Behind line {line}: the file is not text in UTF-8; save it so.") from e


def _with(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _places(heading: list[str]) -> dict[str, int]:
    known = {name.lower(): name for name in COLUMNS}
    found: dict[str, int] = {}
    unknown = []
    for i, cell in enumerate(heading):
        name = known.get(folded(written(cell)).replace(" ", "").replace("_", "").replace("-", ""))
        if name is None:
            unknown.append(cell)
        elif name in found:
            raise BadTable(f"The heading has {name} twice.")
        else:
            found[name] = i
    if unknown:
        raise BadTable(f"Unknown columns: {', '.join(unknown)}. There are: {', '.join(COLUMNS)}.")
    if missing := [name for name in ("firstName", "lastName") if name not in found]:
        raise BadTable(f"The first line names the columns; it lacks {', '.join(missing)}.")
    return found


def _customer(
    line: int, said: Mapping[str, str], levels: Mapping[str, int], zone: ZoneInfo, now: datetime
) -> NewCustomer | BadRow:
    """The customer of a row, or all that is wrong with it."""
    identifiers = email, phone, card = _identifiers(said)
    wrong = [*_problems(said, identifiers, levels)]

    def parsed(parse: Callable[..., Value], *cell: Any) -> Value | None:
        try:
            return parse(*cell)
        except ValueError as e:
            wrong.append(str(e))
            return None

    born_on = parsed(_day, said.get("birthDate", ""), now.astimezone(zone).date())
    created_at = parsed(_moment, said.get("createdAt", ""), zone, now)
    points = parsed(_points, said.get("points", ""))
    agreements = [bool(parsed(_flag, name, said.get(name, ""))) for name in AGREEMENTS]
    labels = parsed(_labels, said.get("labels", ""))
    if wrong:
        return BadRow(line, " ".join(wrong))
    return NewCustomer(
        line,
        said["firstName"],
        said["lastName"],
        email.lower() if email else None,
        phone,
        card,
        said.get("gender", "").lower() or None,
        born_on,
        created_at,
        levels[said["level"]] if said.get("level") else None,
        points or 0,
        agreements,
        labels or [],
        {name: said[name].upper() if name == "country" else said[name] for name in ADDRESS if said.get(name)},
    )


def _problems(said: Mapping[str, str], identifiers: Sequence[str | None], levels: Mapping[str, int]) -> Iterator[str]:
    """What is wrong with the cells that are taken as they are."""
    for name, text in said.items():
        if len(text) > TEXT_LENGTH_MAX or "\0" in text:
            yield f"{name}: at most {TEXT_LENGTH_MAX} characters, and no NUL."
            return  # the other sentences would repeat so long a text
    if not said["firstName"] or not said["lastName"]:
        yield "firstName and lastName are needed."
    email, phone, card = identifiers
    if email and not is_email(email):
        yield f"email: {email} is no e-mail address."
    if not (email or phone or card):
        yield "One of email, phone and loyaltyCardNumber is needed."
    for name, value in (("phone", phone), ("loyaltyCardNumber", card)):
        if value and _is_uuid(value):
            yield f"{name}: {value} reads as a UUID, which names a customer by itself."
    gender = said.get("gender", "").lower()
    if gender and gender not in GENDERS:
        yield f"gender: one of {', '.join(GENDERS)}."
    level = said.get("level", "")
    if level and level not in levels:
        yield f"level: there is no level {level}; there are {', '.join(sorted(levels)) or 'none'}."
    country = said.get("country", "")
    if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
        yield "country: two letters, like PL."


def _identifiers(said: Mapping[str, str]) -> list[str | None]:
    """E-mail, phone and card, as they are compared."""
    return [written(said.get(name, "")) or None for name in ("email", "phone", "loyaltyCardNumber")]


def _is_uuid(text: str) -> bool:
    if len(text) < UUID_LENGTH_MIN:
        return False
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _day(text: str, today: date) -> date | None:
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError as e:
        raise ValueError("birthDate: YYYY-MM-DD.") from e
    if found > today:
        raise ValueError("birthDate: a day that is past.")
    return found


def _moment(text: str, zone: ZoneInfo, now: datetime) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as e:
        raise ValueError("createdAt: YYYY-MM-DD HH:MM, or ISO 8601.") from e
    found = found if found.tzinfo else found.replace(tzinfo=zone)
    if found > now:
        raise ValueError("createdAt: a moment that is past.")
    return found


def _points(text: str) -> int:
    if not POINTS.fullmatch(text or "0"):
        raise ValueError("points: a number with at most two decimals, not negative.")
    hundredths = int(Decimal(text or "0") * 100)
    if hundredths > BALANCE_MAX:
        raise ValueError("points: more than an account can hold.")
    return hundredths


def _flag(name: str, text: str) -> bool:
    if text.lower() in YES | NO:
        return text.lower() in YES
    raise ValueError(f"{name}: 1 or 0.")


def _labels(text: str) -> list[list[str]]:
    pairs = [part.partition(":") for part in text.split(";") if part.strip()]
    if any(not key.strip() or not colon for key, colon, _ in pairs):
        raise ValueError("labels: key:value;key:value.")
    return [[key.strip(), value.strip()] for key, _, value in pairs]
