"""One file over HTTP: what is served, what is refused, and what the receipt says."""

import base64
import hashlib
from datetime import UTC, datetime

import pytest
from django.db import OperationalError, connection
from django.urls import reverse

from audit.events import operator_command
from audit.models import Entry
from exports import gate
from exports.delivery import streaming
from exports.models import File, Receipt, Release
from platforms.actions import hear
from platforms.models import Feed, Platform

PARQUET = "application/vnd.apache.parquet"
CONTENT = b"0123456789" * 20


@pytest.fixture
def fetch(acme, file):
    def get(**headers):
        return acme.get(address(file), headers=headers)

    return get


def address(file: File) -> str:
    return reverse("api-file", args=[file.pk])


def body(response) -> bytes:
    return response.getvalue()


def receipt_of(file: File) -> Receipt:
    return file.receipts.get()


# What is served -----------------------------------------------------------------------------


def test_the_whole_file_arrives_with_its_hash(fetch, file):
    response = fetch()

    digest = base64.b64encode(hashlib.sha256(CONTENT).digest()).decode()
    assert response.status_code == 200
    assert body(response) == CONTENT
    assert response["Content-Type"] == PARQUET
    assert response["Content-Length"] == str(len(CONTENT))
    assert response["Repr-Digest"] == f"sha-256=:{digest}:"
    assert response["ETag"] == f'"{file.sha256}"'
    assert response["Accept-Ranges"] == "bytes"
    assert response["Cache-Control"] == "private, no-store"
    assert response["Content-Disposition"] == 'attachment; filename="blogs-v1-00.parquet"'


def test_a_range_arrives_alone_and_says_where_it_belongs(fetch, file):
    response = fetch(Range="bytes=5-14")

    assert response.status_code == 206
    assert body(response) == b"5678901234"
    assert response["Content-Range"] == "bytes 5-14/200"
    assert response["Content-Length"] == "10"
    assert response["ETag"] == f'"{file.sha256}"'


def test_the_parts_of_a_file_make_the_file(fetch):
    parts = [body(fetch(Range=f"bytes={start}-{start + 69}")) for start in (0, 70, 140)]

    assert b"".join(parts) == CONTENT


def test_several_ranges_are_answered_with_the_whole(fetch):
    response = fetch(Range="bytes=0-1, 5-6")

    assert (response.status_code, body(response)) == (200, CONTENT)


def test_a_range_of_another_version_is_answered_with_the_whole(fetch):
    response = fetch(**{"Range": "bytes=0-1", "If-Range": '"another"'})

    assert (response.status_code, body(response)) == (200, CONTENT)


def test_a_range_beyond_the_end_is_refused_with_the_size(fetch, file):
    response = fetch(Range="bytes=200-")

    assert response.status_code == 416
    assert response["Content-Range"] == "bytes */200"
    assert response.json()["code"] == "range_not_satisfiable"
    assert not file.receipts.exists()


def test_who_has_the_file_is_told_so_without_bytes(fetch, file):
    response = fetch(**{"If-None-Match": f'"{file.sha256}"'})

    assert response.status_code == 304
    assert response.content == b""
    assert not file.receipts.exists()


def test_head_says_not_modified_as_get_does(acme, file):
    response = acme.head(address(file), headers={"If-None-Match": f'"{file.sha256}"'})

    assert response.status_code == 304


@pytest.mark.parametrize("accepted", ["*/*", PARQUET, "text/html", "application/json"])
def test_what_a_client_says_it_accepts_changes_nothing(fetch, accepted):
    assert body(fetch(Accept=accepted)) == CONTENT


def test_nothing_on_the_way_compresses_a_file(fetch):
    response = fetch(**{"Accept-Encoding": "gzip, br, zstd"})

    assert body(response) == CONTENT
    assert "Content-Encoding" not in response


def test_head_says_what_get_says_and_sends_nothing(acme, fetch, file):
    asked = fetch()
    body(asked)

    response = acme.head(address(file))

    assert response.status_code == 200
    assert response.content == b""
    assert dict(response.headers) == dict(asked.headers)


def test_an_address_without_its_last_slash_leads_to_the_file(acme, file):
    response = acme.get(address(file).rstrip("/"), follow=True)

    assert body(response) == CONTENT


# What is refused ----------------------------------------------------------------------------


