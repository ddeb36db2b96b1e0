"""Text that people and programs send: one rule of how it is kept, compared and searched. Standard library only.

- Any text is composed (NFC) and has no blanks or invisible characters at its ends: `trimmed`.
- An *identifier* or a *code* is compared in one written form: besides, it holds no invisible character anywhere, and every kind of
  blank in it is a plain one: `written`. Capitals count, except in e-mail addresses, user names and host names.
- What is searched is `folded`: neither capitals nor accents count.
- What names something in files and addresses is a `slug`: small letters of English, digits, and a hyphen between words.
"""

import re
import unicodedata

EMAIL_LENGTH_MAX = 254
SLUG_LENGTH_MAX = 80
_SLUG = re.compile("[a-z0-9]+(-[a-z0-9]+)*")
_TAGS = range(0xE0020, 0xE0080)  # they end some flags
_APART = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"})  # fmt: skip
_NO_EMAIL = r"\s@<>()\[\]\\,:;\""
_EMAIL = re.compile(
    rf"(?!\.)[^{_NO_EMAIL}]{{1,64}}(?<!\.)@(?:(?!-)[^{_NO_EMAIL}.]{{1,63}}(?<!-)\.)+[^{_NO_EMAIL}.]{{2,63}}"
)


def trimmed(text: str) -> str:
    """Composed, without blanks and invisible characters at its ends."""
    if text.isascii() and text.isprintable():
        return text.strip()
    text = unicodedata.normalize("NFC", text)
    start, end = 0, len(text)
    while start < end and _is_nothing(text[start]):
        start += 1
    while start < end and _is_nothing(text[end - 1]):
        end -= 1
    return text[start:end]


def written(text: str) -> str:
    """The one form in which identifiers and codes are kept and compared."""
    if text.isascii() and text.isprintable():
        return text.strip()
    kept = (" " if unicodedata.category(c)[0] == "Z" or c in "\t\n\r" else c for c in trimmed(text))
    return "".join(c for c in kept if unicodedata.category(c) not in {"Cf", "Cc"}).strip()


def folded(text: str) -> str:
    """For searching: without capitals and accents."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    bare = "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_APART)
    return unicodedata.normalize("NFC", bare)


def slug(text: str) -> str:
    """`Café & Bar` is `cafe-bar`; empty when nothing of it can be written so."""
    return "-".join(re.findall("[a-z0-9]+", folded(text)))[:SLUG_LENGTH_MAX].rstrip("-")


def is_slug(text: str) -> bool:
    return len(text) <= SLUG_LENGTH_MAX and _SLUG.fullmatch(text) is not None


def is_email(text: str) -> bool:
    """`ada@guerdon.example`: an address alone, without a name beside it, blanks or invisible characters."""
    return len(text) <= EMAIL_LENGTH_MAX and written(text) == text and _EMAIL.fullmatch(text) is not None


def _is_nothing(character: str) -> bool:
    category = unicodedata.category(character)
    return category in {"Cc", "Zs", "Zl", "Zp"} or (category == "Cf" and ord(character) not in _TAGS)


def is_language(code: str) -> bool:
    """It looks as a code of a language does, such as `en`, `pl` or `pt-BR`."""
    first, *parts = code.split("-")
    return 2 <= len(first) <= 3 and all(it.isascii() and it.isalnum() and len(it) <= 8 for it in (first, *parts))
