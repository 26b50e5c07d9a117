from dataclasses import dataclass, replace

import numpy as np
import pytest

from consent.decision import Agreement, Denials, Refusal, refusal

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
    published_us: int | None = 1_000


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
            Denials.of(forward={BOB: 1_001}), Refusal.OLDER_THAN_OPT_IN, id="written before the yes"
        ),
        pytest.param(Denials.of(forward={BOB: 1_000}), None, id="written at the yes"),
        pytest.param(
            Denials.of(forward={ALICE: 500, BOB: 1_500}),
            Refusal.OLDER_THAN_OPT_IN,
            id="after one yes and before the other",
        ),
    ],
)
def test_what_people_say_decides_the_rest(denials, why):
    assert refusal(Post(), agreement=TUMBLR, denials=denials) is why


def test_a_post_without_a_date_is_older_than_any_opt_in():
    undated = replace(Post(), published_us=None)

    why = refusal(undated, agreement=TUMBLR, denials=Denials.of(forward={ALICE: -(2**62)}))

    assert why is Refusal.OLDER_THAN_OPT_IN


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


@pytest.mark.parametrize("keys", [[2, 1], [1, 1], [1.0, 2.0]])
def test_denials_that_are_not_sorted_unique_integers_are_refused(keys):
    none = np.empty(0, np.int64)

    with pytest.raises(ValueError, match="sorted"):
        Denials(np.array(keys), none, none, none, none, frozenset())


def test_every_refusal_can_be_said_in_words():
    assert all(why.words for why in Refusal)
