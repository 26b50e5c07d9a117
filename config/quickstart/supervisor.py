"""One parent for the web server, the Celery worker and beat: they start and end together.

For trying Withhold on one machine. In production use the service manager of your
system; ``docs/operating.md`` has the three command lines.
"""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOP_SECONDS = 15.0
PR_SET_PDEATHSIG = 1


class ServiceFailed(RuntimeError):
    """A service ended, or did not come up. Says which, and where its log is."""


class PortTaken(ServiceFailed):
    """Something else listens on the asked-for port."""


@dataclass
class Supervisor:
    """Runs the services on ``port`` of the loopback address, logs in ``logs``."""

    port: int
    logs: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *, up_within: float = 60.0, tick: Callable[[], None] = lambda: None) -> None:
        """Start all three and return once the web server answers."""
        self._refuse_a_taken_port()
        self.logs.mkdir(parents=True, exist_ok=True)
        for name, command in self.commands().items():
            self.processes[name] = self._spawn(name, command)
        deadline = time.monotonic() + up_within
        while not self._answers():
            self.check()
            if time.monotonic() > deadline:
                raise ServiceFailed(f"the web server did not answer; see {self.logs / 'web.log'}")
            tick()
            time.sleep(0.1)

    def commands(self) -> dict[str, list[str]]:
        celery = [sys.executable, "-m", "celery", "-A", "config", "--quiet"]
        return {
            "web": [
                *(sys.executable, "-m", "gunicorn", "config.wsgi"),
                *("--bind", f"127.0.0.1:{self.port}"),
                *("--workers", "2", "--threads", "8", "--worker-class", "gthread"),
                *("--graceful-timeout", "5", "--no-control-socket"),
            ],
            "worker": [
                *(*celery, "worker", "--concurrency", "2", "--loglevel", "INFO"),
                *("--without-gossip", "--without-mingle", "--without-heartbeat"),
            ],
            "beat": [*celery, "beat", "--loglevel", "INFO", "--pidfile", ""],
        }

    def check(self) -> None:
        """Raise ``ServiceFailed`` if one of the services has ended."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise ServiceFailed(
                    f"the {name} process ended with {process.returncode};"
                    f" see {self.logs / f'{name}.log'}"
                )

    def watch(self) -> None:
        """Return only by an exception: a service that ended, or a signal."""
        while True:
            self.check()
            time.sleep(1)

    def stop(self) -> None:
        """End every service and all that it started; nothing is left behind.

        Each is asked itself first: a pool whose children get the signal too cannot
        tell an end from an accident. Whatever remains of its group is killed.
        """
        for process in self.processes.values():
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self.processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.processes.clear()

    def _spawn(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        with (self.logs / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self.environment},
                start_new_session=True,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )

    def _answers(self) -> bool:
        try:
            address = f"{self.url}/.well-known/gpc.json"
            with urllib.request.urlopen(address, timeout=2):  # noqa: S310
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def _refuse_a_taken_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError as error:
                raise PortTaken(
                    f"port {self.port} is taken ({error.strerror});"
                    " end what listens there, or choose another with --port"
                ) from error


class Stopped(BaseException):
    """A signal asked the supervisor to end."""


def end_on_signals() -> None:
    """Turn the signals that end a process into ``Stopped``, so that clean-up runs."""

    def stop(number: int, frame: FrameType | None) -> None:
        for each in SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(signal.Signals(number).name)

    for number in SIGNALS:
        signal.signal(number, stop)


def _end_with_parent() -> None:
    """Linux only: a service gets SIGTERM when its parent is killed without a chance to say so."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
