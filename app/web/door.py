"""What every request goes through, whatever its dialect: policy, body rules, one transaction, a few tries.

A view says who may call it with `allow(...)` or `anyone`; a route that says nothing is closed.
"""

import contextvars
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol, TypeVar, cast
from uuid import UUID

from flask import Flask, Request, current_app, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from werkzeug.exceptions import (
    BadRequest,
    Forbidden,
    HTTPException,
    LengthRequired,
    NotFound,
    RequestEntityTooLarge,
    UnsupportedMediaType,
)
from werkzeug.formparser import FormDataParser

from app import clock
from app.access import roles
from app.access.errors import NotPermitted
from app.access.logins import Beside
from app.db.engine import Database, NotNow, OutcomeUnknown, TryAgain
from app.db.prepared import Executor
from app.db.replica import Replica
from app.media.blobs import BlobStore
from app.organizations import chains as organizations
from app.refusal import Refusal
from app.settings import Settings
from app.web import audit, resources
from app.web.audit import Observed
from app.web.callers import Caller, Named, NotSignedIn, identity
from app.web.idempotency import KeyedAttempt, Replay
from app.web.metrics import Metrics
from app.web.rejected import Rejected

BODY_BYTES_MAX = 256 * 1024
LOG = logging.getLogger("guerdon")
TRIES = 8
TRYING_SECONDS = 3.0
ANYONE = frozenset({"anyone"})
KEYED = frozenset({"POST"})  # the methods with which an Idempotency-Key counts, unless a route says otherwise


def by_token() -> Caller:
    """The caller of the current request by its bearer token. Raises NotSignedIn."""
    return identity().caller(database())[0]


def by_token_beside(beside: Beside[Any], named: Named) -> Callable[[], Caller]:
    """The same, together with what the view is about to ask; see `found_beside`."""

    def find() -> Caller:
        caller, g.beside = identity().caller(database(), beside, named)
        return caller

    return find


def found_beside() -> Any:
    """What was found `by_token_beside` for this attempt, or None."""
    return g.get("beside")


View = TypeVar("View", bound=Callable[..., Any])
Result = TypeVar("Result")


class Busy(Exception):
    """The request could not be served now, in several tries where that is of use; nothing was changed."""

    def __init__(
        self, message: str = "The service is busy and nothing was changed. Try again.", seconds: int = 1
    ) -> None:
        super().__init__(message)
        self.seconds = seconds


def allow(
    *roles: str,
    body_bytes_max: int = BODY_BYTES_MAX,
    audited: bool = True,
    authenticate: Callable[[], Caller] = by_token,
    keyed: frozenset[str] = KEYED,
) -> Callable[[View], View]:
    """Let only callers of these roles in. `audited=False` for writes that leave a record of who made them.

    `authenticate` says who is calling, or raises. An Idempotency-Key counts with the methods of `keyed`.
    """

    def decorate(view: View) -> View:
        view.policy = frozenset(roles)  # type: ignore[attr-defined]
        view.authenticate = authenticate  # type: ignore[attr-defined]
        view.keyed = keyed  # type: ignore[attr-defined]
        view.body_bytes_max = body_bytes_max  # type: ignore[attr-defined]
        view.audited = audited  # type: ignore[attr-defined]
        return view

    return decorate


def anyone(view: View) -> View:
    """Let everybody in, signed in or not."""
    view.policy = ANYONE  # type: ignore[attr-defined]
    return view


class WholeRequest(Request):
    """A request whose form is read wholly or not at all: one that was cut off on its way says something else than was meant."""

    def make_form_data_parser(self) -> FormDataParser:
        parser = super().make_form_data_parser()
        parser.silent = False
        return parser

    def _load_form_data(self) -> None:
        try:
            super()._load_form_data()
        except ValueError as e:
            raise BadRequest("The form is cut off, or no multipart/form-data with its boundary.") from e


