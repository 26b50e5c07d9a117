"""Reading the primary in one snapshot, and knowing which snapshot it was.

Whatever decides about delivery reads here: a replica lags behind what was
acknowledged, and two statements outside one snapshot can contradict each other.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import OperationalError, connection, transaction
from django.db.backends.utils import CursorWrapper


class NotThePrimary(OperationalError):
    """The database is a replica: it cannot say what was acknowledged, so nothing is served."""


@dataclass(frozen=True)
class Checkpoint:
    """A moment of the database: what this snapshot could not see came later."""

    snapshot: str
    system_identifier: str
    at: datetime


@contextmanager
def one_snapshot(*, statement_timeout_ms: int = 0) -> Iterator[Checkpoint]:
    """Read only, and all of it as of the checkpoint given; 0 means no time limit.

    Refuses to run inside another transaction, whose snapshot may be old.
    """
    limit = str(statement_timeout_ms)
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield _checkpoint(cursor, limit)


def _checkpoint(cursor: CursorWrapper, statement_timeout: str) -> Checkpoint:
    cursor.execute(
        "SELECT pg_current_snapshot()::text, system_identifier::text, statement_timestamp(),"
        " pg_is_in_recovery(), set_config('statement_timeout', %s, true) FROM pg_control_system()",
        [statement_timeout],
    )
    snapshot, system_identifier, at, replica, _ = cursor.fetchone()
    if replica:
        raise NotThePrimary("consent is read on the primary, and this is a replica")
    return Checkpoint(snapshot, system_identifier, at)
