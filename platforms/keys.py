"""Keyed hashes that stand for accounts and items.

An account is known downstream by a 64-bit BLAKE2b (RFC 7693) of its native id,
keyed per platform: small enough for sorted arrays of billions, meaningless
without the secret. A collision denies one account too many, never one too few.
"""

import unicodedata
from array import array
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import chain
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from platforms.batches import Everybody, Numbers, ends_array
from platforms.records import Item, ItemRef, Principal, Role

KEY_BYTES: Final = 8
NAME_LENGTH: Final = 255
"""So many letters of a name are kept, in the form in which names are compared."""
# Blogs and authors come again and again; this many are remembered with their keys.
REMEMBERED: Final = 32_768
UNSIGNED: Final = 2**64 - 1


def same_name(handle: str) -> str:
    """The form in which two handles are the same: case, outer space and @ do not count.

    Nor does how Unicode writes a letter, as one or as letter and accent, wide or narrow.
    """
    if handle.isascii():
        return handle.strip().lstrip("@").casefold()
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", handle).casefold())
    return folded.strip().lstrip("@")


def is_name(handle: str) -> bool:
    """Whether ``handle`` names somebody: something is left of it, and a row can keep it."""
    name = same_name(handle)
    is_text = not any("\ud800" <= letter <= "\udfff" for letter in name)
    return 0 < len(name) <= NAME_LENGTH and is_text


def account_key_text(key: int) -> str:
    """A key as it is written: 16 hexadecimal digits."""
    return f"{key & UNSIGNED:016x}"


def account_key_in(text: str) -> int:
    """The key that 16 hexadecimal digits write; ``ValueError`` for any other text."""
    digits = bytes.fromhex(text)
    if len(digits) != KEY_BYTES or len(text) != 2 * KEY_BYTES:
        raise ValueError("a key has 16 hexadecimal digits")
    return int.from_bytes(digits, "big", signed=True)


def account_subject(platform: str, key: int) -> str:
    """How the audit trail names an account, without saying who it is."""
    return f"account:{platform}:{account_key_text(key)}"


def item_subject(platform: str, key: int) -> str:
    """How the audit trail names an item."""
    return f"item:{platform}:{key & UNSIGNED:016x}"


class People(NamedTuple):
    """The keys of an item's owner, the id's first (none without one), and of everybody in it."""

    owner: tuple[int, ...]
    everybody: tuple[int, ...]


class Owners(NamedTuple):
    """The key of each item's owner, whether there is one, and the keys of everybody in it."""

    keys: Numbers
    are_there: npt.NDArray[np.bool_]
    everybody: pa.ListArray


class Keyring:
    """Makes the keys of one installation from its secret (at least 32 bytes)."""

    def __init__(self, secret: bytes) -> None:
        if len(secret) < 32:
            raise ValueError("the key secret must have at least 32 bytes")
        self._secret = blake2b(secret, digest_size=32, person=b"withhold-keyring").digest()
        self._platforms: dict[str, bytes] = {}
        self._begun: dict[tuple[str, bytes], blake2b] = {}
        self.named = lru_cache(REMEMBERED)(self._named)
        self._people = lru_cache(REMEMBERED)(self._people_of)

    @property
    def fingerprint(self) -> str:
        """Tells one secret from another, and nothing of either."""
        return blake2b(digest_size=32, key=self._secret, person=b"fingerprint").hexdigest()

    def account(self, platform: str, native_id: str) -> int:
        return self._key(platform, b"account", native_id)

    def handle(self, platform: str, handle: str) -> int:
        """The key of a name, compared as ``same_name`` says."""
        return self._key(platform, b"handle", same_name(handle))

    def item(self, platform: str, kind: str, container_id: str, native_id: str) -> int:
        return self._key(platform, b"item", f"{kind}\0{container_id}\0{native_id}")

    def item_of(self, item: Item) -> int | None:
        """The key of ``item``, or None when the record has no id of its own."""
        if item.native_id is None:
            return None
        return self.item(item.platform, item.kind, item.container_id or "", item.native_id)

    def items(self, platform: str, kind: str, native_ids: Iterable[str]) -> Numbers:
        """The keys of items of one kind, which are in no container."""
        begun = self._begin(platform, b"item").copy()
        begun.update(f"{kind}\0\0".encode())
        digests = []
        for native_id in native_ids:
            one = begun.copy()
            one.update(native_id.encode())
            digests.append(one.digest())
        return np.frombuffer(b"".join(digests), dtype=">i8").astype(np.int64)

    def items_of(self, platform: str, ref: ItemRef) -> tuple[int, ...]:
        """The keys that the item which ``ref`` names can have."""
        return tuple(
            [self.item(platform, kind, ref.container_id, ref.native_id) for kind in ref.kinds]
        )

    def parents(self, item: Item) -> tuple[int, ...] | None:
        """Every key that something can have which ``item`` hangs on; None if it names nothing."""
        if not item.parents:
            return None
        keys = [key for ref in item.parents for key in self.items_of(item.platform, ref)]
        return tuple(sorted({*keys})) if len(keys) > 1 else tuple(keys)

    def parents_of_all(
        self, platform: str, kinds: Sequence[str], parents: pa.ListArray
    ) -> pa.ListArray:
        """The same of many items, which hang on those with these ids, each of any of ``kinds``."""
        ids, rows = parents.flatten().to_pylist(), pc.list_parent_indices(parents).to_numpy()
        keys = np.array([self.items(platform, kind, ids) for kind in kinds], dtype=np.int64)
        found = _each_once(keys.T.ravel(), np.repeat(rows, len(kinds)), len(parents))
        has_none = pc.equal(found.value_lengths(), 0)
        return pa.ListArray.from_arrays(found.offsets, found.values, mask=has_none)

    def _named(self, platform: str, native_id: str | None, handle: str | None) -> tuple[int, ...]:
        """The keys of an account that is known by its id, its name or both: the id's first."""
        keys = []
        if native_id:
            keys.append(self.account(platform, native_id))
        if handle:
            keys.append(self.handle(platform, handle))
        return tuple(keys)

    def principal(self, platform: str, principal: Principal) -> tuple[int, ...]:
        """Every key by which an opt-out can name ``principal``: the id's first."""
        return self.named(platform, principal.native_id, principal.handle)

    def people(self, item: Item) -> People:
        """The keys of all in ``item``, those of everybody sorted and each of them once."""
        return self._people(item.platform, item.principals)

    def _people_of(self, platform: str, principals: tuple[Principal, ...]) -> People:
        found = [self.principal(platform, one) for one in principals]
        owners = [
            keys for one, keys in zip(principals, found, strict=True) if one.role is Role.OWNER
        ]
        return People(owners[0] if owners else (), tuple(sorted({*chain.from_iterable(found)})))

    def of_platform(self, platform: str) -> bytes:
        """The secret under which ``platform``'s keys are made: for the platform itself alone.

        With it the platform can make the keys of its own accounts, and no other platform's.
        """
        return self._platform_secret(platform)

    def _key(self, platform: str, purpose: bytes, text: str) -> int:
        begun = self._begun.get((platform, purpose)) or self._begin(platform, purpose)
        one = begun.copy()
        one.update(text.encode("utf-8", "surrogatepass"))
        return int.from_bytes(one.digest(), "big", signed=True)

    def _begin(self, platform: str, purpose: bytes) -> blake2b:
        """The hash with its key already in it, to be copied for each text."""
        secret = self._platform_secret(platform)
        begun = blake2b(digest_size=KEY_BYTES, key=secret, person=purpose)
        return self._begun.setdefault((platform, purpose), begun)

    def _platform_secret(self, platform: str) -> bytes:
        if platform not in self._platforms:
            self._platforms[platform] = blake2b(
                platform.encode(), digest_size=32, key=self._secret
            ).digest()
        return self._platforms[platform]