class GuardedFlask(Flask):
    """A Flask that lets a request through only by its route's policy."""

    request_class = WholeRequest

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """As it is: nothing here is a coroutine, and asking each function of each request costs more than some of them."""
        return func

    def log_exception(self, exc_info: Any) -> None:
        """By the route: the address may name people, codes and keys."""
        route = request.url_rule.rule if request.url_rule else "an unknown address"
        LOG.error("%s %s failed", request.method, route, exc_info=exc_info)

    def dispatch_request(self) -> ResponseReturnValue:
        _require_plain_address()
        rule = request.url_rule
        view = self.view_functions.get(rule.endpoint) if rule else None
        if view is None or request.routing_exception is not None or request.method == "OPTIONS":
            return super().dispatch_request()
        _require_bounded_body(getattr(view, "body_bytes_max", BODY_BYTES_MAX))
        policy = getattr(view, "policy", None)
        if policy is None:
            raise Forbidden(f"{rule.endpoint if rule else request.path} declares no policy")
        return self._answer(view, policy, super().dispatch_request)

    def _answer(
        self, route: Any, policy: frozenset[str], view: Callable[[], ResponseReturnValue]
    ) -> ResponseReturnValue:
        """Let the caller in and call the view; again when the database could not serve it, each try on new facts."""
        keyed = getattr(route, "keyed", KEYED)
        key = request.headers.get("Idempotency-Key") if request.method in keyed else None

        def noting() -> ResponseReturnValue:
            try:
                return view()
            except Refusal as e:
                g.refused = e
                raise

        def attempt() -> ResponseReturnValue:
            g.unrewarded, g.afterwards, g.refused = [], [], None
            if policy != ANYONE:
                _let_in(policy, getattr(route, "authenticate", by_token))
            return self._answer_once(noting, key) if key is not None else noting()

        try:
            answer = with_retries(attempt)
        except Refusal:
            _report_refusals()
            raise
        finally:
            _do_afterwards()
        _report_refusals()
        return answer

    def _answer_once(self, view: Callable[[], ResponseReturnValue], key: str) -> ResponseReturnValue:
        who = g.caller.principal if "caller" in g else "anyone"
        g.once = once = KeyedAttempt(database(), who, key, _request_bytes())
        try:
            try:
                response = self.make_response(view())
            except Replay as replay:
                once.abandon()
                return replay.response()
            except (Refusal, HTTPException) as e:
                response = self.make_response(self.handle_user_exception(e))
            once.finish(response)
            return response
        except BaseException as e:
            once.abandon(e)
            raise
        finally:
            g.pop("once")


def with_retries(attempt: Callable[[], Result]) -> Result:
    """Try until the database can serve it, a few times, a little later each time. Raises Busy."""
    until = time.monotonic() + TRYING_SECONDS
    for i in range(TRIES):
        try:
            return attempt()
        except NotNow as e:
            raise Busy(str(e), e.seconds) from e
        except TryAgain as e:
            if time.monotonic() > until or i == TRIES - 1:
                raise Busy from e
            time.sleep(random.uniform(0, 0.005 * 2**i))
    raise Busy


def _let_in(policy: frozenset[str], authenticate: Callable[[], Caller]) -> None:
    """Raises what `authenticate` does, NotSignedIn among it, Forbidden, or NotPermitted."""
    g.caller = authenticate()
    if g.caller.role not in policy:
        raise Forbidden
    if g.caller.is_limited and (lacking := _lacking(g.caller)) is not None:
        raise NotPermitted(lacking)


def _lacking(caller: Caller) -> str | None:
    """What the roles of an admin who has some do not permit of the call, in a sentence; None where they do."""
    endpoint = request.endpoint or ""
    if resources.is_open(endpoint):
        return None
    needed = resources.needed(endpoint, request.method)
    if not needed:
        return "This is for admins who may do everything."
    with reading() as session:
        granted = roles.granted(session, caller.login_id)
    lacking = [] if granted is None else [it for it in needed if it not in granted]
    said = " and ".join(f"{it.access} of {it.resource}" for it in lacking)
    return f"Your roles do not permit this: it needs {said}." if lacking else None


@contextmanager
def transaction() -> Iterator[Session]:
    """The request's transaction: committed at the end of the block, or with the answer when it has an Idempotency-Key.

    What a member of the staff changes is written to the audit log in the same transaction.
    """
    once: KeyedAttempt | None = g.get("once")
    with once.transaction() if once else database().transaction() as session:
        observed = audit.observe(session)
        yield session
        session.flush()
        _audit(session, observed)


