"""Subtitles: the two formats differ in head, comma, and what must be escaped."""

from model_server.subtitles import srt, vtt
from model_server.transcript import SpokenSegment
from model_server.voice_activity import Segment

SPOKEN = [
    SpokenSegment(Segment(0.0, 1.2345), "Salt & <pepper>"),
    SpokenSegment(Segment(3661.5, 3662.0), "a\n\n--> b"),
]


def test_srt_is_numbered_with_commas():
    assert srt(SPOKEN) == (
        "1\n00:00:00,000 --> 00:00:01,234\nSalt & <pepper>\n\n"
        "2\n01:01:01,500 --> 01:01:02,000\na \N{RIGHTWARDS ARROW} b\n\n"
    )


def test_vtt_has_a_head_and_escapes():
    assert vtt(SPOKEN[:1]) == "WEBVTT\n\n00:00:00.000 --> 00:00:01.234\nSalt &amp; &lt;pepper>\n\n"


def test_nothing_said_is_an_empty_file():
    assert (srt([]), vtt([])) == ("", "WEBVTT\n\n")
