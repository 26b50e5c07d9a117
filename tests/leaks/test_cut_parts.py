"""From a dump to the bytes: whoever says no is cut from an item, or takes it with them."""

import json

import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.utils import timezone

from audit.events import operator_command
from consent.actions import opt_out
from consent.models import ReasonCode, Source
from exports.actions.agree import add_dataset, add_partner
from exports.actions.build import build
from exports.actions.plan import plan_release
from exports.actions.publish import publish_file, publish_release
from exports.gate import GateClosed, clear
from exports.models import File
from platforms.actions import ensure_account, import_dump
from platforms.models import Platform
from tests.platforms.sources.dumps import ALICE, BOB, CAROL, blog, post, trail_item

OPERATOR = operator_command()
CAROLS = blog("carol", CAROL)
PICTURE = {"type": "image", "media": [{"url": "https://media.example/BOBSPICTURE.png"}]}
WORDS = ("BOBSWORDS", "BOBSPICTURE", "CAROLSWORDS", "ALICESWORDS", "OTHERWORDS")


def text(words):
    return {"type": "text", "text": words}


DUMP = [
    post(
        1,
        content=[text("ALICESWORDS")],
        trail=[
            trail_item(content=[text("BOBSWORDS"), PICTURE]),
            trail_item(CAROLS, 901, content=[text("CAROLSWORDS")]),
        ],
        reblogged_root_uuid=BOB,
        reblogged_root_name="bob",
        reblogged_root_id="900",
    ),
    post(2, content=[text("OTHERWORDS")]),
    post(3, content=[], trail=[trail_item(content=[text("BOBSWORDS")])]),
]


@pytest.fixture
def say_no(transactional_db, tmp_path):
    """A dump is imported; then blogs can be told apart by their ids, and say no."""
    path = tmp_path / "dump"
    path.write_text(json.dumps(DUMP))
    import_dump("tumblr", [path], {}, by=OPERATOR, now=timezone.now())

    def say(native_id):
        tumblr = Platform.objects.get(slug="tumblr")
        account = ensure_account(tumblr, native_id=native_id, by=OPERATOR)
        opt_out(account, source=Source.OPERATOR, by=OPERATOR, reason=ReasonCode.LEGAL)

    return say


def released(parts):
    partner = add_partner("northlight", name="Northlight Models", by=OPERATOR)
    dataset = add_dataset(
        partner,
        "all",
        name="All",
        platforms=["tumblr"],
        media_kinds=["text", "image"],
        buckets=1,
        parts=parts,
        by=OPERATOR,
    )
    release = plan_release(dataset, by=OPERATOR)
    file = release.files.get()
    build(file.pk)
    publish_release(release.pk)
    publish_file(file.pk)
    return File.objects.get(pk=file.pk)


def words_in(file):
    """Which of the words are in the bytes of the file once they are unpacked, and how often."""
    path = settings.STORAGE_DIR / file.path
    plain = path.with_suffix(".plain")
    pq.write_table(pq.read_table(path), plain, compression="none", use_dictionary=False)
    found = plain.read_bytes() + path.read_bytes()
    return {word for word in WORDS if word.encode() in found}


def test_where_cuts_are_agreed_somebodys_words_and_pictures_are_cut(say_no):
    say_no(BOB)

    file = released("cut")

    assert words_in(file) == {"CAROLSWORDS", "ALICESWORDS", "OTHERWORDS"}
    assert (file.rows, file.parts_cut, file.counts) == (2, 1, {"nothing_left": 1})


def test_where_they_are_not_the_item_stays_out(say_no):
    say_no(BOB)

    file = released("drop")

    assert words_in(file) == {"OTHERWORDS"}
    assert (file.rows, file.parts_cut, file.counts) == (1, 0, {"opted_out": 2})


def test_whoever_reblogged_takes_the_whole_reblog_with_them(say_no):
    say_no(ALICE)

    file = released("cut")

    assert (file.rows, file.parts_cut) == (0, 0)


def test_a_later_no_of_somebody_who_stayed_closes_the_file_and_cuts_them_too(say_no):
    say_no(BOB)
    file = released("cut")
    assert clear(file)

    say_no(CAROL)
    with pytest.raises(GateClosed):
        clear(file)
    build(file.successor.pk)
    publish_file(file.successor.pk)

    successor = File.objects.get(replaces=file)
    assert clear(successor)
    assert words_in(successor) == {"ALICESWORDS", "OTHERWORDS"}
    assert successor.parts_cut == 2


def test_another_dump_of_the_same_posts_does_not_bring_the_part_back(say_no, tmp_path):
    say_no(BOB)
    file = released("cut")
    again = tmp_path / "again"
    again.write_text(json.dumps([*DUMP, post(4, content=[text("OTHERWORDS")])]))

    import_dump("tumblr", [again], {}, by=OPERATOR, now=timezone.now())
    with pytest.raises(GateClosed):
        clear(file)
    build(file.successor.pk)
    publish_file(file.successor.pk)

    successor = File.objects.get(replaces=file)
    assert clear(successor)
    assert "BOBSWORDS" not in words_in(successor)


def test_an_agreement_that_drops_from_now_on_closes_a_file_with_cuts(say_no):
    say_no(BOB)
    file = released("cut")

    type(file.release.dataset).objects.update(parts="drop")

    with pytest.raises(GateClosed) as closed:
        clear(file)
    assert closed.value.because == "agreement_changed"
