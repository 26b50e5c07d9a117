"""What the partner guide tells partners to do, done to the letter."""

import os
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from audit.events import SYSTEM
from exports import gate
from exports.actions import build, publish
from exports.actions.plan import plan_release
from exports.delivery.errors import REASONS
from exports.models import File
from exports.releases import Availability

GUIDE = Path(__file__).parents[3] / "docs" / "partner-guide.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE.read_text(), re.DOTALL | re.MULTILINE)


@pytest.fixture
def release(dataset, archive, post, alice, bob):
    archive(post(alice, 1), post(alice, 2), post(bob, 1))
    release = plan_release(dataset, by=SYSTEM)
    build_and_publish(release)
    return release


def build_and_publish(release) -> None:
    for file in release.files.filter(state=File.State.PLANNED):
        build.build(file.pk)
        publish.publish_file(file.pk)
    publish.publish_release(release.pk)


@pytest.fixture
def follow_the_guide(server, token, tmp_path):
    (program,) = blocks("python")

    def run() -> str:
        done = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "WITHHOLD": server, "TOKEN": token},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


def shared(folder: Path) -> list[tuple[str, int]]:
    query = "SELECT text, count(*) FROM read_parquet($files) GROUP BY text ORDER BY text"
    return duckdb.execute(query, {"files": str(folder / "blogs-v1" / "*.parquet")}).fetchall()


def test_the_program_in_the_guide_fetches_a_release_and_keeps_up_with_it(
    release, follow_the_guide, tmp_path, opt_out, alice
):
    said = follow_the_guide()
    assert said == "3 rows, complete: True"
    assert shared(tmp_path) == [("Words of alice", 2), ("Words of bob", 1)]

    opt_out(alice)
    file = release.files.get()
    with pytest.raises(gate.GateClosed):
        gate.clear(file)
    build_and_publish(release)
    said = follow_the_guide()

    assert said == "1 rows, complete: True"
    assert shared(tmp_path) == [("Words of bob", 1)]


def test_the_guide_explains_every_reason_and_every_state():
    guide = GUIDE.read_text()

    assert [word for word in (*REASONS, *Availability) if f"`{word}`" not in guide] == []
