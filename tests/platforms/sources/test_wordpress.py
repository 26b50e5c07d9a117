"""WordPress exports: which fields decide, and who is in an item."""

import pytest

from platforms.records import Identity, MediaKind, Role, Verdict, Visibility
from platforms.sources import SOURCES, BadFact, BadInput
from platforms.sources.wordpress.site import address, evidence_of
from platforms.visibility import judge
from tests.platforms.sources.dumps import (
    AUTHORS,
    NOW,
    PUBLIC_SITE,
    attachment,
    codes,
    comment,
    element,
    entry,
    items,
    meta,
    read,
    readings,
    shared,
    term,
    verdicts,
    wxr,
)

SITE = "tides.example"


def only(tmp_path, *elements, facts=PUBLIC_SITE, **kwargs):
    """The first item of an export with these elements."""
    return items(tmp_path, "wordpress", wxr(*elements, **kwargs), facts=facts)[0]


def last(tmp_path, *elements, facts=PUBLIC_SITE, **kwargs):
    return items(tmp_path, "wordpress", wxr(*elements, **kwargs), facts=facts)[-1]


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_every_version_and_both_forms_of_the_namespace_are_read(tmp_path, version, scheme):
    item = only(tmp_path, entry(), version=version, scheme=scheme)

    assert codes(item) == set()
    assert item.text == "The harbour at low tide."


def test_posts_pages_attachments_and_comments_are_shared_when_all_is_known(tmp_path):
    dump = wxr(
        attachment(),
        entry(comment()),
        entry(wp__post_id="12", wp__post_type="page", wp__post_parent="11"),
    )

    assert verdicts(tmp_path, "wordpress", dump, facts=PUBLIC_SITE) == {
        ("attachment", "21"): Verdict.SHARE,
        ("post", "11"): Verdict.SHARE,
        ("comment", "71"): Verdict.SHARE,
        ("page", "12"): Verdict.SHARE,
    }


def test_without_a_word_on_the_site_the_same_items_are_held(tmp_path):
    dump = wxr(attachment(), entry(comment()))

    found = items(tmp_path, "wordpress", dump)

    assert {judge(item).verdict for item in found} == {Verdict.HOLD}
    assert "--fact blog_public=1" in str(judge(found[0]).reasons[0])


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("publish", Verdict.SHARE),
        ("future", Verdict.EXCLUDE),
        ("draft", Verdict.EXCLUDE),
        ("auto-draft", Verdict.EXCLUDE),
        ("pending", Verdict.EXCLUDE),
        ("private", Verdict.EXCLUDE),
        ("trash", Verdict.EXCLUDE),
        ("inherit", Verdict.EXCLUDE),
        ("request-pending", Verdict.EXCLUDE),
        ("request-confirmed", Verdict.EXCLUDE),
        ("request-failed", Verdict.EXCLUDE),
        ("request-completed", Verdict.EXCLUDE),
        ("spam", Verdict.EXCLUDE),
        ("of-a-plugin", Verdict.HOLD),
        ("Publish", Verdict.HOLD),
        (" publish", Verdict.HOLD),
        ("", Verdict.HOLD),
    ],
)
def test_only_publish_is_public(tmp_path, status, verdict):
    assert judge(only(tmp_path, entry(wp__status=status))).verdict is verdict


@pytest.mark.parametrize(
    "kind",
    [
        "revision",
        "nav_menu_item",
        "wp_block",
        "wp_template",
        "wp_template_part",
        "wp_navigation",
        "custom_css",
        "customize_changeset",
        "oembed_cache",
        "user_request",
        "feedback",
        "product",
    ],
)
def test_other_post_types_are_listed_and_excluded(tmp_path, kind):
    item = only(tmp_path, entry(wp__post_type=kind))

    assert item.kind == kind
    assert judge(item).verdict is Verdict.EXCLUDE


