"""Failed connections whose sockets stay open for the blinding delay.

The peer must not learn from the time of the close which check has failed. A thread of its own keeps the sockets, so
that neither the call that fails nor `close()` waits. A process that ends closes them earlier.
"""

from __future__ import annotations

import heapq
import itertools
import os
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._connection import Connection

#: The number of sockets that are kept. The next `close()` waits, so that a peer cannot use up all descriptors.
LIMIT = 512


class _Lingering:
    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._entries: list[tuple[float, int, int, Connection]] = []
        self._numbers = itertools.count()
        self._running = False

    def hold(self, connection: Connection, descriptor: int, seconds: float, wait: bool) -> None:
        """Takes a descriptor over; after the delay, sends the alert and closes it.

        `wait` is whether the call may wait at the limit: not in a finalizer, which can run in the thread that closes.
        """
        end = time.monotonic() + seconds
        with self._changed:
            while wait and len(self._entries) >= LIMIT:
                self._changed.wait()
            heapq.heappush(self._entries, (end, next(self._numbers), descriptor, connection))
            self._changed.notify_all()
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="rs2n blinding", daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._entries:
                    self._running = False
                    return
                left = self._entries[0][0] - time.monotonic()
                if left > 0:
                    self._changed.wait(left)
                    continue
                _, _, descriptor, connection = heapq.heappop(self._entries)
                self._changed.notify_all()
            connection.close_notify()
            os.close(descriptor)

    def __len__(self) -> int:
        with self._changed:
            return len(self._entries)


class _Process:
    """What belongs to this process and not to its children."""

    def __init__(self) -> None:
        self.lingering = _Lingering()
        # Connections of an earlier number may be used by two processes.
        self.forks = 0

    def forked(self) -> None:
        self.forks += 1

    def forked_child(self) -> None:
        # The thread, and possibly the owner of its lock, are in the parent only, and so is the delay.
        for _, _, descriptor, _ in self.lingering._entries:
            os.close(descriptor)
        self.lingering = _Lingering()
        self.forks += 1


process = _Process()
os.register_at_fork(after_in_parent=process.forked, after_in_child=process.forked_child)
