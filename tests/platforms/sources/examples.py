"""Dumps of each source of which the first record is shared, with as many fields as decide.

Written for the tests. Every record has a name, so that a field has a path: ``post.blog.type``.
"""

import copy
import json
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from platforms.records import Verdict
from platforms.sources import BadInput
from platforms.visibility import judge
from tests.platforms.sources import anywhere, dumps, meta_dumps, reddit_dumps, stock, wp_answers

OPEN = {"account.privacy": "public"}


@dataclass(frozen=True)
class Example:
    """``records`` by name; the first one's item, which has this ``number``, is shared."""

    platform: str
    number: str
    records: Any
    facts: dict[str, str] = field(default_factory=dict)
    is_xml: bool = False

    def content(self, records: Any = None) -> str | bytes:
        records = self.records if records is None else records
        if self.is_xml:
            return etree.tostring(records, encoding="UTF-8", xml_declaration=True)
        return "\n".join(json.dumps(record) for record in records.values())

    def is_shared(self, folder, records=None) -> bool:
        """Whether the first record's item is shared, in the given state of the dump."""
        return self.verdict(folder, self.content(records)) is Verdict.SHARE

    def verdict(self, folder, content) -> Verdict | None:
        """The worst verdict on the item; None where the file is refused, or the item is gone."""
        found = [judge(item).verdict for item in self.items(folder, content)]
        return max(found, key=(Verdict.SHARE, Verdict.HOLD, Verdict.EXCLUDE).index, default=None)

    def items(self, folder, content):
        try:
            found = dumps.items(folder, self.platform, content, facts=self.facts)
        except BadInput:
            return []
        return [item for item in found if item.native_id == self.number]


def paths_of(example):
    """Where every field of every record of an example stands."""
    return list(_paths_in_xml(example.records) if example.is_xml else _paths_in(example.records))


def without(example, path):
    """The records without the field at ``path``."""
    changed = copy.deepcopy(example.records)
    if example.is_xml:
        element = _element_at(changed, path)
        element.getparent().remove(element)
        return changed
    place = changed
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return changed


def name_of(example, path) -> str:
    """``path`` as text, without the places in lists."""
    if example.is_xml:
        element = _element_at(example.records, path)
        above = [*reversed(list(element.iterancestors())), element]
        return ".".join(_short(one) for one in above[2:])
    return ".".join("*" if isinstance(step, int) else step for step in path)


def _short(element):
    """The name of an element, with what tells it from others of that name."""
    tag = etree.QName(element).localname
    marks = ("{*}meta_key", "{*}author_login", "{*}post_type")
    mark = element.get("domain") or next(filter(None, map(element.findtext, marks)), None)
    return f"{tag}[{mark}]" if mark else tag


def _paths_in(value, path=()):
    children = (
        value.items() if isinstance(value, dict)
        else enumerate(value) if isinstance(value, list)
        else ()
    )  # fmt: skip
    for key, child in children:
        if path and isinstance(key, str):
            yield (*path, key)
        yield from _paths_in(child, (*path, key))


def _paths_in_xml(element, path=()):
    for number, child in enumerate(element):
        yield (*path, number)
        yield from _paths_in_xml(child, (*path, number))


def _element_at(root, path):
    for number in path:
        root = root[number]
    return root


def _xml(*items, **changes):
    return etree.fromstring(dumps.wxr(*items, **changes).encode())


