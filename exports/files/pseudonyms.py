"""Names for records and authors that mean something to one partner only.

A pseudonym is the first 64 bits of HMAC-SHA-256 (RFC 2104) of the archive's key, under
a secret of the partner: stable from release to release, so that a removal can name a
record, and useless for joining two partners' files or for finding the person.
"""

import hmac
from collections.abc import Iterable
from typing import Final

DIGITS: Final = 16


class Pseudonyms:
    """Makes the pseudonyms of one partner from the installation's secret."""

    def __init__(self, secret: bytes, partner: str) -> None:
        if len(secret) < 32:
            raise ValueError("the key secret must have at least 32 bytes")
        purposes = ("record", "author")
        self.secrets = {purpose: derived(secret, f"{purpose}\0{partner}") for purpose in purposes}

    def records(self, item_keys: Iterable[int]) -> list[str]:
        return pseudonyms(self.secrets["record"], item_keys)

    def authors(self, owner_keys: Iterable[int]) -> list[str]:
        return pseudonyms(self.secrets["author"], owner_keys)


def derived(secret: bytes, purpose: str) -> bytes:
    return hmac.digest(secret, b"withhold-pseudonym\0" + purpose.encode(), "sha256")


def pseudonyms(secret: bytes, keys: Iterable[int]) -> list[str]:
    """Sixteen hexadecimal digits for each key, which goes in as decimal text."""
    return [hmac.digest(secret, str(key).encode(), "sha256").hex()[:DIGITS] for key in keys]
