"""The doctor explains each missing part, and says what to do about it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def doctor(tmp_path):
    """Run ``manage.py doctor`` in a folder of its own, with these settings."""

    def run(**settings):
        kept = {k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"}
        return subprocess.run(
            [sys.executable, "manage.py", "doctor"],
            cwd=ROOT,
            env=kept
            | {"WITHHOLD_VAR": str(tmp_path / "var"), "WITHHOLD_DURABLE": "false", "COLUMNS": "200"}
            | settings,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


def test_a_new_installation_is_told_to_migrate(doctor):
    result = doctor()

    assert result.returncode == 1
    assert "manage.py migrate" in result.stdout


def test_a_database_that_does_not_answer_is_named(doctor):
    result = doctor(DATABASE_URL="postgres://nobody:secret@127.0.0.1:1/none")

    assert result.returncode == 1
    assert "DATABASE_URL" in result.stdout
    assert "secret" not in result.stdout + result.stderr


def test_a_redis_that_does_not_answer_is_named(doctor):
    result = doctor(REDIS_URL="redis://127.0.0.1:1/0")

    assert result.returncode == 1
    assert "Redis does not answer" in result.stdout


def test_a_migrated_installation_is_in_good_health(doctor, tmp_path):
    environment = os.environ | {"WITHHOLD_VAR": str(tmp_path / "var"), "WITHHOLD_DURABLE": "false"}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True
    )

    result = doctor()

    assert result.returncode == 0, result.stdout + result.stderr
    assert "all applied" in result.stdout
