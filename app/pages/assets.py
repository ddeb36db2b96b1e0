"""The files that pages are made of: read once, compressed once, and named by one version."""

import gzip
import hashlib
import json
import mimetypes
from functools import cache
from pathlib import Path
from typing import NamedTuple

STATIC = Path(__file__).parent / "static"
CONTENT_TYPES = {  # of what is text
    ".mjs": "text/javascript; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


class Asset(NamedTuple):
    """A file's bytes, and the same compressed where that is worth it."""

    content: bytes
    compressed: bytes | None
    content_type: str


def made(content: bytes, suffix: str) -> Asset:
    compressed = gzip.compress(content, 9, mtime=0) if suffix in CONTENT_TYPES and len(content) > 500 else None
    content_type = CONTENT_TYPES.get(suffix) or mimetypes.types_map.get(suffix, "application/octet-stream")
    return Asset(content, compressed, content_type)


def _read() -> dict[str, bytes]:
    return {
        path.relative_to(STATIC).as_posix(): path.read_bytes() for path in sorted(STATIC.rglob("*")) if path.is_file()
    }


_FILES = _read()
VERSION = hashlib.sha256(b"".join(name.encode() + content for name, content in _FILES.items())).hexdigest()[:16]
ROOT = f"/pages/{VERSION}"


@cache
def find(path: str) -> Asset | None:
    """The file at a path below `static`."""
    content = _FILES.get(path)
    return None if content is None else made(content, Path(path).suffix)


def address(path: str) -> str:
    """Where a browser finds a file. Raises KeyError for one that is not there."""
    _FILES[path]
    return f"{ROOT}/{path}"


def modules(*folders: str) -> list[str]:
    """The paths of the modules in these folders."""
    return [path for path in _FILES if path.endswith(".mjs") and path.partition("/")[0] in folders]


@cache
def worker() -> Asset:
    """The till's service worker, which knows what to keep."""
    kept = [path for path in _FILES if path.partition("/")[0] in {"vendor", "kit", "till"} and path != "till/worker.js"]
    head = f"const VERSION = {json.dumps(VERSION)};\nconst FILES = {json.dumps([address(path) for path in kept])};\n"
    return made(head.encode() + _FILES["till/worker.js"], ".js")


@cache
def till_manifest() -> Asset:
    manifest = {
        "name": "Guerdon till",
        "short_name": "Till",
        "start_url": "/till",
        "scope": "/till",
        "display": "standalone",
        "background_color": "#14121f",
        "theme_color": "#5236c9",
        "icons": [
            {"src": address("kit/icon-192.png"), "sizes": "192x192", "type": "image/png", "purpose": "any"},
            {"src": address("kit/icon-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "any maskable"},
        ],
    }
    return made(json.dumps(manifest).encode(), ".webmanifest")