POST_URL = "https://tides.tumblr.com/post/900"
TUMBLR_POST = dumps.post(
    id_string="1001",
    original_type="regular",
    object_type="post",
    tumblelog_uuid=dumps.ALICE,
    interactability_reblog="everyone",
    is_nsfw=False,
    is_commercial=False,
    is_submission=False,
    is_private=False,
    is_blurred_images=False,
    advertiser_name="",
    is_blogless_advertiser=False,
    blog=dumps.blog(
        is_nsfw=False, is_private_channel=False, is_suspended=False, is_deactivated=False
    )
    | {"advertiser_name": "", "is_blogless_advertiser": False},
    content=[
        {"type": "text", "text": "The harbour at low tide."},
        {
            "type": "image",
            "media": [{"url": "https://m.example/a.jpg", "type": "image/jpeg"}],
            "attribution": {"type": "blog", "blog": dumps.blog("carol", dumps.CAROL)},
        },
    ],
    layout=[{"type": "rows", "display": [{"blocks": [0]}]}],
    trail=[dumps.trail_item(is_commercial=False)],
    reblogged_root_id="900",
    reblogged_root_uuid=dumps.BOB,
    reblogged_root_name="bob",
    parent_post_id="900",
    parent_post_url=POST_URL,
)
TUMBLR_ASK = dumps.ask(dumps.asked_by(), original_type="note", asking_name="bob")
TUMBLR_COMMUNITY = dumps.post(
    blog=dumps.blog("town", dumps.TOWN),
    blog_name="town",
    author_blog=dumps.blog(),
    post_author="alice",
    community={"visibility": "public"},
)
REDDIT_POST = reddit_dumps.post(removed=False, spam=False, filtered=False, promoted=False) | {
    "banned_by": None,
    "removed_by": None,
    "sr_detail": reddit_dumps.subreddit(is_deleted=False),
    "_meta": {"was_deleted_later": False, "was_initially_deleted": False, "removal_type": None},
    "retrieved_on": 1_600_000_500,
}
REDDIT_COMMENT = reddit_dumps.comment(removed=False, spam=False, over_18=False)
INSTAGRAM = meta_dumps.media(
    media_type="CAROUSEL_ALBUM",
    children={
        "data": [
            {
                "id": "18000000000000009",
                "media_type": "IMAGE",
                "media_url": "https://scontent.cdninstagram.com/v/1.jpg",
            }
        ]
    },
    collaborators={"data": [{"id": meta_dumps.BOB_ID, "username": "bob_tides"}]},
    copyright_check_information={"status": {"status": "completed", "matches_found": False}},
    is_archived=False,
    is_draft=False,
    is_deleted=False,
    is_close_friends=False,
    is_paid_partnership=False,
    is_affiliate=False,
    audience="public",
)
BOBS_ACCOUNT = meta_dumps.account(meta_dumps.BOB_ID, "bob_tides")
ALICES_ACCOUNT = meta_dumps.account(is_deactivated=False, is_suspended=False, age=31)
FACEBOOK = meta_dumps.fb_post(
    targeting={},
    scheduled_publish_time=1_599_999_000,
    sponsor_tags={"data": []},
    is_inline_created=False,
    attachments={
        "data": [{"type": "photo", "media": {"image": {"src": "https://scontent.fbcdn.net/1.jpg"}}}]
    },
)
PAGE = meta_dumps.page(is_locked=False, is_deactivated=False, is_suspended=False)
SOURCE = meta_dumps.fb_post(f"{meta_dumps.PAGE_ID}_9002")
IMAGE = stock.image(
    has_people=True, is_creative=True, mature_flag=False, review_state="approved", models=[]
) | {"special_instructions": "", "supplier_code": "", "moderation_labels": []}
CONTRIBUTOR = stock.contributor(account_status="active")

# Fields of WordPress's answers that no reader looks at: without them there is less to try.
UNREAD = (
    "slug modified modified_gmt featured_media comment_status ping_status sticky template format"
    " permalink_template generated_slug footnotes media_details block_version avatar_urls nonce"
    " email author_avatar_urls author_ip author_email author_user_agent author_url"
    " short_URL global_ID discussion likes_enabled sharing_enabled i_like is_reblogged"
    " featured_image post_thumbnail menu_order attachments capabilities geo"
    " first_name nice_name avatar_URL profile_URL ip_address like_count can_moderate visible"
    " frame_nonce embeddable"
)


