"""What an operator asserts of the site of WordPress items that were read before."""

from collections.abc import Mapping, Sequence

from platforms.records import Evidence, Item, Visibility
from platforms.sources.settling import filled
from platforms.sources.wordpress.site import VISIBILITY_FACT, evidence_of


def settled(item: Item, values: Mapping[str, object]) -> Item:
    """The switches count together: one that opens the site opens nothing that is unlaunched."""
    site = evidence_of({**values, "site": item.container_id})
    known = [one for one in site if one.visibility is not Visibility.UNKNOWN]

    def answer(gap: Evidence) -> Sequence[Evidence] | None:
        if values.get(gap.fact) is None:
            return None
        return site if gap.fact == VISIBILITY_FACT else known

    return filled(item, answer, known)
