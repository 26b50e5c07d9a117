"""What a stock catalogue must never give away: one row for each class."""

import pytest

from platforms.records import Verdict
from platforms.visibility import judge
from tests.platforms.sources.dumps import items
from tests.platforms.sources.stock import FACTS, contributor, dump, image, track, video

LEAKS = [
    pytest.param([image(contributor={"id": "9"}), contributor("9", data_licensing="opted_out")],
                 id="work of a contributor who opted out"),
    pytest.param([image(contributor={"id": "9", "account_status": "closed"})],
                 id="work of a closed account"),
    pytest.param([image(), {"id": "501", "updates": ["deletion"]}], id="deleted image"),
    pytest.param([track(deleted_time="2021-01-01")], id="deleted track"),
    pytest.param([track(published_time=None)], id="track that was only submitted"),
    pytest.param([image(review_state="not_submitted")], id="image that was not submitted"),
    pytest.param([image(review_state="pending")], id="image in review"),
    pytest.param([image(review_state="rejected")], id="rejected image"),
    pytest.param([image(review_state="deactivated")], id="deactivated image"),
    pytest.param([image(assets={"huge_jpg": {"is_licensable": False}})],
                 id="image that can be licensed in no size"),
    pytest.param([image(is_editorial=True)], id="editorial image"),
    pytest.param([video(is_editorial=True)], id="editorial video"),
    pytest.param([{"id": "9001a", "title": "Regatta", "byline": "Alice Example", "assets": {}}],
                 id="record of the editorial API"),
    pytest.param([image(rights={"countries": ["US"]})], id="image limited to countries"),
    pytest.param([image(supplier_code="XYZ")], id="image of another supplier"),
    pytest.param([image(special_instructions="no covers")], id="image with instructions"),
    pytest.param([image(commercial_status={"status": "restricted"})], id="restricted image"),
    pytest.param([image(has_people=True, has_model_release=False)], id="people without release"),
    pytest.param([image(commercial_status={"status": "x", "reason": "y"})], id="no commercial use"),
    pytest.param([image(is_creative=False)], id="image that is not creative"),
    pytest.param([image(moderation_labels=["nudity"])], id="image with a label of moderation"),
    pytest.param([track(is_adult=True)], id="adult track"),
    pytest.param([video(has_people=True, has_model_release=False)], id="people in a video"),
    pytest.param([image(is_adult=True)], id="adult image"),
    pytest.param([image(mature_flag=True)], id="mature image"),
]  # fmt: skip


@pytest.mark.parametrize("records", LEAKS)
def test_what_a_catalogue_may_not_give_away_is_never_shared(tmp_path, records):
    found = items(tmp_path, "shutterstock", dump(*records), facts=FACTS)

    assert found
    assert {judge(item).under(adult=False).verdict for item in found} == {Verdict.EXCLUDE}


def test_the_items_from_which_those_differ_are_shared(tmp_path):
    found = items(tmp_path, "shutterstock", dump(image(), video(), track()), facts=FACTS)

    assert {judge(item).verdict for item in found} == {Verdict.SHARE}
