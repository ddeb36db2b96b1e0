"""Every setting of the service, read once from the environment.

A secret may stand in the variable itself or in a file named by the same variable with `_FILE` behind it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from app.logs import FORMATS, LEVELS

Network = IPv4Network | IPv6Network
LOOPBACK = "127.0.0.0/8, ::1/128"
PLACEHOLDERS = {"", "change-me", "changeme", "guerdon", "password", "placeholder", "postgres", "secret", "test"}


class BadSettings(Exception):
    """A setting is missing or wrong; the message names the variable and what to do."""


@dataclass(frozen=True)
class Settings:
    """What the operator decides. Times in seconds, sizes in bytes, unless the name says otherwise."""

    # GUERDON_ENV: `production` (default) refuses placeholder secrets and the demo world; `development` is `make run`.
    environment: str = "production"
    # GUERDON_DATABASE_URL: an SQLAlchemy URL; SQLite in the storage folder when absent.
    database_url: str = field(default="", repr=False)
    # GUERDON_READ_URL: a streaming replica of it, which lists may read from though it lags a little; none by default.
    read_url: str = field(default="", repr=False)
    # GUERDON_STORAGE: the folder of photos, keys and the SQLite file; all that must survive a restart.
    storage: Path = Path("storage")
    # GUERDON_PHOTOS_URL: a bucket that speaks S3 for the photos, instead of the storage folder.
    photos_url: str = field(default="", repr=False)
    # GUERDON_JWT_PRIVATE_KEY: one or more RSA keys in PEM; the first signs, all verify. Default: <storage>/keys/jwt.pem.
    jwt_private_keys: str = field(default="", repr=False)
    # GUERDON_ACCESS_TOKEN_SECONDS: how long a token opens doors.
    access_token_seconds: int = 3600
    # GUERDON_REFRESH_TOKEN_DAYS: how long a login can be kept alive by refreshing.
    refresh_token_days: int = 30
    # GUERDON_TIMEZONE: the programme's zone; dates without an offset are read, and all are printed, in it.
    timezone: str = "Europe/Warsaw"
    # GUERDON_LOCALE: the language of names and descriptions sent without one.
    locale: str = "en"
    # GUERDON_CORS_ORIGINS: comma-separated origins of consoles on other hosts; none by default.
    cors_origins: tuple[str, ...] = ()
    # GUERDON_PROXY_HOPS: how many trusted reverse proxies stand in front.
    proxy_hops: int = 0
    # GUERDON_POOL_SIZE: database connections of one process; keep it at the threads of one worker.
    pool_size: int = 8
    # GUERDON_SELF_REGISTRATION: may customers register themselves: `off`, `waiting` until a seller activates them, `mail` until they
    # open the link that is mailed to them, `code` until they type in, or say at the till, the code that is sent to them, or `open`.
    self_registration: str = "waiting"
    # GUERDON_WEBHOOK_NETWORKS: networks that webhooks may be sent to although they are not public.
    webhook_networks: tuple[Network, ...] = ()
    # GUERDON_SMTP_URL: the mail server; none: no mail is sent, or, in development, written into <storage>/mail.
    smtp_url: str = field(default="", repr=False)
    # GUERDON_MAIL_FROM: who the letters are from.
    mail_from: str = "Guerdon <no-reply@localhost>"
    # GUERDON_MAIL_TEMPLATES: a folder with templates that replace Guerdon's own.
    mail_templates: Path | None = None
    # GUERDON_PUBLIC_URL: where people reach this installation; links in letters begin with it.
    public_url: str = "http://127.0.0.1:8181"
    # GUERDON_LOG_FORMAT: `json` (default), a JSON object a line, or `text` (default of development).
    log_format: str = "json"
    # GUERDON_LOG_LEVEL: `info`; `debug` tells each request and each delivery, `warning` and `error` less.
    log_level: str = "info"
    # PORT: where `make run` and `guerdon serve` listen.
    port: int = 8181

    @property
    def sends_mail(self) -> bool:
        return bool(self.smtp_url) or self.environment == "development"

    @property
    def mail_domain(self) -> str:
        return parseaddr(self.mail_from)[1].rpartition("@")[2]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @property
    def jwt_key_file(self) -> Path:
        return self.storage / "keys" / "jwt.pem"

    @property
    def sqlalchemy_url(self) -> str:
        return self.database_url or f"sqlite:///{(self.storage / 'guerdon.sqlite3').absolute()}"


def from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings. Raises BadSettings with a sentence that names the variable."""
    environment = _one_of(environ, "GUERDON_ENV", ("production", "development", "test"))
    ways = ("waiting", "mail", "code", "open", "off")
    if environment != "production":
        ways = ("open", "mail", "code", "waiting", "off")
    settings = Settings(
        environment=environment,
        self_registration=_one_of(environ, "GUERDON_SELF_REGISTRATION", ways),
        database_url=_secret(environ, "GUERDON_DATABASE_URL"),
        storage=Path(environ.get("GUERDON_STORAGE") or "storage"),
        read_url=_secret(environ, "GUERDON_READ_URL"),
        photos_url=_photos_url(environ),
        jwt_private_keys=_secret(environ, "GUERDON_JWT_PRIVATE_KEY"),
        access_token_seconds=_whole(environ, "GUERDON_ACCESS_TOKEN_SECONDS", 3600),
        refresh_token_days=_whole(environ, "GUERDON_REFRESH_TOKEN_DAYS", 30),
        timezone=environ.get("GUERDON_TIMEZONE") or "Europe/Warsaw",
        locale=environ.get("GUERDON_LOCALE") or "en",
        cors_origins=tuple(o.strip() for o in environ.get("GUERDON_CORS_ORIGINS", "").split(",") if o.strip()),
        proxy_hops=_whole(environ, "GUERDON_PROXY_HOPS", 0),
        pool_size=_whole(environ, "GUERDON_POOL_SIZE", 8, least=1),
        webhook_networks=_networks(
            environ, "GUERDON_WEBHOOK_NETWORKS", LOOPBACK if environment == "development" else ""
        ),
        smtp_url=_secret(environ, "GUERDON_SMTP_URL"),
        mail_from=environ.get("GUERDON_MAIL_FROM") or "Guerdon <no-reply@localhost>",
        mail_templates=Path(environ["GUERDON_MAIL_TEMPLATES"]) if environ.get("GUERDON_MAIL_TEMPLATES") else None,
        public_url=_public_url(environ),
        log_format=_log_format(environ, environment),
        log_level=_one_of(environ, "GUERDON_LOG_LEVEL", LEVELS),
        port=_whole(environ, "PORT", 8181, least=1),
    )
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError) as e:
        raise BadSettings(f"GUERDON_TIMEZONE: there is no time zone {settings.timezone!r}; try Europe/Warsaw") from e
    backend = _backend("GUERDON_DATABASE_URL", settings.sqlalchemy_url)
    if settings.read_url and (backend, _backend("GUERDON_READ_URL", settings.read_url)) != ("postgresql", "postgresql"):
        raise BadSettings("GUERDON_READ_URL: only PostgreSQL has replicas; expected one of GUERDON_DATABASE_URL's")
    if settings.smtp_url and environment == "production" and not environ.get("GUERDON_PUBLIC_URL"):
        raise BadSettings("GUERDON_PUBLIC_URL: say where people reach this installation; letters hold links to it")
    if settings.self_registration == "mail" and not settings.sends_mail:
        raise BadSettings("GUERDON_SELF_REGISTRATION: `mail` needs a mail server: set GUERDON_SMTP_URL")
    if "@" not in parseaddr(settings.mail_from)[1]:
        raise BadSettings(
            f"GUERDON_MAIL_FROM: expected an address like Shop <no-reply@shop.example>, found {settings.mail_from!r}"
        )
    if "*" in settings.cors_origins:
        raise BadSettings(
            "GUERDON_CORS_ORIGINS: name the origins of your consoles one by one; `*` opens the API to all"
        )
    return settings


