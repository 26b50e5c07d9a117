"""A cluster of its own that may be killed, and one run of clients after the other on it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from config.embedded import Cluster
from tests.history.checker import History

ROOT = Path(__file__).parents[2]


@dataclass
class Site:
    """An installation below ``var``: its own cluster, which commits for good, and the clients."""

    var: Path
    cluster: Cluster
    clients: subprocess.Popen[str]

    @classmethod
    def below(cls, var: Path) -> "Site":
        cluster = Cluster.at(var / "postgres", durable=True)
        cluster.join()
        cluster.start()
        cluster.create_database("withhold")
        log = (var / "clients.log").open("wb")
        clients = subprocess.Popen(
            [sys.executable, "-m", "tests.history.clients"],
            cwd=ROOT,
            env=environment(var),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
        return cls(var, cluster, clients)

    def tell(self, line: str) -> None:
        assert self.clients.stdin
        self.clients.stdin.write(f"{line}\n")
        self.clients.stdin.flush()

    def hear(self) -> str:
        assert self.clients.stdout
        said = self.clients.stdout.readline().strip()
        assert said, (self.var / "clients.log").read_text()
        return said

    def end(self) -> None:
        if self.clients.poll() is None:
            os.killpg(self.clients.pid, signal.SIGKILL)
        self.clients.communicate()
        self.cluster.remove()


def environment(var: Path) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
    return ours | {
        "WITHHOLD_VAR": str(var),
        "WITHHOLD_ENV_FILE": os.devnull,
        # Otherwise the first client that misses the killed server starts it again at once.
        "WITHHOLD_AUTOSTART": "false",
        "WITHHOLD_LEASE_SECONDS": "2",
        "WITHHOLD_LOG_LEVEL": "ERROR",
    }


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site.below(tmp_path_factory.mktemp("history"))
    try:
        assert site.hear() == "ready"
        yield site
    finally:
        site.end()


@dataclass(frozen=True)
class Outcome:
    """What the clients noted, what the database kept, and when something was killed."""

    history: History
    kept: dict[str, Any]
    killed_at: int


@pytest.fixture
def play(site: Site, tmp_path: Path) -> Callable[..., Outcome]:
    """Run clients by an order; ``between`` is done between its phases."""
    numbers = count()

    def play(name: str, *, between: Callable[[], int] = lambda: 0, **order: Any) -> Outcome:
        name = f"{name}-{next(numbers)}"
        folder = tmp_path / name
        folder.mkdir()
        site.tell(json.dumps(order | {"name": name, "folder": str(folder)}))
        killed_at = 0
        while (said := site.hear()) == "between":
            killed_at = between()
            site.tell("go on")
        return Outcome(History.read(folder), json.loads(said), killed_at)

    return play
