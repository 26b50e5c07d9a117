"""A hand inside an installation: a process that does what the tests ask it by name.

Run by the tests as ``python -m tests.faults.hand``. Each line on standard input names one
of the functions below and its arguments; the answer says what came out and how long it took.
It calls what we ship, and nothing else writes.
"""

import json
import os
import random
import shutil
import string
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django
import numpy as np

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import close_old_connections, connection  # noqa: E402

from audit.events import SYSTEM, operator_command  # noqa: E402
from audit.models import Entry  # noqa: E402
from consent import actions as consent  # noqa: E402
from consent.models import Source, Standing  # noqa: E402
from exports import gate, tasks  # noqa: E402
from exports.actions import agree, receive  # noqa: E402
from exports.actions.plan import plan_release  # noqa: E402
from exports.models import Credential, Dataset, File, Receipt, Release  # noqa: E402
from people.actions import add_user  # noqa: E402
from people.models import User  # noqa: E402
from platforms.actions import ensure_account, keyring  # noqa: E402
from platforms.archive.runs import BUCKETS, Row, bucket_of  # noqa: E402
from platforms.archive.writer import RunWriter  # noqa: E402
from platforms.models import Dump, Platform, Run  # noqa: E402
from platforms.records import Verdict  # noqa: E402

PLATFORM = "tumblr"
PUBLISHED = datetime(2020, 1, 1, tzinfo=UTC)
LATELY = datetime.now(UTC) - timedelta(hours=1)
LETTERS = string.ascii_letters + string.digits + "-_"
COMMANDS: dict[str, Callable[..., Any]] = {}


def command(function: Callable[..., Any]) -> Callable[..., Any]:
    COMMANDS[function.__name__] = function
    return function


# What there is ----------------------------------------------------------------------------


@command
def migrate() -> None:
    call_command("migrate", verbosity=0, skip_checks=True)


@command
def fill_the_archive(blogs: int, posts: int, letters: int) -> None:
    """Posts whose text cannot be compressed by much."""
    platform, _ = Platform.objects.get_or_create(slug=PLATFORM, defaults={"name": "Tumblr"})
    chance = random.Random("archive")
    with RunWriter(Path(settings.STORAGE_DIR), platform.slug) as writer:
        for blog in range(blogs):
            for number in range(posts):
                writer.add(post(blog, number, "".join(chance.choices(LETTERS, k=letters))))
    dump = Dump.objects.create(platform=platform, digest="archive", files=[], counts={})
    for run in writer.runs:
        Run.objects.create(dump=dump, platform=platform, **run._asdict())


def post(blog: int, number: int, text: str) -> Row:
    owner = keyring().account(PLATFORM, native_id(blog))
    return Row(
        item_key=keyring().item(PLATFORM, "post", native_id(blog), str(number)),
        owner_key=owner,
        account_keys=(owner,),
        platform=PLATFORM,
        kind="post",
        native_id=str(number),
        verdict=Verdict.SHARE,
        reasons=(),
        adult=False,
        media_kinds=("text",),
        published_at=PUBLISHED,
        observed_at=LATELY,
        title="",
        text=text,
        tags=(),
        media=(),
    )


def native_id(blog: int) -> str:
    return f"t:blog-{blog}"


@command
def agree_with(partner: str, buckets: int) -> str:
    """A partner with one dataset; the token."""
    row = agree.add_partner(partner, name=partner.title(), by=SYSTEM)
    agreed = {"platforms": [PLATFORM], "media_kinds": ["text"], "buckets": buckets}
    agree.add_dataset(row, "blogs", name="Blogs", **agreed, by=SYSTEM)
    return agree.issue_credential(row, by=SYSTEM)[1]


