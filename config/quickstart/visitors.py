"""The story's three visitors, over real HTTP: a person, an operator and a partner's pipeline.

They know what a browser or a script knows: addresses, forms and tokens.
"""

import json
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from typing import Any

TIMEOUT = 30.0


@dataclass(frozen=True)
class Answer:
    status: int
    url: str
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Form:
    """One form of a page: where it goes, and what a browser would send with it."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class Visitor:
    """A browser without JavaScript: keeps cookies, follows redirects, submits forms."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> Answer:
        return self._open(urllib.request.Request(urllib.parse.urljoin(self.base, path)))  # noqa: S310

    def submit(self, page: Answer, form: Form, **filled: str) -> Answer:
        address = urllib.parse.urljoin(page.url, form.action)
        data = urllib.parse.urlencode({**form.fields, **filled}).encode()
        headers = {"Referer": page.url}
        return self._open(urllib.request.Request(address, data, headers))  # noqa: S310

    def sign_in(self, username: str, password: str) -> Answer:
        page = self.get("/accounts/login/")
        form = form_with(page, "login")
        return self.submit(page, form, login=username, password=password)

    def _open(self, request: urllib.request.Request) -> Answer:
        return answer_of(self._opener, request)


class Pipeline:
    """A partner's script: a bearer token and GET."""

    def __init__(self, base: str, token: str) -> None:
        self.base = base
        self._headers = {"Authorization": f"Bearer {token}"}
        self._opener = urllib.request.build_opener()

    def get(self, path: str) -> Answer:
        address = urllib.parse.urljoin(self.base, path)
        return answer_of(
            self._opener,
            urllib.request.Request(address, headers=self._headers),  # noqa: S310
        )


def answer_of(opener: urllib.request.OpenerDirector, request: urllib.request.Request) -> Answer:
    """The answer, whatever its status."""
    try:
        with opener.open(request, timeout=TIMEOUT) as response:
            return Answer(response.status, response.url, response.read())
    except urllib.error.HTTPError as refusal:
        with refusal:
            return Answer(refusal.code, refusal.url, refusal.read())


class FormNotFound(LookupError):
    """The page has no such form."""


def forms_of(page: Answer) -> list[Form]:
    reader = _FormReader()
    reader.feed(page.text)
    return reader.forms


def form_with(page: Answer, name: str) -> Form:
    """The form of ``page`` that has a field called ``name``."""
    for form in forms_of(page):
        if name in form.fields:
            return form
    raise FormNotFound(f"{page.url} (status {page.status}) has no form with a field {name!r}")


def form_to(page: Answer, ending: str) -> Form:
    """The first form of ``page`` whose address ends with ``ending``."""
    for form in forms_of(page):
        if form.action.endswith(ending):
            return form
    raise FormNotFound(f"{page.url} (status {page.status}) has no form that goes to {ending!r}")


class _FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._inside: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._inside)
        elif tag == "input" and self._inside is not None and _is_sent(given):
            self._inside.fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = None


def _is_sent(given: dict[str, str]) -> bool:
    """A browser sends named fields, and boxes only if they are ticked."""
    is_box = given.get("type") in ("checkbox", "radio")
    return "name" in given and (not is_box or "checked" in given)
