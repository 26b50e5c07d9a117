"""What the switches of a WordPress site prove: public, opted out, private or not yet open.

The vendor's own truth table. Values arrive as booleans, numbers, texts and null.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec

from platforms.records import Evidence, Visibility
from platforms.sources.contract import Fact, one_of
from platforms.sources.values import name_in, shown

HOST: Final = re.compile(r"[\w-]+(\.[\w-]+)*(:\d{1,5})?")
USUAL_PORTS: Final = frozenset({"80", "443"})
AUTHOR: Final = re.compile(r"([1-9][0-9]{0,19}):([^:,\s](?:[^:,]{0,253}[^:,\s])?)")
ON: Final = frozenset({"1", "true"})
OFF: Final = frozenset({"0", "false", ""})
PUBLIC_SPELLINGS: Final = {"1": 1, "true": 1, "0": 0, "false": 0, "-1": -1}
VISIBILITY_FACT: Final = "blog_public"
VISIBILITY_GAP: Final = "site_visibility_unknown"
Finding = tuple[Visibility, str, str]
SWITCHES: Final = ("wpcom_public_coming_soon", "wpcom_coming_soon")


def address(text: object) -> str | None:
    """A site's address without scheme and closing slash, the host in lower case."""
    if name_in(text) is None or not isinstance(text, str):
        return None
    whole = text.strip()
    try:
        url = urlsplit(whole if "://" in whole else f"//{whole}")
        unusual = url.query or url.fragment or "@" in url.netloc
    except ValueError:
        return None
    host = url.netloc.lower()
    if url.scheme not in ("http", "https", "") or unusual or not HOST.fullmatch(host):
        return None
    return host + url.path.rstrip("/")


def host_of(site: str) -> str:
    return site.partition("/")[0]


def host_in(link: object) -> str:
    """The host of a web address, which may lead to anything on it; empty without one."""
    try:
        return urlsplit(link).netloc.lower() if isinstance(link, str) else ""
    except ValueError:
        return ""


def one_spelling(site: str) -> str:
    """The form that all spellings of an address have in common.

    Without the ports that http and https have anyway, and with its letters in Punycode
    (RFC 3492), as they are sent. ``site`` is as ``address`` gives it: what dumps said is kept
    under that form, so this one joins it, and does not take its place.
    """
    host, slash, path = site.partition("/")
    name, _, port = host.partition(":")
    labels = unicodedata.normalize("NFKC", name).lower().split(".")
    name = ".".join(map(_sent, labels))
    return name + (f":{port}" if port and port not in USUAL_PORTS else "") + slash + path


def _sent(label: str) -> str:
    return label if label.isascii() else f"xn--{label.encode('punycode').decode()}"


def _address_fact(*, settles_held: bool) -> Fact:
    def read(text: str) -> object:
        if (found := address(text)) is None:
            raise ValueError(text)
        return found

    allowed = "an address such as example.org or https://example.org/blog"
    return Fact(allowed, read, settles_held=settles_held)


def _authors_fact() -> Fact:
    def read(text: str) -> object:
        pairs = [AUTHOR.fullmatch(pair.strip()) for pair in text.split(",")]
        if None in pairs:
            raise ValueError(text)
        return tuple((pair[1], pair[2]) for pair in pairs if pair)

    return Fact("ids of authors with their logins, such as 1:alice,7:bob", read, settles_held=False)


SWITCH: Final = one_of({"true": True, "false": False, "1": True, "0": False, "null": None})
FACTS: Final[Mapping[str, Fact]] = {
    "site": _address_fact(settles_held=False),
    "blog_public": one_of({"1": 1, "0": 0, "-1": -1, "true": 1, "false": 0, "null": None}),
    "wpcom_data_sharing_opt_out": SWITCH,
    "wpcom_public_coming_soon": SWITCH,
    "wpcom_coming_soon": SWITCH,
    "launch_status": one_of({"launched": "launched", "unlaunched": "unlaunched"}),
    "primary_domain": _address_fact(settles_held=True),
    "staging": SWITCH,
    "hosting": one_of({"wpcom": "wpcom", "jetpack": "jetpack", "vip": "vip"}),
    "authors": _authors_fact(),
}


def evidence_of(values: Mapping[str, object]) -> tuple[Evidence, ...]:
    """What the given switches prove of the site; an absent or null switch says nothing."""
    found = tuple(
        Evidence("container", visibility, code, detail)
        for visibility, code, detail in (
            *_of_opening(values),
            *_of_blog_public(values),
            *_of_opt_out(values),
            *_of_staging(values),
            *_of_hosting(values),
        )
    )
    return tuple(_with_subject(one, values) for one in found)


