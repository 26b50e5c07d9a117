"""What a platform takes back binds at once, in whatever order it is told."""

import json
from pathlib import Path

import pytest
from django.utils import timezone

from audit.events import operator_command
from audit.models import Entry
from platforms.actions import ensure_account, keyring, note_account
from platforms.feeds import removals
from platforms.models import Account, AccountState, Batch, ItemState
from tests.platforms.feeds.conftest import results_of

OPERATOR = operator_command()
ALICE = "t:alice"
T1, T2, T3 = (f"2026-01-0{day}T12:00:00Z" for day in (1, 2, 3))
NEVER_YET = "2999-01-01T00:00:00Z"


def item(event, at=T1, number="1", **fields):
    named = {"kind": "post", "id": number, "container": ALICE}
    return {"event": event, "item": named, "occurred_at": at} | fields


def account(event, at=T1, **fields):
    return {"event": event, "account": {"id": ALICE}, "occurred_at": at} | fields


def restored(what, at, **fields):
    return item("restored", at, reverses=[what], **fields)


def renamed(before, now):
    return account("renamed", account={"id": ALICE, "handle": before}, new_handle=now)


def reopened(what, at, **fields):
    return account("restored", at, reverses=[what], **fields)


def at_once():
    return timezone.now().isoformat()


def blocked():
    return set(ItemState.objects.blocking().values_list("item_key", flat=True))


def reasons(**names):
    (key,) = keyring().named("tumblr", names.get("id"), names.get("handle"))
    return set(AccountState.objects.get(account_key=key).reasons)


@pytest.mark.parametrize("event", ["deleted", "made_private", "moderated"])
def test_an_item_is_blocked_and_what_was_said_is_given_back(send, event):
    taken = send("removals", item(event, T1))
    key = keyring().item("tumblr", "post", "", "1")
    assert (results_of(taken), blocked()) == (["applied"], {key})

    given_back = send("removals", restored(event, T2))

    assert (results_of(given_back), blocked()) == (["applied"], set())


def test_an_older_word_that_comes_late_changes_nothing(send):
    send("removals", item("deleted", T2))

    late = send("removals", restored("deleted", T1), item("deleted", T1))

    assert results_of(late) == ["stale", "stale"]
    assert blocked()


def test_a_restoration_that_came_first_is_newer_than_what_it_reverses(send):
    send("removals", restored("deleted", T2))

    assert results_of(send("removals", item("deleted", T1))) == ["stale"]
    assert not blocked()


def test_of_two_words_of_one_moment_the_stricter_counts(send):
    answer = send("removals", item("deleted", T1), restored("deleted", T1))

    assert results_of(answer) == ["applied", "stale"]
    assert blocked()


def test_of_two_words_of_one_moment_the_stricter_counts_also_in_the_other_order(send):
    answer = send("removals", restored("deleted", T1), item("deleted", T1))

    assert results_of(answer) == ["unchanged", "applied"]
    assert blocked()


def test_what_is_given_back_is_only_what_is_named(send):
    send("removals", item("deleted", T1), item("moderated", T1))

    send("removals", restored("moderated", T2))

    assert blocked()
    assert ItemState.objects.get().state == "deleted"


NO_TIMES = [NEVER_YET, "yesterday", "2026-01-01T12:00:00", "0001-01-01T00:00:00+14:00", 7, None]


@pytest.mark.parametrize("at", NO_TIMES)
def test_something_taken_back_counts_whatever_its_time(send, at):
    assert results_of(send("removals", item("deleted", at))) == ["applied"]
    assert blocked()


@pytest.mark.parametrize("at", NO_TIMES)
def test_something_given_back_needs_a_time_that_can_be_used(send, at):
    send("removals", item("deleted", T1))

    assert results_of(send("removals", restored("deleted", at))) == ["refused"]
    assert blocked()


