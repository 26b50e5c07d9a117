"""What is agreed with partners: who they are, how they sign in, what they are entitled to."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from audit.actions import record
from audit.events import Actor, CredentialIssued, CredentialRevoked, DatasetAdded, PartnerAdded
from consent.decision import MAX_AGE, SETTLE
from exports.models import Credential, Dataset, Partner
from platforms.models import Platform
from platforms.records import MediaKind
from platforms.tokens import LIVE_TOKENS, LONGEST_LIFE, digest_of, new_token

SCANNABLE: Final = "wh_"
SHOWN_OF_TOKEN: Final = 8


class NotAgreeable(ValueError):
    """What was asked for cannot be agreed; the message says why."""


@transaction.atomic
def add_partner(slug: str, *, name: str, by: Actor) -> Partner:
    partner = Partner(slug=slug, name=name)
    partner.full_clean()
    partner.save(force_insert=True)
    record(PartnerAdded(subject=f"partner:{slug}", partner=slug), by=by)
    return partner


@transaction.atomic
def issue_credential(
    partner: Partner, *, by: Actor, life: timedelta = LONGEST_LIFE
) -> tuple[Credential, str]:
    """Give ``partner`` one more token: the only time that it can be seen.

    Two can live at a time, so that a partner can change from one to the next.
    """
    if not timedelta(0) < life <= LONGEST_LIFE:
        raise NotAgreeable(f"a token lives at most {LONGEST_LIFE.days} days")
    Partner.objects.select_for_update().get(pk=partner.pk)
    if partner.credentials.live().count() >= LIVE_TOKENS:
        raise NotAgreeable(f"a partner has at most {LIVE_TOKENS} live tokens: revoke one")
    token = new_token(SCANNABLE)
    credential = Credential.objects.create(
        partner=partner,
        prefix=token[:SHOWN_OF_TOKEN],
        digest=digest_of(token.encode()),
        expires_at=timezone.now() + life,
    )
    issued = CredentialIssued(
        subject=f"credential:{credential.pk}",
        partner=partner.slug,
        prefix=credential.prefix,
        expires_at=credential.expires_at.isoformat(),
    )
    record(issued, by=by)
    return credential, token


@transaction.atomic
def revoke_credential(credential: Credential, *, by: Actor) -> None:
    """End ``credential`` now; revoking it again changes nothing."""
    live = Credential.objects.filter(pk=credential.pk, revoked_at=None)
    if not live.update(revoked_at=timezone.now()):
        return
    revoked = CredentialRevoked(
        subject=f"credential:{credential.pk}",
        partner=credential.partner.slug,
        prefix=credential.prefix,
    )
    record(revoked, by=by)


@transaction.atomic
def add_dataset(
    partner: Partner,
    slug: str,
    *,
    name: str,
    platforms: Iterable[str],
    media_kinds: Iterable[str],
    by: Actor,
    adult: bool = False,
    parts: str = Dataset.Parts.DROP,
    buckets: int = 8,
    settle_hours: int = SETTLE // timedelta(hours=1),
    max_reading_age_days: int = MAX_AGE.days,
) -> Dataset:
    """Agree with ``partner`` on what its releases may hold, and how old it may be."""
    dataset = Dataset(
        partner=partner,
        slug=slug,
        name=name,
        platforms=sorted(set(platforms)),
        media_kinds=sorted(set(media_kinds)),
        adult=adult,
        parts=parts,
        buckets=buckets,
        settle_hours=settle_hours,
        max_reading_age_days=max_reading_age_days,
    )
    _require_known(dataset)
    dataset.full_clean()
    dataset.save(force_insert=True)
    added = DatasetAdded(
        subject=f"dataset:{partner.slug}/{slug}",
        partner=partner.slug,
        platforms=tuple(dataset.platforms),
        media_kinds=tuple(dataset.media_kinds),
        adult=adult,
        parts=dataset.parts,
        settle_hours=settle_hours,
        max_reading_age_days=max_reading_age_days,
    )
    record(added, by=by)
    return dataset


def _require_known(dataset: Dataset) -> None:
    known = set(Platform.objects.values_list("slug", flat=True))
    if unknown := set(dataset.platforms) - known:
        raise NotAgreeable(f"unknown platforms: {', '.join(sorted(unknown))}")
    if unknown := set(dataset.media_kinds) - set(MediaKind):
        raise NotAgreeable(f"unknown kinds of media: {', '.join(sorted(unknown))}")
