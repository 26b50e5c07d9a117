"""What the documents say must be there."""

import re
import subprocess

LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")


def test_every_link_between_documents_leads_somewhere(root):
    broken = [
        f"{page.relative_to(root)} -> {target}"
        for page in (*root.glob("*.md"), *(root / "docs").rglob("*.md"))
        for target in LINK.findall(page.read_text())
        if not (page.parent / target).exists()
    ]

    assert broken == []


def test_every_path_that_the_readme_names_as_proof_exists(root):
    proofs = re.findall(r"`(tests/[^`]*)`", (root / "README.md").read_text())

    assert proofs
    assert [proof for proof in proofs if not (root / proof).exists()] == []


def test_ci_runs_the_commands_that_the_readme_gives_and_no_others(root):
    readme = (root / "README.md").read_text()
    section = re.search(r"^## Tests\n(.*?)^## ", readme, re.S | re.M).group(1)
    promised = re.findall(r"```sh\n(.*?)\n```", section, re.S)
    steps = re.search(r"^run_command\(\) .*", (root / ".ci/run").read_text(), re.S | re.M).group(0)

    said = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"bash() {{ :; }}\n{steps}"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )

    assert len(promised) == 2
    assert said.stdout.splitlines() == [f"+ {command}" for command in promised]


def test_every_version_is_pinned(root):
    lines = [
        line
        for name in ("requirements.txt", "requirements-dev.txt")
        for line in (root / name).read_text().splitlines()
        if line and not line.startswith(("#", "-r "))
    ]

    assert [line for line in lines if "==" not in line] == []


def test_every_environment_variable_is_documented(root):
    settings = (root / "config/settings.py").read_text()
    named = set(re.findall(r'(?:env(?:\.\w+)?|kept_secret)\(\s*"([A-Z_]+)"', settings))

    documented = (root / "docs/operating.md").read_text()

    assert named
    assert sorted(name for name in named if f"`{name}`" not in documented) == []
