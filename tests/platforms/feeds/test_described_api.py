"""The feed does what its description says, whatever is sent."""

import pytest
import schemathesis
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

from platforms.models import Batch

FEED = ".*/api/v1/platforms/.*"


@schemathesis.serializer("application/x-ndjson", "text/csv")
def as_it_is(ctx, value):
    return str(value).encode("utf-8", "replace")


@pytest.fixture
def cases(transactional_db) -> st.SearchStrategy:
    """Requests that the description allows, of every operation of the feed."""
    project = ProjectConfig(
        generation=GenerationConfig(modes=[GenerationMode.POSITIVE]),
        checks=ChecksConfig(
            # The lines of a body are text to the description, and a key may be used already.
            positive_data_acceptance=PositiveDataAcceptanceConfig(
                expected_statuses=["2xx", 400, 401, 403, 404, 411, 413, 415, 422, 429]
            )
        ),
    )
    config = SchemathesisConfig(projects=ProjectsConfig(default=project))
    schema = schemathesis.openapi.from_wsgi("/api/schema/", get_wsgi_application(), config=config)
    described = schema.include(path_regex=FEED)
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) == 6
    return st.one_of(*(operation.as_strategy() for operation in operations))


BOUNDED = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@BOUNDED
@given(data=st.data())
def test_every_answer_is_one_that_is_described(data, cases, token):
    case = data.draw(cases)
    case.path_parameters = {**case.path_parameters, "slug": "tumblr"}

    case.call_and_validate(headers={**(case.headers or {}), "Authorization": f"Bearer {token}"})


@BOUNDED
@given(data=st.data())
def test_whatever_is_sent_without_a_token_is_refused(data, cases):
    case = data.draw(cases)
    case.path_parameters = {**case.path_parameters, "slug": "tumblr"}

    assert case.call_and_validate(headers=case.headers).status_code == 401
    assert not Batch.objects.exists()
