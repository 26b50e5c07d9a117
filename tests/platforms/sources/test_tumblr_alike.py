"""Posts that are alike are read once: with the same result as if each were read by itself."""

import json
from collections import Counter
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from platforms.batches import Batch, one_by_one
from platforms.records import Item, Verdict
from platforms.sources.contract import understood
from platforms.sources.tumblr import TUMBLR, alike, blogs, rows
from platforms.sources.tumblr.posts import (
    DECISIVE,
    HINTS,
    MISSPELT,
    Surroundings,
    blogs_in,
    id_of,
    is_open,
    item_of,
)
from platforms.visibility import judge
from tests.platforms.sources.dumps import (
    ALICE,
    BOB,
    CAROL,
    NOW,
    TOWN,
    asked_by,
    blog,
    envelope,
    post,
    trail_item,
    without,
)

BLOGS = [
    *(blog(), blog("bob", BOB), blog("carol", CAROL, type="private"), blog("bob", ALICE)),
    *(blog("town", TOWN, is_adult=True), {"name": "bob"}, {"name": "dan", "uuid": f"t:{'d':_<22}"}),
    *(blog("bob", BOB, is_hidden_from_blog_network=True), blog("erin", "no uuid"), {}),
    *(blog("fay", f"t:{'f':_<22}", is_deactivated=True), blog(" ", f"t:{'g':_<22}")),
]
NAMES = sorted(
    {*DECISIVE, *HINTS, *MISSPELT, *rows.OF_A_KIND, *rows.OF_EACH_POST, "community", "reblog"}
    - {"blog", "trail", "content"}
)
WORDS = ["true", "published", "private", "draft", "alice", "bob", "Bob", "answer", "text", "adult"]
MARKED = {"a": [{"is_private": 1}]}
OBJECTS = [{}, MARKED, {"visibility": "public"}, {"has_community_label": True}, *BLOGS]
VALUES = st.sampled_from(
    [
        True,
        False,
        None,
        0,
        1,
        1.0,
        1001,
        "1001",
        "900",
        2**53 + 2,
        -1,
        "",
        "\ud800",
        ALICE,
        BOB,
        *WORDS,
    ]
) | st.sampled_from(
    [
        *(*OBJECTS, [], ["x"], [{"type": "rows"}], [{"type": "ask"}]),
        [{"type": "rows", "display": [{"removed": 1}]}],
    ]
)
FIELDS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=2)
TEXT = {"type": "text", "text": "The harbour."}
IMAGE = {"type": "image", "media": [{"url": "https://64.media.example/1.gif"}], "alt_text": "x"}
BLOCKS = st.lists(
    st.sampled_from(
        [
            *(TEXT, TEXT, IMAGE, {"type": "text"}, {"type": "paywall"}, {"type": "poll"}, {}, 7),
            *({**IMAGE, "exif": {"hidden": 1}}, {**IMAGE, "exif": {"ISO": 100}}),
            *({**IMAGE, "attribution": asked_by()}, {**TEXT, "text": ""}, {**TEXT, "text": "a\0é"}),
        ]
    ),
    max_size=2,
)
TRAILS = st.lists(
    st.builds(
        lambda owner, number, content, more, inside: (
            (trail_item(owner, number, content=content) | more)
            | ({"post": {"id": str(number), **inside}} if inside else {})
        ),
        st.sampled_from(BLOGS),
        st.sampled_from([900, 901, 1001, "x"]),
        BLOCKS,
        FIELDS,
        FIELDS,
    ),
    max_size=2,
)
POSTS = st.builds(
    lambda number, owner, content, trail, more: (
        post(number, blog=owner, blog_name=owner.get("name"), content=content, trail=trail) | more
    ),
    st.sampled_from([1001, 1002, 1003, 900]),
    st.sampled_from([*BLOGS[:2], *BLOGS]),
    BLOCKS,
    st.one_of(st.just([]), TRAILS),
    FIELDS,
)
ASSERTED = st.sampled_from(
    [{}, {"blog.type": "public"}, {"partner_blogs": "bob"}, {"blog.is_adult": "false"}]
)
SLOW_FIXTURES = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)


FEW = 8


@pytest.fixture(autouse=True)
def what_is_few(monkeypatch):
    """No post waits whole because it is the first, and batches may be small."""
    monkeypatch.setattr(rows, "FEW", 1)
    monkeypatch.setattr(alike, "FEW", FEW)


