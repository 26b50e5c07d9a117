"""The story: two dumps come in, a partner fetches, a person says no, and it holds.

Everything outside happens over HTTP, as a browser and a script would do it. What was
fetched is read again here, by its bytes alone, and compared with the marks in the texts.
"""

import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq
from django.utils import timezone
from rich.progress import Progress

from audit.events import operator_command
from config.quickstart import dumps
from config.quickstart.visitors import Answer, Pipeline, Visitor, form_to, form_with
from consent.actions import link
from exports.actions.agree import add_dataset, add_partner, issue_credential, revoke_credential
from exports.actions.plan import plan_release
from exports.models import Credential, Dataset, File, Partner, Release
from people.actions import add_user
from people.models import User
from platforms.actions import import_dump
from platforms.models import Dump, Platform

BUILD_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.1
PARTNER: Final = "northlight"
DATASET: Final = "story"


class StoryFailed(AssertionError):
    """A step of the story did not hold. Says which, and what was seen instead."""


@dataclass(frozen=True)
class SignIn:
    role: str
    username: str
    password: str


@dataclass
class Report:
    """What the story measured; ``leaks`` counts items that were never to ship, and did."""

    items_read: int = 0
    shared: int = 0
    adult: int = 0
    held: int = 0
    excluded: int = 0
    by_reason: dict[str, int] = field(default_factory=dict)
    files: int = 0
    rows_before: int = 0
    rows_after: int = 0
    blocked_after_opt_out_ms: float = 0.0
    rebuilt_after_s: float = 0.0
    audit_entries_seen: int = 0
    leaks: int = 0

    def add(self, dump: Dump) -> None:
        self.items_read += dump.counts["read"]
        self.shared += dump.counts["shared"]
        self.adult += dump.counts["adult"]
        self.held += dump.counts["held"]
        self.excluded += dump.counts["excluded"]
        for reason, count in dump.counts["by_reason"].items():
            self.by_reason[reason] = self.by_reason.get(reason, 0) + count


