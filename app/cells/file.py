"""The file that a chain travels in: JSON lines, compressed by gzip, written and read without holding more than one.

First a head; then each table, with its columns and whose rows they are, its rows as arrays, and how many they were with
their SHA-256; then the bytes of photos; and last a line that says that this is all.
"""

import gzip
import hashlib
import json
import os
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, TextIO, TypeVar, cast
from uuid import UUID

from sqlalchemy import Column, Date, LargeBinary, Table, Uuid

from app.cells.errors import BadChainFile
from app.db.types import UtcDateTime, WordList

VERSION = 1
DAMAGED = "The file is cut off or damaged: copy it again, or export the chain again."
QUICK = 1  # of gzip's levels
Row = list[Any]
Said = TypeVar("Said")


@dataclass(frozen=True)
class Head:
    """`tables` is the newest migration's name: both cells must be of one version. `closed_at` tells one closing from another."""

    tables: str
    chain_id: int
    chain_name: str
    cell: int
    closed_at: str
    told_until: dict[str, str]
    is_demo: bool


@dataclass(frozen=True)
class Sum:
    """How many rows, and the SHA-256 of all their lines."""

    rows: int
    sha256: str


class Writer:
    def __init__(self, stream: TextIO, head: Head) -> None:
        self._stream = stream
        self._say({"guerdon": VERSION, **vars(head)})

    def table(self, table: Table, kind: str, rows: Iterable[Row]) -> Sum:
        self._say({"table": table.name, "kind": kind, "columns": [column.name for column in columns(table)]})
        summed = Summing()
        for row in rows:
            self._stream.write(summed.line(row) + "\n")
        self._say(vars(summed.sum()))
        return summed.sum()

    def photo(self, sha256: str, content: bytes) -> None:
        self._say({"photo": sha256, "content": b64encode(content).decode()})

    def end(self) -> None:
        self._say({"end": True})

    def _say(self, what: dict[str, Any]) -> None:
        self._stream.write(json.dumps(what) + "\n")


class Summing:
    """Adds up rows, as they are written."""

    def __init__(self) -> None:
        self._rows, self._hash = 0, hashlib.sha256()

    def line(self, row: Row) -> str:
        text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
        self._rows += 1
        self._hash.update(text.encode() + b"\n")
        return text

    def sum(self) -> Sum:
        return Sum(self._rows, self._hash.hexdigest())


class Reader:
    """Reads what a Writer has written, in its order. Raises BadChainFile for anything else, also where the file is cut off."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        head = self._next()
        if not isinstance(head, dict) or head.pop("guerdon", None) != VERSION:
            raise BadChainFile("This is no chain that `guerdon chain export` of this version has written.")
        self.head = self._read(Head, head)
        self._waiting: Any = self._next()

    def tables(self) -> Iterator[tuple[str, str, list[str], Iterator[Row]]]:
        """Each table's name, kind, columns and rows. Take all rows before the next table: then `sum` is of it."""
        while isinstance(self._waiting, dict) and "table" in self._waiting:
            head = self._waiting
            yield head["table"], head["kind"], head["columns"], self._rows()
            self._waiting = self._next()

    def photos(self) -> Iterator[tuple[str, bytes]]:
        while isinstance(self._waiting, dict) and "photo" in self._waiting:
            try:
                yield self._waiting["photo"], b64decode(self._waiting["content"])
            except (KeyError, ValueError) as e:
                raise BadChainFile(DAMAGED) from e
            self._waiting = self._next()
        if self._waiting != {"end": True}:
            raise BadChainFile("The file does not end as it should: export the chain again.")

    def _rows(self) -> Iterator[Row]:
        summed = Summing()
        while isinstance(line := self._next(), list):
            summed.line(line)
            yield line
        self.sum = self._read(Sum, line)
        if self.sum != summed.sum():
            raise BadChainFile("The file is damaged: its rows are not those that were written.")

    def _next(self) -> Any:
        try:
            line = self._stream.readline()
            if not line.endswith("\n"):
                raise EOFError
            return json.loads(line)
        except (EOFError, OSError, ValueError, zlib.error) as e:
            raise BadChainFile(DAMAGED) from e

    @staticmethod
    def _read(kind: type[Said], said: Any) -> Said:
        try:
            return kind(**said)
        except TypeError as e:
            raise BadChainFile(DAMAGED) from e


@contextmanager
def writing(path: Path, head: Head) -> Iterator[Writer]:
    """Into a new file, which is there only when it is whole. Raises FileExistsError."""
    unfinished = path.with_name(path.name + ".part")
    if path.exists():
        raise FileExistsError(path)
    # For nobody else's eyes: it holds people, and hashes of passwords.
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw:
        with gzip.open(raw, "wt", QUICK, "utf-8") as stream:
            writer = Writer(cast(TextIO, stream), head)
            yield writer
            writer.end()
        raw.flush()
        os.fsync(raw.fileno())
    unfinished.rename(path)


@contextmanager
def reading(path: Path) -> Iterator[Reader]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            yield Reader(stream)
    except FileNotFoundError as e:
        raise BadChainFile(f"There is no file {path}.") from e


def columns(table: Table) -> list[Column[Any]]:
    """What travels of a table: not what the database computes of it."""
    return [column for column in table.columns if column.computed is None]


def to_json(table: Table) -> Callable[[Sequence[Any]], Row]:
    """Make a row's values what JSON has; columns of JSON come as their text, and stay so."""
    return _each(_encoder(column.type) for column in columns(table))


def from_json(table: Table) -> Callable[[Row], Row]:
    """The way back, to what the driver takes."""
    return _each(_decoder(column.type) for column in columns(table))


def _each(changes: Iterable[Callable[[Any], Any] | None]) -> Callable[[Sequence[Any]], Row]:
    """Change each value of a row in its own way, but for those that are none."""
    change = list(changes)
    return lambda row: [
        value if make is None or value is None else make(value) for make, value in zip(change, row, strict=True)
    ]


def _encoder(kind: Any) -> Callable[[Any], Any] | None:
    if isinstance(kind, Uuid):
        return str
    if isinstance(kind, UtcDateTime):
        return datetime.isoformat
    if isinstance(kind, Date):
        return date.isoformat
    if isinstance(kind, WordList):
        return " ".join
    if isinstance(kind, LargeBinary):
        return lambda content: b64encode(content).decode()
    return None


def _decoder(kind: Any) -> Callable[[Any], Any] | None:
    if isinstance(kind, Uuid):
        return UUID
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat
    if isinstance(kind, Date):
        return date.fromisoformat
    if isinstance(kind, LargeBinary):
        return b64decode
    return None
