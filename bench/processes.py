"""What processes cost, as Linux counts it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.serving import ROOT

TICKS = os.sysconf("SC_CLK_TCK")


def family(root: int) -> list[int]:
    """A process and all that it started, and those they started."""
    found = [root]
    for pid in found:
        for task in Path(f"/proc/{pid}/task").glob("*"):
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def processor_seconds(pids: Iterable[int]) -> float:
    """What these have used so far, their own and the system's on their behalf."""
    total = 0.0
    for pid in pids:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += (int(after_name[11]) + int(after_name[12])) / TICKS
    return total


def own_megabytes(pid: int) -> float:
    """Memory that a process would give back: its own pages, and its share of those that it has in common with others."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no memory of process {pid}")


def peak_megabytes(environ: Mapping[str, str], *arguments: str) -> float:
    """Run a command of `guerdon`, and return the most memory that it held."""
    # The high-water mark of its own memory: `ru_maxrss` would count this process, which it was forked from.
    script = "import sys\nfrom app.cli import main\ntry:\n    main()\nfinally:\n"
    script += "    [line] = [x for x in open('/proc/self/status') if x.startswith('VmHWM')]\n"
    script += "    print('PEAK', line.split()[1], file=sys.stderr)"
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, env={**os.environ, **environ}, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    [kilobytes] = re.findall(r"PEAK (\d+)", done.stderr)
    return int(kilobytes) / 1024
