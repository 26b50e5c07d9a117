"""Items read at a glance are what the parser reads, and whatever is unusual is left to it."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from platforms.sources.contract import BadInput
from platforms.sources.wordpress import export
from platforms.sources.wordpress.export import parts
from platforms.sources.wordpress.template import item_at, text_of
from tests.platforms.sources.dumps import AUTHORS, comment, entry, meta, term, wxr

HEAD = (
    *("title", "link", "pubDate", "dc:creator", "guid", "description", "content:encoded"),
    *("excerpt:encoded", "wp:post_id", "wp:post_date", "wp:post_date_gmt", "wp:post_modified"),
    *("wp:post_modified_gmt", "wp:comment_status", "wp:ping_status", "wp:post_name"),
    *("wp:status", "wp:post_parent", "wp:menu_order", "wp:post_type", "wp:post_password"),
    *("wp:is_sticky", "wp:attachment_url"),
)
REMARK = (
    *("wp:comment_id", "wp:comment_author", "wp:comment_author_email", "wp:comment_author_url"),
    *("wp:comment_author_IP", "wp:comment_date", "wp:comment_date_gmt", "wp:comment_content"),
    *("wp:comment_approved", "wp:comment_type", "wp:comment_parent", "wp:comment_user_id"),
)
NEEDLESS = frozenset(
    {
        *("link", "pubDate", "guid", "description", "excerpt:encoded", "wp:post_date"),
        *("wp:post_modified", "wp:post_modified_gmt", "wp:comment_status", "wp:ping_status"),
        *("wp:post_name", "wp:menu_order", "wp:is_sticky", "wp:attachment_url"),
        *("wp:comment_author", "wp:comment_author_email", "wp:comment_author_url"),
        *("wp:comment_author_IP", "wp:comment_date", "wp:comment_parent"),
    }
)
MAYBE_MISSING = frozenset({"excerpt:encoded", "wp:attachment_url"})
SPACES = st.sampled_from(["", "\n\t\t", " ", "\r\n", "\r"])
USUAL = st.sampled_from(
    [
        *(
            "",
            " ",
            "tide",
            "a &amp; b &#8217;&#039;&gt;&#13;&#150;&#9;",
            "[low] tide",
            "Ebbe \U0001f30a \u2028",
        ),
        *("<![CDATA[]]>", "<![CDATA[<p>low</p> & ]] ]> ]]]>", "<![CDATA[one\r\ntwo\rthree]]>"),
        *("<![CDATA[</item><item>]]>", "<![CDATA[ü]]>"),
    ]
)
UNUSUAL = st.sampled_from(
    [
        *(
            "<![CDATA[a]]>b",
            " <![CDATA[a]]>",
            "<![CDATA[a]]]]><![CDATA[>b]]>",
            "&#x200B;",
            "&nbsp;",
        ),
        *(
            "a > b",
            "a ]]> b",
            "<!-- wp:more -->",
            "<em>a</em>",
            "&#0;",
            "&",
            "<",
            "<br/>",
            "<?a b?>",
        ),
        *("\ufffe", "\x01", "<![CDATA[\x1f]]>", "<![CDATA[a", "</item>", "</channel>"),
    ]
)
EXTRA = st.sampled_from(
    [
        *("<category>a</category>", '<category nicename="a" domain="b">a</category>', "<title/>"),
        *('<category domain="a" domain="b" nicename="c">a</category>', "<wp:postmeta/>", "<a></a>"),
        *('<category domain="a&amp;\n" nicename="c">a</category>', "<wp:comment>a</wp:comment>"),
        *("<title>twice</title>", "<wp:post_id>7</wp:post_id>", '<title wp:a="b">a</title>'),
        *("<content:encoded>twice</content:encoded>", "<a:b>c</a:b>", '<wp:meta xmlns="urn:x"/>'),
        *('<w:meta xmlns:w="urn:x"/>', "<wp:postmeta><a/></wp:postmeta>", "text", "<!-- a -->"),
        *("<item><title>in an item</title></item>", "</item>", "</item><item>", "</item><image/>"),
    ]
)


@st.composite
def leaves(draw, names, texts):
    """Elements in their order, without some of those that nobody needs."""
    pieces = []
    for name in names:
        if name not in NEEDLESS or draw(st.booleans()):
            more = ' isPermaLink="false"' if name == "guid" else ""
            whole = f">{draw(texts)}</{name}>"
            empty = name not in MAYBE_MISSING and draw(st.integers(0, 5)) == 0
            end = draw(SPACES) + "/>" if empty else whole
            pieces.append(f"{draw(SPACES)}<{name}{more}{end}")
    return "".join(pieces)


@st.composite
def metas_of_comments(draw, texts):
    return "".join(
        f"{draw(SPACES)}<wp:commentmeta>{draw(leaves(['wp:meta_key', 'wp:meta_value'], texts))}"
        f"{draw(SPACES)}</wp:commentmeta>"
        for _ in range(draw(st.integers(0, 3)))
    )


@st.composite
def items(draw, texts):
    domain = draw(st.sampled_from(["category", "post_tag", "author", "a > b"]))
    category = f'<category domain="{domain}" nicename="a b">{draw(texts)}</category>'
    lists = [
        [category] * draw(st.integers(0, 2)),
        [
            f"<wp:postmeta>{draw(leaves(['wp:meta_key', 'wp:meta_value'], texts))}</wp:postmeta>"
            for _ in range(draw(st.integers(0, 2)))
        ],
        [
            f"<wp:comment>{draw(leaves(REMARK, texts))}{draw(metas_of_comments(texts))}"
            f"{draw(SPACES)}</wp:comment>"
            for _ in range(draw(st.integers(0, 2)))
        ],
    ]
    children = [draw(SPACES) + child for some in lists for child in some]
    return f"<item>{draw(leaves(HEAD, texts))}{''.join(children)}{draw(SPACES)}</item>"


@st.composite
def odd_items(draw):
    """An item in which anything may be anywhere, and perhaps a byte is not what it was."""
    item = draw(items(st.one_of(*[USUAL] * 15, UNUSUAL)))
    if draw(st.booleans()):
        cut = draw(st.sampled_from([n for n in range(len(item)) if item[n] == "<"]))
        item = item[:cut] + draw(EXTRA) + item[cut:]
    data = bytearray(item.encode())
    for _ in range(draw(st.integers(0, 1))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.sampled_from(b'<>&;/"]! a\xff\xc3'))
    return bytes(data)


def export_of(*items):
    begin, end = wxr("MARK", authors=AUTHORS[:1]).encode().split(b"MARK")
    return begin + b"\n".join(items) + end


def by_the_parser_alone(data):
    """The same to every parser; but where names may have another namespace, none is guessed."""
    assert data.count(b"<rss ") == 1
    return data.replace(b"<rss ", b'<rss xmlns="" ')


def outcome(data, shift=0):
    """The parts of an export, or why and where it is refused."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.xml"
        path.write_bytes(data)
        try:
            return list(parts(path, lambda count: None))
        except BadInput as refused:
            at = None if refused.byte is None else refused.byte - shift
            return refused.reason, refused.line, at


