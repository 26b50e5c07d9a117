"""A platform's own credentials for its live feed: given, changed one for the next, ended."""

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from audit.actions import record
from audit.events import Actor, PlatformKeyShown, PlatformTokenIssued, PlatformTokenRevoked
from platforms.actions.accounts import proven_keyring
from platforms.models import Platform, PlatformCredential
from platforms.tokens import LIVE_TOKENS, LONGEST_LIFE, digest_of, new_token

SCANNABLE: Final = "whp_"
SHOWN_OF_TOKEN: Final = 12


class NoToken(ValueError):
    """A token that cannot be given; the message says why."""


@transaction.atomic
def issue_token(
    platform: Platform, *, by: Actor, life: timedelta = LONGEST_LIFE
) -> tuple[PlatformCredential, str]:
    """Give ``platform`` one more token: the only time that it can be seen.

    Two can live at a time, so that its machines can change from one to the next.
    """
    if not timedelta(0) < life <= LONGEST_LIFE:
        raise NoToken(f"a token lives at most {LONGEST_LIFE.days} days")
    Platform.objects.select_for_update(no_key=True).get(pk=platform.pk)
    if platform.credentials.live().count() >= LIVE_TOKENS:
        raise NoToken(f"a platform has at most {LIVE_TOKENS} live tokens: revoke one")
    token = new_token(SCANNABLE)
    credential = PlatformCredential.objects.create(
        platform=platform,
        prefix=token[:SHOWN_OF_TOKEN],
        digest=digest_of(token.encode()),
        expires_at=timezone.now() + life,
    )
    issued = PlatformTokenIssued(
        subject=f"platform-token:{credential.pk}",
        platform=platform.slug,
        prefix=credential.prefix,
        expires_at=credential.expires_at.isoformat(),
    )
    record(issued, by=by)
    return credential, token


@transaction.atomic
def revoke_token(credential: PlatformCredential, *, by: Actor) -> None:
    """End ``credential`` now; revoking it again changes nothing."""
    live = PlatformCredential.objects.filter(pk=credential.pk, revoked_at=None)
    if not live.update(revoked_at=timezone.now()):
        return
    revoked = PlatformTokenRevoked(
        subject=f"platform-token:{credential.pk}",
        platform=credential.platform_id,
        prefix=credential.prefix,
    )
    record(revoked, by=by)


@transaction.atomic
def show_platform_key(platform: Platform, *, by: Actor) -> str:
    """The secret with which ``platform`` can make the keys of its own accounts, on the record."""
    secret = proven_keyring().of_platform(platform.slug)
    record(PlatformKeyShown(subject=f"platform:{platform.slug}", platform=platform.slug), by=by)
    return secret.hex()
