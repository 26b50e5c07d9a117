"""Why a line is not of its shape, in words that quote nothing of it.

Plain Python. What became of a line is kept for months, and both a value and the name of a
field nobody knows can be somebody's name or address.
"""

from typing import Any, Final, get_args

import msgspec

AT: Final = " - at `"
UNKNOWN_FIELD: Final = "Object contains unknown field"
NOT_OF_ITS_FORM: Final = "Expected `str` matching regex "
HARMLESS: Final = ("Expected ", "Object missing required field ")
"""How the messages begin that name types, limits and fields of ours, and nothing else."""


def told(error: msgspec.ValidationError, shape: type[msgspec.Struct]) -> str:
    """Which field of ``shape`` is wrong and how; of one that is not known, which are."""
    message, _, place = str(error).partition(AT)
    path = place.rstrip("`") or "$"
    if message.startswith(UNKNOWN_FIELD):
        known = ", ".join(_shape_at(path, shape).__struct_fields__)
        return f"a field{_in(path)} is not known; known are: {known}"
    if message.startswith(NOT_OF_ITS_FORM):
        return (
            f"what stands{_in(path)} is not of its form: it is empty, too short or too long, or has"
            " a letter that cannot stand there"
        )
    if message.startswith(HARMLESS):
        return f"{message}{_in(path)}"[:200]
    return f"what stands{_in(path) or ' there'} is none of the values that are known"


def _in(path: str) -> str:
    return f" in {path.removeprefix('$.')}" if path != "$" else ""


def _shape_at(path: str, shape: type[msgspec.Struct]) -> type[msgspec.Struct]:
    """The shape of the object at ``path``, which begins with ``$``."""
    for name in path.split(".")[1:]:
        found: Any = next(each.type for each in msgspec.structs.fields(shape) if each.name == name)
        shapes = (found, *get_args(found))
        shape = next(each for each in shapes if hasattr(each, "__struct_fields__"))
    return shape
