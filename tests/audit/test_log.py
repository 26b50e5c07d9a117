"""What an operator sees of the trail, and that nobody else does."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html

from audit.actions import record
from audit.events import SYSTEM, Actor, ActorKind, DumpImported
from audit.models import Entry
from audit.paging import HIGHEST_ID, LAST_MICROSECOND, PAGE_SIZE, Cursor, Direction

LOG = "/operator/audit/"
ALICE = Actor(ActorKind.PERSON, "7")
OLGA = Actor(ActorKind.OPERATOR, "1")


class Shown:
    """A page as an operator reads it."""

    def __init__(self, response):
        self.status = response.status_code
        self.tree = html.fromstring(response.content.decode())
        self.text = " ".join(self.tree.text_content().split())

    @property
    def ids(self):
        links = self.tree.xpath("//tbody//a/@href")
        return [int(re.fullmatch(r"/operator/audit/(\d+)/", link)[1]) for link in links]

    def link(self, rel):
        return next(iter(self.tree.xpath(f"//a[@rel='{rel}']/@href")), None)

    def errors_beside(self, name):
        return self.tree.xpath(
            f"//div[@class='field'][.//*[@name='{name}']]//*[@class='errorlist']//li/text()"
        )


@pytest.fixture
def show(operator):
    return lambda address=LOG, **filters: Shown(operator.get(address, filters))


@pytest.mark.parametrize(
    "address",
    [LOG, f"{LOG}?event=file.built", f"{LOG}1/", f"{LOG}export.csv", f"{LOG}export.ndjson"],
)
def test_the_log_asks_strangers_to_sign_in(client, happen, address):
    happen()

    response = client.get(address)

    assert response.status_code == 302
    assert urlsplit(response["Location"]).path == "/accounts/login/"
    assert parse_qs(urlsplit(response["Location"]).query)["next"] == [address]


@pytest.mark.parametrize("address", [LOG, f"{LOG}1/", f"{LOG}export.csv", f"{LOG}export.ndjson"])
def test_the_log_tells_a_person_that_it_is_for_operators(person, happen, address):
    happen("file:1234567")

    response = person.get(address)

    assert response.status_code == 403
    assert b"operators only" in response.content
    assert b"1234567" not in response.content
    assert not Entry.objects.filter(event="audit.exported").exists()


def test_no_cache_keeps_the_log(operator):
    assert "no-store" in operator.get(LOG)["Cache-Control"]


def test_the_newest_entry_comes_first(show, happen):
    ids = [happen().pk for _ in range(3)]

    assert show().ids == ids[::-1]


def test_an_empty_log_says_when_entries_will_appear(show):
    assert "Nothing has happened yet" in show().text


def test_a_filter_that_finds_nothing_says_what_to_do(show, happen):
    happen()

    assert "No entry passes these filters" in show(partner="acme").text


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"actor": "person:7"}, {"alices"}),
        ({"actor": "person"}, {"alices"}),
        ({"actor": "pers"}, set()),
        ({"actor": "person:"}, set()),
        ({"actor": "%"}, set()),
        ({"actor": "system"}, {"systems"}),
        ({"subject": "file:1"}, {"alices"}),
        ({"subject": "file"}, {"alices", "systems"}),
        ({"subject": "FILE:1"}, set()),
        ({"platform": "tumblr"}, {"alices", "dump"}),
        ({"partner": "acme"}, {"systems"}),
        ({"event": "dump.imported"}, {"dump"}),
        ({"event": "file.built", "platform": "tumblr"}, {"alices"}),
        ({"event": "", "actor": "", "since": ""}, {"alices", "systems", "dump"}),
    ],
)
def test_filters_keep_what_they_say(show, happen, filters, found):
    entries = {
        "alices": happen("file:1", by=ALICE, platform="tumblr").pk,
        "systems": happen("file:12", by=SYSTEM, partner="acme").pk,
        "dump": import_dump().pk,
    }

    assert set(show(**filters).ids) == {entries[name] for name in found}


@pytest.mark.django_db(transaction=True)
def test_a_time_filter_keeps_its_beginning_and_drops_its_end(show, happen):
    before, begun, ended = happen(), happen(), happen()
    for entry in (before, begun, ended):
        entry.refresh_from_db()

    shown = show(since=begun.at.isoformat(), until=ended.at.isoformat())

    assert shown.ids == [begun.pk]


def test_a_time_is_read_as_utc(show, happen):
    entry = happen()
    entry.refresh_from_db()
    minute = f"{entry.at:%Y-%m-%dT%H:%M}"

    assert show(since=minute).ids == [entry.pk]
    assert show(until=minute).ids == []
    assert show(since=f"{minute}-01:00").ids == []


def test_a_moment_beyond_the_entries_finds_none(show, happen):
    happen()

    assert show(since=f"{timezone.now().year + 1}-01-01T00:00").ids == []
    assert show(until="2014-01-01T00:00").ids == []


@pytest.mark.parametrize(
    ("filters", "field", "said"),
    [
        ({"since": "yesterday"}, "since", "Write a time as 2026-01-31T17:05, in UTC."),
        ({"since": "2026-02-30T00:00"}, "since", "Write a time as"),
        ({"until": "0001-01-01T00:00", "since": "2026-01-01T00:00"}, "until", "later than"),
        ({"since": "2026-01-01T00:00", "until": "2026-01-01T00:00"}, "until", "later than"),
        ({"event": "file.bilt"}, "event", "There is no event called “file.bilt”."),
        ({"actor": "Alice Liddell"}, "actor", "no spaces"),
        ({"subject": "file:1\0"}, "subject", "Null characters"),
        ({"partner": "x" * 65}, "partner", "at most 64 characters"),
        ({"platform": ["tumblr", "wordpress"]}, "platform", "given more than once"),
    ],
)
def test_a_filter_that_cannot_be_understood_shows_nothing_and_says_why(
    show, happen, filters, field, said
):
    happen()

    shown = show(**filters)

    assert shown.status == 400
    assert shown.ids == []
    assert said in " ".join(shown.errors_beside(field))
    assert shown.tree.xpath(f"//*[@name='{field}']/@aria-invalid") == ["true"]


def test_a_misspelt_filter_does_not_show_everything(show, happen):
    happen()

    shown = show(evnet="file.built")

    assert shown.status == 400
    assert shown.ids == []
    assert "There is no filter called “evnet”." in shown.text


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "o",
        "o1",
        "-1",
        "o-1",
        "o1-",
        "o1.5-1",
        "n٣-1",
        "n 1-1",
        "x1-1",
        "'",
        "o1-99999999999999999999",
        f"o1-{2**63}",
        "o999999999999999999-1",
    ],
)
def test_a_damaged_cursor_is_explained(show, happen, cursor):
    happen()

    shown = show(cursor=cursor)

    assert shown.status == 400
    assert shown.ids == []
    assert "The address of this page is damaged." in shown.text


@pytest.mark.parametrize(
    ("cursor", "way_back"),
    [
        ("o0-0", "prev"),
        ("o1-1", "prev"),
        (f"n{LAST_MICROSECOND}-{HIGHEST_ID}", "next"),
        (f"n{LAST_MICROSECOND}-7", "next"),
    ],
)
def test_a_page_beyond_the_last_entry_leads_back(show, happen, cursor, way_back):
    entry = happen()

    shown = show(cursor=cursor)
    back = show(shown.link(way_back))

    assert "nothing further in this direction" in shown.text
    assert back.ids == [entry.pk]


def test_an_entry_that_was_the_last_is_shown_on_the_way_back(show, happen):
    entry = happen()
    entry.refresh_from_db()

    below = show(cursor=str(Cursor(Direction.OLDER, entry.at, entry.pk)))
    above = show(cursor=str(Cursor(Direction.NEWER, entry.at, entry.pk)))

    assert below.ids == above.ids == []
    assert show(below.link("prev")).ids == show(above.link("next")).ids == [entry.pk]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    filters=st.dictionaries(
        st.sampled_from(["since", "until", "event", "actor", "subject", "cursor", "partner"]),
        st.text(max_size=30) | st.datetimes().map(lambda moment: moment.isoformat()),
    )
)
def test_no_address_breaks_the_log(operator, filters):
    assert operator.get(LOG, filters).status_code in (200, 400)


def test_reading_on_while_entries_arrive_shows_each_entry_once(show, happen):
    there = [happen().pk for _ in range(2 * PAGE_SIZE + 7)]
    shown = show()
    downwards = list(shown.ids)
    arrived = []

    while shown.link("next"):
        arrived += [happen().pk for _ in range(3)]
        shown = show(shown.link("next"))
        downwards += shown.ids
    upwards = shown.ids[::-1]
    while shown.link("prev"):
        shown = show(shown.link("prev"))
        upwards += shown.ids[::-1]

    assert downwards == there[::-1]
    assert upwards == there + arrived


def test_other_pages_keep_the_filters(show, happen):
    wanted = [happen(by=OLGA if n % 2 else ALICE).pk for n in range(4 * PAGE_SIZE)][1::2]

    first = show(actor="operator:1", since="2020-01-01T00:00", event="")
    second = show(first.link("next"))
    again = show(second.link("prev"))

    assert first.ids + second.ids == wanted[::-1]
    assert again.ids == first.ids
    assert second.tree.xpath("//*[@name='actor']/@value") == ["operator:1"]
    assert second.tree.xpath("//*[@name='since']/@value") == ["2020-01-01T00:00"]
    assert all(
        "actor=operator%3A1" in link
        for link in second.tree.xpath("//a/@href[contains(., 'export')]")
    )


def test_a_page_costs_one_query_and_counts_nothing(show, happen):
    for _ in range(PAGE_SIZE + 1):
        happen()

    with CaptureQueriesContext(
        connection,
    ) as queries:
        show(actor="system", event="file.built", cursor=f"o{LAST_MICROSECOND}-1")

    spoken = [query["sql"] for query in queries]
    assert len([sql for sql in spoken if "audit_entry" in sql]) == 1
    assert not [sql for sql in spoken if "COUNT(" in sql.upper() or "OFFSET" in sql.upper()]


def test_one_entry_is_shown_in_full(operator, happen):
    entry = import_dump()

    shown = Shown(operator.get(f"{LOG}{entry.pk}/"))

    entry.refresh_from_db()
    assert "A dump was imported" in shown.tree.xpath("//h1/text()")
    assert shown.tree.xpath("//time/@datetime") == [entry.at.isoformat()]
    for fact in ("dump:1", "operator:1", "tumblr", "Held2", "blog_public = 1"):
        assert fact in shown.text


def test_an_entry_leads_to_all_about_its_subject_and_all_by_its_actor(operator, show, happen):
    entry, same_subject, same_actor = (
        happen("file:a+b&c", by=ALICE),
        happen("file:a+b&c", by=OLGA),
        happen("file:2", by=ALICE),
    )

    about, by = Shown(operator.get(f"{LOG}{entry.pk}/")).tree.xpath("//nav[@class='pager']/a/@href")

    assert show(about).ids == [same_subject.pk, entry.pk]
    assert show(by).ids == [same_actor.pk, entry.pk]


@pytest.mark.parametrize("pk", ["0", "999999", str(2**63), "9" * 30, "x"])
def test_an_entry_that_is_not_there_is_not_found(operator, pk):
    assert operator.get(f"{LOG}{pk}/").status_code == 404


def test_an_event_that_the_registry_has_forgotten_is_shown_by_its_name(show, db):
    Entry.objects.create(event="old.event", actor="system", subject="file:1")

    assert "old.event" in show().text


def test_what_is_written_in_an_entry_is_never_markup(operator, show, happen):
    entry = happen("file:<script>alert(1)</script>")

    assert b"<script>" not in operator.get(LOG).content
    assert b"<script>" not in operator.get(f"{LOG}{entry.pk}/").content
    assert b"<script>" not in operator.get(LOG, {"since": "<script>"}).content


def test_the_log_can_be_used_without_eyes_or_a_mouse(show, happen):
    happen()

    tree = show().tree

    controls = tree.xpath("//main//form//input | //main//form//select")
    assert all(tree.xpath(f"//label[@for='{control.get('id')}']") for control in controls)
    assert tree.xpath("//table/caption")
    assert all(cell.get("scope") in ("col", "row") for cell in tree.xpath("//th"))
    assert not tree.xpath("//main//script | //main//@style | //main//@onclick")


def import_dump():
    event = DumpImported(
        subject="dump:1", platform="tumblr", files=1, items=6, shared=3, held=2, excluded=1,
        facts_asserted={"blog_public": "1"},
    )  # fmt: skip
    with transaction.atomic():
        return record(event, by=OLGA)
