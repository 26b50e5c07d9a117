"""How releases and files are put into words on our pages."""

from django import template

from exports.delivery.errors import REASONS
from exports.models import File, Receipt
from exports.releases import Availability, availability

register = template.Library()

TONES = {
    Availability.AVAILABLE: "ok",
    Availability.EMPTY: "",
    Availability.BEING_BUILT: "warn",
    Availability.WITHDRAWN: "stop",
    Availability.FAILED: "stop",
    Receipt.Outcome.SENT: "ok",
    Receipt.Outcome.DENIED: "stop",
    Receipt.Outcome.STOPPED: "stop",
    Receipt.Outcome.BROKEN: "warn",
}


@register.filter
def tone(subject: File | Receipt) -> str:
    """The class of the badge for a file's state or a receipt's outcome."""
    if isinstance(subject, File):
        return modifier(TONES[availability(subject)])
    return modifier(TONES.get(Receipt.Outcome(subject.outcome), "warn"))


@register.filter
def because(file: File) -> str:
    """Why a file was withdrawn, in words."""
    return REASONS.get(file.withdrawn_because, file.withdrawn_because)


def modifier(name: str) -> str:
    return f"badge badge--{name}" if name else "badge"
