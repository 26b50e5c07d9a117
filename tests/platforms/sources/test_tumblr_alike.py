"""Posts that are alike are read once: with the same result as if each were read by itself."""

from hypothesis import given
from hypothesis import strategies as st

from platforms.sources.tumblr import alike, blogs
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
from tests.platforms.sources.dumps import (
    ALICE,
    BOB,
    CAROL,
    NOW,
    TOWN,
    asked_by,
    blog,
    post,
    trail_item,
)

BLOGS = [
    *(blog(), blog("bob", BOB), blog("carol", CAROL, type="private"), blog("bob", ALICE)),
    *(blog("town", TOWN, is_adult=True), {"name": "bob"}, {"name": "dan", "uuid": f"t:{'d':_<22}"}),
    *(blog("bob", BOB, is_hidden_from_blog_network=True), blog("erin", "no uuid"), {}),
    *(blog("fay", f"t:{'f':_<22}", is_deactivated=True), blog(" ", f"t:{'g':_<22}")),
]
NAMES = sorted(
    {*DECISIVE, *HINTS, *MISSPELT, *alike.OF_A_KIND, *alike.OF_EACH_POST, "community", "reblog"}
    - {"blog", "trail", "content"}
)
WORDS = ["true", "published", "private", "draft", "alice", "bob", "Bob", "answer", "text", "adult"]
OBJECTS = [{}, {"visibility": "public"}, {"has_community_label": True}, *BLOGS]
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
) | st.sampled_from([*OBJECTS, [], ["x"], [{"type": "rows"}], [{"type": "ask"}]])
FIELDS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=2)
TEXT = {"type": "text", "text": "The harbour."}
IMAGE = {"type": "image", "media": [{"url": "https://64.media.example/1.gif"}], "alt_text": "x"}
BLOCKS = st.lists(
    st.sampled_from(
        [
            *(TEXT, TEXT, IMAGE, {"type": "text"}, {"type": "paywall"}, {"type": "poll"}, {}, 7),
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
    [{}, {"blog.type": "public"}, {"partner_blogs": frozenset({"bob"})}, {"blog.is_adult": False}]
)


@given(st.lists(POSTS, min_size=1, max_size=6), ASSERTED)
def test_posts_that_are_alike_are_read_as_if_each_were_read_by_itself(posts, asserted):
    known = blogs.Blogs(asserted)
    for raw in posts:
        for one, posting in blogs_in(raw):
            known.add(one, posting=posting)
    known.join_by_name()
    closed = frozenset(filter(None, (id_of(raw) for raw in posts if not is_open(raw))))
    around = Surroundings(known, asserted, closed, NOW)
    reader = alike.Reader(around)

    # Twice, so that what the first of a kind left behind is used for all of them.
    read = [reader.item_of(raw) for raw in (*posts, *posts)]

    assert read == [item_of(raw, around) for raw in (*posts, *posts)]


def test_what_a_post_says_of_another_blog_is_not_taken_for_granted_of_the_next():
    alice = post(1, post_author="alice")
    bob = post(2, blog=blog("bob", BOB), blog_name="bob", post_author="alice")
    known = blogs.Blogs({})
    known.add(alice["blog"], posting=True)
    known.add(bob["blog"], posting=True)
    reader = alike.Reader(Surroundings(known, {}, frozenset(), NOW))

    (_, read) = reader.item_of(alice), reader.item_of(bob)

    assert [(p.role, p.handle) for p in read.principals] == [
        ("owner", "bob"),
        ("co_author", "alice"),
    ]


def test_the_second_reblog_of_a_kind_is_not_read_field_by_field():
    trail = [trail_item(blog("bob", BOB), 900, content=[TEXT])]
    posts = [post(number, content=[TEXT], trail=trail) for number in (1001, 1002)]
    known = blogs.Blogs({})
    for raw in posts:
        for one, posting in blogs_in(raw):
            known.add(one, posting=posting)
    reader = alike.Reader(Surroundings(known, {}, frozenset(), NOW))

    for raw in posts:
        reader.item_of(raw)

    assert [*map(bool, reader._kinds.values())] == [True]
