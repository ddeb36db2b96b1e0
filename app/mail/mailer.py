"""Sends the letters that wait in the outbox."""

import logging
import time
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from app import clock
from app.access.errors import BadLink
from app.access.links import Links
from app.db.engine import Database
from app.mail.letters import Letter, letter
from app.mail.transports import Folder, LetterRefused, Smtp, Transport
from app.outbox.queue import KEEPS_TRYING, Leased, Outcome
from app.settings import Settings
from app.wording import own
from app.wording.models import MailTemplate
from app.wording.templates import Templates, Words, language_of

log = logging.getLogger("guerdon.worker")


def mailer(settings: Settings, database: Database, links: Links) -> "Mailer | None":
    """What sends mail under these settings, or None. Raises BadSettings for wrong ones, a template with an error among them."""
    if not settings.sends_mail:
        return None
    transport: Transport = Smtp(settings.smtp_url) if settings.smtp_url else Folder(settings.storage / "mail")
    return Mailer(settings, database, links, Templates(settings.mail_templates), transport)


class Mailer:
    """One for all lanes of a worker."""

    def __init__(
        self, settings: Settings, database: Database, links: Links, templates: Templates, transport: Transport
    ) -> None:
        self._settings, self._database, self._links = settings, database, links
        self._templates, self._transport = templates, transport
        self._language = language_of(settings.locale)

    def send(self, message: Leased, data: dict[str, Any]) -> Outcome:
        """Send the letter about a message; what goes wrong with the mail server is an outcome."""
        now, began = clock.now(), time.monotonic()

        def outcome(is_delivered: bool, **rest: Any) -> Outcome:
            return Outcome(is_delivered, now, round((time.monotonic() - began) * 1000), **rest)

        if now >= (message.until or message.occurred_at + KEEPS_TRYING):
            return outcome(False, is_for_nobody=True)  # nobody waits for it any more
        try:
            with self._database.reading() as session:
                found = letter(session, self._settings, self._links, message, data)
                theirs = own.find(session, message.chain_id, message.kind)
            if found is None:
                return outcome(False, is_for_nobody=True)
            self._transport.send(self._written(message, found, self._words(message.kind, found, theirs)))
        except BadLink:
            return outcome(False, is_for_nobody=True)
        except LetterRefused as e:
            return outcome(False, answer=str(e), is_final=e.is_final)
        except OSError as e:
            log.warning("the mail server cannot be reached: %s", type(e).__name__)
            return outcome(False, is_unreached=True)
        return outcome(True)

    def close(self) -> None:
        """Nothing more is sent."""
        self._transport.close()

    def _words(self, kind: str, found: Letter, theirs: MailTemplate | None) -> Words:
        """In the chain's own words, if it has any, and they can still be said."""
        if theirs is not None:
            try:
                return own.rendered(theirs.subject, theirs.content, found.context)
            except own.FAULTS as e:
                log.warning("a chain's own words for %s have an error: %s", kind, e)
        return self._templates.words(kind, self._language, found.context)

    def _written(self, message: Leased, found: Letter, words: Words) -> EmailMessage:
        written = EmailMessage()
        written["Subject"] = " ".join(words.subject.split())
        written["From"] = self._settings.mail_from
        written["To"] = found.address
        written["Date"] = format_datetime(message.occurred_at)
        # The same however often it is sent: programs show one letter of each id.
        written["Message-ID"] = f"<{message.uuid.hex}@{self._settings.mail_domain}>"
        written["Auto-Submitted"] = "auto-generated"
        written["Content-Language"] = self._language
        written.set_content(words.text)
        written.add_alternative(words.html, subtype="html")
        return written
