"""An hour of speech: right to the end, at the right times, in memory that does not grow with it."""

import pytest

from .process_memory import Peak, held_bytes

TIMES = 362  # of the ten-second clip: one hour
MAX_GROWTH_BYTES = 300e6


@pytest.fixture(scope="module")
def hour(launch, repeated):
    """One hour heard: the prediction, the seconds of one clip, and the growth of memory meanwhile."""
    predictor = launch("--max-audio-seconds", "3700").wait_ready()
    content = repeated(TIMES)
    idle = held_bytes(predictor.process.pid)
    with Peak(predictor.process.pid) as peak:
        answer = predictor.predict(content, timeout=900)
    assert answer.status_code == 200, answer.text
    (prediction,) = answer.json()["predictions"]
    return prediction, prediction["duration"] / TIMES, peak.bytes - idle


@pytest.mark.timeout(900)
def test_hour_of_speech_stays_in_bounded_memory(hour):
    _, _, growth = hour

    assert 0 < growth < MAX_GROWTH_BYTES


def test_hour_of_speech_is_heard_to_its_end(hour, spoken):
    prediction, _, _ = hour

    heard = spoken(prediction["text"])
    assert prediction["duration"] == pytest.approx(3606.7, abs=0.5)
    assert heard.count("matter") == heard.count("better") == TIMES


def test_each_word_lies_within_the_times_of_its_segment(hour, spoken):
    prediction, clip_seconds, _ = hour

    # "Better" is the last word of the clip, so it ends a little before each multiple of the clip's length.
    ends = [(k + 1) * clip_seconds - 0.3 for k in range(TIMES)]
    for segment in prediction["segments"]:
        within = sum(segment["start"] <= end <= segment["end"] for end in ends)
        assert spoken(segment["text"]).count("better") == within, segment