SHIFT = len(b'xmlns="" ')


@settings(deadline=None)
@given(inside=items(USUAL))
def test_an_item_as_wordpress_writes_it_is_read_at_a_glance_and_as_the_parser_reads_it(inside):
    text = text_of(f"\n{inside}".encode())

    found, end = item_at(text, 0)

    assert end == len(text)
    assert [found] == [
        part
        for part in outcome(by_the_parser_alone(export_of(inside.encode())))
        if part.name == "item"
    ]


@settings(deadline=None)
@given(
    insides=st.lists(items(USUAL).map(str.encode) | odd_items(), min_size=1, max_size=5),
    chunk=st.sampled_from([1, 7, 100, 1_000, 100_000]),
)
@example(insides=[b"<item/>"], chunk=1)
@example(insides=[b"<item></item>", b"<item>\xef\xbf\xbf</item>"], chunk=100)
@example(insides=[b"<item><title><![CDATA[</item></item></item>"], chunk=7)
def test_an_export_is_read_or_refused_as_by_the_parser_alone_wherever_it_is_cut(insides, chunk):
    data = export_of(entry().encode(), *insides)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "CHUNK_BYTES", chunk)
        found = outcome(data)

    assert found == outcome(by_the_parser_alone(data), SHIFT)


@pytest.mark.parametrize(
    "item",
    [
        pytest.param(entry("<a>b</a>"), id="an element that is not WordPress's"),
        pytest.param(entry("<title>again</title>"), id="a field twice"),
        pytest.param(entry(omit=["wp:post_password"]), id="a field missing"),
        pytest.param(entry("text"), id="text beside the fields"),
        pytest.param(entry("<!-- a -->"), id="a comment"),
        pytest.param(entry(comment(), meta("a", "b")), id="another order"),
        pytest.param(entry(term("a&b", "c").replace("a&b", "a&amp;b")), id="attributes"),
        pytest.param(entry().replace("<item>", '<item xmlns:wp="urn:x">'), id="a namespace"),
        pytest.param(entry().replace("<title>", "<title><b/>"), id="an element in a text"),
        pytest.param(entry().replace("<title>", "<title>&x;"), id="an undefined entity"),
        pytest.param(entry().replace("<title>", "<title>&#1;"), id="a forbidden character"),
        pytest.param(entry().replace("<title>", "<title>]]>"), id="the end of no section"),
        pytest.param(entry()[:-1], id="no end"),
        pytest.param("", id="nothing"),
    ],
)
def test_whatever_is_unusual_is_left_to_the_parser(item):
    assert item_at(item, 0) is None


@pytest.mark.parametrize(
    "data", [b"\0", b"\x0b", b"\xff", b"\xed\xa0\x80", b"\xef\xbf\xbe", b"\xef\xbf\xbf", b"\xc3"]
)
def test_what_xml_does_not_allow_is_not_read_at_a_glance(data):
    assert text_of(b"<item>" + data) is None


def test_a_prefix_that_only_one_item_declares_means_nothing_in_the_next():
    data = export_of(entry().encode(), entry().encode())
    space = b' xmlns:wp="http://wordpress.org/export/1.2/"'
    data = data.replace(space, b"").replace(b"<wp:wxr_version>1.2</wp:wxr_version>", b"")
    first, authors = data.index(b"<item>"), data.index(b"<wp:base")
    data = data[:authors] + data[first:].replace(b"<item>", b"<item" + space + b">", 1)

    reason, *_ = outcome(data)

    assert "unbound prefix" in reason


@pytest.mark.parametrize("fault", [b"<b></c>", b"\0", b"<![CDATA[\xff]]>", b"&x;"])
def test_a_fault_after_many_items_is_told_where_it_is(fault):
    good = [entry(wp__post_id=str(n), title="Ebbe ü\r\n\r").encode() for n in range(1, 3_000)]
    data = export_of(*good, b"<item>\n" + fault + b"</item>")

    _, line, byte = outcome(data)

    assert abs(byte - data.index(fault)) <= len(fault)
    before = data[: data.index(fault)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    assert line in (before.count(b"\n") + 1, None)