def test_after_an_opt_out_the_same_file_is_gone_at_once(fetch, file, alice, opt_out):
    before = fetch()
    body(before)
    opt_out(alice)

    response = fetch()

    problem = response.json()
    file.refresh_from_db()
    assert before.status_code == 200
    assert response.status_code == 410
    assert response["Content-Type"] == "application/problem+json"
    assert problem["code"] == "withdrawn"
    assert problem["reason"] == "account_not_shared"
    assert problem["successor"] == str(file.successor.pk)
    assert problem["successor_state"] == "being_built"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="all of it"),
        pytest.param({"Range": "bytes=0-1"}, id="a range"),
        pytest.param({"Range": "bytes=-1"}, id="the end"),
        pytest.param({"Range": "bytes=500-"}, id="a range beyond the end"),
        pytest.param({"If-None-Match": "*"}, id="only if it changed"),
    ],
)
def test_no_way_of_asking_gets_around_the_gate(fetch, file, alice, opt_out, headers):
    opt_out(alice)

    response = fetch(**headers)

    assert response.status_code == 410
    assert not response.streaming


def test_head_asks_the_gate_too(acme, file, alice, opt_out):
    opt_out(alice)

    assert acme.head(address(file)).status_code == 410


def test_a_withdrawn_file_stays_gone_and_names_its_newest_successor(
    fetch, file, alice, opt_out, acme
):
    opt_out(alice)
    fetch()
    successor = File.objects.get(replaces=file)
    File.objects.filter(pk=successor.pk).update(state=File.State.WITHDRAWN)
    last = File.objects.create(release=file.release, bucket=0, replaces=successor, state="empty")

    problem = fetch().json()

    assert (problem["successor"], problem["successor_state"]) == (str(last.pk), "empty")


@pytest.mark.parametrize(
    "state", [s for s in File.State if s not in (File.State.PUBLISHED, File.State.WITHDRAWN)]
)
def test_a_file_that_was_never_published_is_not_there(acme, a_file, alice, state):
    file = a_file(alice, state=state)

    assert acme.get(address(file)).status_code == 404
    assert not file.receipts.exists()


def test_an_unknown_file_is_not_there(acme):
    response = acme.get(reverse("api-file", args=["00000000-0000-0000-0000-000000000000"]))

    assert response.status_code == 404


@pytest.mark.parametrize("damage", [b"", CONTENT + b"!", CONTENT[:-1]])
def test_a_file_of_another_length_than_was_verified_is_set_aside(fetch, file, storage, damage):
    (storage / file.path).write_bytes(damage)

    response = fetch()

    file.refresh_from_db()
    assert response.status_code == 503
    assert response["Retry-After"] == "30"
    assert response.json()["code"] == "damaged"
    assert file.state == File.State.QUARANTINED
    assert receipt_of(file).outcome == Receipt.Outcome.DENIED
    assert fetch().status_code == 410


def test_a_file_whose_bytes_are_missing_is_set_aside(fetch, file, storage):
    (storage / file.path).unlink()

    assert fetch().status_code == 503
    assert fetch().json()["reason"] == "bytes_missing"


def test_without_the_list_of_who_is_in_it_a_file_does_not_leave(fetch, file, storage):
    (storage / file.accounts_path).unlink()

    response = fetch()

    assert response.status_code == 410
    assert response.json()["reason"] == "keys_damaged"


def test_when_consent_cannot_be_read_nothing_leaves(fetch, file, monkeypatch):
    def unreachable(found):
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(gate, "clear", unreachable)

    response = fetch()

    assert response.status_code == 503
    assert response.json()["code"] == "unavailable"
    assert receipt_of(file).outcome == Receipt.Outcome.ASKED


def test_where_no_receipt_can_be_written_nothing_leaves(fetch, file):
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    try:
        response = fetch()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = off")

    assert response.status_code == 503
    assert response.json()["code"] == "unavailable"
    assert not file.receipts.exists()


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_file_can_only_be_read(acme, file, method):
    assert getattr(acme, method)(address(file)).status_code == 405


# What the receipt says ----------------------------------------------------------------------


def test_a_whole_download_is_receipted_to_the_byte(fetch, file, credential):
    body(fetch())

    receipt = receipt_of(file)
    assert receipt.outcome == Receipt.Outcome.SENT
    assert (receipt.first_byte, receipt.last_byte, receipt.bytes_sent) == (0, 199, 200)
    assert receipt.partner == file.release.dataset.partner
    assert receipt.ended_at
    assert list(
        Entry.objects.filter(subject=f"file:{file.pk}")
        .order_by("id")
        .values_list("event", flat=True)
    ) == ["download.requested", "download.ended"]


