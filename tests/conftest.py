"""Two real databases, an application over each, and the people who use it."""

import gc
import io
import json
import logging
import os
import shutil
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import URL, QueuePool

from app import clock, create_app, demo, logs
from app.access import passwords
from app.campaign.awards.refused import Refusals
from app.cli import main
from app.db.engine import Database
from app.db.installation import migrate
from app.media.blobs import FolderStore
from app.settings import Settings
from app.web.callers import rotate_keys
from tests.client import Client
from tests.copies import Copies
from tests.manual_calls import NOW
from tests.postgres import administer, any_postgres, direct
from tests.world import World

# Databases are made, filled and put back by the thousand: in memory where the machine has such a folder. What they promise is the same.
if os.access("/dev/shm", os.W_OK):
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", "/dev/shm")
# Passwords cost next to nothing here; what they cost is looked at by `test_passwords_cost_what_they_should`.
passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
passwords._NOBODY = passwords._hasher.hash("nobody has this password")
gc.set_threshold(20_000, 20, 100)  # there is little to collect among the much that stays
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")  # several may share one server
TEMPLATE = f"guerdon_test_template{WORKER}"
WORLD_TEMPLATE = f"guerdon_test_world{WORKER}"
Filled = TypeVar("Filled")
Told = Callable[[], list[dict[str, Any]]]
DATABASES: dict[tuple[str, int], Database] = {}


NO_BROWSER = "There is no Chromium."


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out for want of a browser, and how to get one."""
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(NO_BROWSER in str(report.longrepr) for report in skipped)
    if count:
        terminalreporter.write_line(
            f"{count} tests of the pages were LEFT OUT, because there is no browser. Install Chromium (on Debian: apt-get install"
            " chromium-headless-shell), or say where yours is: GUERDON_CHROMIUM=/path/to/chromium.",
            yellow=True,
        )


# What only reads and words what comes in and goes out is tested on one of the two databases, some on each: a rule or a use case, on both.
DOORS = {"openloyalty", "spaaza", "sessionm", "native", "admin"}
ON_BOTH = bool(os.environ.get("GUERDON_TEST_BOTH"))


def _is_elsewhere(item: pytest.Item) -> bool:
    """A test of a door whose turn is on the other database. Which one that is stays the same from run to run."""
    folder = item.path.relative_to(Path(__file__).parent).parts[0]
    chosen = getattr(item, "callspec", None)
    database = chosen.params.get("database_url") if chosen else None
    # Whoever waits for a lock waits in each database in its own way.
    if ON_BOTH or folder not in DOORS or database is None or item.get_closest_marker("waits"):
        return False
    name = item.nodeid.replace(str(database), "")
    return database != ("sqlite", "postgresql")[zlib.crc32(name.encode()) % 2]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what needs a PostgreSQL, and what starts a server: `make check` leaves both out."""
    elsewhere = [item for item in items if _is_elsewhere(item)]
    if elsewhere:
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if item not in set(elsewhere)]
    for item in items:
        chosen = getattr(item, "callspec", None)
        if "postgres" in getattr(item, "fixturenames", ()) or "postgresql" in map(
            str, chosen.params.values() if chosen else ()
        ):
            item.add_marker(pytest.mark.postgres)
        if "visit" in getattr(item, "fixturenames", ()) or vars(item.getparent(pytest.Module).obj).get(
            "STARTS_SERVERS"
        ):  # type: ignore[union-attr]
            item.add_marker(pytest.mark.server)


@pytest.fixture
def told() -> Iterator[Told]:
    """What is logged meanwhile, at the level `debug` as `json`: read it by calling this."""
    stream, logger = io.StringIO(), logging.getLogger("guerdon")
    handler = logs.handler("json", stream)
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.removeHandler(handler)
    logger.setLevel(before)


@pytest.fixture(scope="session")
def postgres() -> Iterator[URL]:
    """A server with a migrated database to copy."""
    with any_postgres() as url:
        administer(url, f"DROP DATABASE IF EXISTS {TEMPLATE}", f"CREATE DATABASE {TEMPLATE}")
        _filled(direct(url).set(database=TEMPLATE).render_as_string(hide_password=False), migrate)
        yield url
        administer(url, f"DROP DATABASE {TEMPLATE}")