def around_of(posts, asserted=None):
    """What is known besides the posts themselves, when all were read."""
    values = understood(TUMBLR.facts, asserted or {})
    known = blogs.Blogs(values)
    for raw in posts:
        for one, posting in blogs_in(raw):
            known.add(one, posting=posting)
    known.join_by_name()
    closed = frozenset(filter(None, (id_of(raw) for raw in posts if not is_open(raw))))
    return Surroundings(known, values, closed, NOW)


def read_in_batches(folder, posts, asserted=None):
    """What is said of the posts of one answer: batches and items."""
    path = folder / "posts.json"
    path.write_text(json.dumps(envelope(*posts)))
    found = TUMBLR.read([path], asserted or {}, observed_at=NOW, progress=lambda count: None)
    return [one for one in found if isinstance(one, Batch | Item)]


def kinds_of(batches):
    """How many items each batch has; one for each item that is in none."""
    return [len(one) if isinstance(one, Batch) else 1 for one in batches]


@SLOW_FIXTURES
@given(st.lists(POSTS, min_size=1, max_size=6), ASSERTED, st.sampled_from([1, 2, 8]))
def test_posts_that_are_alike_are_read_as_if_each_were_read_by_itself(
    tmp_path, posts, asserted, few
):
    # Twice, so that what the first of a kind left behind is used for all of them; as they are in
    # a file, where no two objects are the same one.
    posts = json.loads(json.dumps([*posts, *posts]))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alike, "FEW", few)
        patch.setattr(rows, "FEW", min(few, 3))
        read = one_by_one(read_in_batches(tmp_path, posts, asserted))

    around = around_of(posts, asserted)
    assert Counter(read) == Counter(item_of(raw, around) for raw in posts)


def test_what_a_post_says_of_another_blog_is_not_taken_for_granted_of_the_next(tmp_path):
    alice = post(1, post_author="alice")
    bob = post(2, blog=blog("bob", BOB), blog_name="bob", post_author="alice")

    read = {one.native_id: one for one in read_in_batches(tmp_path, [alice, bob])}

    assert [(p.role, p.handle) for p in read["2"].principals] == [
        ("owner", "bob"),
        ("co_author", "alice"),
    ]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_one_post_alone_calls_a_blog_says_nothing_of_the_posts_around_it(tmp_path, place):
    odd = post(
        9,
        blog=blog("carol", CAROL),
        blog_name="carol",
        reblogged_root_uuid=ALICE,
        reblogged_root_name="dan",
        trail=[trail_item(blog())],
    )
    usual = [post(1), post(2)]
    answer = envelope(*usual[:place], odd, *usual[place:], blog={"name": "dan", "type": "private"})
    path = tmp_path / "posts.json"
    path.write_text(json.dumps(answer))

    read = TUMBLR.read([path], {}, observed_at=NOW, progress=lambda count: None)

    verdicts = {
        one.native_id: judge(one).verdict for one in one_by_one(read) if isinstance(one, Item)
    }
    assert verdicts == {"1": Verdict.SHARE, "2": Verdict.SHARE, "9": Verdict.EXCLUDE}


def test_a_picture_without_a_host_has_no_address_in_whatever_order_posts_are_read(tmp_path):
    odd = {"type": "image", "media": [{"url": "http:// ?size=1"}]}
    bob = {"blog": blog("bob", BOB, is_adult=True), "blog_name": "bob"}

    read = one_by_one(
        read_in_batches(tmp_path, [post(1), post(2, content=[odd], **bob), post(3, **bob)])
    )

    assert {one.native_id: judge(one).verdict for one in read} == {
        "1": Verdict.SHARE,
        "2": Verdict.HOLD,
        "3": Verdict.SHARE,
    }


