"""Blobs in a bucket that speaks S3: `<prefix>/abcdef…`, written whole or not at all."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from os import environ
from urllib.parse import parse_qsl, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from app.db.engine import NotNow
from app.media.blobs import digest

log = logging.getLogger("guerdon")
SECONDS_MAX = timedelta(seconds=5)
MISSING = "NoSuchBucket"


class BucketIsAway(NotNow):
    """It did not answer, or refused."""

    def __init__(self, why: str = "it did not answer a moment ago") -> None:
        super().__init__("Photos cannot be kept or shown now, and nothing was changed. Try again.")
        self.why = why


class ObjectStore:
    """The bucket of a URL like `s3://key:secret@bucket/prefix?endpoint=https://…&region=…`.

    Without a key in it, the environment is asked for one (`AWS_ACCESS_KEY_ID`…), or the machine's role. Its calls raise BucketIsAway when
    the bucket does not answer, or refuses.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._opened: S3Store | None = None
        self._away_until = float("-inf")

    def put(self, content: bytes) -> str:
        sha256 = digest(content)
        with self._asking():
            obstore.put(self._store, sha256, content)
        return sha256

    def get(self, sha256: str) -> bytes | None:
        with self._asking():
            try:
                return bytes(obstore.get(self._store, sha256).bytes())
            except FileNotFoundError as e:
                if MISSING in str(e):
                    raise
        return None

    def remove(self, sha256: str) -> None:
        with self._asking(), suppress(FileNotFoundError):
            obstore.delete(self._store, sha256)

    def older_than(self, seconds: float) -> Iterator[str]:
        before = datetime.now(UTC) - timedelta(seconds=seconds)
        with self._asking():
            chunks = iter(obstore.list(self._store))
        while True:
            with self._asking():
                some = next(chunks, None)
            if some is None:
                return
            yield from [it["path"] for it in some if it["last_modified"] < before]

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """After it has not answered, nobody asks for a while: each would hold a thread for seconds."""
        if time.monotonic() < self._away_until:
            raise BucketIsAway
        try:
            yield
        except (BaseError, OSError) as e:
            why = f"there is no bucket {urlsplit(self._url).hostname}" if MISSING in str(e) else str(e).splitlines()[0]
            log.warning("the bucket of photos: %s", why)
            self._away_until = time.monotonic() + BucketIsAway.seconds
            raise BucketIsAway(why) from e

    @property
    def _store(self) -> S3Store:
        """Opened when it is asked for first. Not before a fork: the library's threads do not come with it, and would be waited for."""
        if self._opened is None:
            self._opened = _open(self._url)
        return self._opened


def _open(url: str) -> S3Store:
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    if parts.username:
        options |= {"access_key_id": unquote(parts.username), "secret_access_key": unquote(parts.password or "")}
    is_plain = options.get("endpoint", environ.get("AWS_ENDPOINT_URL", "")).startswith("http://")
    return S3Store(
        parts.hostname or "",
        prefix=parts.path.strip("/") or None,
        client_options={"allow_http": is_plain, "timeout": SECONDS_MAX, "connect_timeout": SECONDS_MAX},
        retry_config={"max_retries": 0, "retry_timeout": SECONDS_MAX},
        **options,  # type: ignore[arg-type]
    )
