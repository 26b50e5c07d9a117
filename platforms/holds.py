"""Why items are held, counted over the imports that count now, and what settles each reason.

A held item lacks a fact or has two that disagree. Operators settle held items in bulk:
they import the same files again with what was missing, and the new import replaces the old.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from platforms.models import Dump

EXAMPLES: Final = 3
INHERITED: Final = "parent_"

ADVICE: Final[Mapping[str, str]] = {
    "access_unknown": "Ask the platform what this newsletter access level means.",
    "archive_unknown": "The archive's _meta says something that we do not know. Ask its makers.",
    "answer_privacy_unknown": "Say with --fact answer.is_private=false that no answer was for its "
    "asker only, or ask the platform for an export that says so of each.",
    "attachment_without_parent": "Nothing shows it in public: it stays held.",
    "blog_visibility_unknown": "Say whether the blog is public with --fact blog.type=public or "
    "private.",
    "collapsed_reason_code_unknown": "Say with --fact comment.collapsed_reason_code=none that the "
    "dump holds no removed comments, if you know that.",
    "conflicting_appearances": "The dump holds the item twice, in different states. Ask the "
    "platform for a fresh export.",
    "container_unproven": "Say what the blog or site is with --fact, or ask the platform for a "
    "dump that says so.",
    "crosspost_source_unproven": "The crosspost came without what it repeats. Ask the platform for "
    "an export with crosspost_parent_list.",
    "event_unknown": "Something happened to the item. Import the record as it is after the event.",
    "hosting_unknown": "Say where the site is hosted with --fact hosting=wpcom, jetpack or vip.",
    "is_created_from_ads_ui_unknown": "Say with --fact post.is_created_from_ads_ui=false that the "
    "dump holds no adverts, if you know that.",
    "is_robot_indexable_unknown": "Say with --fact post.is_robot_indexable=true that the dump "
    "holds no removed posts, if you know that.",
    "item_unproven": "The record does not say that it is published. Ask the platform for an "
    "export with the state of each item.",
    "launch_status_unknown": "Say with --fact launch_status=launched or unlaunched whether the "
    "site has been opened.",
    "native_id_unknown": "Without an id nobody could ever withdraw the item: it stays held. Ask "
    "the platform for an export with ids.",
    "observed_at_unknown": "Ask the platform when the dump was made.",
    "owner_unknown": "Ask the platform for an export that says whose each item is.",
    "parent_outside_dump": "Import the export that holds the parent together with this one.",
    "parent_unproven": "Import the export that holds the parent together with this one.",
    "password_unknown": "Ask the platform for an export that says whether a password is needed.",
    "payment_unknown": "Say with --fact blog.is_paywall_on=false that nothing is behind a paywall.",
    "principal_anonymous": "Nobody can say no for an unknown person: it stays held.",
    "principal_name_only": "Ask the platform for an export with the stable id of everybody who "
    "is in an item: names change hands.",
    "published_at_unknown": "Ask the platform for an export with usable times of publication.",
    "quarantine_unknown": "Say with --fact subreddit.quarantine=false that no subreddit is "
    "quarantined, or import a file with their records.",
    "rating_unknown": "Say with --fact blog.is_adult=true or false whether the blog is adult.",
    "reblog_source_unproven": "The reblog came without what it repeats, so nobody can tell whose "
    "words are in it. Ask the platform for an export with the trail.",
    "record_not_understood": "The file holds something else than posts and comments. Look at it.",
    "removed_by_category_unknown": "Say with --fact post.removed_by_category=none that the dump "
    "holds no removed posts, if you know that.",
    "removed_before": "The archive found the item removed and later restored. Ask the platform for "
    "a newer reading.",
    "site_visibility_unknown": "Say whether the site is public with --fact blog_public=1, 0 or -1.",
    "state_unknown": "Ask the platform for an export with the state of each post.",
    "status_unknown": "The platform uses a state that we do not know. It is read as public only "
    "once somebody has looked up what it means.",
    "subreddit_type_unknown": "Say with --fact subreddit.subreddit_type=public that the subreddits "
    "are open to all, or import a file with their records.",
}
OTHERWISE: Final = "Run manage.py judge on the dump: it says for each item what was read."


@dataclass(frozen=True)
class Why:
    """One reason, and how many items of a platform are held for it, among others."""

    code: str
    items: int
    examples: tuple[str, ...]

    @property
    def advice(self) -> str:
        """What an operator can do about it, as a sentence."""
        return ADVICE.get(self.code) or ADVICE.get(self.code.removeprefix(INHERITED), OTHERWISE)


@dataclass
class Holds:
    """What the live imports of one platform came to. An item imported twice counts twice."""

    slug: str
    name: str
    imports: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    by_reason: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, counts: Mapping[str, Any]) -> None:
        self.imports += 1
        self.verdicts.update({each: counts[each] for each in ("read", "shared", "excluded")})
        self.verdicts["held"] += counts["held"]
        self.by_reason.update(counts["held_by_reason"])
        for code, ids in counts["examples"].items():
            shown = self.examples.setdefault(code, [])
            shown += [each for each in ids if each not in shown][: EXAMPLES - len(shown)]

    def reasons(self) -> Iterator[Why]:
        """The most frequent first."""
        for code, items in sorted(self.by_reason.items(), key=lambda pair: (-pair[1], pair[0])):
            yield Why(code, items, tuple(self.examples.get(code, ())))


def by_platform() -> list[Holds]:
    """One for each platform that anything was imported of, by name. One query."""
    holds: dict[str, Holds] = {}
    live = Dump.objects.filter(superseded_at=None).order_by("platform__name", "pk")
    for slug, name, counts in live.values_list("platform_id", "platform__name", "counts"):
        holds.setdefault(slug, Holds(slug, name)).add(counts)
    return list(holds.values())
