"""Receipts: who asked for which file, and how it ended."""

from django.db import transaction
from django.db.models.functions import Now

from audit.actions import record
from audit.events import Actor, ActorKind, DownloadEnded, DownloadRequested
from exports.models import Credential, File, Receipt


@transaction.atomic(durable=True)
def ask(file: File, *, credential: Credential, first: int = 0, last: int = 0) -> Receipt:
    """Record that a partner asks for bytes ``first`` to ``last``, before the gate is asked.

    It is committed on return. An opt-out that commits after the gate's look therefore
    finds this receipt, and one that committed before is seen by the gate.
    """
    receipt = Receipt.objects.create(
        file=file,
        partner=credential.partner,
        credential=credential,
        first_byte=first,
        last_byte=last,
    )
    requested = DownloadRequested(
        subject=f"file:{file.pk}", partner=credential.partner.slug, receipt=str(receipt.pk)
    )
    record(requested, by=_by(receipt))
    return receipt


@transaction.atomic(durable=True)
def end(receipt: Receipt, outcome: Receipt.Outcome, *, bytes_sent: int = 0) -> None:
    """Record how it ended, once: the first end that is told stays."""
    open_receipt = Receipt.objects.filter(pk=receipt.pk, ended_at=None)
    if not open_receipt.update(outcome=outcome, bytes_sent=bytes_sent, ended_at=Now()):
        return
    ended = DownloadEnded(
        subject=f"file:{receipt.file_id}",
        partner=receipt.partner.slug,
        receipt=str(receipt.pk),
        outcome=outcome.value,
        bytes_sent=bytes_sent,
    )
    record(ended, by=_by(receipt))


def _by(receipt: Receipt) -> Actor:
    return Actor(ActorKind.PARTNER, receipt.partner.slug)
