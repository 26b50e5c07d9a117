"""Celery's broker in a folder, for one machine without Redis.

Kombu's own ``filesystem`` transport lets a reader see a file between its creation and its
first byte, and then the worker ends with a JSON error. Here a file gets its name when it
is complete, and the tables of bindings are replaced whole, under one lock.
"""

import fcntl
import logging
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem, virtual
from kombu.transport.filesystem import exchange_queue_t
from kombu.utils.json import dumps, loads

from config.files import write_whole

logger = logging.getLogger(__name__)


class Channel(filesystem.Channel):
    def get_table(self, exchange: str) -> list[Any]:
        return _bindings(self._table(exchange))

    def _queue_bind(
        self, exchange: str, routing_key: str | None, pattern: str | None, queue: str
    ) -> None:
        binding = exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._changed_table(exchange) as bindings:
            if binding not in bindings:
                bindings.insert(0, binding)

    def _delete(
        self, queue: str, exchange: str, routing_key: str, pattern: str, *args: Any, **kwargs: Any
    ) -> None:
        virtual.Channel._delete(self, queue, *args, **kwargs)
        binding = exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._changed_table(exchange) as bindings:
            if binding in bindings:
                bindings.remove(binding)

    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        """Names sort by time, so that messages leave roughly in the order they came."""
        name = f"{time.time_ns():020d}-{uuid.uuid4()}"
        write_whole(Path(self.data_folder_out) / f"{name}.{queue}.msg", dumps(payload))

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        """The oldest message, taken by a rename: of several readers one succeeds."""
        for path in sorted(Path(self.data_folder_in).glob("*.msg")):
            if path.name.partition(".")[2] != f"{queue}.msg":
                continue
            taken = path.with_suffix(".taken")
            try:
                path.rename(taken)
            except FileNotFoundError:
                continue
            text = taken.read_text()
            taken.unlink()
            try:
                return loads(text)
            except ValueError:
                # A power cut can leave an empty file; the sweep sends the hint again.
                logger.error("an unreadable message was dropped: %s", path.name)
        raise Empty

    def _table(self, exchange: str) -> Path:
        """The file of an exchange; names that lead out of the folder are refused."""
        path: Path = self._exchange_file(exchange)  # type: ignore[attr-defined]
        return path

    @contextmanager
    def _changed_table(self, exchange: str) -> Iterator[list[Any]]:
        path = self._table(exchange)
        with (path.parent / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            bindings = _bindings(path)
            before = list(bindings)
            yield bindings
            if bindings != before:
                write_whole(path, dumps(bindings))


class Transport(filesystem.Transport):
    Channel = Channel


def _bindings(path: Path) -> list[Any]:
    try:
        return [exchange_queue_t(*each) for each in loads(path.read_text())]
    except FileNotFoundError:
        return []
