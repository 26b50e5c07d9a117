"""Who asks: a partner, by a bearer token (RFC 6750) whose SHA-256 is all that is kept."""

from dataclasses import dataclass
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from exports.models import Credential, Partner
from platforms.tokens import BearerToken, TokenQuerySet


@dataclass(frozen=True)
class Caller:
    """A partner's machine, in the place where Django expects somebody signed in."""

    credential: Credential
    is_authenticated: bool = True

    @property
    def partner(self) -> Partner:
        return self.credential.partner


class PartnerToken(BearerToken):
    """Lets in the holder of a usable token of an active partner, as a ``Caller``."""

    caller = Caller

    @staticmethod
    def usable() -> TokenQuerySet:
        return Credential.objects.usable().select_related("partner")


class PartnerTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the API's description names the token."""

    target_class = PartnerToken
    name = "partnerToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A partner's token: it begins with `wh_` and lives at most 90 days.",
        }
