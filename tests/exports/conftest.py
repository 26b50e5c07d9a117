"""One partner with one dataset, two bloggers, and files as a build leaves them.

Alice owns a blog, Bob is somebody else, and Initech is a second partner.
"""

import hashlib
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction

from audit.events import operator_command
from consent import actions as consent
from consent.models import ReasonCode, Source
from exports import denials
from exports.actions import agree
from exports.models import Credential, Dataset, File, Partner, Release
from exports.primary import one_snapshot
from platforms.actions import ensure_account, hear, keyring
from platforms.archive import keyfile
from platforms.archive.runs import Row
from platforms.archive.writer import RunWriter
from platforms.models import Account, Dump, Feed, Platform, Run
from platforms.records import Verdict

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATELY = datetime.now(UTC) - timedelta(hours=1)
OPERATOR = operator_command()
PARQUET = b"PAR1 stands for the bytes of a file PAR1"


@pytest.fixture
def tumblr(transactional_db) -> Platform:
    return Platform.objects.get_or_create(slug="tumblr", defaults={"name": "Tumblr"})[0]


@pytest.fixture
def alice(tumblr: Platform) -> Account:
    return ensure_account(tumblr, native_id="t:alice", handle="alice", by=OPERATOR)


@pytest.fixture
def bob(tumblr: Platform) -> Account:
    return ensure_account(tumblr, native_id="t:bob", handle="bob", by=OPERATOR)


@pytest.fixture
def partner(transactional_db) -> Partner:
    return agree.add_partner("acme", name="Acme AI", by=OPERATOR)


@pytest.fixture
def initech(transactional_db) -> Partner:
    return agree.add_partner("initech", name="Initech", by=OPERATOR)


@pytest.fixture
def credential(partner: Partner) -> Credential:
    return agree.issue_credential(partner, by=OPERATOR)[0]


@pytest.fixture
def dataset(partner: Partner, tumblr: Platform) -> Dataset:
    return agree.add_dataset(
        partner,
        "blogs",
        name="Blogs",
        platforms=["tumblr"],
        media_kinds=["text", "image"],
        buckets=1,
        by=OPERATOR,
    )


@pytest.fixture
def opt_out() -> Callable[..., None]:
    """The person says no, through the door of an operator, who needs no linked account."""

    def say_no(account: Account, *, partner: str = "", reason=ReasonCode.LEGAL) -> None:
        consent.opt_out(
            account, source=Source.OPERATOR, by=OPERATOR, reason=reason, partner=partner
        )

    return say_no


@pytest.fixture
def take_back_opt_out() -> Callable[..., None]:
    def lift(account: Account, *, include_older: bool = False) -> None:
        consent.lift(
            account,
            reason=ReasonCode.LEGAL,
            source=Source.OPERATOR,
            by=OPERATOR,
            include_older=include_older,
        )

    return lift


@pytest.fixture
def silent_feed(tumblr: Platform) -> Feed:
    """Tumblr's feed, which spoke a day ago and not since."""
    feed = hear(tumblr, by=OPERATOR)
    Feed.objects.filter(pk=feed.pk).update(heard_at=datetime.now(UTC) - timedelta(days=1))
    feed.refresh_from_db()
    return feed


# The archive ------------------------------------------------------------------------------


@pytest.fixture
def post() -> Callable[..., Row]:
    """A public post of ``account`` that has settled, unless said otherwise."""

    def make(account: Account, number: int = 1, **facts: Any) -> Row:
        row = Row(
            item_key=item_key(account, number),
            owner_key=account.keys[0],
            account_keys=tuple(sorted(account.keys)),
            platform=account.platform_id,
            kind="post",
            native_id=str(number),
            verdict=Verdict.SHARE,
            reasons=(),
            adult=False,
            media_kinds=("text",),
            published_at=NOON,
            observed_at=LATELY,
            title=f"Title {number}",
            text=f"Words of {account.handle}",
            tags=(),
            media=(),
        )
        return row._replace(**facts)

    return make


def item_key(account: Account, number: int = 1) -> int:
    return keyring().item(account.platform_id, "post", account.native_id, str(number))


