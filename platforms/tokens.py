"""Tokens of machines, a platform's or a partner's: shown once, kept as their SHA-256 only.

A token is a bearer token (RFC 6750) and begins with letters by which a leaked one is found.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Any, ClassVar, Final, Self

from django.db import models
from django.db.models.functions import Now
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

SCHEME: Final = "Bearer"
REFUSED: Final = "This token is unknown, has expired or was revoked."
TOKEN_BYTES: Final = 32
LONGEST_LIFE: Final = timedelta(days=90)
LIVE_TOKENS: Final = 2
"""So many of one holder live at a time: the old one and the next."""


class TokenQuerySet(models.QuerySet[Any]):
    def live(self) -> Self:
        """Keep the tokens that were not revoked and have not expired by the database's clock."""
        return self.filter(revoked_at=None, expires_at__gt=Now())

    def holding(self, token: bytes) -> Any:
        """The row of ``token``, or None. Equal digests are the comparison."""
        return self.filter(digest=digest_of(token)).first()


class Token(models.Model):
    """What is kept of one token."""

    prefix = models.CharField(max_length=16)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class BearerToken(BaseAuthentication):
    """Lets in the holder of a token in ``usable``, as what ``caller`` makes of its row."""

    caller: ClassVar[type[Any]]

    @staticmethod
    def usable() -> TokenQuerySet:
        raise NotImplementedError

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        scheme, _, token = get_authorization_header(request).partition(b" ")
        if scheme.lower() != SCHEME.lower().encode():
            return None
        found = self.usable().holding(token.strip())
        if found is None:
            raise AuthenticationFailed(REFUSED)
        return self.caller(found), found

    def authenticate_header(self, request: Request) -> str:
        return f'{SCHEME} realm="withhold"'


def new_token(scannable: str) -> str:
    """A new token that begins with ``scannable``."""
    return scannable + secrets.token_urlsafe(TOKEN_BYTES)


def digest_of(token: bytes) -> str:
    """What is kept of a token. Its 256 random bits need no slow hash."""
    return hashlib.sha256(token).hexdigest()
