"""What an operator learns about held items."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from lxml import html

from audit.events import SYSTEM
from platforms import actions, holds
from platforms.advice import ADVICE
from platforms.intake import Counts
from platforms.models import Dump, Platform, Resolution
from platforms.records import Evidence, Identity, Item, Principal, Role, Visibility
from platforms.visibility import judge
from tests.platforms.sources.reddit_dumps import lines, post

HOLDS = "/operator/holds/"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
PUBLIC = Evidence("item", Visibility.PUBLIC, "status")
PUBLIC_SITE = Evidence("container", Visibility.PUBLIC, "site")
UNKNOWN_SITE = Evidence("container", Visibility.UNKNOWN, "site_visibility_unknown")
DRAFT = Evidence("item", Visibility.UNPUBLISHED, "status_draft")


def item(native_id, *evidence, identity=Identity.STABLE):
    owner = Principal(Role.OWNER, identity, native_id="7", handle="blog")
    return Item(
        platform="wordpress",
        kind="post",
        native_id=native_id,
        principals=(owner,),
        evidence=evidence,
        published_at=NOW,
        observed_at=NOW,
    )


def import_of(slug, *items, replaced=False):
    """A dump's row with the counts of ``items``, as intake makes them."""
    counts = Counts()
    for each in items:
        counts.add(each, judge(each))
    platform, _ = Platform.objects.get_or_create(slug=slug, defaults={"name": slug.title()})
    return Dump.objects.create(
        platform=platform,
        digest=f"{Dump.objects.count():064}",
        files=[],
        counts=counts.as_json(),
        superseded_at=NOW if replaced else None,
    )


@pytest.fixture
def show(db):
    operator = Client()
    operator.force_login(get_user_model().objects.create_user("olga", role="operator"))
    return lambda: html.fromstring(operator.get(HOLDS).content.decode())


def rows_of(section):
    return [
        [" ".join(cell.text_content().split()) for cell in row.xpath("./th | ./td")]
        for row in section.xpath(".//tbody/tr")
    ]


@pytest.mark.django_db
def test_strangers_are_asked_to_sign_in(client):
    assert client.get(HOLDS)["Location"] == f"/accounts/login/?next={HOLDS}"


@pytest.mark.django_db
def test_persons_are_told_that_the_page_is_for_operators(client):
    client.force_login(get_user_model().objects.create_user("alice"))

    response = client.get(HOLDS)

    assert response.status_code == 403
    assert b"operators only" in response.content


def test_before_the_first_import_the_page_says_how_items_get_here(show):
    assert "Nothing has been imported yet" in show().text_content()


def test_reasons_are_counted_for_each_platform_the_most_frequent_first(show):
    import_of(
        "wordpress",
        item("1", PUBLIC, UNKNOWN_SITE),
        item("2", PUBLIC, UNKNOWN_SITE),
        item("3", PUBLIC, UNKNOWN_SITE, identity=Identity.NAME),
        item("4", PUBLIC, PUBLIC_SITE),
    )
    import_of("wordpress", item("5", PUBLIC, UNKNOWN_SITE))
    import_of("tumblr", item("6", PUBLIC, PUBLIC_SITE, identity=Identity.ANONYMOUS))

    tumblr, wordpress = show().xpath("//section[.//table]")

    assert [row[:2] + row[3:4] for row in rows_of(wordpress)] == [
        ["site_visibility_unknown", "4", "1, 2, 3"],
        ["principal_name_only", "1", "3"],
    ]
    assert [row[:2] for row in rows_of(tumblr)] == [["principal_anonymous", "1"]]
    assert wordpress.xpath(".//meter/@value") == ["4", "1"]
    assert wordpress.xpath(".//meter/@max") == ["4", "4"]
    assert "5 read in 2 imports" in " ".join(wordpress.text_content().split())


def test_an_operator_is_told_what_settles_a_reason(show):
    import_of("wordpress", item("1", PUBLIC, UNKNOWN_SITE))

    ((*_, advice),) = rows_of(show().xpath("//section[.//table]")[0])

    assert "--fact blog_public=1" in advice


def test_excluded_items_are_not_counted_as_held(show):
    import_of("wordpress", item("1", DRAFT, UNKNOWN_SITE), item("2", PUBLIC, UNKNOWN_SITE))

    (section,) = show().xpath("//section[.//table]")

    assert [row[:2] for row in rows_of(section)] == [["site_visibility_unknown", "1"]]
    assert "1 held, 1 excluded" in " ".join(section.text_content().split())