@pytest.fixture
def archive(tumblr: Platform, storage: Path) -> Callable[..., Run]:
    """Import rows as one dump with one run."""

    def take_in(*rows: Row) -> Run:
        with RunWriter(storage, tumblr.slug) as writer:
            for row in rows:
                writer.add(row)
        dump = Dump.objects.create(platform=tumblr, digest=uuid.uuid4().hex, files=[], counts={})
        (run,) = writer.runs
        return Run.objects.create(dump=dump, platform=tumblr, **run._asdict())

    return take_in


@pytest.fixture
def key_of() -> Callable[..., int]:
    """The key of one post of an account."""
    return item_key


# Files ------------------------------------------------------------------------------------


@pytest.fixture
def a_release(dataset: Dataset) -> Callable[..., Release]:
    def make(state: str = Release.State.BUILDING) -> Release:
        version = Release.objects.filter(dataset=dataset).count() + 1
        return Release.objects.create(dataset=dataset, version=version, state=state)

    return make


@pytest.fixture
def a_file(a_release: Callable[..., Release], storage: Path) -> Callable[..., File]:
    """A file that holds one post of each account, as a build now would leave it."""

    def make(
        *accounts: Account,
        state: str = File.State.PUBLISHED,
        release: Release | None = None,
        parents: Sequence[int] = (),
        **facts: Any,
    ) -> File:
        if release is None:
            published = state == File.State.PUBLISHED
            release = a_release(Release.State.PUBLISHED if published else Release.State.BUILDING)
        facts.setdefault("bucket", release.files.count())
        built = built_facts(release, accounts, storage, parents)
        return File.objects.create(release=release, state=state, **facts | built)

    return make


def built_facts(
    release: Release, accounts: Sequence[Account], storage: Path, parents: Sequence[int]
) -> dict[str, Any]:
    folder = storage / "releases" / str(release.pk) / uuid.uuid4().hex
    folder.mkdir(parents=True)
    (folder / "rows.parquet").write_bytes(PARQUET)
    account_keys = np.unique(np.array([key for each in accounts for key in each.keys], np.int64))
    item_keys = np.unique(np.array([item_key(each) for each in accounts], np.int64))
    with one_snapshot() as checkpoint:
        terms = denials.terms_of(release.dataset)
    place = folder.relative_to(storage).as_posix()
    return {
        "path": f"{place}/rows.parquet",
        "sha256": hashlib.sha256(PARQUET).hexdigest(),
        "size": len(PARQUET),
        "rows": len(accounts),
        "accounts_path": f"{place}/accounts.keys",
        "accounts_sha256": keyfile.write(folder / "accounts.keys", account_keys),
        "items_path": f"{place}/items.keys",
        "items_sha256": keyfile.write(folder / "items.keys", item_keys),
        "parents_path": f"{place}/parents.keys",
        "parents_sha256": keyfile.write(folder / "parents.keys", np.array(parents, np.int64)),
        "terms": terms,
        "usable_until": checkpoint.at + timedelta(days=30),
        "snapshot": checkpoint.snapshot,
        "snapshot_at": checkpoint.at,
        "cleared": checkpoint.snapshot,
        "system_identifier": checkpoint.system_identifier,
    }


# Other sessions ---------------------------------------------------------------------------


class OpenTransaction:
    """Work done in a transaction of another session, which commits when it is told."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._done, self._may_commit = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._error: BaseException | None = None

    def run_until_commit(self) -> None:
        self._thread.start()
        assert self._done.wait(10)
        assert self._error is None, self._error

    def commit(self) -> None:
        self._may_commit.set()
        self._thread.join(10)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        try:
            with transaction.atomic():
                self._work()
                self._done.set()
                self._may_commit.wait(10)
        except BaseException as error:
            self._error = error
        finally:
            self._done.set()
            connection.close()


@pytest.fixture
def in_another_session() -> Iterator[Callable[[Callable[[], None]], OpenTransaction]]:
    opened = []

    def begin(work: Callable[[], None]) -> OpenTransaction:
        opened.append(OpenTransaction(work))
        return opened[-1]

    yield begin
    for each in opened:
        each.commit()


@pytest.fixture
def burn_transactions(transactional_db) -> Callable[[int], None]:
    """Let other work use up transaction ids."""

    def burn(number: int) -> None:
        with connection.cursor() as cursor:
            for _ in range(number):
                cursor.execute("SELECT pg_current_xact_id()")

    return burn
