"""The queue: bounded in audio-seconds, open to a single long clip, fair to callers, honest about the wait."""

from contextlib import ExitStack

import pytest

from model_server.admission import Admission, retry_after
from model_server.errors import CallerLimitError, DeadlineError, QueueFullError


@pytest.fixture
def hold():
    """Holds audio in a queue until the test is over."""
    with ExitStack() as held:
        yield lambda queue, seconds, caller="", patience=30: held.enter_context(
            queue.hold(seconds, caller, patience)
        )


def test_queue_takes_audio_up_to_its_limit(hold):
    queue = Admission(limit_seconds=10, engines=1)
    hold(queue, 6)
    hold(queue, 4)

    with pytest.raises(QueueFullError, match=r"holds 10\.0 of 10 s"):
        hold(queue, 0.1)


def test_free_place_takes_a_clip_of_any_length(hold):
    queue = Admission(limit_seconds=10, engines=1, places=2)

    hold(queue, 600)
    hold(queue, 600)

    assert queue.held_seconds == 1200
    with pytest.raises(QueueFullError):
        hold(queue, 0.1)


def test_released_audio_makes_room():
    queue = Admission(limit_seconds=1, engines=1, caller_limit_seconds=1)
    for _ in range(1000):
        with queue.hold(0.7, "anna", 30):
            pass

    assert queue.held_seconds == 0
    assert not queue._callers


def test_queue_is_empty_when_nothing_is_held():
    queue = Admission(limit_seconds=60, engines=1, caller_limit_seconds=60)
    for samples in range(1, 1000):
        # Three that overlap; seconds of samples have more digits than a float keeps in a sum.
        holds = [queue.hold(count / 16_000, "anna", 30) for count in (samples, samples + 7, 3 * samples)]
        for hold in holds:
            hold.__enter__()
        for hold in holds:
            hold.__exit__(None, None, None)
        with queue.hold(600, "anna", 30):
            pass
    assert queue.held_seconds == 0
    assert not queue._callers


def test_refusal_says_when_to_come_back(hold):
    queue = Admission(limit_seconds=100, engines=1)
    hold(queue, 90)

    with pytest.raises(QueueFullError) as refusal:
        hold(queue, 20)

    assert refusal.value.retry_after_seconds == 18  # 90 s at the first guess of 5 a second


def test_caller_is_limited_and_others_are_not(hold):
    queue = Admission(limit_seconds=100, engines=1, caller_limit_seconds=10)
    hold(queue, 8, "anna")

    with pytest.raises(CallerLimitError, match=r"'anna' has 8\.0 of its 10 s") as refusal:
        hold(queue, 3, "anna")
    hold(queue, 9, "boris")
    hold(queue, 50)

    assert (refusal.value.code, refusal.value.retry_after_seconds) == (429, 2)


def test_hopeless_wait_is_refused_at_once(hold):
    queue = Admission(limit_seconds=100, engines=2)
    queue.note_pace(audio_seconds=50, busy_seconds=10)  # two engines do 10 s of audio a second
    hold(queue, 20)
    hold(queue, 20)

    assert queue.likely_wait_seconds() == pytest.approx(4)
    with pytest.raises(DeadlineError, match=r"about 4\.0 s, longer than the 3\.0 s left"):
        hold(queue, 1, patience=3)
    hold(queue, 1, patience=5)


def test_idle_engine_is_not_waited_for(hold):
    queue = Admission(limit_seconds=1000, engines=2)
    queue.note_pace(audio_seconds=50, busy_seconds=10)
    hold(queue, 600)
    hold(queue, 1, patience=3)

    with pytest.raises(DeadlineError):
        hold(queue, 1, patience=3)


def test_free_place_is_not_waited_for_either(hold):
    queue = Admission(limit_seconds=1000, engines=1, places=2)
    queue.note_pace(audio_seconds=50, busy_seconds=10)
    hold(queue, 600)

    assert queue.likely_wait_seconds() == 0
    hold(queue, 1, patience=3)
    assert queue.likely_wait_seconds() == pytest.approx(120, abs=1)


def test_nothing_is_hopeless_before_anything_was_measured(hold):
    queue = Admission(limit_seconds=100, engines=1)
    hold(queue, 90)
    hold(queue, 5, patience=0.001)

    assert queue.likely_wait_seconds() is None


def test_wait_follows_the_pace_of_the_last_requests(hold):
    queue = Admission(limit_seconds=100, engines=1)
    for _ in range(50):
        queue.note_pace(audio_seconds=10, busy_seconds=1)
    for _ in range(10):
        queue.note_pace(audio_seconds=10, busy_seconds=4)  # somebody else takes the core
    hold(queue, 10)

    assert 3 < queue.likely_wait_seconds() < 6


def test_uneven_pace_is_reckoned_with(hold):
    even, uneven = Admission(limit_seconds=100, engines=1), Admission(limit_seconds=100, engines=1)
    for _ in range(100):
        even.note_pace(audio_seconds=10, busy_seconds=1)
        uneven.note_pace(audio_seconds=10, busy_seconds=0.5)
        uneven.note_pace(audio_seconds=10, busy_seconds=1.5)
    hold(even, 10)
    hold(uneven, 10)

    assert even.likely_wait_seconds() == pytest.approx(1)
    assert 1.4 < uneven.likely_wait_seconds() < 1.6


def test_silence_is_not_taken_for_speed(hold):
    queue = Admission(limit_seconds=100, engines=1)
    for _ in range(20):
        queue.note_pace(audio_seconds=10, busy_seconds=1)
    queue.note_pace(audio_seconds=10, busy_seconds=0.0001)  # nothing in it for an engine
    hold(queue, 10)

    assert queue.likely_wait_seconds() == pytest.approx(1, abs=0.2)


def test_tiny_clips_are_not_taken_for_slowness(hold):
    queue = Admission(limit_seconds=100, engines=1)
    for _ in range(20):
        queue.note_pace(audio_seconds=4, busy_seconds=0.4)
    for _ in range(12):
        queue.note_pace(audio_seconds=1 / 16_000, busy_seconds=0.001)  # a sample takes a millisecond
    hold(queue, 10)

    assert 0.9 < queue.likely_wait_seconds() < 2


def test_commands_beside_dictation_are_reckoned_by_their_length(hold):
    queue = Admission(limit_seconds=100, engines=1)
    for _ in range(100):
        queue.note_pace(audio_seconds=0.4, busy_seconds=0.12)
        queue.note_pace(audio_seconds=10, busy_seconds=0.8)
    hold(queue, 10.4)

    assert 0.92 <= queue.likely_wait_seconds() < 1.4  # both take 0.92 s together


@pytest.mark.parametrize(("held", "pace", "seconds"), [(1, 0.025, 1), (90, 0.025, 3), (600, 0.5, 60)])
def test_retry_after_is_one_to_sixty_seconds(held, pace, seconds):
    assert retry_after(held, pace) == seconds
