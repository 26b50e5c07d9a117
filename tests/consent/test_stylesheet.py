"""The one stylesheet keeps its promises to the eye: WCAG 2.2 AA in light and dark."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

TEXT, SHAPE = 4.5, 3.0

TEXT_ON = [
    ("ink", "paper"), ("ink", "sheet"), ("ink", "sunk"), ("ink", "accent-wash"),
    ("ink", "ok-wash"), ("ink", "warn-wash"), ("ink", "stop-wash"),
    ("soft", "paper"), ("soft", "sheet"), ("soft", "sunk"),
    ("accent", "paper"), ("accent", "sheet"), ("accent", "accent-wash"), ("on-accent", "accent"),
    ("ok", "ok-wash"), ("warn", "warn-wash"), ("stop", "stop-wash"),
    ("stop", "sheet"), ("stop", "paper"), ("paper", "ok"),
]  # fmt: skip
SHAPE_ON = [("edge", "sheet"), ("edge", "paper"), ("edge", "sunk"), ("edge", "accent-wash")]


def stylesheet():
    return Path(finders.find("withhold/withhold.css")).read_text()


def colours():
    """The named colours of the light scheme and of the dark one."""
    blocks = re.findall(r":root \{(.*?)\}", stylesheet(), re.S)
    return [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in blocks]


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_text_can_be_read_on_its_surface(scheme):
    named = colours()[scheme]

    weak = {pair: contrast(*(named[each] for each in pair)) for pair in TEXT_ON}

    assert {pair: ratio for pair, ratio in weak.items() if ratio < TEXT} == {}


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_every_control_has_an_edge_that_can_be_seen(scheme):
    named = colours()[scheme]

    weak = {pair: contrast(*(named[each] for each in pair)) for pair in SHAPE_ON}

    assert {pair: ratio for pair, ratio in weak.items() if ratio < SHAPE} == {}


def test_the_dark_scheme_names_every_colour_again():
    light, dark = colours()

    assert set(light) == set(dark)


@pytest.mark.parametrize(
    "promise",
    ["prefers-color-scheme: dark", "prefers-reduced-motion", "forced-colors", ".skip:focus"],
)
def test_nobody_is_left_out(promise):
    assert promise in stylesheet()


def test_nothing_is_fetched_from_elsewhere():
    assert "url(" not in stylesheet()
    assert "@import" not in stylesheet()


def test_what_is_printed_is_dark_on_light():
    assert "@media screen and (prefers-color-scheme: dark)" in stylesheet()