@contextmanager
def single_statement() -> Iterator[Executor]:
    """The request's transaction, for prepared statements only; what they change names who changed it."""
    once: KeyedAttempt | None = g.get("once")
    with once.transaction() if once else database().single_statement() as executor:
        yield executor


@contextmanager
def reading() -> Iterator[Session]:
    """A session for a request that changes nothing."""
    with database().reading() as session:
        yield session


@contextmanager
def listing() -> Iterator[Session]:
    """A session for a list of many, such as the staff's: it may miss what happened in the last seconds, for it may be a replica's.

    Not for what somebody decides by, and not for what one customer holds: who has just bought looks for it there.
    """
    replica: Replica | None = current_app.extensions["guerdon_replica"]
    asked = replica if replica is not None and not g.get("replica_failed") and replica.is_fresh() else None
    if replica is not None:
        metrics: Metrics = current_app.extensions["guerdon_metrics"]
        metrics.lists.labels("replica" if asked else "database").inc()
    if asked is None:
        with reading() as session:
            yield session
        return
    try:
        with asked.reading() as session:
            yield session
    except (TryAgain, Refusal, HTTPException, Rejected) as e:
        g.replica_failed = True  # this request's next try asks the database itself: what it names may be there already
        raise TryAgain from e


def is_prefetch() -> bool:
    """A browser or a proxy looks ahead, before anybody has asked: nothing may change for it."""
    purposes = " ".join(
        request.headers.get(name, "").lower() for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
    )
    return "prefetch" in purposes or "preview" in purposes


def note_subject(**ids: object) -> None:
    """Tell the audit log what a request made or changed, beside what its address names. Call it in the transaction."""
    g.subject = {**g.get("subject", {}), **{name: str(value) for name, value in ids.items()}}


def note_chain(chain_id: int) -> None:
    """Tell the audit log whose rows a request changes, where prepared statements write them."""
    g.noted_chains = {*g.get("noted_chains", ()), chain_id}


def note_no_change() -> None:
    """Tell the audit log that there is nothing to write down: what was asked for was so already."""
    g.is_unchanged = True


def note_effect(effect: UUID) -> None:
    """Tell the stored answer of a keyed request which purchase it made."""
    once: KeyedAttempt | None = g.get("once")
    if once:
        once.effect = effect


def _do_afterwards() -> None:
    """What fails here takes no answer away: it was given, and its transaction has ended."""
    for step in g.afterwards:
        try:
            step()
        except (TryAgain, Busy, OutcomeUnknown, SQLAlchemyError) as e:
            LOG.warning("what follows a request could not be written: %s", e)


def afterwards(step: Callable[[], object]) -> None:
    """Do this when the request's transaction has ended, whether it was kept or not."""
    g.afterwards.append(step)


def note_unrewarded(campaign_id: int, reason: str, is_answered: bool = True) -> None:
    """A campaign did not reward what a customer did. It is counted once the request is done, and logged if no answer says it."""
    g.unrewarded.append((campaign_id, reason, is_answered))


def in_background(step: Callable[[], object]) -> None:
    """Do this beside the request, which does not wait for it; or, where no server said that there is a background, at its end."""
    if not current_app.extensions["guerdon_has_background"]:
        afterwards(step)
        return

    def run() -> None:
        try:
            step()
        except (TryAgain, Busy, OutcomeUnknown, SQLAlchemyError) as e:
            LOG.warning("what was begun beside a request could not be done: %s", e)

    threading.Thread(target=contextvars.copy_context().run, args=(run,), daemon=True).start()


class CountsRefusals(Protocol):
    """What counts how often a campaign gave nothing, by the reason."""

    def note(self, campaign_id: int, reason: str, now: datetime) -> None: ...


def _report_refusals() -> None:
    metrics: Metrics = current_app.extensions["guerdon_metrics"]
    refusals: CountsRefusals = current_app.extensions["guerdon_refusals"]
    for campaign_id, reason, is_answered in g.unrewarded:
        metrics.unrewarded.labels(reason).inc()
        refusals.note(campaign_id, reason, clock.now())
        if not is_answered:
            LOG.warning("campaign %s gave no reward: %s", campaign_id, reason)
    if g.refused is not None and g.refused.campaign_id is not None:
        refusals.note(g.refused.campaign_id, g.refused.code, clock.now())