@pytest.fixture(scope="session")
def copies(postgres: URL) -> Iterator[Copies]:
    """Copies of its databases, for the tests to change."""
    made = Copies(postgres, _close_connections)
    yield made
    made.drop()


def _close_connections(url: str) -> None:
    for (address, _), database in DATABASES.items():
        if address == url:
            database.engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    _filled(f"sqlite:///{path}", migrate)
    return path


@pytest.fixture(scope="session")
def jwt_keys(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("keys") / "jwt.pem"
    rotate_keys(path)
    return path.read_text()


@pytest.fixture(scope="session")
def sqlite_world(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """A database with the world in it, made once: that takes longer than most tests."""
    path = tmp_path_factory.mktemp("world") / "template.sqlite3"
    shutil.copy(sqlite_template, path)
    return path, _filled(f"sqlite:///{path}", World)


@pytest.fixture(scope="session")
def postgres_world(postgres: URL) -> Iterator[tuple[URL, World]]:
    """The same on PostgreSQL."""
    administer(
        postgres, f"DROP DATABASE IF EXISTS {WORLD_TEMPLATE}", f"CREATE DATABASE {WORLD_TEMPLATE} TEMPLATE {TEMPLATE}"
    )
    yield postgres, _filled(direct(postgres).set(database=WORLD_TEMPLATE).render_as_string(hide_password=False), World)
    administer(postgres, f"DROP DATABASE {WORLD_TEMPLATE}")


def _filled(url: str, fill: Callable[[Database], Filled]) -> Filled:
    """Fill a database that is to be copied: nothing of it may stay beside its file, or in a connection."""
    database = Database(url)
    made = fill(database)
    if not database.is_postgresql:
        with database.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
    database.engine.dispose()
    return made


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest, copies: Copies) -> str:
    """A fresh, migrated PostgreSQL database; with the world in it, if the test asks for that."""
    if "world" in request.fixturenames:
        request.getfixturevalue("postgres_world")
        return copies.fresh(WORLD_TEMPLATE)
    return copies.fresh(TEMPLATE)


@pytest.fixture
def another_url(copies: Copies) -> str:
    """Another fresh, migrated PostgreSQL database, of another installation."""
    return copies.fresh(TEMPLATE, "another")


@pytest.fixture
def sqlite_url(request: pytest.FixtureRequest, sqlite_template: Path) -> Iterator[str]:
    """A fresh, migrated SQLite database, always at the same place; with the world in it, if the test asks for that."""
    template = request.getfixturevalue("sqlite_world")[0] if "world" in request.fixturenames else sqlite_template
    yield from _copied_file(template, sqlite_template.parent)


def _copied_file(template: Path, place: Path) -> Iterator[str]:
    path = place / "copy" / "guerdon.sqlite3"
    shutil.rmtree(path.parent, ignore_errors=True)
    path.parent.mkdir()
    shutil.copy(template, path)
    yield f"sqlite:///{path}"


DEMO_TEMPLATE = f"guerdon_test_demo{WORKER}"


@pytest.fixture(scope="session")
def sqlite_demo_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo") / "template.sqlite3"
    shutil.copy(sqlite_template, path)
    _filled(f"sqlite:///{path}", _load_demo)
    return path


@pytest.fixture(scope="session")
def postgres_demo(postgres: URL) -> Iterator[URL]:
    """A server with a database that holds the demo world, to copy."""
    administer(
        postgres, f"DROP DATABASE IF EXISTS {DEMO_TEMPLATE}", f"CREATE DATABASE {DEMO_TEMPLATE} TEMPLATE {TEMPLATE}"
    )
    _filled(direct(postgres).set(database=DEMO_TEMPLATE).render_as_string(hide_password=False), _load_demo)
    yield postgres
    administer(postgres, f"DROP DATABASE {DEMO_TEMPLATE}")


def _load_demo(database: Database, now: datetime | None = None) -> None:
    with database.transaction() as session:
        demo.load(session, now or clock.now(), Settings().zone)


@pytest.fixture
def manuals_demo_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The demo world as it is at the moment of the manual's examples, in SQLite."""
    path = tmp_path / "demo.sqlite3"
    shutil.copy(sqlite_template, path)
    _filled(f"sqlite:///{path}", lambda database: _load_demo(database, NOW))
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_demo_url(postgres_demo: URL, copies: Copies) -> str:
    return copies.fresh(DEMO_TEMPLATE)


@pytest.fixture
def sqlite_demo_url(sqlite_demo_template: Path) -> Iterator[str]:
    yield from _copied_file(sqlite_demo_template, sqlite_demo_template.parent)


@pytest.fixture(params=["sqlite", "postgresql"])
def demo_url(request: pytest.FixtureRequest) -> str:
    """The demo world in both databases, made once and copied: tests that take it as their `database_url` begin with it."""
    return str(request.getfixturevalue("sqlite_demo_url" if request.param == "sqlite" else "postgres_demo_url"))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Both databases, one after the other."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url"))


