"""A proof from beginning to end: sell while servers are killed, and compare what buyers were told with what the tables say."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from sqlalchemy.exc import IntegrityError

from app import clock
from app.db.engine import Database, TryAgain
from app.prove import scratch
from app.prove.buyers import Journal, Shopfront, buy_until_denied, sign_in
from app.prove.own_postgres import OwnPostgres
from app.prove.scratch import Scratch, Tables
from app.prove.servers import Server, serving

TRIES = 10
Result = TypeVar("Result")
CODES_BEYOND = 50  # more codes than may be sold: it is the limit that must hold


@dataclass(frozen=True)
class ProofPlan:
    """How much is sold, by how many, and how often what is killed. Seconds in all."""

    limit: int = 2_000
    buyers: int = 32
    servers: int = 2
    kills: int = 5
    seconds_max: int = 180


@dataclass(frozen=True)
class ProofReport:
    """What came of it. From `lost` on, all are to be nothing."""

    sold: int
    denied: int
    answers: dict[int, int]
    unanswered: int
    cut: int
    repeated: int
    servers_killed: int
    database_killed: int
    seconds: float
    lost: int  # acknowledged, and not in the tables
    doubled: int  # codes that two have, or were told that they have
    untold: int  # in the tables, and nobody was told
    oversold: int
    differing: int  # answered otherwise when asked again
    undecided: int  # without a definite answer when the time was over
    broken: dict[str, int]

    @property
    def holds(self) -> bool:
        counts = (self.lost, self.doubled, self.untold, self.oversold, self.differing, self.undecided)
        return not any(counts) and not any(self.broken.values())

    def json(self) -> dict[str, Any]:
        return {"holds": self.holds, **asdict(self)}


class Killer:
    """Kills a server, or the database, now and then, and starts it again."""

    def __init__(self, servers: Sequence[Server], database: OwnPostgres | None, only_database: bool) -> None:
        self._servers, self._database, self._only_database = servers, database, only_database
        self.servers_killed = self.database_killed = 0

    def kill(self) -> None:
        if self._database is not None and (self._only_database or self.database_killed <= self.servers_killed):
            self._database.kill()
            self._database.start()
            self.database_killed += 1
            return
        server = random.choice(self._servers)
        server.kill()
        server.start()
        self.servers_killed += 1


def prove(
    database: Database,
    environ: dict[str, str],
    plan: ProofPlan,
    own: OwnPostgres | None = None,
    is_lossy: bool = False,
    say: Callable[[str], None] = print,
) -> ProofReport:
    """Make a chain, sell it out over several servers while they are killed, compare, and remove the chain.

    Raises RuntimeError when a server does not start.
    """
    made = scratch.make(database, clock.now(), max(1, plan.buyers // 2), plan.limit, plan.limit + CODES_BEYOND)
    say(f"A chain of its own is made: {plan.limit} coupons for {plan.buyers} buyers.")
    try:
        with serving(environ, plan.servers) as servers:
            if is_lossy and own is not None:
                own.begin_to_lose()
            return _sell(database, made, servers, plan, Killer(servers, own, is_lossy), say)
    finally:
        remove(database, made.chain_id)
        say("Its chain is removed.")


def _sell(
    database: Database,
    made: Scratch,
    servers: Sequence[Server],
    plan: ProofPlan,
    killer: Killer,
    say: Callable[[str], None],
) -> ProofReport:
    token = sign_in(servers[0].port, made.seller, made.password)
    paths = [f"/api/seller/customer/{customer}/campaign/{made.campaign}/buy" for customer in made.customers]
    front = Shopfront([server.port for server in servers], paths, token)
    journal, began = Journal(), time.monotonic()
    until = began + plan.seconds_max
    selling = threading.Thread(target=buy_until_denied, args=(front, journal, plan.buyers, until))
    selling.start()
    kills = 0
    while selling.is_alive():
        selling.join(0.2)
        # Evenly over what there is to sell, so that the last is sold among kills as well.
        if kills < plan.kills and len(journal.sold) > plan.limit * (kills + 0.5) / (plan.kills + 1):
            killer.kill()
            kills += 1
            say(
                f"{len(journal.sold)} sold; killed {killer.servers_killed} servers, the database {killer.database_killed} times."
            )
    return _compared(journal, _again(lambda: scratch.look(database, made)), plan, killer, time.monotonic() - began)


def _compared(journal: Journal, tables: Tables, plan: ProofPlan, killer: Killer, seconds: float) -> ProofReport:
    told = Counter(journal.sold.values())
    return ProofReport(
        sold=len(journal.sold),
        denied=len(journal.denied),
        answers=dict(sorted(journal.answers.items())),
        unanswered=journal.unanswered,
        cut=journal.cut,
        repeated=journal.repeated,
        servers_killed=killer.servers_killed,
        database_killed=killer.database_killed,
        seconds=round(seconds, 1),
        lost=(told - tables.codes).total(),
        doubled=sum(count > 1 for count in (told | tables.codes).values()),
        untold=len(tables.codes.keys() - told.keys()),
        oversold=max(0, tables.awards - plan.limit),
        differing=journal.differing,
        undecided=len(journal.unknown),
        broken=tables.broken,
    )


def _again(step: Callable[[], Result]) -> Result:
    """The database was killed a moment ago, and each of the connections to it learns that by being used."""
    for _ in range(TRIES):
        try:
            return step()
        except (TryAgain, IntegrityError):  # or a worker has just written of the chain
            time.sleep(0.5)
    return step()


def remove(database: Database, chain_id: int) -> None:
    """Remove a proof's chain. Raises RuntimeError when something of it is left."""
    _again(lambda: scratch.remove(database, chain_id))
    rows = _again(lambda: scratch.left(database, chain_id))
    if rows:
        raise RuntimeError(f"Rows of the proof's chain {chain_id} are left: {rows}")
