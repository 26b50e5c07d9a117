"""What is kept of an export's items for the second pass."""

import tempfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platforms.records import Item
from platforms.sources import SOURCES
from platforms.sources.spool import Spool
from platforms.sources.wordpress.elements import LISTED, READ, Element
from platforms.sources.wordpress.export import parts
from tests.platforms.sources.dumps import NOW, PUBLIC_SITE, entry, wxr

SPACES = {
    "wp": "http://wordpress.org/export/1.2/",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "excerpt": "http://wordpress.org/export/1.2/excerpt/",
    "dc": "http://purl.org/dc/elements/1.1/",
}
TEXTS = st.sampled_from(
    ["", " ", "tide", "a &amp; b", "<![CDATA[<p>low</p>]]>", "<!-- wp:more -->"]
)
NAMES = st.sampled_from([*sorted(READ), "wp:comment_author_email", "guid", "item", "em"])


def tag(name, inside):
    return f"<{name} domain='post_tag'>{inside}</{name}>"


LEAVES = st.builds(tag, NAMES, TEXTS)
NESTED = st.builds(tag, NAMES, st.lists(LEAVES | TEXTS, max_size=4).map("".join))
DEEP = st.builds(tag, NAMES, st.lists(NESTED | TEXTS, max_size=4).map("".join))
ITEMS = st.lists(LEAVES | NESTED | DEEP | TEXTS, max_size=8).map("".join)


def short(name):
    for prefix, uri in SPACES.items():
        name = name.replace(f"{{{uri}}}", f"{prefix}:")
    return name


def said_in(found):
    """What stands directly in an element, comments included."""
    pieces = [found.text or ""]
    for child in found:
        if child.tag is ElementTree.Comment:
            pieces.append(f"<!--{child.text}-->")
        pieces.append(child.tail or "")
    return "".join(pieces)


def elements_in(found):
    return [child for child in found if child.tag is not ElementTree.Comment]


def expected(found):
    """The same element by a parser that keeps everything: its texts, and its lists."""
    texts, listed = {}, {}
    for name in READ:
        same = [c for c in elements_in(found) if short(c.tag) == name]
        is_text = len(same) == 1 and not elements_in(same[0])
        texts[name] = said_in(same[0]) if is_text else None
        if name in LISTED:
            listed[name] = [(said_in(c), bool(elements_in(c)), c.get("domain")) for c in same]
    return texts, listed


def kept(element):
    texts = {name: element.only(name) for name in READ}
    listed = {name: [(c.said, c.has_children, c.domain) for c in element.all(name)]
              for name in LISTED}  # fmt: skip
    return texts, listed


def without_words_of_groups(reading):
    """Nobody reads what stands beside the fields of a comment, and it is not kept."""
    texts, listed = reading
    for name in ("wp:comment", "wp:postmeta"):
        texts.pop(name)
        listed[name] = [has_children for _, has_children, _ in listed[name]]
    return texts, listed


@given(inside=ITEMS)
def test_what_is_read_of_an_item_is_what_a_parser_finds_that_keeps_everything(inside):
    text = wxr(f"<item>{inside}</item>")
    tree = ElementTree.fromstring(
        text, ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.xml"
        path.write_text(text, encoding="utf-8")

        found = [part for part in parts(path, lambda count: None) if part.name == "item"]

    item = tree.find("channel/item")
    assert len(found) == 1
    assert without_words_of_groups(kept(found[0])) == without_words_of_groups(expected(item))
    for name in ("wp:comment", "wp:postmeta"):
        groups = [child for child in elements_in(item) if short(child.tag) == name]
        assert [without_words_of_groups(kept(one)) for one in found[0].all(name)] == [
            without_words_of_groups(expected(group)) for group in groups
        ]


@given(insides=st.lists(ITEMS, max_size=3))
def test_items_come_out_of_the_spool_as_they_were_put_in(insides):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.xml"
        path.write_text(wxr(*(f"<item>{one}</item>" for one in insides)), encoding="utf-8")
        before = [part for part in parts(path, lambda count: None) if part.name == "item"]
        told = []
        with Spool([path], Element) as spool:
            for element in before:
                spool.put(element)
            spool.finish()

            after = list(spool.records(told.append))

        assert after == before
        assert sum(told) == path.stat().st_size


def test_a_name_that_is_not_kept_cannot_be_asked_for(tmp_path):
    path = tmp_path / "export.xml"
    path.write_text(wxr(entry()), encoding="utf-8")
    element = next(part for part in parts(path, lambda count: None) if part.name == "item")

    with pytest.raises(KeyError):
        element.only("wp:comment_author_email")
    with pytest.raises(KeyError):
        element.all("title")


def test_an_export_that_is_named_twice_gives_each_item_twice(tmp_path):
    path = tmp_path / "export.xml"
    path.write_text(wxr(entry()), encoding="utf-8")

    found = SOURCES["wordpress"].read(
        [path, path], PUBLIC_SITE, observed_at=NOW, progress=lambda count: None
    )

    assert [one.native_id for one in found if isinstance(one, Item)] == ["11", "11"]
