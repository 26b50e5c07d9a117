"""A partner with a slow line: a download that takes seconds, and knows how far it is."""

import threading
import time
from http.client import HTTPConnection
from typing import Any

BYTES_PER_S = 10 << 20
PIECE = 64 << 10


class SlowDownload:
    """Reads a file over real HTTP in a thread, until it is there or the connection ends."""

    def __init__(self, port: int, path: str, token: str) -> None:
        self.received = 0
        self.promised = 0
        self.status = 0
        self._connection = HTTPConnection("127.0.0.1", port, timeout=20)
        self._request = ("GET", path, None, {"Authorization": f"Bearer {token}"})
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def when(self, received: int) -> None:
        """Return once so many bytes are here."""
        deadline = time.monotonic() + 20
        while self.received < received:
            assert time.monotonic() < deadline and self._thread.is_alive()
            time.sleep(0.002)

    def end(self) -> int:
        """Wait for the end; how many bytes came in all."""
        self._thread.join(30)
        assert not self._thread.is_alive()
        return self.received

    def _read(self) -> None:
        self._connection.request(*self._request)
        response = self._connection.getresponse()
        self.status = response.status
        self.promised = int(response.headers["Content-Length"])
        self._read_slowly(response)
        self._connection.close()

    def _read_slowly(self, response: Any) -> None:
        begun = time.monotonic()
        while piece := response.read1(PIECE):
            self.received += len(piece)
            ahead = self.received / BYTES_PER_S - (time.monotonic() - begun)
            time.sleep(max(ahead, 0))
