"""Workers are killed and disks are full at the worst moment: nothing is lost or half done."""

import resource

import psutil
import pytest

pytestmark = [pytest.mark.fault, pytest.mark.timeout(120)]

MIB = 1 << 20


@pytest.fixture
def room_for():
    """Let a process and its children write files of at most so many bytes."""

    def limit(process, size):
        parent = psutil.Process(process.pid)
        for each in [parent, *parent.children(recursive=True)]:
            resource.prlimit(each.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    return limit


def test_a_worker_killed_in_the_middle_of_a_build_loses_nothing(
    hand, running, until, states_of, is_published, published_once
):
    hand.agree_with(partner="killed-worker", buckets=4)
    worker = running.service("worker")
    release = hand.plan(partner="killed-worker")
    until(30, lambda: "building" in states_of(release))

    running.kill(worker)
    left = states_of(release)
    running.service("worker")
    running.service("beat")
    until(40, lambda: is_published(release))

    assert "building" in left
    assert published_once(release, files=4)
    assert max(file["attempts"] for file in hand.look_at(release=release)["files"]) == 2


@pytest.mark.skipif(
    not hasattr(resource, "prlimit"), reason="only Linux limits the files of a running process"
)
def test_a_full_disk_fails_the_build_cleanly_and_room_mends_it(
    hand, running, until, room_for, is_published, published_once
):
    hand.agree_with(partner="full-disk", buckets=1)
    worker = running.service("worker")
    until(30, lambda: len(psutil.Process(worker.pid).children(recursive=True)) >= 2)
    room_for(worker, 8 * MIB)

    release = hand.plan(partner="full-disk")
    until(30, lambda: hand.look_at(release=release)["files"][0]["last_error"])
    (failed,) = hand.look_at(release=release)["files"]
    left = [path for path in (running.releases / release).rglob("*") if path.is_file()]
    room_for(worker, resource.RLIM_INFINITY)
    hand.let_files_be_due_now()
    running.service("beat")
    until(40, lambda: is_published(release))

    (file,) = hand.look_at(release=release)["files"]
    assert (failed["state"], failed["last_error"]) == ("planned", "OSError: File too large")
    assert (failed["path"], left) == ("", [])
    assert published_once(release, files=1)
    assert (running.var / "storage" / file["path"]).stat().st_size == file["size"] > 8 * MIB
