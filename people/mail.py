"""Mails to people, sent by django-allauth while they wait for a page."""

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.http import HttpRequest

logger = logging.getLogger(__name__)

SENT = "account/messages/email_confirmation_sent.txt"
NOT_SENT = "account/messages/email_confirmation_not_sent.txt"


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Says so when a confirmation cannot be sent; what was saved before stays saved.

    A link for a new password that cannot be sent is an error: nothing else was asked for.
    """

    def send_confirmation_mail(
        self, request: HttpRequest, emailconfirmation: Any, signup: bool
    ) -> None:
        try:
            super().send_confirmation_mail(request, emailconfirmation, signup)
        except (OSError, SMTPException) as error:
            logger.error("a confirmation could not be sent: %s", type(error).__name__)
            request.META[NOT_SENT] = True

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        if message_template == SENT and request.META.get(NOT_SENT):
            level, message_template = messages.WARNING, NOT_SENT
        super().add_message(request, level, message_template, *args, **kwargs)
