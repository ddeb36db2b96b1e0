"""Where the bytes of photos live: stores of content named by its SHA-256."""

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol


class BlobStore(Protocol):
    """What a store must do. A folder does, and a bucket with the S3 interface."""

    def put(self, content: bytes) -> str:
        """Keep the content for good and return its SHA-256; putting it twice is once."""

    def get(self, sha256: str) -> bytes | None:
        """The content, or None when the store has lost it."""

    def remove(self, sha256: str) -> None:
        """Forget the content; no error when there is none."""

    def older_than(self, seconds: float) -> Iterator[str]:
        """The names of all blobs put longer ago than so many seconds."""


def digest(content: bytes) -> str:
    """The name of a blob."""
    return hashlib.sha256(content).hexdigest()


class FolderStore:
    """Blobs as files `ab/abcdef…` below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, content: bytes) -> str:
        sha256 = digest(content)
        path = self._path(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written beside its place and moved into it: a crash leaves the whole file or none.
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".new-", delete=False) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(file.name, path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return sha256

    def get(self, sha256: str) -> bytes | None:
        try:
            return self._path(sha256).read_bytes()
        except FileNotFoundError:
            return None

    def remove(self, sha256: str) -> None:
        self._path(sha256).unlink(missing_ok=True)

    def older_than(self, seconds: float) -> Iterator[str]:
        before = time.time() - seconds
        for path in self.paths():
            if path.stat().st_mtime < before:
                yield path.name

    def paths(self) -> Iterator[Path]:
        """The files of all blobs; each is called as its blob."""
        for path in self.folder.glob("??/*"):
            if not path.name.startswith("."):
                yield path

    def _path(self, sha256: str) -> Path:
        return self.folder / sha256[:2] / sha256