@pytest.mark.parametrize(
    ("key", "value", "verdict"),
    [
        ("_jetpack_newsletter_access", "", Verdict.SHARE),
        ("_jetpack_newsletter_access", "everybody", Verdict.SHARE),
        ("_jetpack_newsletter_access", "subscribers", Verdict.EXCLUDE),
        ("_jetpack_newsletter_access", "paid_subscribers", Verdict.EXCLUDE),
        ("_jetpack_newsletter_access", "paid_subscribers_all_tiers", Verdict.EXCLUDE),
        ("_jetpack_newsletter_access", "friends", Verdict.HOLD),
        ("_jetpack_memberships_contains_paid_content", "1", Verdict.EXCLUDE),
        ("_jetpack_memberships_contains_paid_content", "", Verdict.SHARE),
        ("_jetpack_memberships_contains_paywalled_content", "true", Verdict.EXCLUDE),
        ("_jetpack_memberships_contains_paywalled_content", "maybe", Verdict.HOLD),
        ("jetpack_seo_noindex", "1", Verdict.SHARE),
        ("_edit_last", "1", Verdict.SHARE),
    ],
)
def test_the_meta_fields_that_decide(tmp_path, key, value, verdict):
    assert judge(only(tmp_path, entry(meta(key, value)))).verdict is verdict


@pytest.mark.parametrize("field", ["content__encoded", "excerpt__encoded"])
@pytest.mark.parametrize(
    "block",
    [
        "<!-- wp:jetpack/paywall /-->",
        "<!-- wp:premium-content/container -->",
        '<div class="wp-block-premium-content-container">',
    ],
)
def test_paid_blocks_exclude_the_whole_item(tmp_path, field, block):
    item = only(tmp_path, entry(**{field: f"teaser {block} paid"}))

    assert codes(item) == {"paid"}


def test_a_block_marker_that_is_not_escaped_is_seen_too(tmp_path):
    raw = entry().replace("The harbour", "<!-- wp:jetpack/paywall /-->The harbour")

    assert "paid" in codes(only(tmp_path, raw))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"wp__post_password": "sesame"}, "password_protected"),
        ({"wp__post_date_gmt": "2031-01-01 00:00:00"}, "published_in_the_future"),
        ({"wp__post_date_gmt": "0000-00-00 00:00:00"}, "published_at_unknown"),
        ({"wp__post_date_gmt": "0001-01-01 00:00:00"}, "published_at_unknown"),
        ({"wp__post_date_gmt": "1970-01-01 00:00:00"}, "published_at_unknown"),
        ({"wp__post_date_gmt": "yesterday"}, "published_at_unknown"),
        ({"wp__post_id": "0"}, "native_id_unknown"),
        ({"wp__post_id": "011"}, "native_id_unknown"),
        ({"wp__post_type": "<x>"}, "post_type_unknown"),
        ({"dc__creator": "Alice"}, "principal_name_only"),
        ({"dc__creator": "alice\u200b"}, "principal_name_only"),
        ({"dc__creator": " alice"}, "principal_name_only"),
        ({"dc__creator": "mallory"}, "principal_name_only"),
        ({"dc__creator": ""}, "principal_anonymous"),
    ],
)
def test_a_published_item_with_a_flaw_is_not_shared(tmp_path, changes, code):
    assert code in codes(only(tmp_path, entry(**changes)))


@pytest.mark.parametrize(
    "authors",
    [
        pytest.param((), id="no author list"),
        pytest.param((("1", "alice"), ("9", "alice")), id="one login twice"),
        pytest.param((("1", "alice"), ("9", "Alice")), id="logins that differ by case"),
        pytest.param((("1", "alice"), ("9", "alice ")), id="logins that differ by a space"),
    ],
)
def test_an_author_who_is_not_exactly_one_declared_author_is_known_by_name_only(tmp_path, authors):
    item = only(tmp_path, entry(), authors=authors)

    assert item.owner.identity is Identity.NAME
    assert judge(item).verdict is Verdict.HOLD


def test_a_declared_login_with_invisible_characters_identifies_nobody(tmp_path):
    login = "alice\u200b"

    item = only(tmp_path, entry(dc__creator=login), authors=(("1", login),))

    assert item.owner.identity is Identity.NAME


