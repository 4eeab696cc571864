"""What the OpenAPI document promises is what the door does: a third party's generator tries to find a difference."""

import logging

import pytest
import schemathesis
import schemathesis.specs.openapi.checks as conformance
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hooks.service import create_service
from hooks.settings import Settings


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    """The document of the service with everything on; logging is put back as it was."""
    root = logging.getLogger()
    handlers, level, configured = list(root.handlers), root.level, structlog.get_config()
    url = f"sqlite:///{tmp_path_factory.mktemp('store') / 'store.sqlite3'}"
    yield schemathesis.openapi.from_wsgi("/openapi.json", create_service(Settings(database_url=url, log_level="ERROR")))
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**configured)


PATHS = ["/cds-services", "/health", "/ready", "/about"]
PATHS += [
    f"/cds-services/oih-{hook}{end}"
    for hook in ("patient-view", "order-select", "order-sign")
    for end in ("", "/feedback")
]


def test_every_path_is_in_the_document(document):
    assert sorted(each.ok().path for each in document.get_all_operations()) == sorted(PATHS)


@pytest.mark.parametrize("path", PATHS)
def test_the_door_keeps_its_document(path, document):
    operation = next(each.ok() for each in document.get_all_operations() if each.ok().path == path)

    @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def generated(data):
        case = data.draw(operation.as_strategy())
        # A body of the right shape without a patient's record is rightly answered 412.
        case.call_and_validate(excluded_checks=[conformance.positive_data_acceptance])

    generated()
