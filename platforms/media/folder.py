"""A folder of media files as an operator gives it, and which of them an address names."""

import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

BESIDE: Final = (".xmp", ".c2pa")
# Behind a name: a file that was saved with some query in its name.
ANY_QUERY: Final = "?"


class BadFolder(Exception):
    """The folder cannot be used as a whole; the text says why, and what to do."""


class Folder:
    """The files below a folder, listed once. Nothing outside it can be found through it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = 0
        self._by_path: dict[str, list[Path]] = defaultdict(list)
        self._by_name: dict[str, list[Path]] = defaultdict(list)
        if not root.is_dir():
            raise BadFolder(f"{root} is no folder. Give the folder that holds the media files.")
        for path in _files_below(root):
            self._add(path)

    def find(self, address: str) -> list[Path]:
        """The files that may be the medium at ``address``: none, the one, or several.

        The whole path below the folder is looked for first, with the host and without;
        then the last part of the path anywhere in the folder. Of a medium that is not
        there, what would stand beside it; ``a.xmp`` may be of another ``a`` elsewhere.
        """
        paths = list(_paths_in(address))
        alone = [f"{path}{ending}" for path in paths for ending in BESIDE]
        return self._found(paths, paths) or self._found(_beside(paths), alone)

    def _found(self, paths: Iterable[str], names: Iterable[str]) -> list[Path]:
        for path in paths:
            if found := self._by_path.get(path):
                return found
        for name in names:
            if found := self._by_name.get(PurePosixPath(name).name):
                return found
        return []

    def beside(self, path: Path) -> list[Path]:
        """``a.jpg.xmp`` and ``a.xmp`` speak of ``a.jpg``; so with ``.c2pa``."""
        wanted = dict.fromkeys(_beside([_normal(self._below(path))]))
        found = (other for name in wanted for other in self._by_path.get(name, ()))
        return [other for other in found if other != path]

    def _below(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix()

    def _add(self, path: Path) -> None:
        name = _normal(self._below(path))
        folder, slash, file = name.rpartition("/")
        start, query, _ = file.partition(ANY_QUERY)
        self.files += 1
        for each in {name, f"{folder}{slash}{start}{query}"}:
            self._by_path[each].append(path)
            self._by_name[PurePosixPath(each).name].append(path)


def _files_below(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root, onerror=_refuse):
        for name in folders:
            if (Path(folder) / name).is_symlink():
                raise BadFolder(
                    f"{Path(folder) / name} is a link to a folder, which is not followed. "
                    "Give a folder that holds the files themselves."
                )
        yield from (Path(folder) / name for name in files)


def _refuse(error: OSError) -> None:
    raise BadFolder(f"{error.filename} cannot be listed ({error.strerror}). Allow it to be read.")


def _paths_in(address: str) -> Iterator[str]:
    """The paths below the folder that an address may mean, the most exact first."""
    try:
        url = urlsplit(address)
    except ValueError:
        return
    if not url.scheme and not url.netloc:
        texts = [address, url.path]
    else:
        texts = [f"{start}{path}" for path in _saved_as(url) for start in (url.netloc, "")]
    for spelling in dict.fromkeys(each for text in texts for each in (text, unquote(text))):
        path = _normal(spelling.lstrip("/"))
        if path and not path.endswith("/"):
            yield path


def _saved_as(url: SplitResult) -> list[str]:
    """With the query, as some tools save it; sources mostly leave it out, so it can be any."""
    if not url.query:
        return [url.path, f"{url.path}{ANY_QUERY}"]
    return [url.path] if "/" in url.query else [f"{url.path}?{url.query}", url.path]


def _beside(paths: Iterable[str]) -> Iterator[str]:
    for path, ending in product(paths, BESIDE):
        folder, slash, file = path.rpartition("/")
        yield f"{path}{ending}"
        yield f"{folder}{slash}{file.rpartition('.')[0] or file}{ending}"


def _normal(path: str) -> str:
    """File systems differ in how they spell the same letters, and in whether case counts."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())
