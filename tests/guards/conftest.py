"""Reading the project's own code, for the guards."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
APPS = ("audit", "people", "platforms", "consent", "exports", "config")


@dataclass(frozen=True)
class Module:
    path: str
    tree: ast.Module

    def functions(self) -> Iterator[ast.FunctionDef]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef))

    def top_level_functions(self) -> Iterator[ast.FunctionDef]:
        return (node for node in self.tree.body if isinstance(node, ast.FunctionDef))

    @staticmethod
    def calls(node: ast.AST) -> Iterator[tuple[str, ast.Call]]:
        """Everything called below ``node``, by its last name."""
        for each in ast.walk(node):
            if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute):
                yield each.func.attr, each
            elif isinstance(each, ast.Call) and isinstance(each.func, ast.Name):
                yield each.func.id, each


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def modules() -> list[Module]:
    """Every Python file of the apps, without migrations."""
    paths = (path for app in APPS for path in sorted((ROOT / app).rglob("*.py")))
    return [
        Module(path.relative_to(ROOT).as_posix(), ast.parse(path.read_text()))
        for path in paths
        if "migrations" not in path.parts
    ]