def caller() -> Caller:
    """Who acts. Only in views that declare roles."""
    return cast(Caller, g.caller)


def chains() -> Set[int]:
    """For which chains the caller acts in this request: those that it may look at, or, with a call that changes something, write for."""
    return caller().reads if request.method in {"GET", "HEAD"} else caller().writes


def own_chain() -> int:
    """The chain that whatever the caller makes belongs to: a seller's own, else the first that it may write for. Raises Forbidden."""
    who = caller()
    if not who.writes:
        raise Forbidden
    return who.own_chain_id or min(who.writes)


def visited_chain(session: Session) -> int | None:
    """The chain whose app the address of this request is, for who has not signed in; None where it is nobody's."""
    return organizations.of_host(session, request.host)


def visitor() -> Caller | None:
    """Who looks at what is open to anyone; None for whoever is not signed in, or has no role for more than that."""
    try:
        found = by_token()
    except NotSignedIn:
        return None
    return None if found.is_limited and _lacking(found) is not None else found


def shown_chain(session: Session) -> int:
    """The chain whose app the address of this request is; where it is nobody's, the first. For who has not signed in."""
    return visited_chain(session) or organizations.first(session)


def login_id() -> int:
    """The caller's login. Only in views whose callers sign in."""
    return cast(int, caller().login_id)


def database() -> Database:
    return cast(Database, current_app.extensions["guerdon_database"])


def blobs() -> BlobStore:
    return cast(BlobStore, current_app.extensions["guerdon_blobs"])


def settings() -> Settings:
    return cast(Settings, current_app.extensions["guerdon_settings"])


def _audit(session: Session, observed: Observed) -> None:
    who: Caller | None = g.get("caller")
    view = current_app.view_functions[cast(str, request.endpoint)]
    is_unchanged = g.pop("is_unchanged", False)
    if who is None or who.role == "customer" or is_unchanged or not getattr(view, "audited", True):
        return
    audit.write(
        session,
        clock.now(),
        action=cast(str, request.endpoint),
        subject={**{name: str(value) for name, value in (request.view_args or {}).items()}, **g.pop("subject", {})},
        chain_id=_chain_of(who, observed),
        login_id=who.login_id,
        token_id=who.token_id,
        changes=observed.changes or None,
    )


def _chain_of(who: Caller, observed: Observed) -> int | None:
    """Whose rows a request changed: the only chain that its caller may write for, or else the only one whose rows it touched."""
    if who.chain_id is not None:
        return who.chain_id
    acted_for = who.writes if len(who.writes) == 1 else (observed.chain_ids | g.get("noted_chains", set())) & who.writes
    return next(iter(acted_for)) if len(acted_for) == 1 else None


def _require_plain_address() -> None:
    """No address holds the NUL character, which PostgreSQL cannot keep, or begins with two slashes. Raises NotFound or BadRequest."""
    if "\0" in request.path or request.environ.get("PATH_INFO", "").startswith("//"):
        raise NotFound
    if b"%00" in request.query_string or b"\0" in request.query_string:
        raise BadRequest("Text must not hold the NUL character.")


def _require_bounded_body(bytes_max: int) -> None:
    # A chunked form over the limit would be cut off and half understood. So no body without a length.
    if request.headers.get("Transfer-Encoding"):
        raise LengthRequired("Send a Content-Length: bodies in chunks are not read.")
    if request.headers.get("Content-Encoding", "identity").lower() not in {"identity", ""}:
        raise UnsupportedMediaType("Send the body as it is: a Content-Encoding is not read.")
    request.max_content_length = bytes_max
    if (request.content_length or 0) > bytes_max:
        raise RequestEntityTooLarge(f"The body is larger than the {bytes_max} bytes that this address takes.")


def _request_bytes() -> bytes:
    """What makes two requests the same: method, address and content, whatever the boundary between its parts."""
    head = f"{request.method} {request.full_path}\n".encode()
    if request.mimetype != "multipart/form-data":
        return head + request.get_data(cache=True)
    parts = [f"{name}={value}".encode("utf-8", "surrogateescape") for name, value in request.form.items(multi=True)]
    for name, file in request.files.items(multi=True):
        parts.append(name.encode() + b"=" + file.stream.read())
        file.stream.seek(0)
    return head + b"\n".join(parts)
