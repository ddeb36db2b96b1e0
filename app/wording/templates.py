"""The words of letters: a text and an HTML template for each kind and language, of which a folder of the operator's may replace any.

The text's first line is `Subject: …`. All are read and rendered once at start, so that a mistake is found then.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from jinja2 import ChoiceLoader, FileSystemLoader, StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import SandboxedEnvironment

from app.settings import BadSettings

LANGUAGES = ("en", "pl")
OWN = Path(__file__).parent / "templates"
SUBJECT = "Subject: "
_ABOUT = {
    "programme": "Guerdon",
    "first_name": "Jane",
    "url": "https://shop.example",
    "support": "no-reply@shop.example",
}
_VOUCHER = {"code": "COFFEE-1", "expires_on": "2027-01-31", "amount": "0.00", "kind": "honour"}
# An example of what each kind is rendered with; the words that its templates may use.
KINDS: dict[str, dict[str, Any]] = {
    "purchase.made": {
        **_ABOUT,
        "campaign": "A coffee",
        "price": "20.00",
        "balance": "80.00",
        "vouchers": [_VOUCHER],
        "instructions": "Show the code at the till.",
    },
    "voucher.expiring": {**_ABOUT, "campaign": "A coffee", "voucher": _VOUCHER},
    "points.expiring": {**_ABOUT, "points": "100.00", "balance": "180.00", "expires_on": "2027-01-31"},
    "customer.activation": {**_ABOUT, "link": "https://shop.example/shop/activate/x"},
    "customer.welcome": {**_ABOUT, "link": "https://shop.example/shop/reset/x"},
    "customer.code": {**_ABOUT, "code": "042137"},
    "customer.invitation": {
        **{name: value for name, value in _ABOUT.items() if name != "first_name"},
        "from_name": "Jane",
        "link": "https://shop.example/shop/register#x",
    },
    "password.reset": {**_ABOUT, "link": "https://shop.example/shop/reset/x"},
}


def language_of(locale: str) -> str:
    """In which of LANGUAGES an installation of this locale writes."""
    return locale if locale in LANGUAGES else LANGUAGES[0]


@dataclass(frozen=True)
class Words:
    """A letter in words."""

    subject: str
    text: str
    html: str


def sparse(example: dict[str, Any]) -> dict[str, Any]:
    """The same with as little as there may be: no code, no end, no instructions."""
    bare = {**_VOUCHER, "code": None}
    sparse = {"voucher": bare, "vouchers": [{**bare, "expires_on": None}], "instructions": None, "from_name": None}
    return {name: sparse.get(name, value) for name, value in example.items()}


class Templates:
    """Raises BadSettings for a template that cannot be read, or that names what its kind does not know, where they are to be `checked`."""

    def __init__(self, folder: Path | None = None, checked: bool = True) -> None:
        if folder is not None and not folder.is_dir():
            raise BadSettings(f"GUERDON_MAIL_TEMPLATES: there is no folder {folder}")
        known = {f"{language}/{kind}.{end}" for language in LANGUAGES for kind in KINDS for end in ("txt", "html")}
        for file in sorted(folder.rglob("*.*")) if folder else ():
            name = file.relative_to(folder or OWN).as_posix()
            if file.is_file() and not file.name.startswith(".") and name not in known:
                raise BadSettings(
                    f"GUERDON_MAIL_TEMPLATES: {name} is no template; there are {', '.join(sorted(known))}"
                )
        paths = [folder, OWN] if folder else [OWN]
        loader = ChoiceLoader([FileSystemLoader(path) for path in paths])
        self._environment = SandboxedEnvironment(
            loader=loader,
            undefined=StrictUndefined,
            autoescape=lambda name: bool(name and name.endswith(".html")),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        for language in LANGUAGES if checked else ():
            for kind, example in KINDS.items():
                self.words(kind, language, example)
                self.words(kind, language, sparse(example))

    def source(self, kind: str, language: str) -> tuple[str, str]:
        """As they are written: the subject, and the letter in HTML."""
        loader = cast(ChoiceLoader, self._environment.loader)
        text, html = (loader.get_source(self._environment, f"{language}/{kind}.{end}")[0] for end in ("txt", "html"))
        return text.partition("\n")[0].removeprefix(SUBJECT).strip(), html

    def words(self, kind: str, language: str, context: dict[str, Any]) -> Words:
        """A letter of a kind, in a language of LANGUAGES. Raises BadSettings."""
        name = f"{language}/{kind}"
        try:
            text = self._environment.get_template(f"{name}.txt").render(context)
            html = self._environment.get_template(f"{name}.html").render(context)
        except (TemplateError, ArithmeticError, TypeError, ValueError) as e:
            where = f"{e.name}, line {e.lineno}" if isinstance(e, TemplateSyntaxError) else name
            raise BadSettings(f"The mail template {where} has an error: {e}") from e
        head, _, rest = text.partition("\n")
        if not head.startswith(SUBJECT) or not head[len(SUBJECT) :].strip():
            raise BadSettings(f"The mail template {name}.txt must begin with a line `{SUBJECT}…`.")
        return Words(head[len(SUBJECT) :].strip(), rest.lstrip("\n"), html)