def test_the_site_and_the_author_are_principals(tmp_path):
    item = only(tmp_path, entry(), address="HTTPS://Tides.Example/Blog/")

    assert [(p.role, p.native_id, p.handle) for p in item.principals] == [
        (Role.OWNER, "tides.example/Blog#author:alice", "alice"),
        (Role.CONTAINER, "tides.example/Blog", "tides.example"),
    ]
    assert item.container_id == "tides.example/Blog"


def test_personal_data_of_authors_and_commenters_does_not_enter_an_item(tmp_path):
    dump = wxr(entry(comment(), comment(wp__comment_id="72", wp__comment_user_id="0")))

    found = items(tmp_path, "wordpress", dump, facts=PUBLIC_SITE)

    assert len(found) == 3
    assert not any(word in repr(found) for word in ("Secretname", "mail.example", "192.0.2"))


@pytest.mark.parametrize(
    ("parent", "others", "code"),
    [
        ("0", [], "attachment_without_parent"),
        ("404", [], "parent_outside_dump"),
        ("21", [], "parent_is_itself"),
        ("x", [], "parent_unknown"),
        ("11", [entry(wp__status="private")], "parent_status_private"),
        ("11", [entry(wp__status="trash")], "parent_status_trash"),
        ("11", [entry(wp__post_password="sesame")], "parent_password_protected"),
        ("11", [entry(omit=["wp:post_password"])], "parent_password_unknown"),
        (
            "11",
            [entry(meta("_jetpack_newsletter_access", "subscribers"))],
            "parent_subscribers_only",
        ),
        ("11", [entry(wp__post_type="revision")], "parent_kind_unknown"),
        ("11", [entry(wp__post_date_gmt="2031-01-01 00:00:00")], "parent_published_in_the_future"),
        ("11", [entry(wp__post_date_gmt="")], "parent_published_at_unknown"),
        (
            "11",
            [entry(wp__post_date_gmt="0001-01-01 00:00:00")],
            "parent_published_at_unknown",
        ),
        ("11", [entry(dc__creator="Mallory")], "principal_name_only"),
        ("11", [entry(), entry(wp__status="draft")], "parent_conflicting_appearances"),
    ],
)
def test_an_attachment_is_no_more_public_than_its_parent(tmp_path, parent, others, code):
    item = only(tmp_path, attachment(parent), *others)

    assert judge(item).verdict is not Verdict.SHARE
    assert code in codes(item)


def test_the_author_of_the_post_is_in_an_attachment_by_somebody_else(tmp_path):
    item = only(tmp_path, attachment(dc__creator="bob"), entry())

    assert judge(item).verdict is Verdict.SHARE
    assert {p.native_id for p in item.principals} == {
        SITE,
        f"{SITE}#author:bob",
        f"{SITE}#author:alice",
    }


def test_an_attachment_knows_its_medium(tmp_path):
    item = only(tmp_path, attachment(wp__attachment_url="https://tides.example/a.GIF?x=1"), entry())

    assert [medium.kind for medium in item.media] == [MediaKind.GIF]


def test_the_parent_may_be_in_another_file_of_the_same_site(tmp_path):
    found = shared(tmp_path, "wordpress", wxr(attachment()), wxr(entry()), facts=PUBLIC_SITE)

    assert [item.kind for item in found] == ["attachment", "post"]


def test_the_parent_of_another_site_is_not_taken_for_it(tmp_path):
    other = wxr(entry(), address="https://other.example")

    found = items(tmp_path, "wordpress", wxr(attachment()), other, facts=PUBLIC_SITE)

    assert codes(found[0]) == {"parent_outside_dump", "several_sites"}


