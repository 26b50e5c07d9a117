"""Every reason for a hold tells an operator what to do, and names only what there is.

The codes are read from the readers themselves, so that a new one cannot be forgotten.
"""

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from platforms.advice import ADVICE, OTHERWISE, advice_on
from platforms.sources import SOURCES

PLATFORMS = Path(__file__).parents[2] / "platforms"
READERS = [
    PLATFORMS / "visibility.py",
    PLATFORMS / "intake.py",
    *sorted((PLATFORMS / "sources").rglob("*.py")),
    *sorted((PLATFORMS / "media").rglob("*.py")),
]
CODE = re.compile(r"[a-z][a-z0-9_]*_[a-z0-9_]+")
ENDINGS = ("_unknown", "_unproven", "_contradictory")
DOUBTS = frozenset({"doubt", "_doubt", "_unknown", "_hold"})
FACT = re.compile(r"--fact ([a-z0-9_.]+)=([\w-]+)")
# Codes that no reader spells out, and where they come from.
MADE_OF_PARTS = {
    **dict.fromkeys(
        ("item_unproven", "container_unproven", "account_unproven", "embedded_unproven"),
        "visibility: the level and _unproven",
    ),
    "parent_unproven": "visibility: the level and _unproven",
    "container_unknown": "profiles: the noun and _unknown",
    "embedded_unknown": "facebook, threads: the level and _unknown",
    "embedded_closed": "facebook, threads: the level and _closed",
    "property_unknown": "shutterstock: the subject and _unknown",
    "removed_before": "reddit: a field of archives whose meaning is unknown",
}


def codes_in(source: Path) -> Iterator[str]:
    """Every text of a reader that is, or looks like, the code of a hold."""
    for node in ast.walk(ast.parse(source.read_text())):
        yield from (text for text in _given(node) if CODE.fullmatch(text))


def _given(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and str(node.value).endswith(ENDINGS):
        yield str(node.value)
    if isinstance(node, ast.Call) and _name(node.func) in DOUBTS and node.args:
        yield from _text(node.args[0])
    parts = node.args if isinstance(node, ast.Call) else getattr(node, "elts", [])
    for before, after in itertools.pairwise(parts):
        if _name(before) == "UNKNOWN":
            yield from _text(after)


def _text(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")


GIVEN = {code for reader in READERS for code in codes_in(reader)}


def test_the_readers_codes_are_found():
    assert {"privacy_unknown", "native_id_unknown", "several_sites", "site_unknown"} <= GIVEN


@pytest.mark.parametrize("code", sorted(GIVEN | MADE_OF_PARTS.keys()))
def test_every_reason_for_a_hold_has_advice(code):
    assert advice_on(code) != OTHERWISE


@pytest.mark.parametrize("code", sorted(ADVICE))
def test_no_advice_is_for_a_reason_that_nothing_gives(code):
    assert code in GIVEN | MADE_OF_PARTS.keys()


@pytest.mark.parametrize("code", sorted(MADE_OF_PARTS))
def test_no_reader_spells_out_what_is_said_to_be_made_of_parts(code):
    assert code not in GIVEN


@pytest.mark.parametrize("code", sorted(ADVICE))
def test_advice_names_only_facts_and_values_that_some_source_takes(code):
    for name, value in FACT.findall(ADVICE[code]):
        if value.isupper():
            assert any(name in source.facts for source in SOURCES.values())
            continue
        facts = [source.facts[name] for source in SOURCES.values() if name in source.facts]
        assert facts
        assert all(fact.read(value) is not fact for fact in facts)
