"""Single values of Shutterstock's records: ids and moments."""

import re
from datetime import UTC, datetime
from typing import Any, Final

from platforms.sources.values import shown

ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
MOMENT: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:?\d{2})")


def id_in(raw: object) -> str | None:
    """An id as text; a whole number counts as its digits."""
    text = str(raw) if type(raw) is int and raw > 0 else raw
    return text if isinstance(text, str) and ID.fullmatch(text) else None


def moment_in(raw: object) -> datetime | None:
    """An aware time; a date without a time is its first moment, in UTC."""
    if not isinstance(raw, str) or not (DAY.fullmatch(raw) or MOMENT.fullmatch(raw)):
        return None
    try:
        moment = datetime.fromisoformat(raw)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def read(raw: object) -> str:
    """What stands in a field, in words."""
    return "null" if raw is None else f"not understood: {shown(raw)}"


def object_in(raw: dict[str, Any], name: str) -> dict[str, Any]:
    value = raw.get(name)
    return value if isinstance(value, dict) else {}
