"""`make bench`: measure everything, and print the table of bench/README.md."""

import importlib
import os
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from bench.picture import draw
from bench.table import HEAD, Figure

PARTS = ("buying", "outbox", "pools", "screens", "embedded", "spaaza", "sessionm", "documents")
APART = ("footprint", "members", "moving", "paint")  # the first three take minutes, the last a browser
PICTURE = Path(__file__).parent / "flat.svg"


def main() -> int:
    """Measure the parts named on the command line, or all. Exits with 1 when a limit is not kept."""
    chosen = sys.argv[1:] or PARTS
    unknown = set(chosen) - {*PARTS, *APART}
    if unknown:
        print(f"Parts are {', '.join((*PARTS, *APART))}; not {', '.join(unknown)}.", file=sys.stderr)
        return 2
    found: list[Figure] = []
    for part in chosen:
        print(f"measuring {part} …", file=sys.stderr, flush=True)
        began = time.monotonic()
        for figure in importlib.import_module(f"bench.{part}").figures():
            print(f"  {figure.row()}", file=sys.stderr, flush=True)
            found.append(figure)
        print(f"  {part} took {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    if set(PARTS) <= set(chosen):
        draw(found, PICTURE)
    print(f"{_machine()}, {datetime.now(UTC):%Y-%m-%d}\n\n{HEAD}")
    for figure in found:
        print(figure.row())
    return 0 if all(figure.is_met for figure in found) else 1


def _machine() -> str:
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as file:
            model = next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{os.cpu_count()} cores of {model}, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main())