def test_a_fact_about_one_site_proves_nothing_of_several(tmp_path):
    dump = (wxr(entry()), wxr(entry(), address="https://other.example"))

    found = read(tmp_path, "wordpress", *dump, facts=PUBLIC_SITE)

    assert [codes(item) for item in found] == [{"several_sites"}, {"several_sites"}]


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, Verdict.SHARE),
        ({"wp__comment_type": ""}, Verdict.SHARE),
        ({"wp__comment_approved": "0"}, Verdict.EXCLUDE),
        ({"wp__comment_approved": "spam"}, Verdict.EXCLUDE),
        ({"wp__comment_approved": "trash"}, Verdict.EXCLUDE),
        ({"wp__comment_approved": "post-trashed"}, Verdict.EXCLUDE),
        ({"wp__comment_approved": "yes"}, Verdict.HOLD),
        ({"wp__comment_type": "pingback"}, Verdict.EXCLUDE),
        ({"wp__comment_type": "trackback"}, Verdict.EXCLUDE),
        ({"wp__comment_type": "note"}, Verdict.EXCLUDE),
        ({"wp__comment_type": "review"}, Verdict.HOLD),
        ({"wp__comment_user_id": "0"}, Verdict.HOLD),
        ({"wp__comment_user_id": "99"}, Verdict.HOLD),
        ({"wp__comment_user_id": ""}, Verdict.HOLD),
        ({"wp__comment_id": "0"}, Verdict.HOLD),
        ({"wp__comment_date_gmt": "0000-00-00 00:00:00"}, Verdict.HOLD),
        ({"omit": ["wp:comment_approved"]}, Verdict.HOLD),
        ({"omit": ["wp:comment_type"]}, Verdict.HOLD),
        ({"omit": ["wp:comment_user_id"]}, Verdict.HOLD),
    ],
    ids=str,
)
def test_a_comment_is_shared_when_it_is_approved_and_its_author_is_known(
    tmp_path, changes, verdict
):
    assert judge(last(tmp_path, entry(comment(**changes)))).verdict is verdict


@pytest.mark.parametrize(
    "post",
    [
        pytest.param({"wp__status": "private"}, id="private"),
        pytest.param({"wp__post_password": "sesame"}, id="password"),
        pytest.param({"wp__post_type": "feedback"}, id="contact form"),
        pytest.param({"wp__post_id": ""}, id="no id"),
        pytest.param({"wp__post_date_gmt": ""}, id="no date"),
        pytest.param({"dc__creator": "Mallory"}, id="unknown author"),
        pytest.param({"content__encoded": "jetpack/paywall"}, id="paid"),
    ],
)
def test_an_approved_comment_is_no_more_public_than_its_post(tmp_path, post):
    assert judge(last(tmp_path, entry(comment(), **post))).verdict is not Verdict.SHARE


def test_a_comment_on_an_attachment_follows_the_attachments_post(tmp_path):
    orphan = attachment("404").replace("</item>", comment() + "</item>")

    assert codes(last(tmp_path, orphan)) == {"parent_outside_dump"}


def test_one_id_with_two_states_is_not_shared(tmp_path):
    dump = wxr(entry(), entry(wp__status="private"), entry(wp__post_id="12"))

    found = items(tmp_path, "wordpress", dump, facts=PUBLIC_SITE)

    assert [judge(i).verdict for i in found] == [Verdict.HOLD, Verdict.EXCLUDE, Verdict.SHARE]
    assert codes(found[0]) == {"conflicting_appearances"}


def test_a_comment_that_is_approved_here_and_not_there_is_held(tmp_path):
    dump = wxr(entry(comment(), comment(wp__comment_approved="0")))

    found = items(tmp_path, "wordpress", dump, facts=PUBLIC_SITE)

    assert codes(found[1]) == {"conflicting_appearances"}


@pytest.mark.parametrize(
    "name", ["wp:status", "wp:post_id", "wp:post_type", "wp:post_password", "dc:creator"]
)
def test_a_field_that_appears_twice_or_holds_elements_is_not_believed(tmp_path, name):
    value = {"wp:status": "publish", "dc:creator": "alice", "wp:post_type": "post"}.get(name, "")
    twice = entry((name, "private")) if value else entry((name, "12"))
    nested = entry(element(name, "<b>x</b>"), omit=[name])

    assert judge(only(tmp_path, twice)).verdict is not Verdict.SHARE
    assert judge(only(tmp_path, nested)).verdict is not Verdict.SHARE


