from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import pytest

from consent import decision
from consent.decision import Agreement, Denials, Refusal, length, microseconds

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
refusal = partial(decision.refusal, now=NOW)
PUBLISHED = microseconds(NOW - timedelta(days=5))
READ = microseconds(NOW - timedelta(hours=1))

ALICE, BOB = 10, 20
TUMBLR = Agreement(platforms=frozenset({"tumblr"}), media_kinds=frozenset({"text", "image"}))


@dataclass(frozen=True)
class Post:
    item_key: int = 1
    owner_key: int | None = ALICE
    account_keys: frozenset[int] = frozenset({ALICE, BOB})
    platform: str = "tumblr"
    verdict: str = "share"
    adult: bool | None = False
    media_kinds: frozenset[str] = frozenset({"text"})
    published_us: int | None = PUBLISHED
    observed_us: int | None = READ
    core_keys: frozenset[int] = frozenset({ALICE})
    parts: tuple[frozenset[int], ...] = ()
    parent_keys: frozenset[int] = frozenset({8, 9})
    has_words_of_its_own: bool = True

    def is_empty_without(self, parts) -> bool:
        return not self.has_words_of_its_own and len(parts) == len(self.parts)


def test_a_public_post_that_everybody_in_it_shares_is_delivered():
    assert refusal(Post(), agreement=TUMBLR, denials=Denials.of()) is None


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        pytest.param({"verdict": "exclude"}, Refusal.EXCLUDED, id="not public"),
        pytest.param({"verdict": "hold"}, Refusal.HELD, id="a fact is missing"),
        pytest.param({"verdict": "SHARE"}, Refusal.HELD, id="a verdict nobody defined"),
        pytest.param({"verdict": ""}, Refusal.HELD, id="no verdict"),
        pytest.param({"owner_key": None}, Refusal.PRINCIPALS_UNKNOWN, id="no owner"),
        pytest.param({"account_keys": frozenset()}, Refusal.PRINCIPALS_UNKNOWN, id="nobody in it"),
        pytest.param({"adult": True}, Refusal.ADULT, id="adult"),
        pytest.param({"adult": None}, Refusal.ADULT, id="nobody rated it"),
        pytest.param({"platform": "reddit"}, Refusal.PLATFORM_NOT_AGREED, id="another platform"),
        pytest.param(
            {"media_kinds": frozenset({"text", "video"})}, Refusal.MEDIA_NOT_AGREED, id="a video"
        ),
        pytest.param({"media_kinds": frozenset()}, Refusal.MEDIA_NOT_AGREED, id="nothing in it"),
    ],
)
def test_what_the_platform_or_the_agreement_says_against_a_post_keeps_it(facts, why):
    assert refusal(replace(Post(), **facts), agreement=TUMBLR, denials=Denials.of()) is why


@pytest.mark.parametrize(
    ("denials", "why"),
    [
        pytest.param(Denials.of(accounts=[ALICE]), Refusal.OPTED_OUT, id="the author said no"),
        pytest.param(Denials.of(accounts=[BOB]), Refusal.OPTED_OUT, id="somebody in it said no"),
        pytest.param(Denials.of(accounts=[99]), None, id="somebody else said no"),
        pytest.param(Denials.of(items=[1]), Refusal.ITEM_BLOCKED, id="the post was deleted"),
        pytest.param(
            Denials.of(items=[8]), Refusal.PARENT_BLOCKED, id="what it hangs on was deleted"
        ),
        pytest.param(
            Denials.of(withheld=[9]), Refusal.PARENT_BLOCKED, id="what it hangs on is not shared"
        ),
        pytest.param(Denials.of(items=[2], withheld=[3]), None, id="another post was deleted"),
        pytest.param(
            Denials.of(opt_in_platforms=["tumblr"]), Refusal.NOT_OPTED_IN, id="silence, opt-in"
        ),
        pytest.param(
            Denials.of(opt_in_platforms=["tumblr"], allowed=[BOB]),
            Refusal.NOT_OPTED_IN,
            id="only another said yes",
        ),
        pytest.param(
            Denials.of(opt_in_platforms=["tumblr"], allowed=[ALICE]), None, id="the author said yes"
        ),
        pytest.param(
            Denials.of(forward={BOB: PUBLISHED + 1}),
            Refusal.OLDER_THAN_OPT_IN,
            id="written before the yes",
        ),
        pytest.param(Denials.of(forward={BOB: PUBLISHED}), None, id="written at the yes"),
        pytest.param(
            Denials.of(forward={ALICE: PUBLISHED - 1, BOB: PUBLISHED + 1}),
            Refusal.OLDER_THAN_OPT_IN,
            id="after one yes and before the other",
        ),
    ],
)
def test_what_people_say_decides_the_rest(denials, why):
    assert refusal(Post(), agreement=TUMBLR, denials=denials) is why


def us(**of_time) -> int:
    return length(timedelta(**of_time))


@pytest.mark.parametrize(
    ("times", "why"),
    [
        pytest.param({"published_us": READ - us(hours=72)}, None, id="read again in time"),
        pytest.param(
            {"published_us": READ - us(hours=72) + 1}, Refusal.TOO_YOUNG, id="read too soon"
        ),
        pytest.param({"published_us": READ + 1}, Refusal.TOO_YOUNG, id="read before it was there"),
        pytest.param({"published_us": None}, Refusal.TOO_YOUNG, id="undated"),
        pytest.param({"observed_us": None}, Refusal.TOO_YOUNG, id="nobody knows when it was read"),
        pytest.param({"observed_us": microseconds(NOW)}, None, id="read just now"),
        pytest.param(
            {"observed_us": microseconds(NOW) + 1}, Refusal.TOO_YOUNG, id="read in the future"
        ),
    ],
)
def test_a_post_settles_before_it_is_delivered(times, why):
    assert refusal(replace(Post(), **times), agreement=TUMBLR, denials=Denials.of()) is why