@pytest.mark.parametrize(
    ("event", "reason"),
    [("suspended", "suspended"), ("deleted", "gone"), ("made_private", "private")],
)
def test_an_account_is_denied_and_what_was_said_is_given_back(send, event, reason):
    send("removals", account(event, T1))
    assert reasons(id=ALICE) == {reason}

    send("removals", reopened(event, T2))

    assert reasons(id=ALICE) == set()


def test_the_end_of_a_suspension_does_not_open_a_private_blog(send):
    send("removals", account("made_private", T1), account("suspended", T1))

    send("removals", reopened("suspended", T2))

    assert reasons(id=ALICE) == {"private"}


def test_an_older_restoration_does_not_clear_what_a_newer_dump_said(send, tumblr):
    keys = keyring().named("tumblr", ALICE, None)
    note_account(tumblr, keys, denies={"private"}, by=OPERATOR)

    answer = send("removals", reopened("made_private", T1))

    assert results_of(answer) == ["stale"]
    assert reasons(id=ALICE) == {"private"}


def test_the_reset_of_the_platforms_flag_never_clears_an_opt_out(send):
    send("removals", account("opted_out", T1))
    send("removals", account("made_private", T2))

    send("removals", reopened("made_private", T3))

    assert reasons(id=ALICE) == {"platform_opt_out"}


def test_no_event_takes_an_opt_out_back(send):
    send("removals", account("opted_out", T1))

    answer = send("removals", reopened("opted_out", T2))

    assert results_of(answer) == ["refused"]
    assert reasons(id=ALICE) == {"platform_opt_out"}


def test_an_account_under_a_name_alone_is_bound_by_the_id_that_is_known_for_it(send, tumblr):
    ensure_account(tumblr, native_id=ALICE, handle="alice", by=OPERATOR)

    send("removals", account("suspended", account={"handle": "Alice"}))

    assert reasons(id=ALICE) == reasons(handle="alice") == {"suspended"}


def test_a_name_alone_gives_nothing_back(send):
    send("removals", account("suspended", account={"handle": "alice"}))

    answer = send("removals", reopened("suspended", T2, account={"handle": "alice"}))

    assert results_of(answer) == ["refused"]


def test_an_account_that_is_renamed_stays_denied_under_each_name(send):
    send("removals", account("suspended", account={"handle": "alice"}))

    renamed = account("renamed", T2, account={"id": ALICE, "handle": "alice"}, new_handle="alice-b")

    assert results_of(send("removals", renamed)) == ["applied"]
    assert reasons(id=ALICE) == reasons(handle="alice-b") == {"suspended"}


def test_a_rename_gives_the_account_a_row_with_all_its_names(send):
    renamed = account("renamed", account={"id": ALICE, "handle": "alice"}, new_handle="alice-b")

    send("removals", renamed)

    names = {keyring().handle("tumblr", name) for name in ("alice", "alice-b")}
    assert names < set(Account.objects.get(native_id=ALICE).keys)
    assert results_of(send("removals", renamed)) == ["unchanged"]


BOB = "t:bob"


def of_bob(event, at=T1, **fields):
    return account(event, at, account={"id": BOB, "handle": "moss"}) | fields


def moss_is_now_bobs(send):
    """Alice was called moss, and is called fern; Bob is called moss since."""
    send("removals", renamed("alice", "moss"), renamed("moss", "fern"))


@pytest.mark.parametrize(("of_alices", "of_bobs"), [(T1, T1), (T1, T2), (T2, T1)])
def test_a_former_name_stays_denied_for_who_has_it_now(send, of_alices, of_bobs):
    moss_is_now_bobs(send)
    send("removals", of_bob("suspended", of_bobs), account("suspended", of_alices))

    send("removals", reopened("suspended", T3))

    assert reasons(id=ALICE) == reasons(handle="fern") == set()
    assert reasons(id=BOB) == reasons(handle="moss") == {"suspended"}


@pytest.mark.parametrize(("of_alices", "of_bobs"), [(T1, T1), (T1, T2), (T2, T1)])
def test_a_former_name_stays_denied_in_whatever_order_the_two_are_told(send, of_alices, of_bobs):
    moss_is_now_bobs(send)
    send("removals", account("suspended", of_alices), of_bob("suspended", of_bobs))

    send("removals", reopened("suspended", T3))

    assert reasons(id=ALICE) == set()
    assert reasons(handle="moss") == {"suspended"}


