"""PostgreSQL snapshots as Django expressions: what changed since a reader looked.

``xid`` columns hold ``pg_current_xact_id()`` of the change, stamped by a trigger,
so that a later reader can ask for exactly the rows that an earlier snapshot could
not see. Sequences, clocks and ids do not commit in order; snapshots do not care.
"""

from typing import Any

from django.db import connection, models


class XidField(models.BigIntegerField):  # type: ignore[type-arg]
    """A 64-bit transaction id (``xid8``), written by the ``stamp_xid`` trigger only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.update(null=True, editable=False)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["null"], kwargs["editable"]
        return name, path, args, kwargs

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def rel_db_type(self, connection: Any) -> str:
        return "xid8"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return None if value is None else str(value)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> int | None:
        return None if value is None else int(value)


class Snapshot(models.Value):
    """A stored ``pg_snapshot`` text as an SQL value."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        return "%s::pg_snapshot", [self.value]


class SnapshotXmin(models.Func):
    """Below this id, every transaction had ended when the snapshot was taken."""

    function = "pg_snapshot_xmin"
    output_field = XidField()

    def __init__(self, snapshot: str) -> None:
        super().__init__(Snapshot(snapshot))


class VisibleInSnapshot(models.Func):
    """True where the transaction in ``xid`` had committed in ``snapshot``."""

    function = "pg_visible_in_snapshot"
    output_field = models.BooleanField()

    def __init__(self, xid: str, snapshot: str) -> None:
        super().__init__(models.F(xid), Snapshot(snapshot))


class ChangedSince(models.QuerySet[Any]):
    """For models with a stamped ``xid`` column."""

    def changed_since(self, snapshot: str) -> Any:
        """Keep the rows whose last change a reader of ``snapshot`` could not see."""
        return self.filter(xid__gte=SnapshotXmin(snapshot)).exclude(
            VisibleInSnapshot("xid", snapshot)
        )


def xmin_of(snapshot: str) -> int:
    """Below this id, every transaction had ended when the snapshot was taken."""
    return int(snapshot.split(":")[0])


def current_snapshot() -> str:
    """The snapshot of this transaction (or statement), as text to keep."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        return str(cursor.fetchone()[0])


def new_transaction_id() -> int:
    """An id above that of every transaction that has written anything yet."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text")
        return int(cursor.fetchone()[0])
