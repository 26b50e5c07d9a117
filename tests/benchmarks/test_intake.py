"""The benchmark runs and reports; no figure of it is a test, because a machine can be busy."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
READERS = {
    "tumblr": ["withhold", "orjson", "duckdb"],
    "reddit": ["withhold", "orjson", "duckdb"],
    "wordpress": ["withhold", "expat"],
    "generic": ["withhold", "orjson", "duckdb"],
}


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.intake", *arguments],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "160"},
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.fixture(scope="module")
def report():
    return json.loads(run("--rows", "600", "--json").stdout)


def test_every_dump_is_read_by_every_reader(report):
    found = {name: [] for name in READERS}
    for one in report["measurements"]:
        found[one["platform"]].append(one["reader"])

    assert found == READERS


def test_every_reader_reads_the_whole_dump(report):
    assert [one for one in report["measurements"] if one["problem"] or one["items"] < 598] == []


def test_most_of_what_is_taken_in_is_shared(report):
    ours = [one for one in report["measurements"] if one["reader"] == "withhold"]

    assert [one for one in ours if not 0.8 * one["items"] < one["shared"] < one["items"]] == []


def test_the_table_names_each_reader_and_the_machine(tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()

    arguments = ("--rows", "60", "--platforms", "tumblr", "--folder", str(folder))
    table = run(*arguments, "--repeat", "2").stdout

    words = ("fastest of 2", "Tumblr", "withhold", "orjson", "duckdb", "processor")
    assert [word for word in words if word not in table] == []
    assert table.count("withhold") == 1
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--rows", "0"), "--repeat and --rows must be at least 1"),
        (("--repeat", "0"), "--repeat and --rows must be at least 1"),
        (("--folder", "/nowhere"), "there is no folder /nowhere; make it, or name another"),
    ],
)
def test_an_option_that_cannot_be_is_explained(arguments, said):
    with pytest.raises(subprocess.CalledProcessError) as refused:
        run(*arguments)

    assert said in refused.value.stderr
    assert "Traceback" not in refused.value.stderr
