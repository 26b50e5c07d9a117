"""The bytes of a cleared file on their way out, re-checked as they go.

Whatever ends the way (the last byte, the gate, a caller that hangs up) is written
into the receipt. A closed gate raises out of the iteration, so that the server cuts
the connection: the caller sees fewer bytes than ``Content-Length`` promised.
"""

import logging
import os
from collections.abc import Iterator
from typing import BinaryIO, Final, Self

from exports import gate
from exports.actions import receive
from exports.actions.withdraw import set_aside
from exports.delivery.errors import Damaged, DeliveryRefused, gone
from exports.delivery.ranges import Span
from exports.gate import ClearedFile, GateClosed
from exports.models import File, Receipt

logger = logging.getLogger(__name__)

RECHECK_EVERY: Final = 4 << 20
CHUNK: Final = 256 << 10


def open_cleared(cleared: ClearedFile) -> BinaryIO:
    """Open the file that the gate let through, if it is as long as the one that was verified.

    Anything else sets the file aside and raises a ``DeliveryRefused``.
    """
    try:
        content = cleared.path.open("rb")
    except FileNotFoundError:
        raise not_as_verified(cleared.file, "bytes_missing") from None
    if os.fstat(content.fileno()).st_size == cleared.file.size:
        return content
    content.close()
    raise not_as_verified(cleared.file, "size_differs")


def not_as_verified(file: File, because: str) -> DeliveryRefused:
    """Set ``file`` aside; when it was withdrawn meanwhile, that is why its bytes are gone."""
    logger.error("file %s on the disk is not the one that was verified: %s", file.pk, because)
    set_aside(file, because=because)
    now = File.objects.get(pk=file.pk)
    return gone(now) if now.state == File.State.WITHDRAWN else Damaged()


class Download(Iterator[bytes]):
    """Yields the bytes of ``span``; the receipt tells how many, and how it ended.

    Takes over the open file. The server calls ``close`` in any case (PEP 3333).
    """

    def __init__(
        self, cleared: ClearedFile, content: BinaryIO, span: Span, receipt: Receipt
    ) -> None:
        content.seek(span.first)
        self._cleared = cleared
        self._content = content
        self._receipt = receipt
        self._left = len(span)
        self._sent = 0
        self._checked_at = 0

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        if not self._left:
            self._end(Receipt.Outcome.SENT)
            raise StopIteration
        if self._sent - self._checked_at >= RECHECK_EVERY:
            self._recheck()
        chunk = self._content.read(min(CHUNK, self._left))
        if not chunk:
            raise OSError(f"file {self._cleared.file.pk} became shorter while it was sent")
        self._left -= len(chunk)
        self._sent += len(chunk)
        return chunk

    def close(self) -> None:
        """Only the first end that a receipt is told stays, so this one may come late."""
        if not self._content.closed:
            self._content.close()
            self._end(Receipt.Outcome.BROKEN)

    def _recheck(self) -> None:
        try:
            self._cleared = gate.recheck(self._cleared)
        except GateClosed:
            self._end(Receipt.Outcome.STOPPED)
            raise
        self._checked_at = self._sent

    def _end(self, outcome: Receipt.Outcome) -> None:
        receive.end(self._receipt, outcome, bytes_sent=self._sent)
