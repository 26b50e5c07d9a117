"""The settings of a service that the public can reach, read in a process of their own."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

PUBLIC = {
    "WITHHOLD_HTTPS": "true",
    "WITHHOLD_BEHIND_PROXY": "true",
    "SECRET_KEY": "k" * 8 + "-a-secret-for-this-test-that-is-long-enough-0123456789",
}
SHOWN = """
import json
from django.conf import settings
names = ("SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY",
         "CSRF_COOKIE_NAME", "CSRF_COOKIE_SECURE", "CSRF_COOKIE_HTTPONLY",
         "ALLAUTH_TRUSTED_PROXY_COUNT", "SECURE_SSL_REDIRECT", "DEBUG")
print(json.dumps({name: getattr(settings, name) for name in names}))
"""


@pytest.fixture
def run(tmp_path):
    def run(*arguments):
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=settings.BASE_DIR,
            env={
                **os.environ,
                **PUBLIC,
                "WITHHOLD_VAR": str(tmp_path),
                "DJANGO_SETTINGS_MODULE": "config.settings",
            },
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done

    return run


def test_behind_https_cookies_are_bound_to_the_host_and_hidden_from_scripts(run):
    values = json.loads(run("-c", SHOWN).stdout)

    assert values == {
        "SESSION_COOKIE_NAME": "__Host-sessionid",
        "SESSION_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_NAME": "__Host-csrftoken",
        "CSRF_COOKIE_SECURE": True,
        "CSRF_COOKIE_HTTPONLY": True,
        "ALLAUTH_TRUSTED_PROXY_COUNT": 1,
        "SECURE_SSL_REDIRECT": True,
        "DEBUG": False,
    }


def test_django_finds_nothing_wrong_with_the_settings_of_a_public_service(run):
    checked = run("manage.py", "check", "--deploy", "--fail-level", "WARNING")

    assert "no issues" in checked.stdout


def test_an_empty_file_of_a_secret_is_refused_and_kept_as_it_is(tmp_path):
    path = tmp_path / "secrets" / "withhold_key_secret"
    path.parent.mkdir()
    path.touch()

    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "WITHHOLD_VAR": str(tmp_path)},
        capture_output=True,
        text=True,
    )

    assert done.returncode != 0
    assert f"The file of WITHHOLD_KEY_SECRET is empty: {path}" in done.stderr
    assert path.read_text() == ""
