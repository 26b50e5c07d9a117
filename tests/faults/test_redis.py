"""Redis is emptied, or answers nobody, and only the work in the background waits for it."""

import os
import shutil
import signal
import subprocess

import pytest

pytestmark = [pytest.mark.fault, pytest.mark.timeout(120)]

# A frozen Redis costs one wait of a few seconds, however many hints there are to send.
PLANNED_WITHIN_S = 10.0
SAID_WITHIN_S = 2.0


@pytest.fixture
def port(free_port):
    return free_port()


@pytest.fixture
def redis(running, port, tmp_path, redis_cli, until):
    """A real redis-server of our own, without persistence, on a free port."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no redis-server on this machine (Debian: apt-get install redis-server)")
    options = {"port": port, "bind": "127.0.0.1", "save": "", "dir": tmp_path}
    arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    server = running.start("redis", [program, *arguments], stdout=subprocess.DEVNULL)
    until(10, lambda: redis_cli("PING") == "PONG")
    return server


@pytest.fixture
def over_redis(redis, port):
    return {"REDIS_URL": f"redis://127.0.0.1:{port}/0"}


@pytest.fixture
def redis_cli(port):
    def say(*words):
        command = ["redis-cli", "-p", str(port), *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=10).stdout.strip()

    return say


def test_redis_may_be_emptied_and_a_worker_killed_and_nothing_is_lost(
    hand, running, over_redis, redis_cli, until, states_of, is_published, published_once
):
    hand.agree_with(partner="emptied-redis", buckets=8)
    worker = running.service("worker", environment=over_redis)
    planner = running.hand(**over_redis)
    release = planner.plan(partner="emptied-redis")
    until(30, lambda: "building" in states_of(release))

    redis_cli("FLUSHALL")
    running.kill(worker)
    left = states_of(release)
    running.service("worker", environment=over_redis)
    running.service("beat", environment=over_redis)
    until(40, lambda: is_published(release))

    assert "planned" in left
    assert published_once(release, files=8)


def test_a_frozen_redis_delays_neither_an_opt_out_nor_the_gate(hand, running, redis, over_redis):
    hand.agree_with(partner="frozen-redis", buckets=4)
    release = hand.plan(partner="frozen-redis")
    hand.build(release=release)
    hit = hand.file_of(release=release, blog=1)
    late = running.hand(**over_redis)
    assert late.fetch(file=hit) == ""

    os.kill(redis.pid, signal.SIGSTOP)
    late.opt_out(blog=1)
    opting_out = late.took
    late.plan(partner="frozen-redis")
    planning = late.took
    answer = late.fetch(file=hit)
    fetching = late.took

    assert answer == "withdrawn"
    assert opting_out < SAID_WITHIN_S
    assert planning < PLANNED_WITHIN_S
    assert fetching < SAID_WITHIN_S


def test_a_person_signs_in_and_opts_out_while_redis_is_frozen(
    hand, running, redis, over_redis, free_port, until, sign_in, press_opt_out
):
    port = free_port()
    running.service("web", port=port, environment=over_redis, stdout=subprocess.DEVNULL)
    until(30, lambda: running.answers(port))

    os.kill(redis.pid, signal.SIGSTOP)
    cleo, account = sign_in("cleo", port, blog=4)
    answer = press_opt_out(cleo, account)

    assert answer.status == 200
    assert hand.reasons_of(account=account) == ["person"]