def _backend(name: str, url: str) -> str:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except ArgumentError as e:
        raise BadSettings(f"{name} is no URL; it looks like postgresql+psycopg://user:password@host/name") from e
    if parsed.query.get("pooler", "transaction") != "transaction":
        raise BadSettings(f"{name}: of poolers, expected pooler=transaction or none")
    if backend not in {"postgresql", "sqlite"}:
        raise BadSettings(f"{name}: Guerdon speaks PostgreSQL and SQLite, not {backend}")
    return backend


def _secret(environ: Mapping[str, str], name: str) -> str:
    path = environ.get(f"{name}_FILE")
    if not path:
        return environ.get(name, "")
    if environ.get(name):
        raise BadSettings(f"{name} and {name}_FILE are both set; keep one")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as e:
        raise BadSettings(f"{name}_FILE: cannot read {path}: {e.strerror}") from e


def _whole(environ: Mapping[str, str], name: str, default: int, least: int = 0) -> int:
    text = environ.get(name) or str(default)
    if not text.isdecimal() or int(text) < least:
        raise BadSettings(f"{name}: expected a whole number of at least {least}, found {text!r}")
    return int(text)


def _public_url(environ: Mapping[str, str]) -> str:
    url = environ.get("GUERDON_PUBLIC_URL") or f"http://127.0.0.1:{environ.get('PORT') or 8181}"
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        raise BadSettings(f"GUERDON_PUBLIC_URL: expected an address like https://shop.example, found {url!r}")
    return url.rstrip("/")


