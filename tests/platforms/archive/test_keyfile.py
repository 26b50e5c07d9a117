import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms.archive import keyfile

KEYS = st.frozensets(st.integers(-(2**63), 2**63 - 1), max_size=40).map(
    lambda keys: np.array(sorted(keys), dtype=np.int64)
)


@pytest.mark.parametrize("keys", [[], [7], [-(2**63), -1, 0, 2**63 - 1]])
def test_what_was_written_is_loaded(storage: Path, keys):
    sha256 = keyfile.write(storage / "a.keys", np.array(keys, dtype=np.int64))

    assert keyfile.load(storage / "a.keys", sha256).tolist() == keys


@pytest.mark.parametrize("keys", [[2, 1], [1, 1]])
def test_unsorted_or_repeated_keys_are_refused_and_leave_no_file(storage: Path, keys):
    with pytest.raises(ValueError, match="sorted and unique"):
        keyfile.write(storage / "a.keys", np.array(keys, dtype=np.int64))

    assert list(storage.iterdir()) == []


def test_a_changed_file_is_noticed_after_it_was_verified_once(storage: Path):
    path = storage / "a.keys"
    sha256 = keyfile.write(path, np.array([1, 2, 3]))
    keyfile.load(path, sha256)
    path.write_bytes(np.array([1, 2], dtype="<i8").tobytes())

    with pytest.raises(keyfile.KeyFileDamaged):
        keyfile.load(path, sha256)


def test_a_file_of_the_same_size_is_noticed_by_its_time(storage: Path):
    path = storage / "a.keys"
    sha256 = keyfile.write(path, np.array([1, 2]))
    keyfile.load(path, sha256)
    path.write_bytes(np.array([1, 9], dtype="<i8").tobytes())
    os.utime(path, ns=(1, 1))

    with pytest.raises(keyfile.KeyFileDamaged):
        keyfile.load(path, sha256)


def test_a_cut_file_is_refused(storage: Path):
    (storage / "a.keys").write_bytes(b"1234567")

    with pytest.raises(keyfile.KeyFileDamaged, match="whole keys"):
        keyfile.load(storage / "a.keys", "")


def test_a_missing_file_is_refused(storage: Path):
    with pytest.raises(keyfile.KeyFileDamaged, match="cannot be read"):
        keyfile.load(storage / "none.keys", "")


@given(a=KEYS, b=KEYS, shared=KEYS)
def test_the_intersection_is_that_of_sets(a, b, shared):
    a, b = np.union1d(a, shared), np.union1d(b, shared)

    found = keyfile.intersection(a, b)

    assert found.tolist() == sorted(set(a.tolist()) & set(b.tolist()))
    assert keyfile.intersects(a, b) == bool(len(found))
