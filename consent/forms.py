"""The one form a person fills in: turning sharing on again."""

from django import forms
from django.utils.crypto import get_random_string

KEY_LENGTH = 32


def new_key() -> str:
    return get_random_string(KEY_LENGTH)


class OptInForm(forms.Form):
    """Sent from the confirmation page only. Sending one page twice counts once.

    ``key`` is made with the page, so that a browser which sends an old page again
    after the person changed their mind changes nothing.
    """

    confirm = forms.BooleanField(widget=forms.HiddenInput, initial="yes")
    key = forms.CharField(widget=forms.HiddenInput, initial=new_key, max_length=KEY_LENGTH)
    include_older = forms.BooleanField(
        required=False,
        label="Also share what was published before today",
        help_text="Leave this empty and only what you publish from now on is shared.",
    )
