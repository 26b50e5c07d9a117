"""Small files: a reader never meets half of one, and one of many writers makes it."""

import multiprocessing
import stat

import pytest

from config.files import write_once, write_whole

WRITERS = 4
ROUNDS = 50


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "kept"
    folder.mkdir()
    return folder


def test_a_reader_finds_all_of_what_was_written_or_all_of_what_was_there(folder):
    path = folder / "report"
    texts = {letter * 200_000 for letter in "ab"}
    write_whole(path, min(texts))
    writer = multiprocessing.get_context("fork").Process(target=rewrite, args=(path, texts))
    writer.start()

    seen = set()
    while writer.is_alive():
        seen.add(path.read_text())
    writer.join()

    assert writer.exitcode == 0
    assert seen <= texts
    assert [kept.name for kept in folder.iterdir()] == ["report"]


def test_of_many_who_make_a_file_at_once_one_does_and_all_read_the_same(folder):
    context = multiprocessing.get_context("fork")
    start, found = context.Barrier(WRITERS), context.SimpleQueue()
    makers = [
        context.Process(target=make_and_read, args=(folder, name, start, found))
        for name in range(WRITERS)
    ]
    for maker in makers:
        maker.start()
    read = [found.get() for _ in makers]
    for maker in makers:
        maker.join()

    assert {tuple(texts) for texts in read} == {tuple(read[0])}
    assert all(text.isdigit() for text in read[0])
    assert sorted(kept.name for kept in folder.iterdir()) == sorted(map(str, range(ROUNDS)))


def test_what_is_written_is_for_our_user_alone(folder):
    write_whole(folder / "whole", "text")
    write_once(folder / "once", lambda: "text")

    for name in ("whole", "once"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_a_write_that_fails_leaves_what_was_there(folder):
    path = folder / "report"
    write_whole(path, "before")

    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "\ud800")

    assert path.read_text() == "before"
    assert [kept.name for kept in folder.iterdir()] == ["report"]


def rewrite(path, texts):
    for _ in range(ROUNDS):
        for text in texts:
            write_whole(path, text)


def make_and_read(folder, name, start, found):
    texts = []
    for number in range(ROUNDS):
        start.wait()
        path = folder / str(number)
        write_once(path, lambda: str(name))
        texts.append(path.read_text())
    found.put(texts)
