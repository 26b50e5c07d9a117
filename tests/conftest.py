"""The test session: its own folder for all that is kept, its own embedded PostgreSQL."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
import pytest
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher

OURS = "withhold-tests-"
BASE = Path(os.environ.get("WITHHOLD_VAR") or tempfile.mkdtemp(prefix=OURS))
# Each worker of pytest-xdist has a folder of its own in the one that the main process made.
VAR = BASE / os.environ.get("PYTEST_XDIST_WORKER", "")
os.environ["WITHHOLD_VAR"] = str(VAR)
os.environ.setdefault("WITHHOLD_DURABLE", "false")
# Named in pytest's own configuration, or inherited by a worker, the settings would be read
# before this file is, and so in another folder.
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()
assert settings.VAR_DIR == VAR
del os.environ["DJANGO_SETTINGS_MODULE"]
# The hash is made to take a third of a second. No test is about that, and many sign in.
PBKDF2PasswordHasher.iterations = 1_000


def pytest_unconfigure() -> None:
    """Nothing is left behind, unless the folder was given from outside."""
    if not BASE.name.startswith(OURS):
        return
    if settings.EMBEDDED:
        settings.CLUSTER.remove()
    shutil.rmtree(VAR, ignore_errors=True)


# Written anew after each flush, and the same as before: what models there are.
ALWAYS_THE_SAME = frozenset({"django_content_type", "auth_permission"})


@pytest.fixture(scope="session", autouse=True)
def flush_append_only_tables() -> None:
    """Let pytest-django empty the tables between transactional tests, those that hold anything.

    The application can never do this: its triggers refuse. The tests own the schema,
    so they take the triggers off for the one statement and put them back. To empty a table
    makes new files for it and its indexes, so that of all tables takes longer than most tests.
    """
    from django.db import connection

    def flush_without_triggers(self, sql_list):  # type: ignore[no-untyped-def]
        with self.connection.cursor() as cursor:
            filled = filled_tables(cursor)
            if not filled:
                return
            cursor.execute(
                "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger"
                " WHERE tgname LIKE '%_stays'"
            )
            tables = [name for (name,) in cursor.fetchall()]
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_table_stays")
            cursor.execute(f"TRUNCATE {', '.join(filled)} CASCADE")
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_table_stays")

    type(connection.ops).execute_sql_flush = flush_without_triggers


def filled_tables(cursor: Any) -> list[str]:
    """Which tables of the models hold rows, ready to be written into a statement."""
    from django.db import connection

    names = set(connection.introspection.django_table_names(only_existing=True))
    quoted = [connection.ops.quote_name(name) for name in sorted(names - ALWAYS_THE_SAME)]
    found = [f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in quoted]
    cursor.execute(" UNION ALL ".join(found))
    return [name for (name,) in cursor.fetchall()]


@pytest.fixture(autouse=True)
def storage(settings, tmp_path: Path) -> Iterator[Path]:
    """Each test has a storage of its own."""
    settings.STORAGE_DIR = tmp_path / "storage"
    settings.STORAGE_DIR.mkdir()
    yield settings.STORAGE_DIR


@pytest.fixture
def round_trips(tmp_path: Path) -> Any:
    """Collect what is sent to the database: statements, and ``COPY``, which Django does not log."""
    from django.db import connection

    @contextmanager
    def collected() -> Iterator[list[str]]:
        connection.ensure_connection()
        sent: list[str] = []
        with (tmp_path / "trace").open("w+b") as trace:
            connection.connection.pgconn.trace(trace.fileno())
            try:
                yield sent
            finally:
                connection.connection.pgconn.untrace()
            trace.seek(0)
            messages = (line.split(b"\t") for line in trace)
            sent += [
                message[4].decode(errors="replace")
                for message in messages
                if message[1:2] == [b"F"] and message[3] in (b"Query", b"Parse")
            ]

    return collected


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it aloud when a skipped test fails the run."""
    if os.environ.get("CI") and terminalreporter.stats.get("skipped"):
        terminalreporter.write_line("In CI a skipped test is a failure.", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI everything the tests need is installed, so a skip means something is broken."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED
