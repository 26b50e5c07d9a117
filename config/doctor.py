"""Looks at everything Withhold needs on this machine and explains what is missing.

Each check returns findings and changes nothing, except that asking the embedded
database starts it.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from redis import Redis
from redis.exceptions import RedisError

from config.embedded import EmbeddedPostgresError
from platforms.models import Feed

LEAST_FREE_BYTES = 1 << 30


class Health(StrEnum):
    GOOD = "good"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it is, and what to do about it."""

    health: Health
    what: str
    found: str
    remedy: str = ""


def examine() -> Iterator[Finding]:
    for check in CHECKS:
        yield from check()


def python() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding(Health.GOOD, "Python", version)


def folders() -> Iterator[Finding]:
    settings.STORAGE_DIR.mkdir(parents=True, exist_ok=True)
    if not os.access(settings.STORAGE_DIR, os.W_OK):
        yield Finding(
            Health.BAD,
            "Storage",
            f"{settings.STORAGE_DIR} cannot be written",
            "Give this user the right to write there, or set WITHHOLD_VAR to another folder.",
        )
        return
    free = shutil.disk_usage(settings.STORAGE_DIR).free
    yield Finding(
        Health.GOOD if free >= LEAST_FREE_BYTES else Health.NOTE,
        "Storage",
        f"{settings.STORAGE_DIR}, {free / (1 << 30):.1f} GiB free",
        "" if free >= LEAST_FREE_BYTES else "Builds fail cleanly on a full disk; make room.",
    )


def embedded_server() -> Iterator[Finding]:
    if not settings.EMBEDDED:
        return
    try:
        about = settings.CLUSTER.describe()
    except EmbeddedPostgresError as error:
        yield Finding(Health.BAD, "Embedded PostgreSQL", error.what, error.remedy)
        return
    state = f"running as process {about.pid}" if about.running else "not running"
    yield Finding(
        Health.GOOD,
        "Embedded PostgreSQL",
        f"{about.version}, {state}, data in {about.data_folder}, log in {about.log_folder}",
    )


def database() -> Iterator[Finding]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT version(), pg_is_in_recovery()")
            version, is_replica = cursor.fetchone()
        waiting = _waiting_migrations()
    except DatabaseError as error:
        yield Finding(
            Health.BAD,
            "Database",
            str(error).strip(),
            "Start the server that DATABASE_URL names, or unset it to use the embedded one.",
        )
        return
    if is_replica:
        yield Finding(Health.BAD, "Database", "is a replica", "Point DATABASE_URL at the primary.")
        return
    yield Finding(Health.GOOD, "Database", version.split(" on ")[0])
    yield (
        Finding(Health.BAD, "Migrations", f"{waiting} to apply", "Run: manage.py migrate")
        if waiting
        else Finding(Health.GOOD, "Migrations", "all applied")
    )


def broker() -> Iterator[Finding]:
    if not settings.REDIS_URL:
        yield Finding(
            Health.NOTE,
            "Broker",
            f"the file system, {settings.BROKER_DIR}",
            "Enough for one machine; set REDIS_URL to spread the work over several.",
        )
        return
    try:
        Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=1).ping()
    except RedisError as error:
        yield Finding(
            Health.BAD, "Broker", f"Redis does not answer: {error}", "Start it, or unset REDIS_URL."
        )
        return
    yield Finding(Health.GOOD, "Broker", "Redis answers")


def feeds() -> Iterator[Finding]:
    """Nothing is said of feeds while the database is not there to tell."""
    try:
        watched = list(Feed.objects.filter(watched=True).order_by("pk"))
        silent = set(Feed.objects.silent().values_list("pk", flat=True))
    except DatabaseError:
        return
    for feed in watched:
        heard = f"last heard {feed.heard_at:%Y-%m-%d %H:%M} UTC" if feed.heard_at else "never heard"
        if feed.pk in silent:
            yield Finding(
                Health.BAD,
                "Feed",
                f"{feed.pk} is silent, {heard}: nothing that may hold its content is served",
                f"Ask {feed.pk} why, or: manage.py feed {feed.pk} --off",
            )
        else:
            yield Finding(Health.GOOD, "Feed", f"{feed.pk} speaks, {heard}")


def configuration() -> Iterator[Finding]:
    for message in checks.run_checks(include_deployment_checks=settings.HTTPS):
        serious = message.level >= checks.ERROR
        yield Finding(
            Health.BAD if serious else Health.NOTE, "Settings", message.msg, message.hint or ""
        )
    if not settings.HTTPS:
        yield Finding(
            Health.NOTE,
            "Settings",
            "cookies are not restricted to HTTPS",
            "Right for trying it on this machine. Set WITHHOLD_HTTPS=true behind TLS.",
        )


def mail() -> Iterator[Finding]:
    if settings.EMAIL_BACKEND.endswith("console.EmailBackend"):
        yield Finding(
            Health.NOTE,
            "Mail",
            "printed into the log, with links that sign people in",
            "Right for trying it on this machine. Set EMAIL_URL to send mails.",
        )
        return
    yield Finding(Health.GOOD, "Mail", "is sent, as EMAIL_URL says")


def browser() -> Iterator[Finding]:
    path = shutil.which("chromium")
    yield Finding(
        Health.GOOD if path else Health.NOTE,
        "Chromium (tests only)",
        path or "not found",
        "" if path else "The browser tests are skipped. Debian: apt-get install chromium",
    )


def _waiting_migrations() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


CHECKS: tuple[Callable[[], Iterator[Finding]], ...] = (
    python,
    folders,
    embedded_server,
    database,
    broker,
    feeds,
    configuration,
    mail,
    browser,
)