def test_an_import_that_was_replaced_no_longer_counts(show):
    import_of("wordpress", item("1", PUBLIC, UNKNOWN_SITE), replaced=True)
    import_of("wordpress", item("1", PUBLIC, PUBLIC_SITE))

    text = " ".join(show().text_content().split())

    assert "1 read in 1 import:" in text
    assert "nothing held" in text
    assert "site_visibility_unknown" not in text


def test_many_imports_cost_one_query(db, django_assert_num_queries):
    for _ in range(5):
        import_of("wordpress", item("1", PUBLIC, UNKNOWN_SITE))

    with django_assert_num_queries(1):
        (wordpress,) = holds.by_platform()

    assert wordpress.imports == 5


def test_a_reason_that_comes_from_the_parent_has_the_advice_of_its_own():
    inherited = holds.Why("parent_status_unknown", 1, ())

    assert inherited.advice == ADVICE["status_unknown"]


def test_a_reason_that_is_made_from_a_field_names_the_field():
    assert holds.Why("is_spoiler_unknown", 1, ()).advice.startswith("is_spoiler is missing, or")


def test_a_reason_without_advice_leads_to_the_dry_run():
    assert "manage.py judge" in holds.Why("something_new", 1, ()).advice


@pytest.fixture
def held_reddit(tmp_path, db):
    """Posts of a subreddit of which nothing is known, imported for real."""
    unsaid = {k: v for k, v in post().items() if k not in ("subreddit_type", "quarantine")}
    path = tmp_path / "posts.ndjson"
    path.write_text(lines(unsaid))
    return actions.import_dump("reddit", [path], {}, by=SYSTEM, now=datetime.now(UTC))


@pytest.fixture
def operator(db):
    client = Client()
    client.force_login(get_user_model().objects.create_user("olga", role="operator"))
    return client


RESOLVE = "/operator/holds/reddit/resolve/"


def test_an_operator_lets_held_items_be_judged_again_and_sees_what_came_of_it(
    held_reddit, operator
):
    facts = {"fact-subreddit.subreddit_type": "public", "fact-subreddit.quarantine": "false"}

    answer = operator.post(RESOLVE, {"dump": held_reddit.pk, **facts}, follow=True)
    assert "Waiting for a worker" in answer.content.decode()
    order = Resolution.objects.get()
    actions.resolve(order.pk)

    page = " ".join(html.fromstring(operator.get(HOLDS).content.decode()).text_content().split())
    assert "Of 1 held item 1 may be shared now, 0 are excluded, 0 are still held." in page
    assert "subreddit.quarantine=false" in page
    assert (order.requested_by[:9], order.dump) == ("operator:", held_reddit)


def test_a_fact_with_a_wrong_value_is_refused_in_words(held_reddit, operator):
    wrong = {"dump": held_reddit.pk, "fact-subreddit.quarantine": "perhaps"}

    answer = operator.post(RESOLVE, wrong, follow=True)

    assert "cannot be" in answer.content.decode()
    assert not Resolution.objects.exists()


@pytest.mark.parametrize("value", ["x" * 501, "pub\0lic"], ids=["too long", "with a NUL byte"])
def test_a_value_that_is_no_text_for_a_fact_is_refused_where_it_is(held_reddit, operator, value):
    wrong = {"dump": held_reddit.pk, "fact-subreddit.subreddit_type": value}

    page = operator.post(RESOLVE, wrong, follow=True).content.decode()

    assert "subreddit.subreddit_type: " in page
    assert "holds nothing any more" not in page
    assert not Resolution.objects.exists()


def test_an_import_that_holds_nothing_any_more_is_said_so(held_reddit, operator):
    page = operator.post(RESOLVE, {"dump": held_reddit.pk + 1}, follow=True).content.decode()

    assert "That import holds nothing any more. Nothing was changed." in page


def test_while_an_order_waits_there_is_no_form_that_reloading_would_empty(held_reddit, operator):
    page = operator.post(RESOLVE, {}, follow=True).content.decode()

    assert "Waiting for a worker" in page
    assert RESOLVE not in page


def test_holds_of_a_platform_that_is_not_read_any_more_are_shown_without_a_form(show):
    import_of("geocities", item("1", PUBLIC, UNKNOWN_SITE))

    (section,) = show().xpath("//section[.//table]")

    assert "1 held" in " ".join(section.text_content().split())
    assert not section.xpath(".//form")


def test_only_facts_that_settle_held_items_are_asked_for(operator):
    import_of("wordpress", item("1", PUBLIC, UNKNOWN_SITE))

    page = operator.get(HOLDS).content.decode()

    assert 'name="fact-blog_public"' in page
    assert 'name="fact-site"' not in page


def test_persons_cannot_order_a_judgement(held_reddit, client):
    client.force_login(get_user_model().objects.create_user("alice"))

    assert client.post(RESOLVE).status_code == 403
    assert not Resolution.objects.exists()