def test_content_that_is_repeated_or_not_text_is_held(tmp_path):
    assert codes(only(tmp_path, entry(("content:encoded", "again")))) == {"content_unknown"}


TRUTH_TABLE = [
    pytest.param({"blog_public": 1}, set(), id="public, nothing else said"),
    pytest.param({"blog_public": "1", "wpcom_data_sharing_opt_out": False}, set(), id="public"),
    pytest.param(
        {"blog_public": 1, "wpcom_data_sharing_opt_out": True}, {"platform_opt_out"}, id="opted out"
    ),
    pytest.param(
        {"blog_public": "1", "wpcom_data_sharing_opt_out": "1"},
        {"platform_opt_out"},
        id="opted out in a string",
    ),
    pytest.param({"blog_public": 0}, {"search_discouraged"}, id="search discouraged"),
    pytest.param(
        {"blog_public": "0", "wpcom_data_sharing_opt_out": False},
        {"search_discouraged"},
        id="search discouraged, flag false",
    ),
    pytest.param(
        {"blog_public": False, "wpcom_data_sharing_opt_out": True},
        {"search_discouraged", "platform_opt_out"},
        id="search discouraged, flag true",
    ),
    pytest.param({"blog_public": -1}, {"private"}, id="private"),
    pytest.param(
        {"blog_public": "-1", "wpcom_data_sharing_opt_out": False}, {"private"}, id="private again"
    ),
    pytest.param(
        {
            "blog_public": 0,
            "wpcom_data_sharing_opt_out": False,
            "wpcom_public_coming_soon": "1",
        },
        {"coming_soon"},
        id="coming soon",
    ),
    pytest.param(
        {"blog_public": 1, "wpcom_coming_soon": True}, {"coming_soon"}, id="old coming soon"
    ),
    pytest.param(
        {"blog_public": 1, "launch_status": "unlaunched"}, {"coming_soon"}, id="not launched"
    ),
    pytest.param({"blog_public": 1, "launch_status": "launched"}, set(), id="launched"),
    pytest.param({"blog_public": 1, "staging": 1}, {"staging"}, id="staging copy"),
    pytest.param(
        {"blog_public": 1, "primary_domain": "tides.wpcomstaging.com"}, {"staging"}, id="staging"
    ),
    pytest.param(
        {"blog_public": 1, "primary_domain": "https://Tides.WpComStaging.COM/"},
        {"staging"},
        id="staging in capitals",
    ),
    pytest.param(
        {"blog_public": 1, "site": "tides.wpcomstaging.com"}, {"staging"}, id="staging base url"
    ),
    pytest.param(
        {"blog_public": 1, "primary_domain": "staging-tides.example"}, set(), id="custom domain"
    ),
    pytest.param({"blog_public": 1, "hosting": "wpcom"}, set(), id="hosted by the vendor"),
    pytest.param({"blog_public": 1, "hosting": "jetpack"}, {"out_of_scope"}, id="self-hosted"),
    pytest.param({"blog_public": 1, "hosting": "vip"}, {"out_of_scope"}, id="VIP"),
    pytest.param(
        {"blog_public": True, "wpcom_data_sharing_opt_out": None, "wpcom_coming_soon": "0"},
        set(),
        id="booleans, null and strings",
    ),
    pytest.param({}, {"site_visibility_unknown"}, id="nothing said"),
    pytest.param({"blog_public": None}, {"site_visibility_unknown"}, id="null"),
    pytest.param({"blog_public": 2}, {"site_visibility_unknown"}, id="a number not on the list"),
    pytest.param({"blog_public": 1.0}, {"site_visibility_unknown"}, id="a fraction"),
    pytest.param({"blog_public": [1]}, {"site_visibility_unknown"}, id="a list"),
    pytest.param(
        {"blog_public": 1, "wpcom_data_sharing_opt_out": "maybe"},
        {"wpcom_data_sharing_opt_out_unknown"},
        id="garbage in the opt-out",
    ),
    pytest.param(
        {"blog_public": 1, "launch_status": []}, {"launch_status_unknown"}, id="garbage in launch"
    ),
    pytest.param({"blog_public": 1, "hosting": "moon"}, {"hosting_unknown"}, id="other hosting"),
    pytest.param(
        {"blog_public": 1, "primary_domain": "a b"}, {"primary_domain_unknown"}, id="no domain"
    ),
]