def _with_subject(evidence: Evidence, values: Mapping[str, object]) -> Evidence:
    """Whoever hears of the site's visibility later can fill the gap; a garbled one is none."""
    if evidence.code != VISIBILITY_GAP or values.get(VISIBILITY_FACT) is not None:
        return evidence
    site = values.get("site")
    about = site if isinstance(site, str) else ""
    return msgspec.structs.replace(evidence, about=about, fact=VISIBILITY_FACT)


def cleared_by(values: Mapping[str, object]) -> frozenset[str]:
    """The earlier denials that a public site's switches contradict one by one.

    Never the opt-out: the platform writes its flag back to false by itself.
    """
    if any(e.visibility is not Visibility.PUBLIC for e in evidence_of(values)):
        return frozenset()
    cleared = {"private", "search_discouraged"}
    if all(switch(values.get(name)) is False for name in SWITCHES):
        cleared.add("coming_soon")
    if switch(values.get("staging")) is False:
        cleared.add("staging")
    if values.get("hosting") == "wpcom":
        cleared.add("out_of_scope")
    return frozenset(cleared)


def _of_blog_public(values: Mapping[str, object]) -> Iterator[Finding]:
    raw = values.get("blog_public")
    value = PUBLIC_SPELLINGS.get(_spelled(raw))
    if value == 1:
        yield Visibility.PUBLIC, "site", ""
    elif value == -1:
        yield Visibility.PRIVATE, "private", "blog_public is -1: the site is private"
    elif value == 0 and not _is_coming_soon(values):
        yield (
            Visibility.OPTED_OUT,
            "search_discouraged",
            "blog_public is 0: the site discourages search engines, which opts it out",
        )
    elif value is None:
        yield (
            Visibility.UNKNOWN,
            VISIBILITY_GAP,
            f"blog_public is {_read(raw)}; settle with --fact blog_public=1 (or 0, -1)",
        )


def _of_opening(values: Mapping[str, object]) -> Iterator[Finding]:
    if _is_coming_soon(values):
        yield Visibility.UNPUBLISHED, "coming_soon", "the site has not been opened yet"
    for name in SWITCHES:
        yield from _if_garbled(values, name)
    launch = values.get("launch_status")
    if launch not in (None, "launched", "unlaunched"):
        yield Visibility.UNKNOWN, "launch_status_unknown", f"launch_status is {_read(launch)}"


def _is_coming_soon(values: Mapping[str, object]) -> bool:
    return values.get("launch_status") == "unlaunched" or any(
        switch(values.get(name)) is True for name in SWITCHES
    )


def _of_opt_out(values: Mapping[str, object]) -> Iterator[Finding]:
    if switch(values.get("wpcom_data_sharing_opt_out")) is True:
        yield Visibility.OPTED_OUT, "platform_opt_out", "the site opted out of data sharing"
    yield from _if_garbled(values, "wpcom_data_sharing_opt_out")


def _of_staging(values: Mapping[str, object]) -> Iterator[Finding]:
    if switch(values.get("staging")) is True:
        yield Visibility.OUT_OF_SCOPE, "staging", "the site is a staging copy"
    yield from _if_garbled(values, "staging")
    for name in ("primary_domain", "site"):
        yield from _of_domain(name, values.get(name))


def _of_domain(name: str, raw: object) -> Iterator[Finding]:
    if raw is None:
        return
    site = address(raw)
    if site is None:
        yield Visibility.UNKNOWN, f"{name}_unknown", f"{name} is {_read(raw)}"
    elif f".{host_of(site).partition(':')[0]}".endswith(".wpcomstaging.com"):
        yield Visibility.OUT_OF_SCOPE, "staging", f"{name} is below wpcomstaging.com"


def _of_hosting(values: Mapping[str, object]) -> Iterator[Finding]:
    hosting = values.get("hosting")
    if hosting in ("jetpack", "vip"):
        yield (
            Visibility.OUT_OF_SCOPE,
            "out_of_scope",
            f"{hosting} sites need a contract of their own",
        )
    elif hosting not in (None, "wpcom"):
        yield Visibility.UNKNOWN, "hosting_unknown", f"hosting is {_read(hosting)}"


def _if_garbled(values: Mapping[str, object], name: str) -> Iterator[Finding]:
    raw = values.get(name)
    if raw is not None and switch(raw) is None:
        yield Visibility.UNKNOWN, f"{name}_unknown", f"{name} is {_read(raw)}"


def switch(raw: object) -> bool | None:
    spelled = _spelled(raw)
    if spelled in ON:
        return True
    return False if raw is not None and spelled in OFF else None


def _spelled(raw: object) -> str:
    return str(raw).strip().lower() if isinstance(raw, (str, int)) else "?"


def _read(raw: object) -> str:
    return "missing" if raw is None else f"not understood: {shown(raw)}"
