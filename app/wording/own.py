"""The words of a chain's own letters: what is written for a kind, kept, checked before, and rendered.

They may name the values of their kind, ask `if`, and go through a list with `for`; nothing else, for whoever writes them need not be
trusted with this machine.
"""

from datetime import datetime
from html.parser import HTMLParser
from typing import Any

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import SandboxedEnvironment
from sqlalchemy.orm import Session

from app.wording.errors import BadMailTemplate
from app.wording.models import MailTemplate
from app.wording.templates import KINDS, Words, sparse

SUBJECT_LENGTH_MAX, CONTENT_LENGTH_MAX = 255, 50_000
LOOPS_MAX = 5
ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.If, nodes.For, nodes.Const,
    nodes.Not, nodes.And, nodes.Or, nodes.Compare, nodes.Operand,
)  # fmt: skip
_PLAIN = SandboxedEnvironment(undefined=StrictUndefined)
_HTML = SandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
LINE_ENDS = {"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "table", "ul", "ol"}
NOT_SAID = {"style", "script", "title"}
# What a letter is for: without it, whoever reads it can do nothing.
NEEDED = {
    "customer.activation": "link",
    "customer.code": "code",
    "customer.invitation": "link",
    "customer.welcome": "link",
    "password.reset": "link",
}
# What a template may do wrong: it is read, and then rendered with text where a number was expected, or nothing at all.
FAULTS = (TemplateError, ArithmeticError, AttributeError, TypeError, ValueError, SyntaxError, RecursionError)


def find(session: Session, chain_id: int, kind: str) -> MailTemplate | None:
    """None where the chain has no words of its own."""
    return session.get(MailTemplate, (chain_id, kind))


def put(session: Session, chain_id: int, kind: str, subject: str, content: str, now: datetime) -> None:
    """Let letters of this kind say something else. Raises BadMailTemplate."""
    require_sound(kind, subject, content)
    own = find(session, chain_id, kind) or MailTemplate(chain_id=chain_id, kind=kind)
    own.subject, own.content, own.updated_at = subject, content, now
    session.add(own)
    session.flush()


def remove(session: Session, chain_id: int, kind: str) -> None:
    """Let letters of this kind say what the installation's templates do; no error where they do."""
    own = find(session, chain_id, kind)
    if own is not None:
        session.delete(own)
        session.flush()


def require_sound(kind: str, subject: str, content: str) -> None:
    """Both can be rendered with as much and as little as a letter of this kind may know. Raises BadMailTemplate."""
    for name, text, length_max in (("subject", subject, SUBJECT_LENGTH_MAX), ("content", content, CONTENT_LENGTH_MAX)):
        if not text.strip() or len(text) > length_max:
            raise BadMailTemplate(f"A letter's {name} has 1 to {length_max:,} characters.", field=name)
        if name == "subject" and len(text.splitlines()) > 1:
            raise BadMailTemplate("A letter's subject is a single line.", field=name)
        try:
            _require_plain(text)
            said = [_PLAIN.from_string(text).render(context) for context in (KINDS[kind], sparse(KINDS[kind]))]
        except FAULTS as e:
            words = ", ".join(KINDS[kind])
            raise BadMailTemplate(f"{str(e).rstrip('.')}. A letter of this kind knows {words}.", field=name) from e
        needed = NEEDED.get(kind) if name == "content" else None
        if needed is not None and not all(KINDS[kind][needed] in it for it in said):
            raise BadMailTemplate(f"This letter has to say {{{{ {needed} }}}}.", field=name)


def rendered(subject: str, content: str, context: dict[str, Any]) -> Words:
    """The letter, and what it says without its markup."""
    html = _HTML.from_string(content).render(context)
    return Words(_PLAIN.from_string(subject).render(context), text_of(html), html)


def text_of(html: str) -> str:
    """What HTML says, for whoever reads text: lines, and each link behind its words."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.said).split("\n")]
    kept = [line for i, line in enumerate(lines) if line or (i and lines[i - 1])]
    return "\n".join(kept).strip() + "\n"


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._link: str | None = None
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in NOT_SAID
        self._link = dict(attrs).get("href") if tag == "a" else self._link
        if tag in LINE_ENDS:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in NOT_SAID and self._silent > 0
        if tag == "a" and self._link:
            self.said.append(f" {self._link}")
            self._link = None
        if tag in LINE_ENDS:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(" ".join(data.split("\n")))


def _require_plain(text: str) -> None:
    """Raises TemplateError."""
    tree = _PLAIN.parse(text)
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, ALLOWED):
            raise TemplateError(
                f"Line {node.lineno}: a template may name values, and ask with `if` and `for`; this is {type(node).__name__.lower()}"
            )
    if sum(1 for _ in tree.find_all(nodes.For)) > LOOPS_MAX:
        raise TemplateError(f"At most {LOOPS_MAX} times `for`.")
    if any(outer.find(nodes.For) is not None for outer in tree.find_all(nodes.For)):
        raise TemplateError("A `for` within another goes too far.")