def test_a_range_is_receipted_as_such(fetch, file):
    body(fetch(Range="bytes=-10"))

    receipt = receipt_of(file)
    assert (receipt.first_byte, receipt.last_byte, receipt.bytes_sent) == (190, 199, 10)


def test_the_receipt_is_committed_before_the_gate_is_asked(fetch, file, monkeypatch):
    seen = []
    clear = gate.clear

    def watched(found):
        seen.append((connection.in_atomic_block, found.receipts.count()))
        return clear(found)

    monkeypatch.setattr(gate, "clear", watched)

    fetch()

    assert seen == [(False, 1)]


def test_a_refused_download_is_receipted(fetch, file, alice, opt_out):
    opt_out(alice)
    fetch()

    receipt = receipt_of(file)
    assert (receipt.outcome, receipt.bytes_sent) == (Receipt.Outcome.DENIED, 0)


def test_a_caller_that_hangs_up_is_receipted_as_broken(acme, big_file):
    response = acme.get(address(big_file))
    sent = next(iter(response.streaming_content))
    response.close()

    receipt = receipt_of(big_file)
    assert (receipt.outcome, receipt.bytes_sent) == (Receipt.Outcome.BROKEN, len(sent))


def test_a_caller_that_never_reads_is_receipted_as_broken(acme, big_file):
    acme.get(address(big_file)).close()

    receipt = receipt_of(big_file)
    assert (receipt.outcome, receipt.bytes_sent) == (Receipt.Outcome.BROKEN, 0)


def test_a_running_download_stops_when_somebody_in_it_opts_out(acme, big_file, alice, opt_out):
    response = acme.get(address(big_file))
    chunks = iter(response.streaming_content)
    received = len(next(chunks))
    opt_out(alice)

    with pytest.raises(gate.GateClosed):
        for chunk in chunks:
            received += len(chunk)
    response.close()

    receipt = receipt_of(big_file)
    assert received <= streaming.RECHECK_EVERY
    assert (receipt.outcome, receipt.bytes_sent) == (Receipt.Outcome.STOPPED, received)


def test_a_running_download_stops_when_nobody_can_check(acme, big_file, monkeypatch):
    response = acme.get(address(big_file))
    chunks = iter(response.streaming_content)
    next(chunks)

    def unreachable(cleared):
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(gate, "recheck", unreachable)

    with pytest.raises(OperationalError):
        list(chunks)
    response.close()

    assert receipt_of(big_file).outcome == Receipt.Outcome.BROKEN


def test_a_download_that_nobody_objects_to_is_checked_again_and_arrives(acme, big_file):
    content = body(acme.get(address(big_file)))

    assert hashlib.sha256(content).hexdigest() == big_file.sha256


# Releases and manifests ---------------------------------------------------------------------


def manifest(acme, file: File) -> dict:
    return acme.get(reverse("api-manifest", args=[file.release_id])).json()


def test_a_release_leads_to_its_manifest_and_that_to_the_file(acme, file):
    (release,) = acme.get("/api/v1/releases/").json()["results"]
    (found,) = acme.get(release["manifest"]).json()["files"]

    assert release["id"] == str(file.release_id)
    assert body(acme.get(found["url"])) == CONTENT
    assert (found["sha256"], found["size"], found["rows"]) == (file.sha256, 200, 1)


def test_a_manifest_says_what_was_left_out_and_why(acme, file):
    File.objects.filter(pk=file.pk).update(counts={"opted_out": 3, "adult": 1}, parts_cut=2)

    found = manifest(acme, file)

    assert found["complete"] is True
    assert (found["rows"], found["parts_cut"], found["files"][0]["parts_cut"]) == (1, 2, 2)
    assert found["agreement"] == {
        "platforms": ["tumblr"],
        "media_kinds": ["image", "text"],
        "adult": False,
        "parts": "drop",
        "settle_hours": 72,
        "max_reading_age_days": 30,
    }
    assert [(left["reason"], left["items"]) for left in found["left_out"]] == [
        ("adult", 1),
        ("opted_out", 3),
    ]
    assert found["consent_as_of"]
    assert found["usable_until"] == found["files"][0]["usable_until"]
    assert found["usable_until"] > found["consent_as_of"]


