"""session.update: what is named is obeyed or refused by its path, what is not named stays."""

import pytest

from model_server.errors import EventError
from model_server.protocols.realtime_settings import AudioFormat, SessionSettings, updated
from model_server.turns import TurnSettings

SETTINGS = SessionSettings(model="asr", language="en")


def session(**audio_input):
    return {"type": "transcription", "audio": {"input": audio_input}}


def test_whole_session_object_is_obeyed():
    given = session(
        format={"type": "audio/pcm", "rate": 16_000},
        noise_reduction=None,
        transcription={"model": "asr", "language": "en", "prompt": ""},
        turn_detection={
            **{"type": "server_vad", "threshold": 0.7, "prefix_padding_ms": 200, "silence_duration_ms": 800}
        },
    )

    assert updated(SETTINGS, given) == SessionSettings(
        "asr", "en", AudioFormat("audio/pcm", 16_000), TurnSettings(0.7, 200, 800)
    )


def test_what_is_described_can_be_sent_back():
    described = {"id": "sess_1", "expires_at": 1, **SETTINGS.described()}

    assert updated(SETTINGS, described) == SETTINGS


def test_what_is_not_named_stays():
    before = updated(SETTINGS, session(turn_detection={"threshold": 0.9}, format={"type": "audio/pcmu"}))

    after = updated(before, session(turn_detection={"silence_duration_ms": 200}))

    assert after.turns == TurnSettings(0.9, 300, 200)
    assert after.format == AudioFormat("audio/pcmu", 8_000)


def test_null_turn_detection_leaves_commits_to_the_client():
    assert updated(SETTINGS, session(turn_detection=None)).turns is None


@pytest.mark.parametrize(
    ("given", "param", "value"),
    [
        (None, "session", "None"),
        ([], "session", "[]"),
        ({}, "session.type", "None"),
        ({"type": "realtime"}, "session.type", "'realtime'"),
        ({"type": "transcription", "voice": "x"}, "session", "'voice'"),
        ({"type": "transcription", "include": ["x.logprobs"]}, "session.include", "left out"),
        ({"type": "transcription", "audio": "loud"}, "session.audio", "'loud'"),
        ({"type": "transcription", "audio": {"output": {}}}, "session.audio", "'output'"),
        (session(format="pcm16"), "session.audio.input.format", "'pcm16'"),
        (session(format={"type": "audio/mp3"}), "session.audio.input.format.type", "'audio/mp3'"),
        (session(format={"type": ["audio/pcm"]}), "session.audio.input.format.type", "['audio/pcm']"),
        (session(format={"rate": 44_100}), "session.audio.input.format.rate", "44100"),
        (session(format={"rate": "24000"}), "session.audio.input.format.rate", "'24000'"),
        (session(format={"rate": True}), "session.audio.input.format.rate", "True"),
        (session(format={"type": "audio/pcmu", "rate": 16_000}), "session.audio.input.format.rate", "16000"),
        (session(noise_reduction={"type": "near_field"}), "session.audio.input.noise_reduction", "left out"),
        (session(transcription=None), "session.audio.input.transcription", "None"),
        (
            session(transcription={"model": "whisper-1"}),
            "session.audio.input.transcription.model",
            "'whisper-1'",
        ),
        (session(transcription={"language": "fr"}), "session.audio.input.transcription.language", "'fr'"),
        (session(transcription={"prompt": "names"}), "session.audio.input.transcription.prompt", "left out"),
        (
            session(transcription={"keywords": ["a"]}),
            "session.audio.input.transcription.keywords",
            "left out",
        ),
        (session(turn_detection="auto"), "session.audio.input.turn_detection", "'auto'"),
        (
            session(turn_detection={"type": "semantic_vad"}),
            "session.audio.input.turn_detection.type",
            "'semantic_vad'",
        ),
        (session(turn_detection={"threshold": 1.5}), "session.audio.input.turn_detection.threshold", "1.5"),
        (
            session(turn_detection={"threshold": float("nan")}),
            "session.audio.input.turn_detection.threshold",
            "nan",
        ),
        (
            session(turn_detection={"silence_duration_ms": 99}),
            "session.audio.input.turn_detection.silence_duration_ms",
            "99",
        ),
        (
            session(turn_detection={"prefix_padding_ms": 10.5}),
            "session.audio.input.turn_detection.prefix_padding_ms",
            "10.5",
        ),
        (
            session(turn_detection={"create_response": True}),
            "session.audio.input.turn_detection.create_response",
            "left out",
        ),
    ],
)
def test_what_would_not_be_obeyed_is_refused_by_its_path(given, param, value):
    with pytest.raises(EventError) as refused:
        updated(SETTINGS, given)

    assert refused.value.param == param
    assert value in refused.value.sentence


@pytest.mark.parametrize("rate", [24_000.0, None])
def test_rate_is_a_whole_number_whatever_was_sent(rate):
    sample_rate = updated(SETTINGS, session(format={"type": "audio/pcm", "rate": rate})).format.sample_rate

    assert (sample_rate, type(sample_rate)) == (24_000, int)


def test_value_of_a_megabyte_is_not_said_back():
    with pytest.raises(EventError) as refused:
        updated(SETTINGS, {"type": "x" * 1_000_000})

    assert len(refused.value.sentence) < 200
