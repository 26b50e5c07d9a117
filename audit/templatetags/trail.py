"""The facts of an entry as words on a page."""

from typing import Any

from django import template

register = template.Library()


@register.filter
def as_label(name: str) -> str:
    return name.replace("_", " ").capitalize()


@register.filter
def as_words(value: Any) -> str:
    """A JSON value for people: yes and no, lists with commas, objects as pairs."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(as_words, value)) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} = {as_words(each)}" for key, each in value.items()) or "none"
    return "none" if value in (None, "") else str(value)
