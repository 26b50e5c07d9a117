"""Media are found by their addresses, in the given folder only, and speak for their items."""

import os
import tempfile
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import pytest

from platforms.media import BadFolder, Folder, Inspector
from platforms.records import (
    Evidence,
    Identity,
    Item,
    Media,
    MediaKind,
    Principal,
    Role,
    Verdict,
    Visibility,
)
from platforms.visibility import judge
from tests.platforms.media.bytes_of import PROHIBITED, jpeg, jpeg_with_xmp, mining

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NO = jpeg_with_xmp(mining(PROHIBITED))
NOBODY = 65534


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "media"
    path.mkdir()
    return path


@pytest.fixture
def judged(folder):
    """The judgement of an otherwise public item that shows these media."""

    def of(*urls: str) -> tuple[Verdict, list[str]]:
        judgement = judge(inspected(folder, item(*urls))[0])
        return judgement.verdict, [reason.code for reason in judgement.reasons]

    return of


def item(*urls: str) -> Item:
    """A public item of Alice's that shows what is at ``urls``."""
    return Item(
        platform="tumblr",
        kind="post",
        native_id="1",
        principals=(Principal(Role.OWNER, Identity.STABLE, "t:alice", "alice"),),
        evidence=tuple(
            Evidence(level, Visibility.PUBLIC, "open") for level in ("item", "container")
        ),
        published_at=NOON,
        observed_at=NOON,
        media=tuple(Media(MediaKind.IMAGE, url) for url in urls),
    )


def inspected(folder, *items):
    return list(Inspector(Folder(folder)).inspected(items))


def put(folder, name: str, data: bytes):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("posts/media/1.jpg", "posts/media/1.jpg"),
        ("posts/media/1.jpg", "https://alice.example/posts/media/1.jpg"),
        ("alice.example/posts/1.jpg", "https://alice.example/posts/1.jpg"),
        ("anywhere/1.jpg", "https://alice.example/wp-content/1.jpg"),
        ("anywhere/1.jpg", "posts/media/1.jpg"),
        ("1.jpg", "https://alice.example/1.jpg?width=3#top"),
        ("show.php?id=3", "https://alice.example/show.php?id=3"),
        ("alice.example/show.php?id=3", "https://alice.example/show.php?id=3#top"),
        ("a b.jpg", "https://alice.example/a%20b.jpg"),
        ("a%20b.jpg", "https://alice.example/a%20b.jpg"),
        ("what?#.jpg", "posts/what?#.jpg"),
        (unicodedata.normalize("NFD", "été.jpg"), "https://alice.example/été.jpg"),
        pytest.param("CAT.JPG", "https://img.example/a/cat.jpg", id="in another case"),
        pytest.param("img.example/A/cat.jpg", "https://IMG.example/a/CAT.jpg", id="a path, too"),
    ],
)
def test_an_item_is_excluded_for_the_medium_that_refuses(folder, judged, name, url):
    put(folder, name, NO)

    assert judged(url) == (Verdict.EXCLUDE, ["media_refuses_training"])


def test_one_medium_that_refuses_among_several_is_enough(folder, judged):
    put(folder, "1.jpg", jpeg())
    put(folder, "2.jpg", NO)

    assert judged("1.jpg", "2.jpg")[0] is Verdict.EXCLUDE


def test_a_medium_that_says_nothing_or_is_not_given_changes_nothing(folder):
    put(folder, "1.jpg", jpeg())
    shown = item("1.jpg", "https://alice.example/not-given.jpg")

    assert inspected(folder, shown) == [shown]
    assert judge(shown).verdict is Verdict.SHARE


def test_the_whole_path_comes_before_the_name_alone(folder, judged):
    put(folder, "2020/1.jpg", jpeg())
    put(folder, "2021/1.jpg", NO)

    assert judged("https://alice.example/2020/1.jpg") == (Verdict.SHARE, [])
    assert judged("https://alice.example/2021/1.jpg")[0] is Verdict.EXCLUDE


def test_a_name_with_its_query_comes_before_one_without(folder, judged):
    put(folder, "show.php", jpeg())
    put(folder, "show.php?id=3", NO)

    assert judged("https://alice.example/show.php?id=3")[0] is Verdict.EXCLUDE
    assert judged("https://alice.example/show.php?id=4") == (Verdict.SHARE, [])


def test_of_an_address_without_its_query_any_query_that_a_file_was_saved_with_will_do(
    folder, judged
):
    put(folder, "a/one.php?id=3", NO)
    put(folder, "a/two.php?id=3", jpeg())
    put(folder, "b/two.php?id=4", jpeg())
    put(folder, "three.jpg", jpeg())
    put(folder, "three.jpg?w=300", NO)

    assert judged("https://alice.example/a/one.php")[0] is Verdict.EXCLUDE
    assert judged("https://alice.example/two.php") == (Verdict.HOLD, ["media_ambiguous"])
    assert judged("https://alice.example/three.jpg") == (Verdict.SHARE, [])


