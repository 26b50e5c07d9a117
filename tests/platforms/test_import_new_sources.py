"""What the newer sources read gets through the import like everything else."""

import json
from datetime import UTC, datetime

import pytest

from audit.events import SYSTEM
from platforms import actions
from platforms.models import AccountState
from tests.platforms.sources.anywhere import account, dump, item
from tests.platforms.sources.stock import FACTS, contributor, image
from tests.platforms.sources.stock import dump as page

NOW = datetime(2026, 5, 1, tzinfo=UTC)
STOCK = page(image(), image("502", contributor={"id": "9"}), contributor("9", data_licensing=False))
OTHER = dump(item("1"), item("2", visibility="private")) + "\n" + json.dumps(
    account("carol", ai_opt_out=True)
)  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("platform", "content", "facts"),
    [("shutterstock", json.dumps(STOCK), FACTS), ("generic", OTHER, {})],
)
def test_items_and_opt_outs_are_imported(tmp_path, platform, content, facts):
    path = tmp_path / "dump"
    path.write_text(content)

    counts = actions.import_dump(platform, [path], facts, by=SYSTEM, now=NOW).counts

    assert (counts["shared"], counts["excluded"], counts["held"]) == (1, 1, 0)
    assert ["platform_opt_out"] in [state.reasons for state in AccountState.objects.all()]
