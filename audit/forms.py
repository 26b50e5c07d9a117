"""The filters of the audit log, as a GET form: the address of a page is its whole state."""

from datetime import datetime
from typing import Any, Final

from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict

from audit.events import registry
from audit.models import Entry, EntryQuerySet
from audit.paging import BadCursor, Cursor

NO_SPACES: Final = RegexValidator(r"\A\S*\Z", "Names in the log have no spaces.")


def event_choices() -> list[tuple[str, str]]:
    events = registry().values()
    named = [(event.name, f"{event.title} ({event.name})") for event in events]
    return [("", "Anything"), *named]


class Moment(forms.DateTimeField):
    """A time in UTC, to the minute or finer. An offset, when written, is respected."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"})
    default_error_messages = {"invalid": "Write a time as 2026-01-31T17:05, in UTC."}

    def to_python(self, value: Any) -> datetime | None:
        try:
            return super().to_python(value)
        except OverflowError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")


class Name(forms.CharField):
    """A word as the log writes it: compared exactly."""

    default_validators = [NO_SPACES]

    def __init__(self, *, max_length: int, placeholder: str, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)
        self.widget.attrs |= {
            "placeholder": placeholder,
            "autocomplete": "off",
            "autocapitalize": "none",
            "spellcheck": "false",
        }


class FilterForm(forms.Form):
    """Which entries to show. What it does not understand it refuses, and shows nothing.

    A misspelt or repeated filter would otherwise show more than was asked for.
    """

    since = Moment(required=False, label="From (UTC)", help_text="This moment and later.")
    until = Moment(required=False, label="Until (UTC)", help_text="Before this moment.")
    event = forms.ChoiceField(
        required=False,
        label="What happened",
        choices=event_choices,
        error_messages={"invalid_choice": "There is no event called “%(value)s”."},
    )
    actor = Name(
        required=False,
        label="Who",
        max_length=80,
        placeholder="operator:7",
        help_text="Or a kind alone, as “operator”.",
    )
    subject = Name(
        required=False,
        label="About",
        max_length=200,
        placeholder="file:7",
        help_text="Or a kind alone, as “file”.",
    )
    platform = Name(required=False, label="Platform", max_length=40, placeholder="tumblr")
    partner = Name(required=False, label="Partner", max_length=64, placeholder="acme")

    def __init__(self, query: QueryDict) -> None:
        super().__init__(query, label_suffix="")
        self.query = query

    def clean(self) -> dict[str, Any]:
        for name in self.query:
            self._refuse_unless_understood(name)
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since >= until:
            self.add_error("until", "The end must be later than the beginning.")
        return self.cleaned_data

    def entries(self) -> EntryQuerySet:
        """The entries that pass every filter given. Only for a valid form."""
        given = {name: value for name in self.given() if (value := self.cleaned_data[name])}
        entries: EntryQuerySet = Entry.objects.all()
        if "since" in given:
            entries = entries.since(given.pop("since"))
        if "until" in given:
            entries = entries.before(given.pop("until"))
        if "actor" in given:
            entries = entries.by(given.pop("actor"))
        if "subject" in given:
            entries = entries.about(given.pop("subject"))
        return entries.filter(**given)

    def given(self) -> list[str]:
        """The names of the filters that are in use."""
        return [name for name in FilterForm.base_fields if self.cleaned_data.get(name)]

    def state(self) -> QueryDict:
        """The filters in use as an address writes them."""
        state = QueryDict(mutable=True)
        state.update({name: str(self.query[name]) for name in self.given()})
        return state

    def _refuse_unless_understood(self, name: str) -> None:
        if name not in self.fields:
            self.add_error(None, f"There is no filter called “{name}”.")
        elif len(self.query.getlist(name)) > 1:
            self.add_error(name, "This was given more than once.")


class PageForm(FilterForm):
    """The filters, and which page of the result."""

    cursor = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean_cursor(self) -> Cursor | None:
        text = self.cleaned_data["cursor"]
        try:
            return Cursor.parse(text) if text else None
        except BadCursor:
            raise forms.ValidationError("The address of this page is damaged.")