@pytest.mark.parametrize(("values", "expected"), TRUTH_TABLE)
def test_the_vendors_truth_table(values, expected):
    found = evidence_of(values)

    assert {e.code for e in found if e.visibility is not Visibility.PUBLIC} == expected


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ({"blog_public": "1"}, Verdict.SHARE),
        ({"blog_public": "true", "wpcom_data_sharing_opt_out": "null"}, Verdict.SHARE),
        ({"blog_public": "1", "wpcom_data_sharing_opt_out": "TRUE"}, Verdict.EXCLUDE),
        ({"blog_public": "0"}, Verdict.EXCLUDE),
        ({"blog_public": "-1"}, Verdict.EXCLUDE),
        ({"blog_public": "0", "wpcom_public_coming_soon": "1"}, Verdict.EXCLUDE),
        ({"blog_public": "1", "primary_domain": "X.WPCOMSTAGING.com"}, Verdict.EXCLUDE),
        ({"blog_public": "1", "primary_domain": "staging-tides.example"}, Verdict.SHARE),
        ({"blog_public": "1", "hosting": "vip"}, Verdict.EXCLUDE),
        ({"blog_public": "1", "site": "https://tides.example/"}, Verdict.SHARE),
        ({"blog_public": "1", "site": "other.example"}, Verdict.HOLD),
        ({"blog_public": "null"}, Verdict.HOLD),
    ],
    ids=str,
)
def test_the_truth_table_holds_for_asserted_facts(tmp_path, facts, verdict):
    assert judge(only(tmp_path, entry(), facts=facts)).verdict is verdict


def test_an_export_that_does_not_name_its_site_is_held_until_the_operator_does(tmp_path):
    named = PUBLIC_SITE | {"site": "tides.example"}

    assert "site_unknown" in codes(only(tmp_path, entry(), address=None))
    assert codes(only(tmp_path, entry(), address=None, facts=named)) == set()


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"blog_pubic": "1"}, "blog_public"),
        ({"blog_public": "2"}, "1 or 0 or -1"),
        ({"hosting": "moon"}, "wpcom or jetpack or vip"),
        ({"site": "not an address"}, "an address such as"),
    ],
    ids=str,
)
def test_an_unknown_fact_or_value_is_refused_with_what_is_allowed(tmp_path, facts, said):
    with pytest.raises(BadFact, match=said):
        only(tmp_path, entry(), facts=facts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://Tides.Example/", "tides.example"),
        ("http://tides.example/Blog/", "tides.example/Blog"),
        ("tides.example:8080", "tides.example:8080"),
        ("ftp://tides.example", None),
        ("https://user@tides.example", None),
        ("https://tides.example/?a=b", None),
        ("https://", None),
        ("http://[broken", None),
        ("", None),
        (None, None),
    ],
)
def test_an_address_is_written_in_one_way(text, expected):
    assert address(text) == expected


@pytest.mark.parametrize(
    ("facts", "denies"),
    [
        ({"blog_public": "-1"}, {"private"}),
        ({"blog_public": "0"}, {"search_discouraged"}),
        ({"wpcom_data_sharing_opt_out": "1"}, {"platform_opt_out"}),
        ({"blog_public": "1", "wpcom_data_sharing_opt_out": "1"}, {"platform_opt_out"}),
        ({"blog_public": "0", "wpcom_public_coming_soon": "1"}, {"coming_soon"}),
        ({"blog_public": "1", "staging": "1"}, {"staging"}),
    ],
    ids=str,
)
def test_a_dump_tells_what_denies_a_site(tmp_path, facts, denies):
    (reading,) = readings(tmp_path, "wordpress", wxr(entry()), facts=facts)

    assert (reading.native_id, reading.handle) == (SITE, SITE)
    assert reading.denies == denies
    assert reading.clears == frozenset()


