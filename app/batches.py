"""Long rows of things, a part at a time."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Row = TypeVar("Row")


def batched(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Lists of at most so many rows, read as they are asked for; as `itertools.batched` of Python 3.12."""
    source = iter(rows)
    while batch := list(islice(source, size)):
        yield batch
