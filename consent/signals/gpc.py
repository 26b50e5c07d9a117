"""Global Privacy Control: what a browser says in ``Sec-GPC``.

The specification knows one value. Anything else, and silence, say nothing at all:
neither that the person agrees nor that they changed their mind.
"""

from collections.abc import Mapping


def asks_not_to_share(headers: Mapping[str, str]) -> bool:
    """True where the request carries exactly ``Sec-GPC: 1``; ``headers`` ignore case."""
    return headers.get("Sec-GPC") == "1"
