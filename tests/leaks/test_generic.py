"""What any platform has and may never give away: one row for each class."""

import pytest

from platforms.records import Verdict
from platforms.visibility import judge
from tests.platforms.sources.anywhere import (
    account,
    container,
    dump,
    embedded,
    item,
    parent,
    person,
    reply,
)
from tests.platforms.sources.dumps import items

GONE = {"role": "reblog_root", "identity": "gone", "handle": "carol"}
LEAKS = [
    pytest.param([item(visibility="private")], id="private item of a public account"),
    pytest.param([item(visibility="unpublished")], id="draft"),
    pytest.param([item(visibility="removed_author")], id="deleted item"),
    pytest.param([item(visibility="removed_platform")], id="item removed by moderators"),
    pytest.param([item(visibility="login_only")], id="item for members"),
    pytest.param([item(ephemeral=True)], id="story"),
    pytest.param([item(paid=True)], id="paid item"),
    pytest.param([item(commercial=True)], id="advert"),
    pytest.param([item(minor=True)], id="item of a minor"),
    pytest.param([item(sensitive=True)], id="explicit item"),
    pytest.param([item(), account(visibility="private")], id="private account"),
    pytest.param([item(), account(visibility="account_gone")], id="deleted account"),
    pytest.param([item(), account(visibility="removed_platform")], id="suspended account"),
    pytest.param([item(), account(sensitive=True)], id="explicit account"),
    pytest.param([item(), account(minor=True)], id="account of a minor"),
    pytest.param([item(), account(ai_opt_out=True)], id="account that opted out"),
    pytest.param([item(), account(indexable=False)], id="account not to be found"),
    pytest.param([item(), container(visibility="restricted")], id="closed group"),
    pytest.param([item(), container(paid=True)], id="paid channel"),
    pytest.param([reply(), parent(visibility="private")], id="reply to a private item"),
    pytest.param([reply(), parent(), account("bob", ai_opt_out=True)],
                 id="reply to somebody who opted out"),
    pytest.param([item(embedded=[embedded(visibility="private")])], id="private item embedded"),
    pytest.param([item(principals=[person(), GONE])], id="repeat of somebody who is gone"),
    pytest.param([item(signals=["no_training"])], id="item that refuses training"),
]  # fmt: skip


@pytest.mark.parametrize("records", LEAKS)
def test_what_no_platform_may_give_away_is_never_shared(tmp_path, records):
    found = items(tmp_path, "generic", dump(*records))

    assert found
    assert {judge(one).under(adult=False).verdict for one in found} == {Verdict.EXCLUDE}


def test_the_items_from_which_those_differ_are_shared(tmp_path):
    found = items(tmp_path, "generic", dump(item(), reply(), item("9", embedded=[embedded()])))

    assert {judge(one).verdict for one in found} == {Verdict.SHARE}
