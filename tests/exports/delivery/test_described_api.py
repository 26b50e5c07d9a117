"""The door does what its description says, whatever is asked of it, and for whom."""

from base64 import b64encode
from urllib.parse import urlencode

import pytest
import schemathesis
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.config import (
    ChecksConfig,
    GenerationConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.config._checks import PositiveDataAcceptanceConfig

from exports.models import Receipt

PARTNERS = ".*/api/v1/(releases|files)/.*"


@pytest.fixture
def described(transactional_db):
    project = ProjectConfig(
        generation=GenerationConfig(modes=[GenerationMode.POSITIVE]),
        checks=ChecksConfig(
            # A well-formed range can lie beyond the end, and only the server knows where that is.
            positive_data_acceptance=PositiveDataAcceptanceConfig(
                expected_statuses=["2xx", "3xx", 401, 404, 410, 416]
            )
        ),
    )
    config = SchemathesisConfig(projects=ProjectsConfig(default=project))
    schema = schemathesis.openapi.from_wsgi("/api/schema/", get_wsgi_application(), config=config)
    return schema.include(path_regex=PARTNERS)


@pytest.fixture
def cases(described) -> st.SearchStrategy:
    """Requests that the description allows, of every partner's operation."""
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) == 4
    return st.one_of(*(operation.as_strategy() for operation in operations))


BOUNDED = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@BOUNDED
@given(data=st.data())
def test_every_answer_is_one_that_is_described(data, cases, file, token):
    case = asked_of(file, data.draw(cases))

    case.call_and_validate(headers={**(case.headers or {}), "Authorization": f"Bearer {token}"})


@BOUNDED
@given(data=st.data())
def test_whatever_is_asked_another_partner_learns_nothing(data, cases, file, stranger_token):
    case = asked_of(file, data.draw(cases))

    response = case.call_and_validate(
        headers={**(case.headers or {}), "Authorization": f"Bearer {stranger_token}"}
    )

    secrets = [str(file.pk), file.sha256, "acme"]
    assert [secret for secret in secrets if secret.encode() in response.content] == []
    assert not Receipt.objects.exists()
    if "{id}" in case.path:
        assert response.status_code == 404


@BOUNDED
@given(data=st.data())
def test_whatever_is_asked_without_a_token_is_refused(data, cases, file):
    case = asked_of(file, data.draw(cases))

    assert case.call_and_validate(headers=case.headers).status_code == 401


def asked_of(file, case):
    """The request, with ids of a release and a file that exist: guessed ones would only miss."""
    if "/releases/{id}" in case.path:
        case.path_parameters = {"id": str(file.release_id)}
    elif "{id}" in case.path:
        case.path_parameters = {"id": str(file.pk)}
    return case


def test_the_description_is_made_without_a_warning(capsys):
    call_command("spectacular", "--validate", "--fail-on-warn")


@pytest.mark.parametrize("place", ["garbage", "\0", "2026-01-01"])
def test_a_damaged_cursor_leads_nowhere(acme, place):
    cursor = b64encode(urlencode({"p": place}).encode()).decode()

    response = acme.get("/api/v1/releases/", {"cursor": cursor})

    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
