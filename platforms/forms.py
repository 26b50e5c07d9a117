"""The operator's order to judge held items again: which import, and what is asserted of it."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms

from platforms.models import Dump, Platform
from platforms.sources import SOURCES

EVERY: Final = "every"
FACT: Final = "fact-"


class ResolutionForm(forms.Form):
    """One field for each fact that can settle what is held; an empty one asserts nothing."""

    def __init__(self, platform: Platform, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, auto_id=f"{platform.slug}-%s")
        holding = Dump.objects.holding().filter(platform=platform).order_by("-pk")
        self._holding = {str(dump.pk): dump for dump in holding}
        choices = [(pk, _called(dump)) for pk, dump in self._holding.items()]
        if len(choices) > 1:
            choices.append((EVERY, "every import"))
        self.fields["dump"] = forms.ChoiceField(
            required=False, label="The facts are true of", choices=choices
        )
        for name, fact in SOURCES[platform.slug].facts.items():
            if fact.settles_held:
                self.fields[FACT + name] = forms.CharField(
                    required=False, max_length=500, label=name, help_text=fact.allowed
                )

    @property
    def asserted(self) -> dict[str, str]:
        """The facts that were filled in."""
        given = self.cleaned_data.items()
        return {name.removeprefix(FACT): v for name, v in given if name.startswith(FACT) and v}

    @property
    def words_for_errors(self) -> str:
        """What is wrong with what was sent, each with the field where it is."""
        if "dump" in self.errors:
            return "That import holds nothing any more."
        wrong = self.errors.items()
        return " ".join(
            f"{self[name].label}: {' '.join(map(str, errors))}" for name, errors in wrong
        )

    @property
    def of_dump(self) -> Dump | None:
        """The one import that is meant; None where all are, or nothing is asserted."""
        return self._holding.get(self.cleaned_data["dump"]) if self.asserted else None

    @property
    def of_every(self) -> bool:
        return bool(self.cleaned_data["dump"] == EVERY)


def _called(dump: Dump) -> str:
    names = ", ".join(str(file["name"]) for file in dump.files[:2])
    more = " and more" if len(dump.files) > 2 else ""
    held = dump.counts["held"]
    return f"import {dump.pk} of {dump.imported_at:%Y-%m-%d}: {names}{more} ({held:,} held)"
