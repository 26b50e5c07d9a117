"""The quick start, as a new user runs it: real processes, real HTTP."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.fixture
def environment(tmp_path):
    kept = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return kept | {"WITHHOLD_VAR": str(tmp_path / "var"), "WITHHOLD_DURABLE": "false"}


def quickstart(environment, *options):
    return subprocess.Popen(
        [sys.executable, "manage.py", "quickstart", *options],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def report_path(environment):
    return Path(environment["WITHHOLD_VAR"]) / "quickstart/report.json"


def report_of(environment):
    return json.loads(report_path(environment).read_text())


def processes_of(environment):
    """What still runs with this test's folder in its environment."""
    for process in psutil.process_iter():
        try:
            if process.environ().get("WITHHOLD_VAR") == environment["WITHHOLD_VAR"]:
                yield process.cmdline()
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue


def test_the_story_holds_can_be_told_again_and_ctrl_c_ends_everything(environment, port):
    told, _ = quickstart(environment, "--once", "--port", str(port)).communicate(timeout=120)
    first = report_of(environment)
    assert "Leaks: 0" in told, told
    assert list(processes_of(environment)) == []
    report_path(environment).unlink()

    running = quickstart(environment, "--port", str(port))
    wait_for_report(environment, running)
    running.send_signal(signal.SIGINT)
    told_again, _ = running.communicate(timeout=60)

    assert "nothing is left running" in told_again
    assert list(processes_of(environment)) == []
    for report in (first, report_of(environment)):
        assert report["leaks"] == 0
        assert report["items_read"] == report["shared"] + report["held"] + report["excluded"]
        assert report["shared"] > 300
        assert report["rows_after"] < report["rows_before"]
        assert report["blocked_after_opt_out_ms"] > 0


def test_a_taken_port_is_named_and_nothing_is_started(environment):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = str(taken.getsockname()[1])

        running = quickstart(environment, "--once", "--port", number)
        output, _ = running.communicate(timeout=60)

    assert running.returncode == 1
    assert f"port {number} is taken" in output
    assert list(processes_of(environment)) == []


def wait_for_report(environment, running):
    path = report_path(environment)
    deadline = time.monotonic() + 100
    while not path.exists() and time.monotonic() < deadline and running.poll() is None:
        time.sleep(0.2)