@pytest.mark.parametrize(
    ("age", "why"),
    [
        pytest.param(us(days=29), None, id="read lately"),
        pytest.param(us(days=29) + 1, Refusal.READING_TOO_OLD, id="read too long ago"),
    ],
)
def test_a_post_is_delivered_only_while_its_last_reading_is_good_for_another_day(age, why):
    read = microseconds(NOW) - age
    post = replace(Post(), published_us=read - us(days=100), observed_us=read)

    assert refusal(post, agreement=TUMBLR, denials=Denials.of()) is why


def test_an_agreement_says_how_long_posts_settle_and_how_old_a_reading_may_be():
    patient = replace(TUMBLR, settle=timedelta(days=6), max_age=timedelta(days=30))
    strict = replace(TUMBLR, settle=timedelta(hours=1), max_age=timedelta(hours=1))

    assert refusal(Post(), agreement=patient, denials=Denials.of()) is Refusal.TOO_YOUNG
    assert refusal(Post(), agreement=strict, denials=Denials.of()) is Refusal.READING_TOO_OLD


@pytest.mark.parametrize("days", [1, 5, 10, 30, 366])
def test_a_file_is_good_for_a_tenth_of_the_longest_age_and_for_no_more_than_a_day(days):
    agreement = replace(TUMBLR, max_age=timedelta(days=days))

    assert agreement.shelf_life == min(timedelta(days=1), timedelta(days=days) / 10)
    assert agreement.max_age_when_built + agreement.shelf_life == agreement.max_age


def test_adult_posts_go_only_to_an_agreement_that_admits_them():
    admits = replace(TUMBLR, adult=True)

    assert refusal(replace(Post(), adult=True), agreement=admits, denials=Denials.of()) is None
    assert (
        refusal(replace(Post(), adult=None), agreement=admits, denials=Denials.of())
        is Refusal.ADULT
    )


def test_the_first_reason_in_the_order_of_the_list_is_the_one_counted():
    everything = replace(Post(), verdict="hold", adult=True, platform="reddit")

    why = refusal(everything, agreement=TUMBLR, denials=Denials.of(accounts=[ALICE], items=[1]))

    assert why is Refusal.HELD


CUTTING = replace(TUMBLR, cut=True)
REBLOG = Post(parts=(frozenset({BOB}),))
LATER = PUBLISHED + 1


@pytest.mark.parametrize(
    ("post", "agreement", "denials", "why"),
    [
        pytest.param(REBLOG, CUTTING, Denials.of(), None, id="nobody said no"),
        pytest.param(REBLOG, CUTTING, Denials.of(accounts=[BOB]), None, id="cut"),
        pytest.param(REBLOG, TUMBLR, Denials.of(accounts=[BOB]), Refusal.OPTED_OUT, id="dropped"),
        pytest.param(REBLOG, CUTTING, Denials.of(forward={BOB: LATER}), None, id="too old, cut"),
        pytest.param(
            REBLOG,
            CUTTING,
            Denials.of(forward={ALICE: LATER}),
            Refusal.OLDER_THAN_OPT_IN,
            id="too old for its author",
        ),
        pytest.param(
            REBLOG, CUTTING, Denials.of(accounts=[ALICE]), Refusal.OPTED_OUT, id="the author"
        ),
        pytest.param(
            REBLOG, CUTTING, Denials.of(closed=[BOB]), Refusal.OPTED_OUT, id="a platform says so"
        ),
        pytest.param(
            replace(REBLOG, core_keys=frozenset({ALICE, BOB})),
            CUTTING,
            Denials.of(accounts=[BOB]),
            Refusal.OPTED_OUT,
            id="in the core as well",
        ),
        pytest.param(
            Post(), CUTTING, Denials.of(accounts=[BOB]), Refusal.OPTED_OUT, id="in no part"
        ),
        pytest.param(
            replace(REBLOG, has_words_of_its_own=False),
            CUTTING,
            Denials.of(accounts=[BOB]),
            Refusal.NOTHING_LEFT,
            id="nothing left",
        ),
        pytest.param(
            replace(REBLOG, media_kinds=frozenset({"text", "video"})),
            CUTTING,
            Denials.of(accounts=[BOB]),
            Refusal.MEDIA_NOT_AGREED,
            id="kinds are asked of the whole",
        ),
    ],
)
def test_somebody_in_a_part_alone_is_cut_where_that_is_agreed(post, agreement, denials, why):
    assert refusal(post, agreement=agreement, denials=denials) is why


@pytest.mark.parametrize("keys", [[2, 1], [1, 1], [1.0, 2.0]])
def test_denials_that_are_not_sorted_unique_integers_are_refused(keys):
    none = np.empty(0, np.int64)

    with pytest.raises(ValueError, match="sorted"):
        Denials(np.array(keys), none, none, none, none, none, none, frozenset())


def test_every_refusal_can_be_said_in_words():
    assert all(why.words for why in Refusal)
