"""A house to fetch from: a platform, its people and their posts, a partner and its dataset.

Files are planned, claimed, read for consent, staged, checked and published by the code
that we ship. Only their rows are not: they are lines of names, so that what a partner got
can be read from the bytes whatever the program believes, and so that files can be
replaced as fast as the clients withdraw them.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection

from audit.events import SYSTEM
from exports import tasks
from exports.actions import agree, build
from exports.actions.lease import Lease
from exports.actions.plan import plan_release
from exports.files.places import Built
from exports.models import Credential, Dataset, File, Release
from platforms.actions import keyring
from platforms.archive import keyfile
from platforms.archive.durable import write_durably
from platforms.archive.runs import bucket_of
from platforms.models import Account, Platform

AT_ONCE = 2


@dataclass(frozen=True)
class Post:
    """One post: the file it belongs to, and everybody whose words are in it."""

    bucket: int
    people: frozenset[str]
    keys: frozenset[int]


@dataclass(frozen=True)
class House:
    """What the clients of one run work on, and nobody else."""

    accounts: list[Account]
    posts: list[Post]
    dataset: Dataset
    credential: Credential


def prepare(slug: str, *, accounts: int, buckets: int) -> House:
    """Make a house of its own, named ``slug``, with a release that is planned."""
    platform = Platform.objects.create(slug=slug, name=slug)
    people = Account.objects.bulk_create(
        Account(platform=platform, native_id=name, keys=[keyring().account(slug, name)])
        for name in (f"{slug}-{number}" for number in range(accounts))
    )
    partner = agree.add_partner(slug, name=slug, by=SYSTEM)
    credential, _ = agree.issue_credential(partner, by=SYSTEM)
    agreed = {"name": "Posts", "platforms": [slug], "media_kinds": ["text"], "buckets": buckets}
    dataset = agree.add_dataset(partner, "posts", **agreed, by=SYSTEM)
    plan_release(dataset, by=SYSTEM)
    return House(people, posts_of(people, buckets), dataset, credential)


def posts_of(people: list[Account], buckets: int) -> list[Post]:
    """Everybody posts, and each passes on the post of the one before."""
    own = [post(buckets, account) for account in people]
    passed_on = [post(buckets, people[n], people[n - 1]) for n in range(len(people))]
    return own + passed_on


def post(buckets: int, owner: Account, *others: Account) -> Post:
    everybody = [owner, *others]
    return Post(
        bucket=int(bucket_of(np.array(owner.keys))[0]) * buckets // 64,
        people=frozenset(account.native_id for account in everybody),
        keys=frozenset(key for account in everybody for key in account.keys),
    )


# What workers do -----------------------------------------------------------------------------


def finish_release(house: House) -> None:
    while house.dataset.releases.filter(published_at=None).exists():
        if not work(house):
            time.sleep(0.02)


def work(house: House) -> bool:
    """Do a little of what is due, as workers would; False when nothing is."""
    files = File.objects.filter(release__dataset=house.dataset)
    due = [
        *(
            (publish_release, pk)
            for pk in some(Release.objects.complete().filter(dataset=house.dataset))
        ),
        *((publish_file, pk) for pk in some(files.waiting_to_join())),
        *((build_file, pk) for pk in some(files.claimable())),
    ]
    for task, pk in due:
        task(pk, house)
    return bool(due)


def some(rows: Any) -> list[Any]:
    return list(rows.order_by("?").values_list("pk", flat=True)[:AT_ONCE])


def publish_release(pk: Any, house: House) -> None:
    tasks.publish_release(str(pk))


def publish_file(pk: Any, house: House) -> None:
    tasks.publish_file(str(pk))


def build_file(pk: Any, house: House) -> None:
    """Build one file as ``exports.actions.build`` does, with rows that are quickly written."""
    claimed = build.claim(pk)
    if claimed is None:
        return
    with Lease(claimed):
        work = build.Work.on(claimed)
        denied = set(work.reading.denials.accounts.tolist())
        posts = [post for post in house.posts if post.bucket == claimed.bucket]
        built = written(work, [post for post in posts if not post.keys & denied])
        build.say_built(work, built)
        build.say_verified(work, built)


def written(work: build.Work, posts: list[Post]) -> Built:
    names = sorted({name for post in posts for name in post.people})
    with write_durably(work.places.rows) as draft:
        draft.write("\n".join(names).encode())
    keys = np.unique(np.array([key for post in posts for key in post.keys], dtype=np.int64))
    return Built(
        sha256=draft.sha256,
        size=draft.size,
        rows=len(posts),
        accounts_sha256=keyfile.write(work.places.accounts, keys),
        items_sha256=keyfile.write(work.places.items, np.arange(len(posts))),
        parents_sha256=keyfile.write(work.places.parents, np.empty(0, np.int64)),
        usable_until=work.reading.checkpoint.at + timedelta(days=30),
    )


# What others see and suffer -------------------------------------------------------------------


def people_in(file: File) -> list[str]:
    """Whose words are in the bytes of ``file``."""
    return (Path(settings.STORAGE_DIR) / file.path).read_text().split()


def slow_commits(share: float, seconds: float) -> None:
    """Let some opt-outs commit late: ids, transaction ids and commits then differ in order."""
    statements: Iterable[str] = (
        "CREATE OR REPLACE FUNCTION commit_late() RETURNS trigger LANGUAGE plpgsql AS $$"
        " BEGIN IF random() < TG_ARGV[0]::float THEN PERFORM pg_sleep(TG_ARGV[1]::float);"
        " END IF; RETURN NULL; END $$",
        "DROP TRIGGER IF EXISTS late ON consent_statement",
        "CREATE CONSTRAINT TRIGGER late AFTER INSERT ON consent_statement"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
        f" EXECUTE FUNCTION commit_late('{share:f}', '{seconds:f}')",
    )
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
