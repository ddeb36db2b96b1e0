"""Blobs in a bucket that speaks S3: `<prefix>/abcdef…`, written whole or not at all."""

import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, unquote, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from app.db.engine import TryAgain
from app.media.blobs import digest

log = logging.getLogger("guerdon")
SECONDS_MAX = timedelta(seconds=5)


class ObjectStore:
    """The bucket of a URL like `s3://key:secret@bucket/prefix?endpoint=https://…&region=…`.

    Without a key in it, the environment is asked for one (`AWS_ACCESS_KEY_ID`…), or the machine's role. Its calls raise TryAgain when
    the bucket does not answer, or refuses.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._opened: tuple[int, S3Store] | None = None

    def put(self, content: bytes) -> str:
        sha256 = digest(content)
        try:
            obstore.put(self._store, sha256, content)
        except (BaseError, OSError) as e:
            raise _failed(e) from e
        return sha256

    def get(self, sha256: str) -> bytes | None:
        try:
            return bytes(obstore.get(self._store, sha256).bytes())
        except FileNotFoundError as e:
            if "NoSuchBucket" in str(e):
                raise _failed(e) from e
            return None
        except (BaseError, OSError) as e:
            raise _failed(e) from e

    def remove(self, sha256: str) -> None:
        try:
            obstore.delete(self._store, sha256)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as e:
            raise _failed(e) from e

    def older_than(self, seconds: float) -> Iterator[str]:
        before = datetime.now(UTC) - timedelta(seconds=seconds)
        try:
            for some in obstore.list(self._store):
                yield from [it["path"] for it in some if it["last_modified"] < before]
        except (BaseError, OSError) as e:
            raise _failed(e) from e

    @property
    def _store(self) -> S3Store:
        """One of this process: what a server has opened before it forks is of no use afterwards."""
        if self._opened is None or self._opened[0] != os.getpid():
            self._opened = os.getpid(), _open(self._url)
        return self._opened[1]


def _open(url: str) -> S3Store:
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    if parts.username:
        options |= {"access_key_id": unquote(parts.username), "secret_access_key": unquote(parts.password or "")}
    is_plain = options.get("endpoint", os.environ.get("AWS_ENDPOINT_URL", "")).startswith("http://")
    return S3Store(
        parts.hostname or "",
        prefix=parts.path.strip("/") or None,
        client_options={"allow_http": is_plain, "timeout": SECONDS_MAX, "connect_timeout": SECONDS_MAX},
        retry_config={"max_retries": 0, "retry_timeout": SECONDS_MAX},
        **options,  # type: ignore[arg-type]
    )


def _failed(e: Exception) -> TryAgain:
    why = str(e).splitlines()[0]
    log.warning("the bucket of photos: %s", why)
    return TryAgain(f"the bucket of photos does not answer as it should: {why}")