def test_posts_of_which_the_same_was_found_go_into_one_batch(tmp_path):
    owners = [blog(), blog("bob", BOB)]
    trails = [[], [trail_item()], [trail_item(blog("carol", CAROL))]]
    posts = [
        post(number, blog=owner, blog_name=owner["name"], trail=trail, is_nsfw=nsfw)
        for number, (owner, trail, nsfw) in enumerate(
            product(owners * FEW, trails, [True, False]), start=1
        )
    ]

    batches = read_in_batches(tmp_path, posts)

    # Each clean and adult: Bob's reblogs of himself, what is no reblog, and all other reblogs.
    assert sorted(kinds_of(batches)) == [FEW, FEW, 2 * FEW, 2 * FEW, 3 * FEW, 3 * FEW]
    around = around_of(posts)
    assert Counter(one_by_one(batches)) == Counter(item_of(raw, around) for raw in posts)


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        pytest.param({"timestamp": 1_700_000_000}, [10], id="another time"),
        pytest.param({"blog": blog(title="Tides")}, [10], id="another record of its blog"),
        pytest.param({"title": "High tide", "tags": []}, [10], id="other words"),
        pytest.param({"timestamp": None}, [1, 9], id="no time"),
        pytest.param({"title": ["a"]}, [1, 9], id="a title that is none"),
        pytest.param({"blog_name": "bob"}, [1, 9], id="another name"),
        pytest.param({"blog": blog("bob")}, [1, 9], id="a blog that has two names"),
        pytest.param({"state": "private"}, [1, 9], id="a private post"),
        pytest.param({"mute_end_timestamp": 7}, [10], id="something that says nothing"),
        pytest.param({"post_author": "bob"}, [1, 9], id="a member that names somebody"),
    ],
)
def test_a_post_that_differs_in_something_that_decides_is_in_no_batch_of_others(
    tmp_path, change, kinds
):
    posts = [post(number) for number in range(1, 10)] + [post(10) | change]

    batches = read_in_batches(tmp_path, posts)

    assert sorted(kinds_of(batches)) == kinds
    around = around_of(posts)
    assert Counter(one_by_one(batches)) == Counter(item_of(raw, around) for raw in posts)


@pytest.mark.parametrize(
    "owner",
    [
        pytest.param(blog(active=False), id="gone"),
        pytest.param(without(blog(), "type"), id="nothing says that it is public"),
    ],
)
def test_posts_of_a_blog_of_which_a_batch_cannot_speak_are_read_one_by_one(tmp_path, owner):
    posts = [post(number, blog=owner) for number in range(1, 20)]

    read = read_in_batches(tmp_path, posts)

    assert read == [item_of(raw, around_of(posts)) for raw in posts]


REBLOG = post(trail=[trail_item()])
ODD_ADDRESS = {"type": "image", "media": [{"url": "https://64.media.example/1 ?a"}]}


@pytest.mark.parametrize(
    ("alike", "others"),
    [
        pytest.param(post(), [post(5), post(5, state="private")], id="open and closed"),
        pytest.param(REBLOG, [REBLOG | {"id": 900}], id="a reblog of itself"),
        pytest.param(REBLOG, [REBLOG | {"id": 77, "title": "High tide"}], id="with a title"),
        pytest.param(
            REBLOG,
            [REBLOG | {"id": 77, "trail": [trail_item(), trail_item(number=901)]}],
            id="twice of one blog",
        ),
        pytest.param(
            REBLOG,
            [REBLOG | {"id": 77, "trail": [trail_item(content=[]), trail_item(content=[IMAGE])]}],
            id="segments without words",
        ),
        pytest.param(
            post(content=[ODD_ADDRESS], blog=blog(active=False)), [], id="an address with a space"
        ),
        pytest.param(
            post(trail=[trail_item(without(blog("bob", BOB), "type"))]),
            [post(77, blog=without(blog("bob", BOB), "type"), blog_name="bob")],
            id="a blog that posts only later",
        ),
    ],
)
def test_another_post_among_many_that_are_alike_is_read_as_if_it_were_alone(
    tmp_path, alike, others
):
    posts = [*(alike | {"id": number} for number in range(1001, 1020)), *others]
    path = tmp_path / "posts.ndjson"
    path.write_text("\n".join(map(json.dumps, posts)))
    facts = {"blog.type": "public"}

    found = one_by_one(TUMBLR.read([path], facts, observed_at=NOW, progress=lambda count: None))

    read = Counter(one for one in found if isinstance(one, Item))
    around = around_of(posts, facts)
    assert read == Counter(item_of(raw, around) for raw in posts)


def test_a_reblog_of_a_closed_post_is_read_by_itself(tmp_path):
    reblogs = [post(number, trail=[trail_item(number=900)]) for number in range(1, 20)]
    posts = [*reblogs, post(900, state="private")]

    read = read_in_batches(tmp_path, posts)

    assert all(isinstance(one, Item) for one in read)
    assert Counter(read) == Counter(item_of(raw, around_of(posts)) for raw in posts)


def test_a_post_that_a_row_does_not_have_all_of_waits_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "OF_EACH_POST", rows.OF_EACH_POST | {"parent_post_id"})
    posts = [post(number, parent_post_id=f"9{number}") for number in range(1, 20)]

    read = read_in_batches(tmp_path, posts)

    assert read == [item_of(raw, around_of(posts)) for raw in posts]
