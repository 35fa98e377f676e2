"""The queue: bounded in audio-seconds, open to a single long clip, honest about when to come back."""

import pytest

from model_server.admission import Admission, retry_after
from model_server.errors import QueueFullError


def test_queue_takes_audio_up_to_its_limit():
    queue = Admission(limit_seconds=10)
    queue.admit(6)
    queue.admit(4)

    with pytest.raises(QueueFullError, match=r"holds 10\.0 of 10 s"):
        queue.admit(0.1)


def test_empty_queue_takes_one_clip_of_any_length():
    queue = Admission(limit_seconds=10)

    queue.admit(600)

    assert queue.held_seconds == 600


def test_released_audio_makes_room():
    queue = Admission(limit_seconds=1)
    for _ in range(1000):
        queue.admit(0.7)
        queue.release(0.7)

    assert queue.held_seconds == 0


def test_refusal_says_when_to_come_back():
    queue = Admission(limit_seconds=100)
    queue.admit(90)

    with pytest.raises(QueueFullError) as refusal:
        queue.admit(20)

    assert refusal.value.retry_after_seconds == 18  # 90 s at the first guess of 5 a second


@pytest.mark.parametrize(("held", "speed", "seconds"), [(1, 40, 1), (90, 40, 3), (600, 2, 60)])
def test_retry_after_is_one_to_sixty_seconds(held, speed, seconds):
    assert retry_after(held, speed) == seconds