class Story:
    """Tells itself step by step against the service at ``base``, with ``progress`` bars."""

    def __init__(
        self, base: str, folder: Path, progress: Progress, check: Callable[[], None]
    ) -> None:
        self.base = base
        self.folder = folder
        self.progress = progress
        self.check = check
        self.report = Report()
        self.by = operator_command()
        self.sign_ins: list[SignIn] = []
        self.token = ""

    def tell(self) -> Report:
        self.people_sign_up()
        self.dumps_come_in()
        release = self.release_is_built()
        before = self.partner_fetches(release)
        self.person_opts_out()
        self.same_files_are_refused(before)
        self.rebuilt_files_arrive(release, before)
        self.operator_reads_the_log(release)
        return self.report

    def people_sign_up(self) -> None:
        step = self.step("People sign up", 2)
        person = self._user("ada", User.Role.PERSON)
        self._user("olive", User.Role.OPERATOR)
        accounts = {"tumblr": dumps.PERSON_BLOG_UUID, "wordpress": dumps.PERSON_SITE}
        handles = {"tumblr": dumps.PERSON_BLOG, "wordpress": dumps.PERSON_SITE}
        for slug, native_id in accounts.items():
            platform = Platform.objects.get(slug=slug)
            link(
                person,
                platform,
                native_id=native_id,
                handle=handles[slug],
                method="operator",
                by=self.by,
            )
            self.progress.advance(step)
        self._person_shares_again()

    def dumps_come_in(self) -> None:
        tumblr, wordpress = dumps.write(self.folder)
        size = tumblr.stat().st_size + wordpress.stat().st_size
        step = self.step("Two dumps are imported", size)
        for slug, path, facts in (
            ("tumblr", tumblr, {}),
            ("wordpress", wordpress, {"blog_public": "1"}),
        ):
            dump = import_dump(
                slug,
                [path],
                facts,
                by=self.by,
                now=timezone.now(),
                progress=lambda count: self.progress.advance(step, count),
            )
            self.report.add(dump)
        self.progress.update(step, completed=size)

    def release_is_built(self) -> Release:
        partner = self._partner()
        release = plan_release(self._dataset(partner), by=self.by)
        files = release.files.count()
        step = self.step("Workers build a release", files)
        self.wait(
            "the release to be published",
            lambda: self._is_published(release, lambda done: self._show(step, done)),
        )
        self.progress.update(step, completed=files)
        return release

    def partner_fetches(self, release: Release) -> dict[str, bytes]:
        """Every file of the release, by its address."""
        manifest = self._manifest(release)
        step = self.step("The partner fetches it", len(manifest["files"]))
        fetched = {}
        for file in manifest["files"]:
            answer = self.pipeline.get(file["url"])
            self.require(answer.status == 200, f"a published file was answered {answer.status}")
            fetched[file["url"]] = answer.body
            self.progress.advance(step)
        texts = texts_of(fetched.values())
        self.report.files = len(fetched)
        self.report.rows_before = len(texts)
        self.report.leaks += sum(dumps.NEVER in text for text in texts)
        self.require(any(dumps.UNTIL_OPT_OUT in text for text in texts), "Ada's posts are missing")
        return fetched

    def person_opts_out(self) -> None:
        step = self.step("Ada opts out in the web form", 2)
        browser = Visitor(self.base)
        page = browser.sign_in("ada", self._password_of("ada"))
        self.progress.advance(step)
        answer = browser.submit(page, form_to(page, "/choices/opt-out/"))
        self.acknowledged = time.monotonic()
        self.require(answer.status == 200, f"the opt-out was answered {answer.status}")
        self.progress.advance(step)

    def same_files_are_refused(self, before: dict[str, bytes]) -> None:
        """Every file with one of her posts is 410 from now on; the first is timed."""
        hers = [url for url, body in before.items() if has_mark([body], dumps.UNTIL_OPT_OUT)]
        step = self.step("The partner fetches the same files", len(hers))
        for number, url in enumerate(hers):
            answer = self.pipeline.get(url)
            if number == 0:
                self.report.blocked_after_opt_out_ms = _ms_since(self.acknowledged)
            self.require(answer.status == 410, f"a file with Ada was answered {answer.status}")
            self.progress.advance(step)

    def rebuilt_files_arrive(self, release: Release, before: dict[str, bytes]) -> None:
        step = self.step("The rebuilt files arrive", 1)
        self.wait("the rebuilt files", lambda: self._manifest(release)["complete"])
        manifest = self._manifest(release)
        self.report.rebuilt_after_s = round(time.monotonic() - self.acknowledged, 3)
        bodies = []
        for file in manifest["files"]:
            answer = self.pipeline.get(file["url"])
            self.require(answer.status == 200, f"a rebuilt file was answered {answer.status}")
            bodies.append(answer.body)
        texts = texts_of(bodies)
        self.report.rows_after = len(texts)
        for mark in (dumps.NEVER, dumps.UNTIL_OPT_OUT):
            self.report.leaks += sum(mark in text for text in texts)
        self.require(0 < len(texts) < self.report.rows_before, "the others' posts are not there")
        self.progress.advance(step)

    def operator_reads_the_log(self, release: Release) -> None:
        names = ("dump.imported", "release.published", "consent.opted_out", "file.withdrawn",
                 "download.requested")  # fmt: skip
        step = self.step("The operator reads the audit log", len(names))
        browser = Visitor(self.base)
        browser.sign_in("olive", self._password_of("olive"))
        for name in names:
            page = browser.get(f"/operator/audit/?event={name}")
            seen = page.text.count("<time datetime=")
            self.require(page.status == 200 and seen > 0, f"{name} is not in the audit log")
            self.report.audit_entries_seen += seen
            self.progress.advance(step)

    # How it is told --------------------------------------------------------------------

    def step(self, title: str, total: float) -> Any:
        self.check()
        return self.progress.add_task(title, total=total)

    def require(self, holds: bool, otherwise: str) -> None:
        if not holds:
            raise StoryFailed(otherwise)

    def wait(self, what: str, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + BUILD_SECONDS
        while not holds():
            self.check()
            self.require(time.monotonic() < deadline, f"waited {BUILD_SECONDS:.0f} s for {what}")
            time.sleep(POLL_SECONDS)

    # Whoever and whatever is there from an earlier run is used again ------------------------

    def _user(self, username: str, role: User.Role) -> User:
        password = secrets.token_urlsafe(9)
        self.sign_ins.append(SignIn(role, username, password))
        return add_user(
            username, email=f"{username}@example.org", role=role, password=password, by=self.by
        )

    def _password_of(self, username: str) -> str:
        return next(each.password for each in self.sign_ins if each.username == username)

    def _person_shares_again(self) -> None:
        """After an earlier run Ada has opted out: she takes it back, older posts included."""
        browser = Visitor(self.base)
        page = browser.sign_in("ada", self._password_of("ada"))
        self.require(page.status == 200, f"the person's page was answered {page.status}")
        confirmation = browser.get("/choices/opt-in/")
        form = form_with(confirmation, "confirm")
        answer = browser.submit(confirmation, form, include_older="on")
        self.require(answer.status == 200, f"opting in was answered {answer.status}")

    def _partner(self) -> Partner:
        partner = Partner.objects.filter(slug=PARTNER).first()
        if partner is None:
            partner = add_partner(PARTNER, name="Northlight Models", by=self.by)
        for credential in Credential.objects.live().filter(partner=partner):
            revoke_credential(credential, by=self.by)
        _, self.token = issue_credential(partner, by=self.by)
        self.pipeline = Pipeline(self.base, self.token)
        return partner

    def _dataset(self, partner: Partner) -> Dataset:
        known = Dataset.objects.filter(partner=partner, slug=DATASET).first()
        return known or add_dataset(
            partner,
            DATASET,
            name="The story's posts",
            platforms=["tumblr", "wordpress"],
            media_kinds=["text", "image"],
            buckets=4,
            by=self.by,
        )

    def _is_published(self, release: Release, show: Callable[[int], None]) -> bool:
        release.refresh_from_db()
        waiting = [File.State.PLANNED, File.State.BUILDING]
        show(release.files.exclude(state__in=waiting).count())
        return release.state == Release.State.PUBLISHED

    def _show(self, step: Any, done: int) -> None:
        self.progress.update(step, completed=done)

    def _manifest(self, release: Release) -> Any:
        answer: Answer = self.pipeline.get(f"/api/v1/releases/{release.pk}/manifest/")
        self.require(answer.status == 200, f"the manifest was answered {answer.status}")
        return answer.json()


def texts_of(bodies: Iterable[bytes]) -> list[str]:
    """All texts in these Parquet files, read without any code of the service."""
    return [
        " ".join(str(value) for value in row.values())
        for body in bodies
        for row in pq.read_table(BytesIO(body)).to_pylist()
    ]


def has_mark(bodies: Sequence[bytes], mark: str) -> bool:
    return any(mark in text for text in texts_of(bodies))


def _ms_since(moment: float) -> float:
    return round((time.monotonic() - moment) * 1000, 1)
