"""``manage.py link_account``: an operator links an account to its person."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.events import operator_command
from consent import actions
from people.models import User
from platforms.actions import (
    AlreadyLinked,
    WrongKeySecret,
    add_missing_platforms,
    ensure_accounts,
    names_of,
)
from platforms.feeds.removals import AccountName, NotUnderstood
from platforms.models import Platform


class Command(BaseCommand):
    help = (
        "Link the account with this stable id to a person, after you have checked that it is "
        "theirs. What they chose for everything they own binds it at once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("platform", help="for example tumblr")
        parser.add_argument("native_id", help="the platform's stable id, not the name")
        parser.add_argument("--handle", default="", help="the name it goes by now")
        parser.add_argument("--method", default="operator", help="how you checked, for the log")

    def handle(
        self, *, username: str, platform: str, native_id: str, handle: str, method: str, **_: Any
    ) -> None:
        add_missing_platforms()
        person = User.objects.filter(username=username).first()
        where = Platform.objects.filter(pk=platform).first()
        if person is None:
            raise CommandError(f"Nobody signs in as {username!r}.")
        if where is None:
            known = ", ".join(Platform.objects.order_by("pk").values_list("pk", flat=True))
            raise CommandError(f"There is no platform {platform!r}. Known: {known}.")
        try:
            named = names_of(where.slug, AccountName(native_id, handle or None))
            ensure_accounts(where, [named], by=operator_command())
            account = actions.link(
                person,
                where,
                native_id=named.native_id,
                handle=named.handle,
                method=method,
                by=operator_command(),
            )
        except AlreadyLinked as refusal:
            raise CommandError(f"Not linked: {refusal}.")
        except NotUnderstood as refusal:
            raise CommandError(f"Not linked: {refusal}. Dumps and the feed name accounts so, too.")
        except WrongKeySecret as refusal:
            raise CommandError(f"Not linked: {refusal}")
        self.stdout.write(f"{account} on {where} belongs to {username}.")
