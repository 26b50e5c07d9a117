"""A platform's list of those who said no: taken whole, kept, and found when they appear."""

import gzip
import hashlib
import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from audit.events import operator_command
from audit.models import Entry
from consent import actions
from consent.models import Source, Standing, Statement
from platforms.actions import batches, ensure_account, keyring
from platforms.actions.tokens import issue_token
from platforms.keys import account_key_text
from platforms.models import Account, Feed

OPERATOR = operator_command()
HERE = "/api/v1/platforms/tumblr/opt-outs/"


@pytest.fixture
def send(tumblr):
    token = issue_token(tumblr, by=OPERATOR)[1]
    client, numbers = Client(headers={"Authorization": f"Bearer {token}"}), iter(range(1_000))

    def post(*records, key=None, body=None, content_type="application/x-ndjson", **headers):
        if body is None:
            body = "".join(json.dumps(record) + "\n" for record in records)
        headers["Idempotency-Key"] = key or f"list-{next(numbers)}"
        return client.post(HERE, body, content_type=content_type, headers=headers)

    return post


def results_of(response):
    assert response.status_code == 200, response.content
    return [line["result"] for line in response.json()["results"]]


def key_of(native_id):
    return account_key_text(keyring().account("tumblr", native_id))


def denied_keys():
    return {
        key
        for keys in Standing.objects.denied().values_list("account__keys", flat=True)
        for key in keys
    }


def test_accounts_are_opted_out_by_id_by_name_and_by_key(send):
    answer = send({"id": "t:alice"}, {"handle": "@Bob"}, {"key": key_of("t:carol")})

    assert results_of(answer) == ["recorded"] * 3
    ring = keyring()
    assert denied_keys() == {
        ring.account("tumblr", "t:alice"),
        ring.handle("tumblr", "bob"),
        ring.account("tumblr", "t:carol"),
    }


def test_a_listed_account_has_what_a_single_opt_out_makes(send):
    send({"id": "t:alice", "at": "2026-01-01T12:00:00+01:00"}, key="k")

    standing, statement = Standing.objects.get(), Statement.objects.get()
    assert (standing.reasons, standing.denied, standing.version) == (["platform_list"], True, 1)
    assert (statement.reason, statement.source, statement.by, statement.version) == (
        "platform_list",
        Source.IMPORT,
        "platform:tumblr",
        1,
    )
    assert statement.evidence == {"batch": "k", "at": "2026-01-01T11:00:00+00:00"}
    events = Entry.objects.exclude(event="platform.token_issued").order_by("pk")
    assert list(events.values_list("event", flat=True)) == [
        "account.keys_added",
        "consent.opted_out",
        "feed.batch_applied",
    ]


def test_who_was_listed_before_stays_so_without_a_second_statement(send):
    send({"id": "t:alice"})

    answer = send({"id": "t:alice"}, {"id": "t:bob"}, {"id": "t:bob"})

    assert results_of(answer) == ["already", "recorded", "already"]
    assert Statement.objects.count() == 2


def test_a_list_adds_its_reason_to_what_the_person_said(send, blog, by_alice):
    actions.opt_out(blog, source=Source.WEB, by=by_alice)

    send({"id": blog.native_id})
    actions.opt_in(blog, source=Source.WEB, by=by_alice, confirmed=True)

    assert Standing.objects.get().reasons == ["platform_list"]


def test_a_listed_key_bites_when_the_account_appears(send, tumblr):
    send({"key": key_of("t:carol")})

    appeared = ensure_account(tumblr, native_id="t:carol", handle="carol", by=OPERATOR)

    assert Account.objects.get() == appeared
    assert (appeared.native_id, appeared.handle) == ("t:carol", "carol")
    assert denied_keys() == set(keyring().named("tumblr", "t:carol", "carol"))


def test_a_listed_key_bites_when_the_account_is_linked(send, tumblr, alice):
    send({"key": key_of("t:carol")})

    linked = actions.link(alice, tumblr, native_id="t:carol", method="x", by=OPERATOR)

    assert Standing.objects.get(account=linked).denied


def test_a_listed_key_finds_the_account_that_is_known_already(send, tumblr):
    known = ensure_account(tumblr, native_id="t:carol", handle="carol", by=OPERATOR)

    send({"key": key_of("t:carol")})

    assert Standing.objects.get().account == known