@command
def sign_up(username: str, password: str, blog: int) -> int:
    """A person who can sign in and owns a blog; the account's id."""
    email = f"{username}@example.org"
    role = User.Role.PERSON
    by = operator_command()
    person = add_user(username, email=email, password=password, role=role, by=by)
    platform = Platform.objects.get(slug=PLATFORM)
    account = consent.link(
        person, platform, native_id=native_id(blog), handle=username, method="operator", by=by
    )
    # Whatever a person starts with, the test begins with a blog that is shared.
    yes = {"source": Source.WEB, "by": consent.person_actor(person), "confirmed": True}
    consent.opt_in(account, **yes, include_older=True)
    return account.pk


@command
def forget_releases() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE exports_receipt, exports_file, exports_release")
    shutil.rmtree(Path(settings.STORAGE_DIR) / "releases", ignore_errors=True)


# What is done -----------------------------------------------------------------------------


@command
def plan(partner: str) -> str:
    return str(plan_release(Dataset.objects.get(partner__slug=partner), by=SYSTEM).pk)


@command
def build(release: str) -> str:
    """Build and publish ``release`` here and now; its first file."""
    files = File.objects.filter(release_id=release).order_by("bucket")
    for file in files:
        tasks.build_file(str(file.pk))
    tasks.publish_release(release)
    return str(files[0].pk)


@command
def file_of(release: str, blog: int) -> str:
    """The file of ``release`` that holds the posts of a blog."""
    row = Release.objects.get(pk=release)
    owner = np.array([keyring().account(PLATFORM, native_id(blog))])
    bucket = int(bucket_of(owner)[0]) * row.dataset.buckets // BUCKETS
    return str(row.files.current().get(bucket=bucket).pk)


@command
def opt_out(blog: int) -> None:
    platform = Platform.objects.get(slug=PLATFORM)
    account = ensure_account(platform, native_id=native_id(blog), by=SYSTEM)
    consent.opt_out(account, source=Source.OPERATOR, by=SYSTEM)


@command
def fetch(file: str) -> str:
    """Ask the gate as a download does; why not, or nothing."""
    row = File.objects.get(pk=file)
    credential = Credential.objects.get(partner=row.release.dataset.partner)
    receive.ask(row, credential=credential)
    try:
        gate.clear(row)
    except gate.GateClosed as closed:
        return str(closed.reason)
    return ""


@command
def let_files_be_due_now() -> int:
    return File.objects.filter(state=File.State.PLANNED).update(not_before=None)


# What came of it ----------------------------------------------------------------------------


@command
def look_at(release: str) -> dict[str, Any]:
    row = Release.objects.get(pk=release)
    files = row.files.order_by("bucket", "created_at")
    entries = Entry.objects.filter(subject__in=[f"file:{file.pk}" for file in files])
    return {
        "state": row.state,
        "files": list(map(told, files)),
        "built": entries.filter(event="file.built").count(),
        "published": entries.filter(event="file.published").count(),
        "said": Entry.objects.filter(
            event="release.published", subject=f"release:{release}"
        ).count(),
    }


def told(file: File) -> dict[str, Any]:
    names = ("bucket", "state", "attempts", "fence", "last_error", "path", "sha256", "size")
    return {"id": str(file.pk)} | {name: getattr(file, name) for name in names}


@command
def newest_receipt(file: str) -> dict[str, Any]:
    receipt = Receipt.objects.filter(file=file).latest("asked_at")
    return {"outcome": receipt.outcome, "bytes_sent": receipt.bytes_sent}


@command
def newest_outcomes(file: str) -> list[str]:
    newest = Receipt.objects.filter(file=file).order_by("-asked_at")
    return list(newest.values_list("outcome", flat=True))


@command
def reasons_of(account: int) -> list[str]:
    return [
        reason
        for reasons in Standing.objects.filter(account=account).values_list("reasons", flat=True)
        for reason in reasons
    ]


def main() -> None:
    for line in sys.stdin:
        name, arguments = json.loads(line)
        # As a worker does between tasks: the database may have been killed meanwhile.
        close_old_connections()
        begun = time.monotonic()
        answer = COMMANDS[name](**arguments)
        print(json.dumps([answer, time.monotonic() - begun]), flush=True)


if __name__ == "__main__":
    main()
