"""Random opt-outs and fetches from many processes, and what may never be seen among them."""

import time

import pytest

pytestmark = [pytest.mark.history, pytest.mark.timeout(170)]

ATTEMPTS = 5


@pytest.fixture(scope="module")
def power_cut(site):
    """Kill PostgreSQL as a power cut would, and start it again; when that was."""

    def power_cut():
        site.cluster.kill()
        killed_at = time.monotonic_ns()
        time.sleep(0.3)
        site.cluster.start()
        return killed_at

    return power_cut


@pytest.fixture(params=[100, pytest.param(250, marks=pytest.mark.long)])
def volume(request):
    """How many opt-outs are acknowledged, and how many fetches served, before and after."""
    return request.param


@pytest.fixture
def outcome(play, power_cut, volume):
    return play(
        "shipped",
        gate="shipped",
        phases=2,
        acknowledged=volume,
        served=volume,
        patience_s=50,
        accounts=4000,
        pipelines=3,
        workers=2,
        between=power_cut,
    )


def test_nothing_is_served_after_an_acknowledged_opt_out_also_when_postgresql_is_killed(
    outcome, volume
):
    history, kept = outcome.history, outcome.kept
    enough = 4 * volume // 5
    acknowledged = history.acknowledged()
    served = history.of("fetch", "ok")
    print(
        f"\n{len(acknowledged)} opt-outs acknowledged,"
        f" {len(history.of('opt_out', 'unknown'))} unknown,"
        f" {len(served)} fetches served, {len(history.of('fetch', 'fail'))} refused"
    )

    assert list(history.violations()) == []
    assert min(len(acknowledged), len(served)) >= 2 * enough
    assert len(history.of("opt_out", "ok", since=outcome.killed_at)) >= enough
    assert len(history.of("fetch", "ok", since=outcome.killed_at)) >= enough
    assert set(acknowledged) <= set(kept["denied"])
    assert sorted(kept["stated"]) == sorted(kept["denied"])
    assert kept["recorded"] == len(kept["stated"])
    assert {each.facts["receipt"] for each in served} <= set(kept["receipts"])


@pytest.mark.long
@pytest.mark.parametrize("gate", ["sequence tail", "cached answer", "late flag"])
def test_the_checker_finds_a_gate_that_is_broken(play, gate):
    found = 0
    for _ in range(ATTEMPTS):
        history = play(gate.replace(" ", "-"), gate=gate).history
        found = len(list(history.violations()))
        print(f"\n{gate}: {found} violations in {len(history.of('fetch', 'ok'))} fetches")
        if found:
            break

    assert found >= 1
