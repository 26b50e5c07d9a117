"""Why a choice is not taken: each error is named for its situation.

``status`` and ``default_code`` say how a protocol may answer; nothing here knows one.
"""

from typing import Any, ClassVar


class ConsentRefused(Exception):
    """A choice that was not recorded. ``facts`` are safe to show to whoever asked."""

    status: ClassVar[int] = 400
    default_code: ClassVar[str] = "consent_refused"

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.facts = facts


class NotYours(ConsentRefused):
    """The account is not linked to who asked; they learn no more than for an unknown one."""

    status = 404
    default_code = "not_found"


class NeedsConfirmation(ConsentRefused):
    """Turning sharing on takes a second, explicit step."""

    default_code = "needs_confirmation"


class NotTheirsToLift(ConsentRefused):
    """A reason is removed only by the side it came from."""

    status = 403
    default_code = "not_theirs_to_lift"


class KeyReused(ConsentRefused):
    """An idempotency key came again with another act; neither is guessed."""

    status = 422
    default_code = "idempotency_key_reused"


class MalformedKey(ConsentRefused):
    """An idempotency key that cannot be told from none."""

    default_code = "idempotency_key_malformed"