def test_a_former_name_stays_denied_for_a_known_holder_whom_the_same_dump_denies(send, tumblr):
    moss_is_now_bobs(send)
    ensure_account(tumblr, native_id=BOB, handle="moss", by=OPERATOR)
    ring = keyring()
    keys = {*ring.named("tumblr", ALICE, "fern"), *ring.named("tumblr", BOB, "moss")}
    note_account(tumblr, keys, denies={"suspended"}, by=OPERATOR)

    send("removals", reopened("suspended", NEVER_YET), reopened("suspended", at_once()))

    assert reasons(id=ALICE) == set()
    assert reasons(handle="moss") == {"suspended"}


def test_all_names_are_given_back_that_were_denied_with_the_account(send):
    moss_is_now_bobs(send)
    send("removals", account("suspended", T1))
    send("removals", renamed("fern", "reed"))

    send("removals", reopened("suspended", T2))

    names = [reasons(handle=handle) for handle in ("moss", "fern", "reed")]
    assert names == [set()] * 3


def test_a_name_that_was_denied_alone_is_given_back_with_the_account_that_had_it(send):
    moss_is_now_bobs(send)
    send("removals", account("suspended", account={"handle": "fern"}))

    send("removals", reopened("suspended", T2))

    assert reasons(handle="fern") == reasons(id=ALICE) == set()


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(item("vanished"), id="unknown event"),
        pytest.param(item("deleted", why="spam"), id="unknown field"),
        pytest.param({"event": "deleted"}, id="of nothing"),
        pytest.param(item("deleted") | {"account": {"id": "1"}}, id="of two things"),
        pytest.param({"event": "deleted", "item": {"kind": "post", "id": 5}}, id="id as a number"),
        pytest.param({"event": "deleted", "account": {}}, id="account without a name"),
        pytest.param(["deleted"], id="no object"),
        pytest.param(item("deleted", item={"kind": "blog", "id": "1"}), id="no such kind"),
        pytest.param(account("renamed", account={"handle": "a"}, new_handle="b"), id="no id"),
        pytest.param(account("suspended", account={"handle": "@"}), id="nothing of a handle"),
        pytest.param(account("renamed", new_handle="b"), id="no name before"),
        pytest.param(renamed("a", "\ud800"), id="half a character"),
        pytest.param(item("deleted") | {"\u0000": 1}, id="a name that no database keeps"),
    ],
)
def test_a_line_that_is_not_understood_is_refused_and_the_others_are_taken(send, line):
    answer = send("removals", item("deleted", number="1"), line, item("deleted", number="2"))

    assert results_of(answer) == ["applied", "refused", "applied"]
    assert answer.json()["results"][1]["why"]
    assert len(blocked()) == 2


SECRET = "bob@example.org"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (item("deleted", **{SECRET: 1}), "known are: event, item, occurred_at"),
        (item("deleted", item={"kind": "post", "id": "1", SECRET: 1}), "known are: kind, id, cont"),
        (account("suspended", account={"id": ALICE, SECRET: ""}), "in account is not known"),
        (item("restored", reverses=[SECRET]), "none of the values that are known"),
        (item("deleted", item={"kind": SECRET, "id": 5}), "Expected `str`, got `int` in item.id"),
        (item(SECRET), "the event of an item is one of"),
        (account("suspended", account={"id": " "}), "what stands in account.id is not of its form"),
    ],
)
def test_why_a_line_is_refused_says_what_is_known_and_quotes_nothing(send, line, words):
    answer = send("removals", line)

    [result] = answer.json()["results"]
    assert words in result["why"]
    assert SECRET not in answer.content.decode()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"event": "josé"}'.encode("latin-1"), "this is not UTF-8"),
        (b'{"event": ' + b"9" * 5_000 + b"}", "a number has too many digits"),
        (b"[" * 5_000, "it is nested too deeply"),
        (b'{"event": 1, "event": 2}', "an object names the same key twice"),
    ],
)
def test_why_a_line_cannot_be_read_is_said_in_words(send, line, words):
    [result] = send("removals", body=line).json()["results"]

    assert result == {"line": 1, "result": "refused", "why": words}