def read_parts(value):
    """``value`` without the fields that no reader looks at, at any depth."""
    if isinstance(value, list):
        return [read_parts(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: read_parts(one) for name, one in value.items() if name not in UNREAD.split()}


WP_USER = read_parts(wp_answers.user() | {"roles": ["author"]})
WP_OTHER = read_parts(wp_answers.user(2, "bob") | {"roles": ["author"]})
WP_EDITED = read_parts(wp_answers.edited(coauthors=[], is_external=False, acf=[], class_list=[]))
WP_POST = read_parts(wp_answers.post())
WP_MEDIA = read_parts(wp_answers.media())
WP_COMMENT = read_parts(wp_answers.comment())
WP_ANSWER = read_parts(
    wp_answers.wpcom_post(
        is_external=False,
        site_is_private=False,
        is_jetpack=False,
        site_is_atomic=False,
        is_following=False,
    )
)
WP_REMARK = read_parts(wp_answers.wpcom_comment())
WP_SITE = read_parts(
    wp_answers.site_with(wpcom_coming_soon=0, unmapped_url="https://tides.wordpress.example")
    | {"is_suspended": False, "wpcom_prevent_third_party_sharing": False}
)

EXAMPLES = {
    "tumblr reblog": Example("tumblr", "1001", {"post": TUMBLR_POST}),
    "tumblr answer": Example("tumblr", "1001", {"post": TUMBLR_ASK}),
    "tumblr community": Example("tumblr", "1001", {"post": TUMBLR_COMMUNITY}),
    "wordpress post": Example(
        "wordpress",
        "11",
        _xml(
            dumps.entry(
                dumps.term("category", "Sea"),
                dumps.meta("_jetpack_newsletter_access", "everybody"),
                dumps.meta("_jetpack_memberships_contains_paid_content", "0"),
            )
        ),
        dumps.PUBLIC_SITE,
        is_xml=True,
    ),
    "wordpress comment": Example(
        "wordpress",
        "71",
        _xml(dumps.entry(dumps.comment(dumps.meta_of_comment("private", "0")))),
        dumps.PUBLIC_SITE,
        is_xml=True,
    ),
    "wordpress attachment": Example(
        "wordpress", "21", _xml(dumps.entry(), dumps.attachment()), dumps.PUBLIC_SITE, is_xml=True
    ),
    "wordpress rest post": Example(
        "wordpress", "11", {"post": WP_EDITED, "user": WP_USER}, dumps.PUBLIC_SITE
    ),
    "wordpress rest media": Example(
        "wordpress",
        "21",
        {"media": WP_MEDIA, "post": WP_POST, "user": WP_USER},
        dumps.PUBLIC_SITE,
    ),
    "wordpress rest comment": Example(
        "wordpress",
        "71",
        {"comment": WP_COMMENT, "post": WP_POST, "user": WP_USER, "other": WP_OTHER},
        dumps.PUBLIC_SITE,
    ),
    "wordpress com post": Example("wordpress", "11", {"post": WP_ANSWER, "site": WP_SITE}),
    "wordpress com comment": Example(
        "wordpress", "71", {"comment": WP_REMARK, "post": WP_ANSWER, "site": WP_SITE}
    ),
    "reddit post": Example(
        "reddit",
        "abc1",
        {
            "post": REDDIT_POST,
            "subreddit": reddit_dumps.subreddit(is_deleted=False),
            "account": reddit_dumps.account(is_suspended=False, is_deleted=False),
        },
    ),
    "reddit plain": Example("reddit", "abc1", {"post": reddit_dumps.post()}),
    "reddit comment": Example(
        "reddit", "c1", {"comment": REDDIT_COMMENT, "post": reddit_dumps.post()}
    ),
    "reddit crosspost": Example("reddit", "abc2", {"post": reddit_dumps.crosspost()}),
    "facebook post": Example("facebook", FACEBOOK["id"], {"post": FACEBOOK, "page": PAGE}),
    "facebook share": Example(
        "facebook",
        f"{meta_dumps.PAGE_ID}_9001",
        {"post": meta_dumps.shared_post(), "source": SOURCE, "page": PAGE},
    ),
    "facebook photo": Example(
        "facebook",
        "500600700",
        {
            "photo": dumps.without(meta_dumps.photo(album={"id": meta_dumps.ALBUM_ID}), "privacy"),
            "album": meta_dumps.album(),
            "page": PAGE,
        },
    ),
    "instagram media": Example(
        "instagram",
        INSTAGRAM["id"],
        {"media": INSTAGRAM, "account": ALICES_ACCOUNT, "other": BOBS_ACCOUNT},
    ),
    "threads quote": Example(
        "threads",
        "17900000000000003",
        {
            "post": meta_dumps.quote(allowlisted_country_codes=[]),
            "quoted": meta_dumps.bobs_thread(),
            "account": ALICES_ACCOUNT,
            "other": BOBS_ACCOUNT,
        },
    ),
    "threads reply": Example(
        "threads",
        "17900000000000004",
        {
            "post": meta_dumps.reply(reply_approval_status="APPROVED"),
            "root": meta_dumps.bobs_thread(),
            "account": ALICES_ACCOUNT,
            "other": BOBS_ACCOUNT,
        },
    ),
    "shutterstock image": Example(
        "shutterstock", "501", {"image": IMAGE, "contributor": CONTRIBUTOR}, stock.FACTS
    ),
    "shutterstock track": Example(
        "shutterstock", "701", {"track": stock.track(), "contributor": CONTRIBUTOR}, stock.FACTS
    ),
    "generic reply": Example(
        "generic",
        "3",
        {
            "item": anywhere.reply(
                embedded=[anywhere.embedded()],
                tags=["sea"],
                media=[{"kind": "image", "url": "https://m.example/a.jpg", "signals": []}],
                signals=[],
            ),
            "account": anywhere.account(indexable=True),
            "other": anywhere.account("bob"),
            "container": anywhere.container(),
            "parent": anywhere.parent(),
        },
    ),
}