def _photos_url(environ: Mapping[str, str]) -> str:
    url = _secret(environ, "GUERDON_PHOTOS_URL")
    parts = urlsplit(url)
    unknown = dict(parse_qsl(parts.query, keep_blank_values=True)).keys() - {"endpoint", "region"}
    endpoint = dict(parse_qsl(parts.query)).get("endpoint")
    if endpoint and urlsplit(endpoint).scheme not in {"http", "https"}:
        raise BadSettings(f"GUERDON_PHOTOS_URL: its endpoint must begin with http:// or https://, found {endpoint!r}")
    if parts.username and not parts.password:
        raise BadSettings("GUERDON_PHOTOS_URL: it has a key and no secret; expected s3://key:secret@bucket/prefix")
    if url and (parts.scheme != "s3" or not parts.hostname or parts.fragment or unknown):
        found = f"the scheme {parts.scheme!r}" if parts.scheme != "s3" else ", ".join(sorted(unknown)) or "no bucket"
        raise BadSettings(
            f"GUERDON_PHOTOS_URL: expected s3://bucket/prefix?endpoint=https://host&region=name, found {found}"
        )
    return url


def _log_format(environ: Mapping[str, str], environment: str) -> str:
    default = "text" if environment == "development" else "json"
    return _one_of({"GUERDON_LOG_FORMAT": default} | dict(environ), "GUERDON_LOG_FORMAT", FORMATS)


def _networks(environ: Mapping[str, str], name: str, default: str) -> tuple[Network, ...]:
    parts = [part.strip() for part in environ.get(name, default).split(",") if part.strip()]
    try:
        return tuple(ip_network(part) for part in parts)
    except ValueError as e:
        raise BadSettings(f"{name}: expected networks such as 10.0.0.0/8, with commas between; {e}") from e


def _one_of(environ: Mapping[str, str], name: str, words: tuple[str, ...]) -> str:
    word = environ.get(name) or words[0]
    if word not in words:
        raise BadSettings(f"{name}: expected one of {', '.join(words)}, found {word!r}")
    return word