def test_an_id_finds_the_account_that_was_listed_by_its_key(send):
    send({"key": key_of("t:carol")})

    answer = send({"id": "t:carol", "handle": "carol"})

    assert results_of(answer) == ["already"]
    assert Account.objects.get().native_id == "t:carol"


def test_an_id_and_its_key_in_one_list_are_one_account(send):
    answer = send({"key": key_of("t:alice")}, {"id": "t:alice", "handle": "alice"})

    assert results_of(answer) == ["recorded", "already"]
    account = Account.objects.get()
    assert (account.native_id, account.handle, len(account.keys)) == ("t:alice", "alice", 2)


def test_a_listed_name_binds_whoever_is_known_to_have_had_it(send, tumblr):
    known = ensure_account(tumblr, native_id="t:bob", handle="bob", by=OPERATOR)

    send({"handle": "bob"})

    assert set(known.keys) <= denied_keys()


def test_a_listed_name_binds_an_account_that_is_listed_with_it_later(send):
    send({"handle": "bob"})

    send({"id": "t:bob", "handle": "bob"})

    bare = Account.objects.get(native_id="")
    assert keyring().account("tumblr", "t:bob") in bare.keys


def test_a_listed_name_binds_an_account_that_is_listed_with_it_in_the_same_list(send):
    send({"handle": "bob"}, {"id": "t:bob", "handle": "bob"})

    bare = Account.objects.get(native_id="")
    assert keyring().account("tumblr", "t:bob") in bare.keys


def test_one_list_and_single_acts_make_the_same_accounts(send, tumblr):
    names = [("t:a", "ann"), ("t:b", ""), ("", "cid"), ("t:a", "ann-two"), ("", "ann")]
    for native_id, handle in names:
        ensure_account(tumblr, native_id=f"{native_id}1" if native_id else "", handle=f"{handle}1"
                       if handle else "", by=OPERATOR)  # fmt: skip

    send(
        *(
            {name: f"{value}2" for name, value in (("id", native_id), ("handle", handle)) if value}
            for native_id, handle in names
        )
    )

    def shape(end):
        rows = Account.objects.filter(native_id__endswith=end) | Account.objects.filter(
            native_id="", handle__endswith=end
        )
        return {(row.native_id[:-1], row.handle[:-1], len(row.keys)) for row in rows}

    assert shape("2") == shape("1")


@pytest.mark.parametrize(
    "line",
    [
        pytest.param({}, id="names nobody"),
        pytest.param({"id": "t:bob", "key": "0" * 16}, id="an id and a key"),
        pytest.param({"key": "0" * 15}, id="too short a key"),
        pytest.param({"key": "g" * 16}, id="no hexadecimal key"),
        pytest.param({"id": 5}, id="id as a number"),
        pytest.param({"id": "t:bob", "opted_out": False}, id="an unknown field"),
        pytest.param({"id": "a b"}, id="an id with a space"),
        pytest.param("t:bob", id="no object"),
        pytest.param({"handle": "@"}, id="a handle of which nothing is left"),
        pytest.param({"id": "t:bob", "handle": "\u3000"}, id="a handle that is space"),
        pytest.param({"handle": "\ud800x"}, id="a handle with half a character"),
        pytest.param({"handle": "\ufb03" * 255}, id="a handle that is longer when compared"),
    ],
)
def test_a_line_that_names_nobody_is_refused_and_the_others_are_taken(send, line):
    answer = send({"id": "t:alice"}, line, {"id": "t:carol"})

    assert results_of(answer) == ["recorded", "refused", "recorded"]
    assert answer.json()["results"][1]["why"]


def test_why_a_line_is_refused_does_not_quote_the_name_of_a_field(send):
    answer = send({"id": "t:bob", "bob@example.org": "no"})

    [result] = answer.json()["results"]
    assert result["why"] == "a field is not known; known are: id, handle, key, at"


@pytest.mark.parametrize(
    "at", ["yesterday", 5, None, "2026-01-01T12:00:00", "0001-01-01T00:00:00+14:00"]
)
def test_a_time_that_cannot_be_used_does_not_keep_a_no_out(send, at):
    assert results_of(send({"id": "t:alice", "at": at})) == ["recorded"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("id,handle\nt:alice,alice\n,bob\n", id="plain"),
        pytest.param("\ufeffid,handle\r\nt:alice,alice\r\n,bob\r\n", id="from a spreadsheet"),
        pytest.param('"handle","id"\n"alice","t:alice"\n"bob",""', id="quoted"),
        pytest.param("id,handle\n\nt:alice,alice\n\n,bob\n\n", id="with blank lines"),
    ],
)
def test_a_list_comes_as_csv(send, text):
    answer = send(body=text.encode(), content_type="text/csv")

    assert results_of(answer) == ["recorded", "recorded"]
    assert denied_keys() == {
        *keyring().named("tumblr", "t:alice", "alice"),
        *keyring().named("tumblr", None, "bob"),
    }