class Directory:
    """The keys of ``everybody`` on ``platform``; each is looked up once for all batches."""

    def __init__(self, keyring: Keyring, platform: str, everybody: Everybody) -> None:
        self.platform, self.everybody = platform, everybody
        self.keyring = keyring
        self._keys, self._ends, self._are_owners = array("q"), array("i", [0]), array("b")

    def owners(self, whose: pa.ListArray) -> Owners:
        """What ``Keyring.people`` gives of each row; ``whose`` are numbers of ``everybody``."""
        self._look_up()
        # Views, and no copies: a dump names many more people than a batch does.
        keys, ends = np.frombuffer(self._keys, np.int64), np.frombuffer(self._ends, np.int32)
        people, rows = whose.flatten().to_numpy(), pc.list_parent_indices(whose).to_numpy()
        found, has_key = np.zeros(len(whose), np.int64), np.zeros(len(whose), np.bool_)
        owners = np.flatnonzero(np.frombuffer(self._are_owners, np.bool_)[people])
        with_owner, first = np.unique(rows[owners], return_index=True)
        owner = people[owners[first]]
        is_known = ends[owner] < ends[owner + 1]
        has_key[with_owner] = is_known
        found[has_key] = keys[ends[owner[is_known]]]
        of_each = pa.ListArray.from_arrays(pa.array(ends), pa.array(keys))
        of_all = of_each.take(pa.array(people)).flatten().to_numpy()
        counts = ends[people + 1] - ends[people]
        return Owners(found, has_key, _each_once(of_all, np.repeat(rows, counts), len(whose)))

    def keys_of(self, numbers: Iterable[int]) -> list[tuple[int, ...]]:
        """What ``Keyring.principal`` gives of each of those who have these ``numbers``."""
        self._look_up()
        ends = self._ends
        return [tuple(self._keys[ends[number] : ends[number + 1]]) for number in numbers]

    def _look_up(self) -> None:
        for one in self.everybody.after(len(self._are_owners)):
            self._keys.extend(self.keyring.principal(self.platform, one))
            self._ends.append(len(self._keys))
            self._are_owners.append(one.role is Role.OWNER)


def _each_once(keys: Numbers, rows: Numbers, count: int) -> pa.ListArray:
    """The ``keys`` of each row, of which there are ``count``, sorted and each of them once."""
    keys, lengths = keys.copy(), np.bincount(rows, minlength=count)
    starts = np.cumsum(lengths) - lengths
    for length in np.unique(lengths):
        places = starts[lengths == length][:, None] + np.arange(length)
        keys[places] = np.sort(keys[places], axis=1)
    is_new = np.ones(len(keys), dtype=np.bool_)
    is_new[1:] = (keys[1:] != keys[:-1]) | (rows[1:] != rows[:-1])
    ends = ends_array(np.bincount(rows[is_new], minlength=count))
    return pa.ListArray.from_arrays(ends, pa.array(keys[is_new]))
