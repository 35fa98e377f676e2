"""Turns: a click is no speech, a pause is no end, padding stays within what was not yet taken."""

import pytest

from model_server.listening import Frame
from model_server.turns import Started, Stopped, TurnDetector, TurnSettings

VOICED, SILENT = Frame(True, 1.0), Frame(False, 0.0)


def heard(detector, *stretches):
    """Every edge in stretches of (frame, how many)."""
    return [edge for frame, count in stretches for _ in range(count) for edge in detector.hear(frame)]


def test_speech_starts_with_its_padding_and_stops_after_the_silence():
    detector = TurnDetector(TurnSettings(0.5, 300, 500), max_seconds=30)

    # 1 s of silence; the voice's first frame is 50, its padding 15 frames, the silence 25.
    edges = heard(detector, (SILENT, 50), (VOICED, 50), (SILENT, 50))

    assert edges == [Started(35), Stopped(125)]


def test_padding_does_not_reach_before_the_first_frame():
    detector = TurnDetector(TurnSettings(0.5, 300, 500), max_seconds=30)

    assert heard(detector, (SILENT, 3), (VOICED, 10)) == [Started(0)]


@pytest.mark.parametrize(
    ("threshold", "frames"), [(0.0, 1), (0.1, 1), (0.5, 5), (0.55, 6), (1.0, 10)], ids=str
)
def test_threshold_is_the_share_of_200_ms_that_must_be_voiced(threshold, frames):
    settings = TurnSettings(threshold, 0, 500)

    assert heard(TurnDetector(settings, 30), (SILENT, 20), (VOICED, frames - 1), (SILENT, 20)) == []
    assert heard(TurnDetector(settings, 30), (SILENT, 20), (VOICED, frames)) == [Started(20)]


def test_pause_shorter_than_the_silence_goes_on():
    detector = TurnDetector(TurnSettings(0.5, 0, 500), max_seconds=30)

    edges = heard(detector, (VOICED, 20), (SILENT, 24), (VOICED, 20), (SILENT, 25))

    assert edges == [Started(0), Stopped(89)]


def test_click_in_the_silence_does_not_hold_the_end_back():
    detector = TurnDetector(TurnSettings(0.5, 0, 500), max_seconds=30)

    edges = heard(detector, (VOICED, 20), (SILENT, 10), (VOICED, 2), (SILENT, 13))

    assert edges == [Started(0), Stopped(45)]


def test_next_turn_does_not_take_audio_of_the_last():
    detector = TurnDetector(TurnSettings(0.5, 2000, 500), max_seconds=30)

    edges = heard(detector, (VOICED, 20), (SILENT, 25), (SILENT, 5), (VOICED, 20))

    assert edges == [Started(0), Stopped(45), Started(45)]


def test_long_turn_is_cut_in_its_quietest_stretch():
    detector = TurnDetector(TurnSettings(0.5, 0, 500), max_seconds=10)
    quiet = Frame(True, 0.1)

    # 500 frames at most; the last fifth is 400 to 500, and quiet are 440 to 453, whose middle is 446.
    edges = heard(detector, (VOICED, 440), (quiet, 13), (VOICED, 100))

    assert edges == [Started(0), Stopped(446), Started(446)]


def test_no_turn_is_longer_than_allowed():
    detector = TurnDetector(TurnSettings(0.5, 300, 500), max_seconds=10)

    edges = heard(detector, (VOICED, 3000))
    starts = [edge.frame for edge in edges if isinstance(edge, Started)]
    stops = [edge.frame for edge in edges if isinstance(edge, Stopped)]

    assert starts[1:] == stops[: len(starts) - 1]
    assert all(400 <= stop - start <= 500 for start, stop in zip(starts, stops, strict=False))


def test_silence_keeps_only_what_the_next_turn_may_need():
    detector = TurnDetector(TurnSettings(0.5, 300, 500), max_seconds=30)

    heard(detector, (SILENT, 1000))

    assert detector.earliest == 1000 - 10 - 15  # 200 ms in which speech may have begun, 300 ms before it


def test_turn_that_was_taken_begins_anew_after_it():
    detector = TurnDetector(TurnSettings(0.5, 300, 500), max_seconds=30)
    heard(detector, (VOICED, 30))

    detector.end()

    assert not detector.speaking
    assert heard(detector, (VOICED, 30)) == [Started(30)]


def test_hangover_of_a_turn_that_was_taken_begins_none():
    detector = TurnDetector(TurnSettings(0.5, 300, 500), max_seconds=30)
    heard(detector, (VOICED, 30))

    detector.end()

    assert heard(detector, (VOICED, 10), (SILENT, 30)) == []
