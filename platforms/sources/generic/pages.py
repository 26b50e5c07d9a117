"""How much memory each row group of a Parquet file may need, from its page headers.

The footer's sizes are what the writer says, so nothing here believes them: pages are
what a reader has to unpack. Refused are codecs and encodings that are not known to be
bounded (delta encodings repeat one long text in a few bytes), and pages beyond the limits.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from platforms.sources.contract import BadInput
from platforms.sources.files import opened
from platforms.sources.generic.thrift import NotThrift, Reader, Truncated

MAGIC: Final = b"PAR1"
MIB: Final = 1024 * 1024
MAX_FOOTER_BYTES: Final = 8 * MIB
MAX_FOOTER_VALUES: Final = 1_000_000
MAX_HEADER_BYTES: Final = 4 * MIB
FIRST_HEADER_BYTES: Final = 512
MAX_COLUMNS: Final = 100
MAX_PAGE_BYTES: Final = 64 * MIB
MAX_OPEN_BYTES: Final = 128 * MIB
MAX_REPEATED_BYTES: Final = 64 * MIB
MAX_KEPT_BYTES: Final = 64 * MIB
MAX_REPEATED_VALUES: Final = 16_000_000
BATCH_BYTES: Final = 8 * MIB
BATCH_ROWS: Final = 1024
CODECS: Final = {0: "UNCOMPRESSED", 1: "SNAPPY", 2: "GZIP", 6: "ZSTD"}
PLAIN, PLAIN_DICTIONARY, RLE, RLE_DICTIONARY = 0, 2, 3, 8
ENCODINGS: Final = frozenset({PLAIN, PLAIN_DICTIONARY, RLE, RLE_DICTIONARY})
BROKEN: Final = (KeyError, TypeError, IndexError, ValueError, AttributeError, OverflowError)
DATA, INDEX, DICTIONARY, DATA_V2 = range(4)
SMALLER: Final = "Write smaller row groups, for example 100,000 rows each."
COLUMNS: Final = "Write the columns that docs/platforms/generic.md lists, and no others."
PLAINER: Final = "Write it with ZSTD and without delta encodings."


class Column(msgspec.Struct):
    """What the pages of one column chunk amount to, in bytes but for ``values``.

    ``plain`` is what stands in pages outside the dictionary, ``density`` the most that
    one value of a page has on average.
    """

    is_flat: bool
    dictionary: int = 0
    largest: int = 0
    plain: int = 0
    size: int = 0
    values: int = 0
    density: int = 0


class Group(msgspec.Struct, frozen=True):
    """One row group: how many rows to read at once, and which columns as dictionaries."""

    batch_rows: int
    kept: frozenset[int]


def groups_of(path: Path) -> list[Group]:
    """The row groups of ``path``, every page header of which is within the limits."""
    with opened(path) as handle:
        try:
            footer = _footer(handle, path)
            if not footer[3]:
                raise _refusal(path, "there is no record in it", COLUMNS)
            flat = _flat_columns(footer)
            return [_group(handle, path, group, flat) for group in footer[4]]
        except BROKEN as error:
            why = f" ({error})" if isinstance(error, NotThrift) else ""
            raise _refusal(path, f"its structure is broken{why}") from error


def _footer(handle: BinaryIO, path: Path) -> dict[int, Any]:
    size = handle.seek(0, os.SEEK_END)
    handle.seek(max(0, size - 8))
    tail = handle.read(8)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] != MAGIC or length > size - 12:
        raise _refusal(path, "the Parquet file ends before it is complete")
    if length > MAX_FOOTER_BYTES:
        raise _refusal(path, "its footer exceeds 8 MiB", SMALLER)
    handle.seek(size - 8 - length)
    return Reader(handle.read(length), most_values=MAX_FOOTER_VALUES).struct()


def _flat_columns(footer: dict[int, Any]) -> list[bool]:
    """Of each leaf column, whether it has exactly one value for a row."""
    if len(footer[2]) > MAX_COLUMNS:
        raise NotThrift("more columns than the format has")
    flat: list[bool] = []
    open_groups: list[list[int]] = [[footer[2][0][5], 0]]
    for element in footer[2][1:]:
        while not open_groups[-1][0]:
            open_groups.pop()
        open_groups[-1][0] -= 1
        repeated = int(open_groups[-1][1] or element.get(3) == 2)
        if element.get(5):
            open_groups.append([element[5], repeated])
        else:
            flat.append(not repeated)
    return flat


def _group(handle: BinaryIO, path: Path, group: dict[int, Any], flat: list[bool]) -> Group:
    columns = [
        _column(handle, path, chunk, is_flat) for chunk, is_flat in zip(group[1], flat, strict=True)
    ]
    repeated = [column for column in columns if not column.is_flat]
    if sum(c.dictionary + c.largest for c in columns) > MAX_OPEN_BYTES:
        raise _refusal(path, "the pages open at once exceed 128 MiB", SMALLER)
    if sum(c.size for c in repeated) > MAX_REPEATED_BYTES:
        raise _refusal(path, "the lists of a row group exceed 64 MiB", SMALLER)
    if sum(c.values for c in repeated) > MAX_REPEATED_VALUES:
        raise _refusal(path, "the lists of a row group exceed 16,000,000 values", SMALLER)
    kept = frozenset(_kept(columns))
    density = sum(_density(c, n in kept) for n, c in enumerate(columns))
    return Group(max(1, min(BATCH_ROWS, BATCH_BYTES // max(1, density))), kept)


def _kept(columns: list[Column]) -> Iterator[int]:
    """The columns to read as dictionaries, in which a repeated text stands once.

    A reader gathers in them whatever the row group holds outside its dictionary, too.
    So all lists are kept (a row of one could repeat a text millions of times), and of
    the other columns as many as have little to gather.
    """
    order = sorted(range(len(columns)), key=lambda n: (columns[n].is_flat, _gathered(columns[n])))
    total = 0
    for number in order:
        column = columns[number]
        total += _gathered(column) if column.dictionary else 0
        if column.dictionary and (total <= MAX_KEPT_BYTES or not column.is_flat):
            yield number


def _gathered(column: Column) -> int:
    return column.dictionary + column.plain


def _density(column: Column, kept: bool) -> int:
    """The most that one row may need; unless it is kept, every row may have the longest text."""
    return column.density if kept else max(column.density, column.dictionary)


def _column(handle: BinaryIO, path: Path, chunk: dict[int, Any], is_flat: bool) -> Column:
    facts = chunk[3]
    if 1 in chunk:
        raise _refusal(path, "a column lies in another file")
    if facts[4] not in CODECS:
        raise _refusal(path, f"its codec {facts[4]} is not one of {_codecs()}", PLAINER)
    if facts[7] == 0:
        return Column(is_flat)
    starts = [facts[n] for n in (9, 11) if facts.get(n)]
    at = int(min(starts))
    end = at + facts[7]
    if not 0 < at <= end <= os.fstat(handle.fileno()).st_size:
        raise NotThrift("a column lies outside the file")
    column = Column(is_flat)
    while at < end:
        at = _add_page(column, handle, path, at)
    return column


def _add_page(column: Column, handle: BinaryIO, path: Path, at: int) -> int:
    """Count the page at ``at``, and tell where the next one begins."""
    header, length = _header(handle, at)
    size, packed = header[2], header[3]
    if min(size, packed) < 0 or size > MAX_PAGE_BYTES:
        raise _refusal(path, "a page exceeds 64 MiB", SMALLER)
    if header[1] == DICTIONARY:
        column.dictionary += size
        _check_encoding(header[7][2], path)
    elif header[1] in (DATA, DATA_V2):
        facts = header[5] if header[1] == DATA else header[8]
        encoding = facts[2] if header[1] == DATA else facts[4]
        _check_encoding(encoding, path)
        if facts[1] < 0:
            raise NotThrift("a page has fewer than no values")
        column.values += facts[1]
        column.size += size
        column.plain += size if encoding == PLAIN else 0
        column.largest = max(column.largest, size)
        column.density = max(column.density, size // max(1, facts[1]))
    return at + length + int(packed)


def _header(handle: BinaryIO, at: int) -> tuple[dict[int, Any], int]:
    """The page header at ``at``, and its length."""
    size = FIRST_HEADER_BYTES
    while True:
        handle.seek(at)
        reader = Reader(handle.read(size), most_values=1000)
        try:
            return reader.struct(), reader.at
        except Truncated:
            if size >= MAX_HEADER_BYTES:
                raise
            size *= 16


def _check_encoding(encoding: int, path: Path) -> None:
    if encoding not in ENCODINGS:
        raise _refusal(path, f"its encoding {encoding} is not accepted", PLAINER)


def _codecs() -> str:
    return ", ".join(CODECS.values())


def _refusal(path: Path, reason: str, advice: str = "Write it again.") -> BadInput:
    return BadInput(path, reason, byte=0, advice=advice)
