"""Where commands find a programme's campaigns: in a database, or behind a server's admin door. Both answer the same JSON."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote, urlencode
from uuid import UUID

import urllib3

from app import clock
from app.admin.campaigns import document_views as views
from app.campaign.awards.give import SYSTEM
from app.campaign.document import ask, documents
from app.campaign.errors import RevisionMoved
from app.campaign.listings import campaign_documents
from app.campaign.setup import campaigns, plans
from app.db.engine import Database
from app.paging import Page
from app.refusal import Refusal
from app.web.door import Busy, with_retries

Json = dict[str, Any]
PLANNED_MAX, SENT_BYTES_MAX, LISTED_MAX = 250, 900_000, 1_000
TOKEN = "GUERDON_TOKEN"
SECONDS = urllib3.Timeout(connect=5, read=60)


class Unsent(Exception):
    """The programme could not be asked, or did not take what was sent; the message says why."""


class WorldMoved(Exception):
    """The campaign is not as the plan saw it any more."""


class Programme(Protocol):
    """The campaigns of one chain."""

    def documents(self) -> Iterator[Json]:
        """All of them, each with its `state`."""

    def plan(self, sent: Sequence[Json]) -> list[Json]:
        """A plan of each document."""

    def put(self, plan: Json, document: Json) -> None:
        """Carry a plan out, if it is still so. Raises WorldMoved or Unsent."""

    def ask(self, document: Json, customer: UUID, at: str | None, basket: float | None = None) -> Json:
        """What a customer would get."""


class DatabaseProgramme:
    """In the database of this installation."""

    def __init__(self, database: Database, chain_id: int) -> None:
        self._database, self._chain_id = database, chain_id

    def documents(self) -> Iterator[Json]:
        number, total = 1, 1
        while (number - 1) * LISTED_MAX < total:
            with self._database.reading() as session:
                found = campaign_documents.page(session, self._chain_id, Page(number, LISTED_MAX, sort="key"))
                total, number = found.total, number + 1
                yield from [views.campaign(row, clock.now()) for row in found.rows]

    def plan(self, sent: Sequence[Json]) -> list[Json]:
        found = []
        for some in _in_parts(sent):
            with self._database.reading() as session:
                found += [views.plan(it) for it in plans.plan(session, self._chain_id, some, clock.now())]
        return found

    def put(self, plan: Json, document: Json) -> None:
        try:
            with_retries(lambda: self._put(plan, document))
        except (Busy, Refusal) as e:
            raise Unsent(f"{plan['key']}: {e or 'the database is busy'}.") from e

    def _put(self, plan: Json, document: Json) -> None:
        now = clock.now()
        with self._database.transaction() as session:
            [planned] = plans.plan(session, self._chain_id, [document], now, is_warned=False)
            if (planned.action, planned.revision) != (plan["action"], plan["revision"]):
                raise WorldMoved(_moved(plan["key"], planned.revision))
            if planned.spec is None or not planned.is_possible:
                problem = (*planned.problems, *planned.refused)[0]
                raise Unsent(f"{plan['key']}: {problem.path}: {problem.refusal}")
            try:
                if planned.campaign is None:
                    campaigns.create(session, planned.spec, now, self._chain_id)
                else:
                    chains = {self._chain_id}
                    campaigns.put(session, planned.campaign, planned.spec, chains, now, SYSTEM, plan["revision"])
            except RevisionMoved as e:
                raise WorldMoved(_moved(plan["key"], e.actual)) from e

    def ask(self, document: Json, customer: UUID, at: str | None, basket: float | None = None) -> Json:
        with self._database.reading() as session:
            [found] = documents.understood(session, self._chain_id, [document], {})
            if found.spec is None or found.problems:
                raise Unsent("; ".join(f"{it.path}: {it.refusal}" for it in found.problems))
            moment = clock.now() if at is None else datetime.fromisoformat(at)
            return views.answer(ask.ask(session, self._chain_id, found.spec, customer, moment, basket))


class ServerProgramme:
    """Behind the admin's door of a server; the token comes from the environment."""

    def __init__(self, url: str, chain_id: int | None = None) -> None:
        token = os.environ.get(TOKEN)
        if not token:
            at = f"{url.rstrip('/')}/api/admin/login_check"
            raise Unsent(
                f"Set {TOKEN} to an admin's token: POST _username and _password to {at}, which answers a `token`."
            )
        self._at = f"{url.rstrip('/')}/api/admin/campaigns"
        self._chain = {} if chain_id is None else {"chain_id": str(chain_id)}
        self._pool = urllib3.PoolManager(timeout=SECONDS, retries=False, headers={"Authorization": f"Bearer {token}"})
        self.requests_count = 0

    def documents(self) -> Iterator[Json]:
        number, total = 1, 1
        while (number - 1) * LISTED_MAX < total:
            asked = {"page": str(number), "perPage": str(LISTED_MAX), "sort": "key"}
            answer = self._send("GET", "", query=asked)
            total, number = answer["total"], number + 1
            yield from answer["campaigns"]

    def plan(self, sent: Sequence[Json]) -> list[Json]:
        found: list[Json] = []
        for some in _in_parts(sent):
            found += self._send("POST", "/plan", {"documents": some})["plans"]
        return found

    def put(self, plan: Json, document: Json) -> None:
        if plan["action"] == "create":
            self._send("POST", "", document, about=plan)
        else:
            match = {"If-Match": f'"{plan["revision"]}"'}
            self._send("PUT", f"/{quote(plan['key'], safe='')}", document, match, about=plan)

    def ask(self, document: Json, customer: UUID, at: str | None, basket: float | None = None) -> Json:
        return self._send("POST", "/ask", {"document": document, "customer": str(customer), "at": at, "basket": basket})

    def _send(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        about: Json | None = None,
    ) -> Json:
        """Raises WorldMoved or Unsent."""
        self.requests_count += 1
        address = f"{self._at}{path}?{urlencode({**self._chain, **(query or {})})}".rstrip("?")
        try:
            answer = self._pool.request(
                method,
                address,
                body=None if body is None else json.dumps(body),
                headers={**self._pool.headers, "Content-Type": "application/json", **(headers or {})},
            )
            found: Json = json.loads(answer.data)
        except urllib3.exceptions.HTTPError as e:
            raise Unsent(f"{self._at} does not answer: {e}") from e
        except ValueError as e:
            raise Unsent(f"{self._at} does not answer as Guerdon does.") from e
        is_there = answer.status == 409 and any(it["path"] == "/key" for it in found.get("problems", ()))
        if answer.status == 412 or (is_there and about is not None and about["action"] == "create"):
            raise WorldMoved(_moved((about or {}).get("key"), found.get("revision")))
        if answer.status >= 400:
            raise Unsent(_said(answer.status, found))
        return found


def _in_parts(sent: Sequence[Json]) -> Iterator[list[Json]]:
    """The documents in parts that one request takes."""
    part: list[Json] = []
    size = 0
    for document in sent:
        length = len(json.dumps(document)) + 2
        if part and (len(part) == PLANNED_MAX or size + length > SENT_BYTES_MAX):
            yield part
            part, size = [], 0
        part.append(document)
        size += length
    if part:
        yield part


def _said(status: int, answer: Json) -> str:
    problems = answer.get("problems") or ()
    if problems:
        return "; ".join(f"{it['path']}: {it['message']}" for it in problems)
    error = answer.get("error")
    said = error.get("message") if isinstance(error, dict) else error or answer.get("message")
    return f"{status}: {said}"


def _moved(key: Any, revision: Any) -> str:
    now = f"it is at revision {revision} by now" if revision else "it is there, or gone, by now"
    return f"The world moved: somebody changed {key}; {now}. Plan again."
