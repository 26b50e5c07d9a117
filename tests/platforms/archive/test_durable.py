import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from platforms.archive import durable

FILE_LIMITED = """
import resource, sys
from pathlib import Path
from platforms.archive.durable import write_durably

resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    with write_durably(Path(sys.argv[1])) as draft:
        draft.write(b"x" * 800)
        draft.write(b"x" * 800)
except OSError as error:
    print(type(error).__name__, error.errno)
"""


def test_a_finished_file_is_there_with_its_hash_and_size(storage: Path):
    with durable.write_durably(storage / "new" / "a.bin") as draft:
        draft.write(b"one ")
        draft.write(b"two")

    assert (storage / "new" / "a.bin").read_bytes() == b"one two"
    assert draft.sha256 == hashlib.sha256(b"one two").hexdigest()
    assert draft.sha256 == durable.sha256_of(storage / "new" / "a.bin")
    assert draft.size == 7


def test_nothing_is_at_the_path_before_the_end(storage: Path):
    with durable.write_durably(storage / "a.bin") as draft:
        draft.write(b"half")
        seen = (storage / "a.bin").exists()

    assert not seen


def test_an_error_in_the_middle_leaves_nothing(storage: Path):
    with pytest.raises(ZeroDivisionError), durable.write_durably(storage / "a.bin") as draft:
        draft.write(b"half")
        raise ZeroDivisionError

    assert list(storage.iterdir()) == []


def test_a_full_disk_leaves_nothing(storage: Path):
    ended = subprocess.run(
        [sys.executable, "-c", FILE_LIMITED, storage / "a.bin"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert ended.stdout == "OSError 27\n"
    assert list(storage.iterdir()) == []


def test_bytes_that_read_back_differently_leave_nothing(storage: Path, monkeypatch):
    monkeypatch.setattr(durable, "sha256_of", lambda path: "another hash")

    with (
        pytest.raises(durable.WriteDamaged),
        durable.write_durably(storage / "a.bin") as draft,
    ):
        draft.write(b"one")

    assert list(storage.iterdir()) == []
