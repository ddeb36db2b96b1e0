"""A listening socket for each worker, all of one address, which gunicorn's master binds and keeps.

From one socket whoever wakes first takes all connections that come at once, and a proxy keeps them: one worker is busy, and the others
idle. Linux deals connections out among the sockets of one address (SO_REUSEPORT). The master holds them all, so that what waits for
a dead worker waits for the one that takes its place. There are as many as workers at the start; of further workers (TTIN) some share one.
These are what gunicorn.conf.py calls, in the order of their times.
"""

import os
import sys
from collections import Counter
from typing import Any, Protocol

from gunicorn import sock
from gunicorn.workers.base import Worker

HANDED_OVER = ("LISTEN_FDS", "GUNICORN_FD")  # by systemd, or by a master that this one replaces


class Master(Protocol):
    """What gunicorn calls an arbiter."""

    cfg: Any
    log: Any
    LISTENERS: list[Any]
    WORKERS: dict[int, Worker]
    num_workers: int


def bind(master: Master) -> None:
    """Before the master listens. It does so by itself where sockets are handed over, or are not of one port.

    Raises SystemExit for `reuse_port`.
    """
    cfg, log, addresses = master.cfg, master.log, master.cfg.address
    if cfg.reuse_port:
        raise SystemExit(
            "Leave out reuse_port: each worker has a socket of its own, which the master binds. Workers that bind lose what waits for them."
        )
    is_port = len(addresses) == 1 and isinstance(addresses[0], tuple) and addresses[0][1] != 0
    if sys.platform != "linux" or not is_port or any(name in os.environ for name in HANDED_OVER):
        return
    # First as everybody binds: who shares an address is not told that another service has it.
    for listener in sock.create_sockets(cfg, log):
        listener.close()
    cfg.set("reuse_port", True)
    master.LISTENERS = [listener for _ in range(cfg.workers) for listener in sock.create_sockets(cfg, log)]
    cfg.set("reuse_port", False)  # gunicorn would bind others in each worker


def require_one_address(master: Master) -> None:
    """When the master listens. Raises SystemExit: a worker accepts from one socket, and another address would be nobody's."""
    addresses = {str(it.getsockname()) for it in master.LISTENERS}
    if len(addresses) > 1:
        raise SystemExit(
            f"Guerdon listens at one address, and here are {len(addresses)}: {', '.join(sorted(addresses))}."
        )


def choose(master: Master, worker: Worker) -> None:
    """Before a worker is forked: it gets the socket that fewest have, such as a dead one's."""
    taken = Counter(it for other in master.WORKERS.values() for it in other.sockets)
    worker.sockets = [min(master.LISTENERS, key=lambda it: taken[it])]


def leave_others(master: Master, worker: Worker) -> None:
    """In the worker: what it does not accept from, it does not hold open."""
    for listener in master.LISTENERS:
        if listener not in worker.sockets:
            listener.close()


def give_up(master: Master) -> None:
    """When a worker is gone, or an earlier master had more: close what no worker accepts from, nor one that is still to come.

    Nobody waits at a socket that is nobody's (TTOU). Without any workers (WINCH) they come again.
    """
    if not master.num_workers:
        return
    taken = {it for worker in master.WORKERS.values() for it in worker.sockets}
    to_come = max(0, master.num_workers - len(master.WORKERS))
    for listener in [it for it in master.LISTENERS if it not in taken][to_come:]:
        master.LISTENERS.remove(listener)
        listener.close()
