"""One installation of its own, whose processes may be killed, stopped and starved."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from config.embedded import Cluster
from config.quickstart.supervisor import Supervisor
from config.quickstart.visitors import Answer, Visitor, form_to

ROOT = Path(__file__).parents[2]
BLOGS = 64
# 61 million letters of six bits each: a file of all blogs has more than 40 MiB.
POSTS_OF_A_BLOG = 15
LETTERS_OF_A_POST = 64_000
PASSWORD = "a lantern in 1 window"


@dataclass
class Hand:
    """A process inside the installation that does what it is told by name."""

    process: "subprocess.Popen[bytes]"
    log: Path
    took: float = 0.0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda **arguments: self._do(name, arguments)

    def _do(self, name: str, arguments: dict[str, Any]) -> Any:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps([name, arguments]).encode() + b"\n")
        self.process.stdin.flush()
        said = self.process.stdout.readline()
        assert said, f"{name} failed: {self.log.read_text()[-3000:]}"
        answer, self.took = json.loads(said)
        return answer


@dataclass
class Installation:
    """What lies below ``var``, its cluster, and every process that a test starts in it."""

    var: Path
    cluster: Cluster
    processes: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def start(self, name: str, command: list[str], **options: Any) -> "subprocess.Popen[bytes]":
        """Start ``command`` as the leader of a group, so that it can be ended as a whole."""
        environment = self.environment() | options.pop("environment", {})
        log = (self.var / f"{name}.log").open("ab")
        started = subprocess.Popen(
            command, cwd=ROOT, env=environment, stderr=log, start_new_session=True, **options
        )
        self.processes.append(started)
        return started

    def service(self, name: str, **options: Any) -> "subprocess.Popen[bytes]":
        """Start one of the services by the command that we ship."""
        commands = Supervisor(options.pop("port", 0), self.var).commands()
        return self.start(name, commands[name], stdin=subprocess.DEVNULL, **options)

    def hand(self, **environment: str) -> Hand:
        command = [sys.executable, "-m", "tests.faults.hand"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        process = self.start("hand", command, environment=environment, **pipes)
        return Hand(process, self.var / "hand.log")

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """Kill a process and all that it started, without a chance to say a word."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        self.processes.remove(process)

    def environment(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME")}
        return ours | {
            "WITHHOLD_VAR": str(self.var),
            "WITHHOLD_ENV_FILE": os.devnull,
            "WITHHOLD_AUTOSTART": "false",
            "WITHHOLD_LEASE_SECONDS": "2",
            "WITHHOLD_SWEEP_SECONDS": "1",
        }

    def answers(self, port: int) -> bool:
        """Whether its web server is up on ``port``."""
        try:
            with urllib.request.urlopen(f"{local(port)}/.well-known/gpc.json", timeout=2):
                return True
        except OSError:
            return False

    @property
    def releases(self) -> Path:
        return self.var / "storage" / "releases"


def local(port: int) -> str:
    return f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    var = tmp_path_factory.mktemp("faults")
    cluster = Cluster.at(var / "postgres", durable=True)
    site = Installation(var, cluster)
    try:
        cluster.join()
        cluster.start()
        cluster.create_database("withhold")
        yield site
    finally:
        for process in list(site.processes):
            site.kill(process)
        cluster.remove()


@pytest.fixture(scope="session")
def filled(site: Installation) -> Hand:
    """A hand inside the installation, in which there is an archive to build from."""
    hand = site.hand()
    hand.migrate()
    hand.fill_the_archive(blogs=BLOGS, posts=POSTS_OF_A_BLOG, letters=LETTERS_OF_A_POST)
    return hand


@pytest.fixture
def hand(filled: Hand) -> Iterator[Hand]:
    """No release is left for the next test, whose workers would build at it."""
    yield filled
    filled.forget_releases()


@pytest.fixture
def running(hand: Hand, site: Installation) -> Iterator[Installation]:
    """Services that a test starts in it are ended after the test."""
    before = list(site.processes)
    yield site
    for process in [each for each in site.processes if each not in before]:
        site.kill(process)


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """A port of the loopback address that nobody listens on now."""

    def free_port() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    return free_port


@pytest.fixture(scope="session")
def until() -> Callable[..., Any]:
    """Ask again and again; the first answer that is not empty, within so many seconds."""

    def until(seconds: float, ask: Callable[[], Any], pause: float = 0.05) -> Any:
        deadline = time.monotonic() + seconds
        while not (answer := ask()):
            assert time.monotonic() < deadline, f"not within {seconds} s"
            time.sleep(pause)
        return answer

    return until


@pytest.fixture
def sign_in(hand: Hand) -> Callable[..., tuple[Visitor, int]]:
    """A person with a blog, at the web server on a port; their browser and their account."""

    def sign_in(username: str, port: int, blog: int) -> tuple[Visitor, int]:
        account = hand.sign_up(username=username, password=PASSWORD, blog=blog)
        visitor = Visitor(local(port))
        assert visitor.sign_in(username, PASSWORD).status == 200
        return visitor, account

    return sign_in


@pytest.fixture
def press_opt_out() -> Callable[[Visitor, int], Answer]:
    """The switch of one account, as the person's page offers it."""

    def press(visitor: Visitor, account: int) -> Answer:
        page = visitor.get("/")
        return visitor.submit(page, form_to(page, f"/choices/{account}/opt-out/"))

    return press


@pytest.fixture
def states_of(hand: Hand) -> Callable[[str], list[str]]:
    """The states of a release's files now, in the order of their buckets."""
    return lambda release: [file["state"] for file in hand.look_at(release=release)["files"]]


@pytest.fixture
def is_published(hand: Hand) -> Callable[[str], bool]:
    return lambda release: hand.look_at(release=release)["state"] == "published"


@pytest.fixture
def published_once(hand: Hand) -> Callable[[str, int], bool]:
    """Whether a release has so many files, and each was built, published and told once."""

    def published_once(release: str, files: int) -> bool:
        seen = hand.look_at(release=release)
        buckets = [(file["bucket"], file["state"]) for file in seen["files"]]
        said = (seen["state"], seen["built"], seen["published"], seen["said"])
        told_once = said == ("published", files, files, 1)
        return told_once and buckets == [(bucket, "published") for bucket in range(files)]

    return published_once
