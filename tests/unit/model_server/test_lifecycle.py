"""States: ready only when loaded and not leaving; requests are refused only once the drain is over."""

import pytest

from model_server.errors import DrainingError
from model_server.lifecycle import Lifecycle, State


def after(*steps):
    lifecycle = Lifecycle()
    lifecycle.note_engines(1)
    for step in steps:
        getattr(lifecycle, step)()
    return lifecycle


@pytest.mark.parametrize(
    ("steps", "ready", "leaving"),
    [
        ([], False, False),
        (["loaded"], True, False),
        (["loaded", "drain"], False, True),
        (["loaded", "drain", "close"], False, True),
        (["close", "loaded"], False, True),
        (["close", "drain"], False, True),
    ],
)
def test_ready_is_loaded_and_not_leaving(steps, ready, leaving):
    lifecycle = after(*steps)

    assert lifecycle.ready is ready
    assert lifecycle.leaving is leaving


def test_without_a_single_engine_it_is_not_ready():
    lifecycle = after("loaded")

    lifecycle.note_engines(0)
    assert not lifecycle.ready

    lifecycle.note_engines(1)
    assert lifecycle.ready


@pytest.mark.parametrize("steps", [[], ["loaded"], ["loaded", "drain"]])
def test_requests_are_taken_until_closed(steps):
    after(*steps).check_open()


def test_closed_refuses_requests():
    lifecycle = after("loaded", "drain", "close")

    assert lifecycle.state is State.CLOSED
    with pytest.raises(DrainingError):
        lifecycle.check_open()


def test_whoever_asked_is_told_of_the_close_once():
    lifecycle, told = after("loaded", "drain"), []
    lifecycle.when_closed(lambda: told.append(lifecycle.state))

    lifecycle.close(), lifecycle.close()

    assert told == [State.CLOSED]
