"""An archive of Reddit goes all the way: into runs, and into what denies accounts."""

from datetime import UTC, datetime

import pytest
import zstandard

from audit.events import SYSTEM
from platforms import actions
from platforms.models import AccountState
from tests.platforms.sources.reddit_dumps import account, comment, crosspost, lines, page, post

NOW = datetime(2026, 5, 1, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def test_a_compressed_archive_is_imported_with_its_events(tmp_path):
    path = tmp_path / "RS_2021-01.zst"
    dump = lines(
        page(post(), comment()),
        crosspost(),
        post("abc7"),
        {"$event": {"action": "deleted"}, "name": "t3_abc7"},
        account("dora", "t2_dora", hide_from_robots=True),
    )
    path.write_bytes(zstandard.ZstdCompressor().compress(dump.encode()))

    imported = actions.import_dump("reddit", [path], {}, by=SYSTEM, now=NOW)

    assert {name: imported.counts[name] for name in ("read", "shared", "held", "excluded")} == {
        "read": 5,
        "shared": 3,
        "held": 0,
        "excluded": 2,
    }
    assert {tuple(state.reasons) for state in AccountState.objects.all()} == {
        ("search_discouraged",)
    }