@pytest.mark.parametrize(
    "row", ["t:bob", "t:bob,b,c", '"t:bob"x,', ",", "\xff,x"], ids=lambda row: ascii(row)
)
def test_a_row_that_is_not_understood_is_refused_and_the_others_are_taken(send, row):
    text = f"id,handle\nt:alice,\n{row}\nt:carol,\n"

    answer = send(body=text.encode("latin-1"), content_type="text/csv")

    assert results_of(answer) == ["recorded", "refused", "recorded"]
    assert [line["line"] for line in answer.json()["results"]] == [2, 3, 4]


def test_a_quote_that_is_not_closed_costs_its_own_line_only(send):
    text = 'id,handle\n"t:alice,\nt:bob,\n"t:carol",\nt:dave,"dave\nt:eve,\n'

    answer = send(body=text.encode(), content_type="text/csv")

    assert results_of(answer) == ["refused", "recorded", "recorded", "refused", "recorded"]
    assert [line["line"] for line in answer.json()["results"]] == [2, 3, 4, 5, 6]


@pytest.mark.parametrize("header", ["", "id,id", "id,email", "t:alice"])
def test_a_csv_without_a_usable_header_is_refused_whole(send, header):
    response = send(body=f"{header}\nt:alice\n".encode(), content_type="text/csv")

    assert (response.status_code, response.json()["code"]) == (400, "body_not_understood")
    assert not Standing.objects.exists()


def test_a_list_may_be_compressed(send):
    body = gzip.compress(b"id\nt:alice\n")

    answer = send(body=body, content_type="text/csv", **{"Content-Encoding": "gzip"})

    assert results_of(answer) == ["recorded"]


def test_a_list_that_is_too_long_is_refused_with_advice_to_split_it(send, settings):
    settings.FEED_BODY_BYTES = 20

    response = send({"id": "t:alice"}, {"id": "t:bob"})

    assert response.status_code == 413
    assert "split it" in response.json()["title"]


def test_a_list_longer_than_a_part_is_taken_in_order(send, monkeypatch):
    monkeypatch.setattr(batches, "PART", 3)
    body = "".join(json.dumps({"id": f"t:{number % 5}"}) + "\n" for number in range(8))

    answer = send(body=body)

    assert results_of(answer) == ["recorded"] * 5 + ["already"] * 3


def test_the_same_list_again_changes_nothing(send):
    first = send({"id": "t:alice"}, key="k")

    again = send({"id": "t:alice"}, key="k")

    assert again.json() == first.json()
    assert Statement.objects.count() == 1


def test_a_list_alone_does_not_make_a_platform_one_that_is_missed(send):
    send({"id": "t:alice"})

    assert not Feed.objects.exists()


def test_a_platform_can_make_the_keys_of_its_accounts_itself(tumblr):
    out = StringIO()
    call_command("platform_key", "tumblr", stdout=out, stderr=StringIO())
    secret = bytes.fromhex(out.getvalue().strip())

    made = hashlib.blake2b(b"t:carol", digest_size=8, key=secret, person=b"account").hexdigest()

    assert made == key_of("t:carol")
    assert Entry.objects.get(event="platform.key_shown").platform == "tumblr"


def test_a_thousand_lines_ask_the_database_no_more_often_than_ten(send, round_trips):
    """A list is hundreds of thousands of lines long: what is asked for each line is waited for."""
    send({"id": "t:known", "handle": "known"}, {"handle": "bare-1"})

    counted = []
    for first, lines in ((0, 10), (10, 499)):
        numbers = range(first, first + lines)
        with round_trips() as asked:
            answer = send(
                *({"id": f"t:{number}", "handle": f"name-{number}"} for number in numbers),
                *({"handle": f"bare-{number}"} for number in numbers),
                {"key": key_of(f"t:keyed-{first}")},
                {"id": "t:known", "handle": f"renamed-{first}"},
            )
        assert set(results_of(answer)) == {"recorded", "already"}
        counted.append(len(asked))

    assert counted[1] == counted[0]