@pytest.fixture
def settings(database_url: str, jwt_keys: str, tmp_path: Path) -> Settings:
    storage = tmp_path / "storage"
    storage.mkdir(exist_ok=True)
    return Settings(environment="test", database_url=database_url, storage=storage, jwt_private_keys=jwt_keys)


@pytest.fixture(scope="session")
def wired(jwt_keys: str, tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The application with all its doors, hung once: that takes longer than most tests."""
    storage = tmp_path_factory.mktemp("wired")
    app = create_app(Settings(environment="test", storage=storage, jwt_private_keys=jwt_keys))
    app.extensions["guerdon_database"].engine.dispose()
    return app


@pytest.fixture
def app(settings: Settings, wired: Flask) -> Iterator[Flask]:
    """The application over a database and a storage of this test's own."""
    # Made once for each address: an engine remembers the statements that it has compiled.
    address = settings.sqlalchemy_url, settings.pool_size
    database = DATABASES.get(address) or DATABASES.setdefault(address, Database(*address))
    own = {
        "guerdon_settings": settings,
        "guerdon_database": database,
        "guerdon_replica": None,
        "guerdon_blobs": FolderStore(settings.storage / "photos"),
        "guerdon_refusals": Refusals(database),
    }
    wired.extensions.update(own)
    yield wired
    if database.is_postgresql:
        _require_left_alone(database)
    else:
        database.engine.dispose()


def _require_left_alone(database: Database) -> None:
    """Nobody has kept a connection, or changed the settings of one: later tests get the same ones."""
    pool = database.engine.pool
    assert isinstance(pool, QueuePool)
    assert pool.checkedout() == 0, "the test keeps a connection"
    with ExitStack() as held:
        for connection in [held.enter_context(database.engine.connect()) for _ in range(pool.checkedin())]:
            changed = connection.exec_driver_sql("SELECT name, setting FROM pg_settings WHERE source = 'session'")
            assert changed.all() == [], "the test changed a connection for good"


@pytest.fixture
def app_of_its_own(settings: Settings) -> Iterator[Flask]:
    """An application that a test may change, or whose counts begin with it."""
    app = create_app(settings)
    yield app
    app.extensions["guerdon_database"].engine.dispose()


@pytest.fixture
def database(app: Flask) -> Database:
    return app.extensions["guerdon_database"]  # type: ignore[no-any-return]


@pytest.fixture
def world(request: pytest.FixtureRequest, database: Database) -> World:
    _, made = request.getfixturevalue("postgres_world" if database.is_postgresql else "sqlite_world")
    return made.over(database)


@pytest.fixture
def guerdon(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs the command line against the test's database."""
    monkeypatch.setenv("GUERDON_ENV", "development")
    monkeypatch.setenv("GUERDON_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("GUERDON_STORAGE", str(settings.storage))

    def run(*arguments: str, input: str | None = None) -> Result:
        return CliRunner().invoke(main, arguments, input=input)

    return run


@pytest.fixture
def client(app: Flask) -> Client:
    """Somebody who has not signed in."""
    return Client(app)


@pytest.fixture
def ada(app: Flask, world: World) -> Client:
    """Ada, an admin."""
    return Client(app).as_login(world.ada)


@pytest.fixture
def sol(app: Flask, world: World) -> Client:
    """Sol, a seller."""
    return Client(app).as_login(world.sol)


@pytest.fixture
def cleo(app: Flask, world: World) -> Client:
    """Cleo, a customer on the silver level with 1,000 points."""
    return Client(app).as_login(world.cleo_login, world.cleo.uuid)
