"""The trail takes only what it should, and gives nothing back."""

import re
from enum import StrEnum

import msgspec
import pytest
from django.db import IntegrityError, connection, transaction

from audit import events
from audit.actions import NoTransaction, UnregisteredEvent, record
from audit.events import (
    SYSTEM,
    Actor,
    ActorKind,
    CredentialIssued,
    Event,
    FileBuilt,
    FileWithdrawn,
    InvalidEvent,
    OptedOut,
    PartnerAdded,
    registry,
)
from audit.models import Entry

BUILT = FileBuilt(subject="file:1", rows=3, sha256="0" * 64)
OPTED_OUT = OptedOut(subject="account:7", reason="person", source="web", version=1)
ALICE = Actor(ActorKind.PERSON, "7")

PRIVATE = {
    "handle", "username", "email", "mail", "phone", "ip", "address", "agent", "content", "text",
    "body", "title", "password", "token", "secret", "url",
}  # fmt: skip


class Gossip(Event, frozen=True, kw_only=True):
    """An event of a module that is not the registry."""

    name = "gossip.heard"
    title = "Somebody said something"


class Disguise(FileBuilt, frozen=True, kw_only=True):
    """An event under a registered name, with a field of its own."""

    rumour: str = ""


@pytest.mark.django_db
def test_an_entry_says_what_happened_to_what_and_who_asked():
    with transaction.atomic():
        entry = record(OPTED_OUT, by=ALICE)

    entry.refresh_from_db()
    assert (entry.event, entry.subject, entry.actor) == (
        "consent.opted_out",
        "account:7",
        "person:7",
    )
    assert entry.facts == {"reason": "person", "source": "web", "version": 1}
    assert entry.title == "Sharing was turned off"
    assert entry.at is not None


@pytest.mark.django_db(transaction=True)
def test_an_entry_apart_from_its_change_is_refused():
    with pytest.raises(NoTransaction, match=r"file\.built"):
        record(BUILT, by=SYSTEM)

    assert not Entry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_entry_is_lost_when_its_change_is():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record(BUILT, by=SYSTEM)
        _ = 1 / 0

    assert not Entry.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET actor = 'system'",
        "UPDATE audit_entry SET facts = '{}' WHERE id = (SELECT max(id) FROM audit_entry)",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "TRUNCATE audit_entry RESTART IDENTITY CASCADE",
    ],
)
@pytest.mark.parametrize("role", ["origin", "replica"])
def test_entries_are_neither_changed_nor_removed(statement, role):
    with transaction.atomic():
        kept = record(OPTED_OUT, by=ALICE)

    with (
        pytest.raises(IntegrityError, match="added, never changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT set_config('session_replication_role', %s, true)", [role])
        cursor.execute(statement)

    assert Entry.objects.values().get() == Entry.objects.filter(pk=kept.pk).values().get()
    assert Entry.objects.get().actor == "person:7"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "event",
    [
        pytest.param(Gossip(subject="blog:1"), id="of another module"),
        pytest.param(Disguise(subject="file:1", rows=1, sha256=""), id="under another's name"),
        pytest.param(Event(subject="file:1"), id="of no kind"),
    ],
)
def test_what_is_not_of_the_registry_is_refused(event):
    with pytest.raises(UnregisteredEvent):
        record(event, by=SYSTEM)

    assert not Entry.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "event",
    [
        pytest.param(FileBuilt(subject="file:1", rows="3", sha256=""), id="count as text"),
        pytest.param(FileBuilt(subject="file:1", rows=None, sha256=""), id="missing count"),
        pytest.param(FileBuilt(subject="file:1", rows=object(), sha256=""), id="any object"),
        pytest.param(PartnerAdded(subject=""), id="no subject"),
        pytest.param(PartnerAdded(subject="alice@example.org"), id="an address as subject"),
        pytest.param(PartnerAdded(subject="somebody we know"), id="words as subject"),
        pytest.param(PartnerAdded(subject="x" * 201), id="a subject that is too long"),
        pytest.param(PartnerAdded(subject="partner:1", partner="A & Co"), id="no slug"),
        pytest.param(
            FileWithdrawn(subject="file:1", reason="a\nb", successor=""), id="two lines in a fact"
        ),
        pytest.param(
            CredentialIssued(subject="partner:1", prefix="x" * 501, expires_at=""),
            id="a text where a code belongs",
        ),
    ],
)
def test_an_event_with_a_field_out_of_shape_is_refused(event):
    with pytest.raises(InvalidEvent):
        record(event, by=SYSTEM)

    assert not Entry.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "actor",
    [
        Actor(ActorKind.PERSON, "alice@example.org"),
        Actor(ActorKind.PERSON, "Alice Liddell"),
        Actor(ActorKind.PERSON, 7),
        Actor("visitor", "7"),
    ],
)
def test_an_actor_is_a_known_kind_and_an_internal_id(actor):
    with pytest.raises(InvalidEvent):
        record(BUILT, by=actor)

    assert not Entry.objects.exists()


@pytest.mark.django_db
def test_a_choice_is_recorded_as_its_code():
    class Reason(StrEnum):
        PERSON = "person"

    entry = record(msgspec.structs.replace(OPTED_OUT, reason=Reason.PERSON), by=ALICE)

    entry.refresh_from_db()
    assert entry.facts["reason"] == "person"


@pytest.mark.django_db
def test_one_index_answers_for_one_actor_and_for_all_of_a_kind():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    plan = Entry.objects.by("operator").explain()

    assert plan.count("entry_by_actor") == 2


def test_every_event_has_a_name_and_a_title_of_its_own():
    written = [
        each for each in vars(events).values()
        if isinstance(each, type) and issubclass(each, Event) and each is not Event
    ]  # fmt: skip

    assert len(registry()) == len(written) > 20
    assert len({event.title for event in written}) == len(written)
    assert all(re.fullmatch(r"[a-z]+\.[a-z_]+", name) for name in registry())
    assert all(re.fullmatch(r"[A-Z].+[^.]", event.title) for event in written)


@pytest.mark.parametrize("event", registry().values(), ids=registry())
def test_no_event_has_a_field_for_what_must_not_get_into_the_trail(event):
    words = {word for field in event.__struct_fields__ for word in field.split("_")}

    assert words.isdisjoint(PRIVATE)


@pytest.mark.parametrize("event", registry().values(), ids=registry())
def test_every_text_of_an_event_is_bounded(event):
    fields = msgspec.json.schema(event)["$defs"][event.__name__]["properties"]
    texts = [field for field in fields.values() if field.get("type") == "string"]

    assert texts and all("maxLength" in text for text in texts)
