"""The collector of a worker is called by the count of its requests."""

import gc
import weakref
from types import SimpleNamespace

import pytest

from hooks.collector import after_request


class Ring:
    def __init__(self):
        self.itself = self


@pytest.fixture
def left_behind():
    gc.disable()
    try:
        yield weakref.ref(Ring())
    finally:
        gc.enable()


def after(requests):
    after_request(SimpleNamespace(nr=requests), None, None, None)


def test_the_thousandth_request_takes_away_what_those_before_it_left(left_behind):
    after(1_000)
    assert left_behind() is None


def test_the_requests_between_do_not_wait_for_the_collector(left_behind):
    after(999)
    after(1_001)
    assert left_behind() is not None
