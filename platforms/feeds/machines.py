"""Who asks: a platform's machine, by a bearer token (RFC 6750) kept as its SHA-256 only."""

from dataclasses import dataclass
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.request import Request

from audit.events import Actor, ActorKind
from platforms.models import Platform, PlatformCredential
from platforms.tokens import BearerToken, TokenQuerySet


@dataclass(frozen=True)
class Machine:
    """A platform's machine, in the place where Django expects somebody signed in."""

    credential: PlatformCredential
    is_authenticated: bool = True

    @property
    def platform(self) -> Platform:
        return self.credential.platform

    @property
    def actor(self) -> Actor:
        return Actor(ActorKind.PLATFORM, self.platform.slug)


class PlatformToken(BearerToken):
    """Lets in the holder of a live token of a platform, as a ``Machine``."""

    caller = Machine

    @staticmethod
    def usable() -> TokenQuerySet:
        return PlatformCredential.objects.live().select_related("platform")


class WhateverIsAccepted(BaseContentNegotiation):
    """The address decides what is answered, so an ``Accept`` header refuses nothing."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class PlatformTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the API's description names the token."""

    target_class = PlatformToken
    name = "platformToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A platform's token: it begins with `whp_` and lives at most 90 days.",
        }