def test_an_opt_out_flag_written_back_to_false_is_not_an_opt_in(tmp_path):
    facts = PUBLIC_SITE | {"wpcom_data_sharing_opt_out": "0", "wpcom_coming_soon": "0"}

    (reading,) = readings(tmp_path, "wordpress", wxr(entry()), facts=facts)

    assert "platform_opt_out" not in reading.clears
    assert "private" in reading.clears


def test_a_private_site_clears_nothing_and_an_unknown_one_says_nothing(tmp_path):
    private = {"blog_public": "-1", "wpcom_data_sharing_opt_out": "0"}

    (reading,) = readings(tmp_path, "wordpress", wxr(entry()), facts=private)

    assert reading.clears == frozenset()
    assert readings(tmp_path, "wordpress", wxr(entry())) == []


def test_one_site_of_many_on_a_host_does_not_speak_for_the_host(tmp_path):
    dump = wxr(entry(), address="https://many.example/tides")

    (reading,) = readings(tmp_path, "wordpress", dump, facts={"blog_public": "-1"})

    assert (reading.native_id, reading.handle) == ("many.example/tides", None)


def test_progress_adds_up_to_the_size_of_the_files(tmp_path):
    told = []
    path = tmp_path / "export.xml"
    path.write_text(wxr(*(entry(wp__post_id=str(n)) for n in range(1, 500)), authors=AUTHORS))

    list(SOURCES["wordpress"].read([path], {}, observed_at=NOW, progress=told.append))

    assert sum(told) == path.stat().st_size


def test_a_co_author_is_in_the_post_its_comments_and_its_attachments(tmp_path):
    dump = wxr(entry(term("author", "alice"), term("author", "bob"), comment()), attachment())

    found = items(tmp_path, "wordpress", dump, facts=PUBLIC_SITE)

    bob = "tides.example#author:bob"
    assert [codes(item) for item in found] == [set(), set(), set()]
    assert all(bob in {p.native_id for p in item.principals} for item in found)
    assert (Role.CO_AUTHOR, bob) in {(p.role, p.native_id) for p in found[0].principals}


@pytest.mark.parametrize("domain", ["author", "byline", "open_byline_author"])
def test_a_guest_author_holds_the_post_and_leaves_no_name(tmp_path, domain):
    dump = wxr(entry(term(domain, "Zed Secretname"), term("category", "Sea")), attachment())

    found = items(tmp_path, "wordpress", dump, facts=PUBLIC_SITE)

    assert [codes(item) for item in found] == [{"principal_anonymous"}, {"principal_anonymous"}]
    assert "Secretname" not in repr(found)
    assert found[0].tags == ("Sea",)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("is_reblog", "1", {"principal_anonymous"}),
        ("is_reblog", "0", set()),
        ("reblog_snapshot", 'O:8:"stdClass":0:{}', {"principal_anonymous"}),
        ("syndication_permalink", "https://bob.example/1", {"principal_anonymous"}),
        ("xpost_origin", "123:45", {"principal_anonymous"}),
        ("_xpost_original_permalink", "https://bob.example/1", {"principal_anonymous"}),
        ("dt_original_post_id", "45", {"principal_anonymous"}),
        ("dt_original_post_id", "", set()),
        ("dt_connection_map", "a:0:{}", set()),
        ("feedzy_item_url", "https://bob.example/1", {"principal_anonymous"}),
        ("wpe_sourcepermalink", "https://bob.example/1", {"principal_anonymous"}),
        ("wprss_item_permalink", "https://bob.example/1", {"principal_anonymous"}),
        ("rss_pi_source_url", "https://bob.example/1", {"principal_anonymous"}),
        ("_jetpack_newsletter_access\n", "subscribers", {"subscribers_only"}),
        (" _Jetpack_Memberships_Contains_Paid_Content", "1", {"paid"}),
    ],
)
def test_what_meta_says_counts_however_it_is_laid_out(tmp_path, key, value, expected):
    assert codes(only(tmp_path, entry(meta(key, value)))) == expected