def test_a_line_that_is_no_json_is_refused_and_the_others_are_taken(send):
    answer = send("removals", body=json.dumps(item("deleted")) + '\n{"event": \n\n')

    assert results_of(answer) == ["applied", "refused"]
    assert [line["line"] for line in answer.json()["results"]] == [1, 2]


def test_a_list_is_taken_like_lines(send):
    body = json.dumps([item("deleted", number=str(number)) for number in (1, 2, 3)])

    answer = send("removals", body=body, content_type="application/json")

    assert results_of(answer) == ["applied"] * 3


def test_every_change_has_its_entry_and_the_batch_one_of_its_own(send):
    send("removals", item("deleted"), account("suspended"), item("vanished"))

    assert sorted(
        Entry.objects.exclude(event__startswith="platform.")
        .exclude(event="feed.switched")
        .values_list("event", "actor")
    ) == [
        ("account.state_changed", "platform:tumblr"),
        ("feed.batch_applied", "platform:tumblr"),
        ("item.state_changed", "platform:tumblr"),
    ]
    facts = Entry.objects.get(event="feed.batch_applied").facts
    assert (facts["lines"], facts["refused"]) == (3, 1)
    assert Batch.objects.get().state == Batch.State.APPLIED


def test_the_shipped_schema_says_what_is_accepted():
    shipped = json.loads(
        (Path(removals.__file__).parent / "removals.schema.json").read_text(encoding="utf-8")
    )

    assert shipped == removals.schema()


def test_a_thousand_lines_ask_the_database_no_more_often_than_ten(send, round_trips):
    """Who takes much back at once waits for the answer: nothing may be asked for each line."""
    send("removals", item("deleted"))

    counted = []
    for first, lines in ((2, 10), (12, 999)):
        numbers = range(first, first + lines)
        events = [
            item("deleted", number=f"{first}"),
            account("suspended", account={"handle": f"name-{first}"}),
            *(item("moderated", number=f"{number}") for number in numbers[1::3]),
            *(account("suspended", account={"id": f"t:{number}"}) for number in numbers[2::3]),
            *(
                renamed(f"old-{number}", f"new-{number}")
                | {"account": {"id": f"t:{number}", "handle": f"old-{number}"}}
                for number in numbers[3::3]
            ),
        ]
        with round_trips() as asked:
            answer = send("removals", *events)
        assert set(results_of(answer)) == {"applied"}
        counted.append(len(asked))

    assert counted[1] == counted[0]


def test_an_account_that_is_renamed_twice_in_one_batch_has_all_its_names(send):
    first, second = renamed("alice", "moss"), renamed("moss", "fern")

    answer = send("removals", first, first, second, second)

    assert results_of(answer) == ["applied", "unchanged", "applied", "unchanged"]
    alice = Account.objects.get(native_id=ALICE)
    assert set(alice.keys) == {
        *keyring().named("tumblr", ALICE, "alice"),
        *keyring().named("tumblr", None, "moss"),
        *keyring().named("tumblr", None, "fern"),
    }
    assert alice.handle == "fern"


def test_an_older_denial_that_comes_again_does_not_deny_a_name_the_account_got_since(send):
    send("removals", account("suspended", T1), reopened("suspended", T2))
    send("removals", renamed("alice", "moss"))

    late = send("removals", account("suspended", T1))

    assert results_of(late) == ["stale"]
    assert not AccountState.objects.denied().exists()


def test_an_older_denial_reaches_a_name_that_comes_with_it_while_a_newer_one_stands(send):
    send("removals", account("suspended", T2))

    send("removals", account("suspended", T1, account={"id": ALICE, "handle": "moss"}))

    assert reasons(handle="moss") == {"suspended"}