def test_a_query_is_no_path(folder, judged):
    put(folder, "cat.jpg", NO)

    assert judged("https://alice.example/show?of=/other/cat.jpg") == (Verdict.SHARE, [])


@pytest.mark.parametrize("name", ["a/1.xmp", "a/1.JPG.XMP"])
def test_a_file_beside_a_medium_speaks_for_the_item(folder, judged, name):
    put(folder, "a/1.jpg", jpeg())
    put(folder, name, mining(PROHIBITED))

    assert judged("https://alice.example/1.jpg")[0] is Verdict.EXCLUDE


@pytest.mark.parametrize("name", ["a/1.jpg.xmp", "a/1.XMP", "elsewhere/1.jpg.xmp"])
def test_a_file_that_would_stand_beside_a_medium_that_is_not_given_speaks_for_it(
    folder, judged, name
):
    put(folder, name, mining(PROHIBITED))

    assert judged("https://alice.example/a/1.jpg")[0] is Verdict.EXCLUDE
    assert judged("https://alice.example/a/2.jpg")[0] is Verdict.SHARE


def test_metadata_of_another_medium_elsewhere_does_not_speak_for_one_that_is_not_given(
    folder, judged
):
    put(folder, "bob/1.png", jpeg())
    put(folder, "bob/1.xmp", mining(PROHIBITED))

    assert judged("https://alice.example/a/1.jpg")[0] is Verdict.SHARE


@pytest.mark.parametrize("url", [".", "..", "./", "?", "/.", "a/.", "a/..", ".xmp", "%2e"])
def test_an_address_that_is_hardly_one_names_nothing(folder, judged, url):
    put(folder, "1.xmp", mining(PROHIBITED))

    assert judged(url) == (Verdict.SHARE, [])


def test_a_name_that_several_files_have_holds(folder, judged):
    put(folder, "a/1.jpg", jpeg())
    put(folder, "b/1.jpg", jpeg())

    assert judged("https://alice.example/1.jpg") == (Verdict.HOLD, ["media_ambiguous"])


@pytest.mark.parametrize(
    "url",
    [
        "../secret.jpg",
        "posts/../../secret.jpg",
        "/secret.jpg",
        "..%2fsecret.jpg",
        "..",
        "",
        "/",
        "http://[x",
    ],
)
def test_nothing_outside_the_folder_is_read(tmp_path, folder, url):
    put(tmp_path, "secret.jpg", NO)
    put(folder, "other.jpg", NO)
    inspector = Inspector(Folder(folder))

    list(inspector.inspected([item(url)]))

    assert inspector.counts["file_read"] == 0


def test_a_link_in_the_folder_is_not_followed_and_holds(tmp_path, folder, judged):
    (folder / "1.jpg").symlink_to(put(tmp_path, "outside.jpg", jpeg()))

    assert judged("1.jpg") == (Verdict.HOLD, ["media_unreadable"])


def test_a_linked_folder_is_refused_as_a_whole(tmp_path, folder):
    (folder / "more").symlink_to(tmp_path)

    with pytest.raises(BadFolder, match=r"more is a link to a folder.*Give a folder"):
        Folder(folder)


def test_what_is_no_folder_is_refused(tmp_path):
    with pytest.raises(BadFolder, match="is no folder"):
        Folder(put(tmp_path, "1.jpg", NO))


@pytest.fixture
def open_folder():
    """A folder that everybody may list; whoever a test became, it is root's again after it."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        mine = os.geteuid()
        yield Path(name)
        os.seteuid(mine)


def test_a_folder_that_cannot_be_listed_is_refused(open_folder):
    (open_folder / "closed").mkdir(mode=0)
    os.seteuid(os.geteuid() or NOBODY)

    with pytest.raises(BadFolder, match="closed cannot be listed"):
        Folder(open_folder)


def test_each_file_is_read_once_however_many_items_show_it(folder):
    path = put(folder, "1.jpg", NO)
    inspector = Inspector(Folder(folder))

    first = list(inspector.inspected([item("1.jpg")]))
    path.unlink()
    second = list(inspector.inspected([item("1.jpg")]))

    assert first == second


def test_it_is_counted_what_became_of_the_media(folder):
    put(folder, "1.jpg", NO)
    put(folder, "2.jpg", b"broken")
    put(folder, "3.jpg", jpeg())
    inspector = Inspector(Folder(folder))

    list(inspector.inspected([item("1.jpg", "2.jpg"), item("3.jpg"), item("4.jpg"), item("1.jpg")]))

    assert inspector.counts.as_json() == {
        "file_not_given": 1,
        "file_read": 4,
        "files_given": 3,
        "media_refuses_training": 2,
        "media_unreadable": 1,
        "shown": 5,
    }


def test_the_name_of_a_file_is_shown_as_any_terminal_takes_it(folder):
    put(folder, "bad\x1b[31m\n.jpg", b"broken")

    found = inspected(folder, item("bad\x1b[31m\n.jpg"))[0].evidence[-1]

    assert found.detail.isprintable()