def test_a_key_with_a_comment_in_it_is_not_understood(tmp_path):
    split = entry(meta("KEY", "subscribers")).replace("KEY", "_jetpack_<!-- -->newsletter_access")

    assert codes(only(tmp_path, split)) == {"meta_unknown"}


LATIN = wxr(entry(title="Marée")).replace('encoding="UTF-8"', 'encoding="ISO-8859-1"')
UNICODE = wxr(entry(title="Marée")).encode()


@pytest.mark.parametrize(
    ("content", "reason", "advice"),
    [
        pytest.param(
            LATIN.encode("latin-1"), "as it says, ISO-8859-1", "iconv -f ISO-8859-1", id="a"
        ),
        pytest.param(
            UNICODE.decode().encode("cp1252"), "not UTF-8", "iconv -f windows-1252", id="b"
        ),
        pytest.param(
            b"\n\n" + UNICODE, "not at start", "everything before <[?]xml", id="blank lines"
        ),
        pytest.param(b"\n" * 300_000 + UNICODE, "not at start", "everything before", id="many"),
        pytest.param(b"\xef\xbb\xbf " + UNICODE, "not at start", "everything before", id="a BOM"),
        pytest.param(b"\xef\xbb\xbf" * 2 + UNICODE, "XML", "everything before", id="two BOMs"),
        pytest.param(b"<br />\nNotice" + UNICODE, "no.* RSS", "everything before", id="a warning"),
        pytest.param(b"Notice: x\n" + UNICODE, "XML", "everything before", id="a plain warning"),
        pytest.param(b"<html/>", "no.* RSS", "Export it with WordPress", id="something else"),
        pytest.param(UNICODE.decode().encode("utf-16-le"), "NUL", "UTF-16", id="UTF-16"),
    ],
)
def test_what_is_refused_for_its_encoding_or_its_beginning_says_what_to_do(
    content, reason, advice, tmp_path
):
    with pytest.raises(BadInput, match=f"(?s){reason}.*{advice}"):
        items(tmp_path, "wordpress", content)


@pytest.mark.parametrize(
    "content", [LATIN.encode(), b"\xef\xbb\xbf" + UNICODE], ids=["said", "BOM"]
)
def test_what_is_utf_8_all_the_same_is_read(content, tmp_path):
    (item,) = items(tmp_path, "wordpress", content, facts=PUBLIC_SITE)

    assert item.title == "Marée"


# What WordPress and its plugins keep as posts, and as published ones, though no visitor reads them.
NOT_PUBLIC = [
    *(
        "shop_order",
        "shop_order_refund",
        "shop_order_placehold",
        "shop_coupon",
        "shop_subscription",
    ),
    *(
        "shop_webhook",
        "product_variation",
        "edd_payment",
        "edd_log",
        "give_payment",
        "mepr-transaction",
    ),
    *("flamingo_inbound", "flamingo_outbound", "flamingo_contact", "feedback", "nf_sub", "wpforms"),
    *("wpcf7_contact_form", "db7_form", "jetpack_mess", "postman_sent_mail", "wp-email-log"),
    *("revision", "user_request", "oembed_cache", "custom_css", "customize_changeset"),
    *("wp_global_styles", "wp_block", "wp_template", "wp_template_part", "wp_navigation"),
    *("wp_font_family", "wp_font_face", "nav_menu_item", "acf-field-group", "acf-field"),
    *("forum", "topic", "reply", "bp-email", "bp-message", "scheduled-action", "elementor_library"),
    *(
        "sfwd-quiz",
        "lp_order",
        "llms_order",
        "wc_user_membership",
        "support_ticket",
        "private_note",
    ),
]


@pytest.mark.parametrize("kind", NOT_PUBLIC)
def test_what_is_no_post_by_nature_is_never_shared_nor_what_hangs_on_it(kind, tmp_path):
    post = entry(comment(), wp__post_id="11", wp__post_type=kind)
    found = items(tmp_path, "wordpress", wxr(post, attachment(wp__post_id="12")), facts=PUBLIC_SITE)

    assert [judge(item).verdict is Verdict.SHARE for item in found] == [False] * 3
    assert judge(found[0]).verdict is Verdict.EXCLUDE
