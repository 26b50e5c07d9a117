"""Why a download does not happen, in the words and the statuses that a partner gets."""

from collections.abc import Sequence
from typing import Any, ClassVar

from rest_framework.exceptions import APIException

from exports.gate import Closed, FeedsSilent, GateClosed
from exports.models import File
from exports.releases import availability, newest_of_bucket
from platforms.models import Feed

REASONS = {
    "account_not_shared": "Somebody in it does not share any more",
    "item_taken_back": "Something in it was deleted or made private",
    "item_withheld_by_newer_run": "Something in it proved not to be public",
    "agreement_changed": "The agreement has changed",
    "reading_too_old": "Something in it was last read too long ago",
    "keys_damaged": "Our copy was damaged",
    "size_differs": "Our copy was damaged",
    "bytes_missing": "Our copy was damaged",
}


class DeliveryRefused(APIException):
    """A download that does not happen. ``facts`` join the problem document."""

    wait: ClassVar[int | None] = None

    def __init__(self, detail: str | None = None, **facts: Any) -> None:
        super().__init__(detail)
        self.facts = facts


class NotThere(DeliveryRefused):
    """Unknown, somebody else's and not yet published are answered alike."""

    status_code = 404
    default_code = "not_found"
    default_detail = "There is nothing here for you under this address."


class Gone(DeliveryRefused):
    """Withdrawn for good; ``successor`` names the file that takes its place."""

    status_code = 410
    default_code = "withdrawn"
    default_detail = "This file was withdrawn. Delete your copies and fetch its successor."


class Damaged(DeliveryRefused):
    """The file on our disk is not the one that was verified: it was set aside just now."""

    status_code = 503
    default_code = "damaged"
    default_detail = "This file cannot be served: our copy is damaged, and is being rebuilt."
    wait = 30


class Uncheckable(DeliveryRefused):
    status_code = 503
    default_code = "unavailable"
    default_detail = "The service cannot check consent right now, so it serves nothing."
    wait = 5


class FeedSilent(DeliveryRefused):
    """A platform that may be in the file is silent; the file leaves again when it speaks."""

    status_code = 503
    default_code = "feed_silent"
    wait = 60

    def __init__(self, feeds: Sequence[Feed]) -> None:
        names = " and ".join(feed.pk for feed in feeds)
        super().__init__(
            f"Nothing is served of what may hold content of {names}: we have not heard from "
            "there for too long to know what is still public. Ask again later.",
            silent_feeds=[silence_of(feed) for feed in feeds],
        )


class NotInFile(DeliveryRefused):
    """RFC 9110, 15.5.17: the range lies beyond the end."""

    status_code = 416
    default_code = "range_not_satisfiable"
    default_detail = "The file has no such bytes."


def refusal_for(closed: GateClosed, file: File) -> DeliveryRefused:
    """What the partner is told when the gate is closed for ``file``."""
    if closed.reason in (Closed.WITHDRAWN, Closed.DAMAGED):
        return gone(File.objects.get(pk=file.pk))
    if isinstance(closed, FeedsSilent):
        return FeedSilent(closed.feeds)
    if closed.reason is Closed.UNCHECKABLE:
        return Uncheckable()
    return NotThere()


def silence_of(feed: Feed) -> dict[str, Any]:
    """Which platform is silent, since when, and how long it may be."""
    return {
        "platform": feed.pk,
        "heard_at": feed.heard_at and feed.heard_at.isoformat().replace("+00:00", "Z"),
        "may_be_silent_s": round(feed.stale_after.total_seconds()),
    }


def gone(file: File) -> Gone:
    reason = file.withdrawn_because
    facts: dict[str, Any] = {"reason": reason, "reason_text": REASONS.get(reason, reason)}
    successor = newest_of_bucket(file)
    if successor.pk != file.pk:
        facts |= {"successor": str(successor.pk), "successor_state": availability(successor)}
    return Gone(**facts)
