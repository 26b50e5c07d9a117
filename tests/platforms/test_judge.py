"""``manage.py judge``: the operator's dry run, with no database in reach."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.platforms.sources.dumps import (
    attachment,
    comment,
    entry,
    envelope,
    post,
    wxr,
)

ROOT = Path(__file__).resolve().parents[2]
SMALL_SITE = wxr(
    *(entry(wp__post_id=str(n), wp__post_type=kind) for n, kind in [(1, "post"), (2, "page")]),
    entry(wp__post_id="9", wp__post_type="page", wp__status="draft"),
    entry(wp__post_id="13", wp__status="private"),
    attachment("1"),
    entry(comment(wp__comment_user_id="0"), wp__post_id="15"),
)


def run(tmp_path, *arguments, **kwargs):
    """Run the command as an operator does; nothing listens at its database's address."""
    environment = os.environ | {
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nothing",
        "WITHHOLD_VAR": str(tmp_path / "var"),
        "COLUMNS": "120",
    }
    return subprocess.run(
        [sys.executable, "manage.py", "judge", *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        **kwargs,
    )


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def export(tmp_path):
    path = tmp_path / "export.xml"
    path.write_text(SMALL_SITE)
    return path


def test_every_item_is_one_line_with_its_verdict_reasons_and_principals(tmp_path, export):
    done = run(tmp_path, "wordpress", "--fact", "blog_public=1", export)

    found = lines(done)
    assert done.returncode == 0
    assert [(i["id"], i["kind"], i["verdict"]) for i in found] == [
        ("1", "post", "share"),
        ("2", "page", "share"),
        ("9", "page", "exclude"),
        ("13", "post", "exclude"),
        ("21", "attachment", "share"),
        ("15", "post", "share"),
        ("71", "comment", "hold"),
    ]
    assert found[2]["reasons"] == ["status_draft: wp:status is draft"]
    assert found[3]["reasons"] == ["status_private: wp:status is private"]
    assert found[0]["principals"][0] == {
        "role": "owner",
        "identity": "stable",
        "id": "tides.example#author:alice",
        "handle": "alice",
    }


def test_without_the_fact_nothing_is_shared_and_the_reason_names_it(tmp_path, export):
    done = run(tmp_path, "wordpress", export)

    assert {i["verdict"] for i in lines(done)} == {"hold", "exclude"}
    assert "--fact blog_public=1" in lines(done)[0]["reasons"][0]


def test_the_summary_is_apart_from_the_lines(tmp_path, export):
    done = run(tmp_path, "wordpress", "--fact", "blog_public=1", export)

    assert "7 items" in done.stderr
    assert "status_private" in done.stderr
    assert "principal_anonymous" in done.stderr


def test_adult_items_are_excluded_unless_the_agreement_admits_them(tmp_path):
    path = tmp_path / "response.json"
    path.write_text(json.dumps(envelope(post(is_nsfw=True))))

    (default,), (admitted,) = (
        lines(run(tmp_path, "tumblr", path)),
        lines(run(tmp_path, "tumblr", "--adult", path)),
    )

    assert default["verdict"] == "exclude"
    assert default["reasons"][0].startswith("adult")
    assert admitted["verdict"] == "share"
    assert default["adult"]


def test_an_item_without_an_id_has_the_id_null(tmp_path):
    path = tmp_path / "posts.json"
    path.write_text(json.dumps([post(id=None), {"odd": 1}]))

    assert [i["id"] for i in lines(run(tmp_path, "tumblr", path))] == [None, None]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["myspace", "x"], "tumblr, wordpress"),
        (["tumblr", "missing.json"], "missing.json: it cannot be read"),
        (["tumblr", "--fact", "blog.type", "x"], "NAME=VALUE"),
        (["tumblr", "--fact", "blog.shape=round", "x"], "Known: answer.is_private"),
        (["tumblr", "--fact", "blog.type=round", "x"], "public or private"),
        (["wordpress", "--fact", "site=a.b", "--fact", "site=c.d", "x"], "twice"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_done_is_said_in_a_sentence(tmp_path, arguments, said):
    done = run(tmp_path, *arguments)

    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_a_bad_file_among_good_ones_leaves_nothing_on_the_output(tmp_path, export):
    bad = tmp_path / "bad.xml"
    bad.write_text(SMALL_SITE[:-40])

    done = run(tmp_path, "wordpress", export, bad)

    assert done.returncode == 2
    assert f"{bad}: line " in done.stderr
    assert done.stdout == ""


def test_a_reader_that_stops_early_is_no_error(tmp_path):
    path = tmp_path / "posts.ndjson"
    path.write_text("\n".join(json.dumps(post(n)) for n in range(1, 3000)))
    command = f"{sys.executable} manage.py judge tumblr {path} | head -1; exit ${{PIPESTATUS[0]}}"

    done = subprocess.run(
        ["bash", "-c", command],
        cwd=ROOT,
        env=os.environ | {"WITHHOLD_VAR": str(tmp_path / "var")},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


def test_names_in_any_script_reach_a_terminal_of_any_encoding(tmp_path):
    path = tmp_path / "posts.json"
    path.write_text(json.dumps(post(blog={"name": "łódź🌊\ud800"}, blog_name="łódź🌊\ud800")))

    done = run(tmp_path, "tumblr", path)

    assert done.returncode == 0
    assert lines(done)[0]["verdict"] == "hold"
