"""A WordPress export (WXR 1.2) with posts, their pictures and their comments: invented."""

from collections.abc import Iterator
from pathlib import Path

from benchmarks.words import Words

AUTHORS = 20
ITEMS_OF_A_POST = 3
BEGIN = """<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
\txmlns:content="http://purl.org/rss/1.0/modules/content/"
\txmlns:wfw="http://wellformedweb.org/CommentAPI/"
\txmlns:dc="http://purl.org/dc/elements/1.1/"
\txmlns:wp="http://wordpress.org/export/1.2/">
<channel>
\t<title>Low tide</title>
\t<link>https://tides.example</link>
\t<wp:wxr_version>1.2</wp:wxr_version>
\t<wp:base_site_url>https://tides.example</wp:base_site_url>
\t<wp:base_blog_url>https://tides.example</wp:base_blog_url>
"""
AUTHOR = """\t<wp:author><wp:author_id>{n}</wp:author_id><wp:author_login><![CDATA[author{n}]]>\
</wp:author_login><wp:author_email><![CDATA[author{n}@mail.example]]></wp:author_email>\
<wp:author_display_name><![CDATA[Author {n}]]></wp:author_display_name></wp:author>
"""
ITEM = """\t<item>
\t\t<title><![CDATA[{title}]]></title>
\t\t<link>https://tides.example/?p={number}</link>
\t\t<pubDate>Sun, 13 Sep 2020 12:26:40 +0000</pubDate>
\t\t<dc:creator><![CDATA[author{author}]]></dc:creator>
\t\t<guid isPermaLink="false">https://tides.example/?p={number}</guid>
\t\t<description></description>
\t\t<content:encoded><![CDATA[{content}]]></content:encoded>
\t\t<excerpt:encoded><![CDATA[]]></excerpt:encoded>
\t\t<wp:post_id>{number}</wp:post_id>
\t\t<wp:post_date><![CDATA[2020-09-13 14:26:40]]></wp:post_date>
\t\t<wp:post_date_gmt><![CDATA[2020-09-13 12:26:40]]></wp:post_date_gmt>
\t\t<wp:comment_status><![CDATA[open]]></wp:comment_status>
\t\t<wp:ping_status><![CDATA[open]]></wp:ping_status>
\t\t<wp:post_name><![CDATA[low-tide-{number}]]></wp:post_name>
\t\t<wp:status><![CDATA[{status}]]></wp:status>
\t\t<wp:post_parent>{parent}</wp:post_parent>
\t\t<wp:menu_order>0</wp:menu_order>
\t\t<wp:post_type><![CDATA[{kind}]]></wp:post_type>
\t\t<wp:post_password><![CDATA[]]></wp:post_password>
\t\t<wp:is_sticky>0</wp:is_sticky>
{more}\t</item>
"""
CATEGORY = '\t\t<category domain="{domain}" nicename="{name}"><![CDATA[{name}]]></category>\n'
META = """\t\t<wp:postmeta>
\t\t<wp:meta_key><![CDATA[{key}]]></wp:meta_key>
\t\t<wp:meta_value><![CDATA[{value}]]></wp:meta_value>
\t\t</wp:postmeta>
"""
ATTACHMENT = (
    "\t\t<wp:attachment_url><![CDATA[https://tides.example/{n}.jpg]]></wp:attachment_url>\n"
)
COMMENT = """\t\t<wp:comment>
\t\t\t<wp:comment_id>{number}</wp:comment_id>
\t\t\t<wp:comment_author><![CDATA[Author {author}]]></wp:comment_author>
\t\t\t<wp:comment_author_email><![CDATA[author{author}@mail.example]]></wp:comment_author_email>
\t\t\t<wp:comment_author_url></wp:comment_author_url>
\t\t\t<wp:comment_author_IP><![CDATA[192.0.2.7]]></wp:comment_author_IP>
\t\t\t<wp:comment_date><![CDATA[2020-09-14 14:26:40]]></wp:comment_date>
\t\t\t<wp:comment_date_gmt><![CDATA[2020-09-14 12:26:40]]></wp:comment_date_gmt>
\t\t\t<wp:comment_content><![CDATA[{content}]]></wp:comment_content>
\t\t\t<wp:comment_approved><![CDATA[{approved}]]></wp:comment_approved>
\t\t\t<wp:comment_type><![CDATA[comment]]></wp:comment_type>
\t\t\t<wp:comment_parent>0</wp:comment_parent>
\t\t\t<wp:comment_user_id>{author}</wp:comment_user_id>
\t\t</wp:comment>
"""


def write(folder: Path, rows: int) -> Iterator[int]:
    """Write one export of about ``rows`` items: a post, its picture and its comment in turn."""
    words = Words(3)
    with (folder / "export.xml").open("w", encoding="utf-8") as file:
        file.write(BEGIN)
        for number in range(1, AUTHORS + 1):
            file.write(AUTHOR.format(n=number))
        for number in range(max(1, rows // ITEMS_OF_A_POST)):
            file.write(_post(words, 10 + 2 * number))
            file.write(_picture(words, 11 + 2 * number))
            yield ITEMS_OF_A_POST
        file.write("</channel>\n</rss>\n")


def _post(words: Words, number: int) -> str:
    tags = "".join(CATEGORY.format(domain="post_tag", name=tag) for tag in words.tags())
    paragraph = "<!-- wp:paragraph -->\n<p>{}</p>\n<!-- /wp:paragraph -->\n\n"
    return ITEM.format(
        title=words.text(40),
        number=number,
        author=_author(words),
        content="".join(paragraph.format(words.text(500)) for _ in range(4)),
        status="publish" if words.happens(0.95) else words.chance.choice(("draft", "private")),
        parent=0,
        kind="post",
        more=CATEGORY.format(domain="category", name="tides")
        + tags
        + _meta()
        + _comment(words, number),
    )


def _picture(words: Words, number: int) -> str:
    return ITEM.format(
        title=words.text(20),
        number=number,
        author=_author(words),
        content="",
        status="inherit",
        parent=number - 1,
        kind="attachment",
        more=ATTACHMENT.format(n=number)
        + META.format(key="_wp_attached_file", value=f"2020/09/{number}.jpg"),
    )


def _meta() -> str:
    return META.format(key="_edit_last", value="1") + META.format(key="_thumbnail_id", value="7")


def _comment(words: Words, number: int) -> str:
    return COMMENT.format(
        number=number,
        author=_author(words),
        content=words.text(200),
        approved=1 if words.happens(0.95) else 0,
    )


def _author(words: Words) -> int:
    return words.chance.randrange(1, AUTHORS + 1)