def test_a_manifest_with_a_withdrawn_file_is_not_complete_and_names_it(
    acme, fetch, file, alice, opt_out
):
    opt_out(alice)
    fetch()

    found = manifest(acme, file)

    (withdrawn,) = found["withdrawn"]
    assert found["complete"] is False
    assert found["files"] == []
    assert withdrawn["id"] == str(file.pk)
    assert withdrawn["reason"] == "account_not_shared"
    assert withdrawn["successor_state"] == "being_built"


def test_a_manifest_is_complete_again_when_the_successor_is_there(
    acme, fetch, file, alice, opt_out
):
    opt_out(alice)
    fetch()
    File.objects.filter(replaces=file).update(
        state=File.State.PUBLISHED, sha256="ab" * 32, snapshot="1:1:", cleared="1:1:", rows=7
    )

    found = manifest(acme, file)

    assert found["complete"] is True
    assert [f["replaces"] for f in found["files"]] == [str(file.pk)]
    assert found["withdrawn"][0]["successor"] == found["files"][0]["id"]
    assert found["rows"] == 7


def test_a_newer_version_says_what_it_supersedes(acme, a_file, alice):
    older, newer = a_file(alice), a_file(alice)

    assert manifest(acme, older)["supersedes"] is None
    assert manifest(acme, newer)["supersedes"] == str(older.release_id)


def test_a_release_that_is_being_built_is_not_there(acme, a_file, alice):
    file = a_file(alice, state=File.State.VERIFIED)

    assert acme.get("/api/v1/releases/").json()["results"] == []
    assert acme.get(reverse("api-release", args=[file.release_id])).status_code == 404


def test_releases_come_newest_first_a_page_at_a_time(acme, dataset, a_file, alice, monkeypatch):
    monkeypatch.setattr("exports.delivery.rest.ReleasePages.page_size", 2)
    for _ in range(3):
        release = a_file(alice).release
        Release.objects.filter(pk=release.pk).update(published_at=datetime.now(UTC))

    first = acme.get("/api/v1/releases/").json()
    second = acme.get(first["next"]).json()

    assert [r["version"] for r in first["results"] + second["results"]] == [3, 2, 1]
    assert second["next"] is None


def test_what_partners_read_holds_no_native_id_handle_or_key(acme, file, alice):
    answers = (
        acme.get("/api/v1/releases/").content
        + acme.get(reverse("api-manifest", args=[file.release_id])).content
    )

    hidden = [alice.native_id, alice.handle, *map(str, alice.keys)]
    assert [secret for secret in hidden if secret.encode() in answers] == []


# While a platform is silent -----------------------------------------------------------------


def test_a_download_is_refused_with_the_platform_that_is_silent_and_since_when(
    fetch, file, silent_feed
):
    response = fetch()

    problem = response.json()
    assert (response.status_code, response["Retry-After"]) == (503, "60")
    assert problem["code"] == "feed_silent"
    assert "tumblr" in problem["title"]
    (silent,) = problem["silent_feeds"]
    assert (silent["platform"], silent["may_be_silent_s"]) == ("tumblr", 21_600)
    assert datetime.fromisoformat(silent["heard_at"]) == silent_feed.heard_at
    assert receipt_of(file).outcome == Receipt.Outcome.DENIED


def test_a_download_works_again_when_the_platform_has_spoken(fetch, silent_feed):
    assert fetch().status_code == 503

    hear(silent_feed.platform, by=operator_command())

    assert body(fetch()) == CONTENT


def test_nobody_is_told_that_a_copy_is_good_while_the_platform_is_silent(fetch, file, silent_feed):
    assert fetch(**{"If-None-Match": f'"{file.sha256}"'}).status_code == 503


def test_releases_and_manifests_say_which_platform_is_silent(acme, file, silent_feed):
    (release,) = acme.get("/api/v1/releases/").json()["results"]
    found = manifest(acme, file)

    assert [feed["platform"] for feed in release["silent_feeds"]] == ["tumblr"]
    assert found["silent_feeds"] == release["silent_feeds"]
    assert found["complete"] is True


def test_releases_do_not_speak_of_platforms_outside_their_agreement(acme, file):
    hear(Platform.objects.create(slug="elsewhere", name="Elsewhere"), by=operator_command())
    Feed.objects.update(heard_at=None)

    assert manifest(acme, file)["silent_feeds"] == []
