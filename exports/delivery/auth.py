"""Who asks: a partner, by a bearer token (RFC 6750) whose SHA-256 is all that is kept."""

from dataclasses import dataclass
from typing import Any, Final

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from exports.actions.agree import SCANNABLE, digest_of
from exports.models import Credential, Partner

SCHEME: Final = "Bearer"
REFUSED: Final = "This token is unknown, has expired or was revoked."


@dataclass(frozen=True)
class Caller:
    """A partner's machine, in the place where Django expects somebody signed in."""

    credential: Credential
    is_authenticated: bool = True

    @property
    def partner(self) -> Partner:
        return self.credential.partner


class PartnerToken(BaseAuthentication):
    """Lets in the holder of a usable token of an active partner, as a ``Caller``."""

    def authenticate(self, request: Request) -> tuple[Caller, Credential] | None:
        scheme, _, token = get_authorization_header(request).partition(b" ")
        if scheme.lower() != SCHEME.lower().encode():
            return None
        credential = credential_of(token.strip())
        if credential is None:
            raise AuthenticationFailed(REFUSED)
        return Caller(credential), credential

    def authenticate_header(self, request: Request) -> str:
        return f'{SCHEME} realm="withhold"'


def credential_of(token: bytes) -> Credential | None:
    """The usable credential with this token. Equal digests are the comparison."""
    if not token.startswith(SCANNABLE.encode()) or not token.isascii():
        return None
    usable = Credential.objects.usable().select_related("partner")
    return usable.filter(digest=digest_of(token.decode())).first()


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
