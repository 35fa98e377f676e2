"""A realtime session: what each event leads to, with sounds made by hand and transcripts made up."""

import base64
import json

import numpy as np
import pytest

from model_server.protocols.realtime_audio import Utterance
from model_server.protocols.realtime_session import RealtimeSession, SessionLimits
from model_server.protocols.realtime_settings import SessionSettings

RATE = 24_000
STARTED, STOPPED = "input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped"
COMMITTED = ["input_audio_buffer.committed", "conversation.item.added", "conversation.item.done"]
TRANSCRIPTION = "conversation.item.input_audio_transcription"


@pytest.fixture
def session():
    settings = SessionSettings(model="asr", language="en")
    return RealtimeSession(
        "sess_1",
        settings,
        SessionLimits(max_turn_seconds=10, vad_mode=1, max_buffer_seconds=60),
        expires_at=3600,
    )


@pytest.fixture
def voice(make_voice):
    return lambda seconds: (make_voice(seconds, RATE) * 8_000).astype("<i2")


def silence(seconds):
    return np.zeros(round(seconds * RATE), dtype="<i2")


def event(type_, **fields):
    return json.dumps({"type": type_, **fields})


def append(samples):
    return event("input_audio_buffer.append", audio=base64.b64encode(samples.tobytes()).decode())


def update(**audio_input):
    return event("session.update", session={"type": "transcription", "audio": {"input": audio_input}})


def types(outputs):
    return [output if isinstance(output, Utterance) else output["type"] for output in outputs]


def speak(session, *sounds):
    """What 20 ms after 20 ms of these sounds lead to."""
    samples = np.concatenate(sounds)
    pieces = (samples[at : at + RATE // 50] for at in range(0, len(samples), RATE // 50))
    return [output for piece in pieces for output in session.receive(append(piece))]


def test_turn_becomes_an_item_and_an_utterance(session, voice):
    *told, utterance = speak(session, silence(1), voice(2), silence(1))

    assert types(told) == [STARTED, STOPPED, *COMMITTED]
    assert {one.get("item_id") or one["item"]["id"] for one in told} == {utterance.item_id}


def test_utterance_is_the_audio_between_the_times_told(session, voice):
    started, stopped, *_, utterance = speak(session, silence(1), voice(2), silence(1))

    # The voice is from 1.0 to 3.0 s; 0.3 s of padding, 0.5 s of silence, WebRTC's hangover of 160 ms.
    assert started["audio_start_ms"] == pytest.approx(700, abs=60)
    assert stopped["audio_end_ms"] == pytest.approx(3_660, abs=40)
    assert utterance.seconds * 1000 == stopped["audio_end_ms"] - started["audio_start_ms"]


def test_samples_of_an_utterance_are_those_sent(session, voice):
    samples = np.concatenate([silence(1), voice(2), silence(1)])
    started, *_, utterance = speak(session, samples)

    first = started["audio_start_ms"] * RATE // 1000
    assert utterance.pcm == samples[first : first + len(utterance.pcm) // 2].tobytes()


def test_items_follow_one_another(session, voice):
    outputs = speak(session, voice(1), silence(1), voice(1), silence(1))
    committed = [one for one in outputs if not isinstance(one, Utterance) and one["type"] == COMMITTED[0]]

    assert [one["previous_item_id"] for one in committed] == [None, committed[0]["item_id"]]


def test_event_ids_differ(session, voice):
    outputs = [session.created(), *speak(session, voice(1), silence(1)), *session.receive("{}")]
    ids = [one["event_id"] for one in outputs if not isinstance(one, Utterance)]

    assert len(set(ids)) == len(ids) == 7


def test_long_silence_is_not_kept(session):
    for _ in range(30):
        session.receive(append(silence(10)))

    assert len(session._audio.all()) <= (0.2 + 0.3 + 0.02) * RATE * 2


def test_voice_without_end_is_cut(session, voice):
    outputs = speak(session, voice(25))
    utterances = [one for one in outputs if isinstance(one, Utterance)]

    assert [8 <= utterance.seconds <= 10 for utterance in utterances] == [True, True]
    assert len(session._audio.all()) <= 10 * RATE * 2


def test_partial_is_due_after_every_so_much_new_speech(session, voice):
    due = []
    for piece in np.split(voice(4), 40):
        session.receive(append(piece))
        due.append(session.partial())
    lengths = [utterance.seconds for utterance in due if utterance]

    assert lengths == pytest.approx([0.8, 1.6, 2.4, 3.2, 4.0], abs=0.1)


def test_partial_that_took_long_is_followed_by_three_times_as_long_without(session, voice):
    speak(session, voice(1))
    first = session.partial()
    session.heard(first.item_id, "one", took_seconds=1.0)

    speak(session, voice(2.9))
    assert session.partial() is None
    speak(session, voice(0.2))
    assert session.partial().seconds == pytest.approx(4.1, abs=0.1)


def test_nobody_speaking_makes_no_partial(session):
    speak(session, silence(3))

    assert session.partial() is None


def test_deltas_then_the_rest_then_the_transcript(session, voice):
    *_, utterance = speak(session, voice(2), silence(1))
    item = utterance.item_id

    first = session.heard(item, "No matter.", 0.1)
    second = session.heard(item, "No matter, try", 0.1)
    rest, completed = session.completed(utterance, "No matter, try again.")

    assert first == []
    assert [second[0]["delta"], rest["delta"]] == ["No matter", ", try again."]
    assert completed["transcript"] == "No matter, try again."
    assert completed["usage"] == {"type": "duration", "seconds": round(utterance.seconds, 3)}


def test_transcript_that_differs_from_its_deltas_comes_alone(session, voice):
    *_, utterance = speak(session, voice(2), silence(1))
    session.heard(utterance.item_id, "Know it", 0.1), session.heard(utterance.item_id, "Know it", 0.1)

    assert types(session.completed(utterance, "No matter.")) == [f"{TRANSCRIPTION}.completed"]


def test_hypothesis_that_comes_after_the_transcript_is_not_told(session, voice):
    *_, utterance = speak(session, voice(2), silence(1))
    session.completed(utterance, "No matter.")

    assert session.heard(utterance.item_id, "No", 0.1) == session.heard(utterance.item_id, "No", 0.1) == []


def test_failure_names_its_item(session, voice):
    *_, utterance = speak(session, voice(2), silence(1))

    failed = session.failed(utterance, "queue_full", "the queue is full")

    assert failed["type"] == f"{TRANSCRIPTION}.failed"
    assert (failed["item_id"], failed["error"]["code"]) == (utterance.item_id, "queue_full")


def test_client_may_commit_while_one_speaks(session, voice):
    speak(session, voice(1))

    *told, utterance = session.receive(event("input_audio_buffer.commit"))

    assert types(told) == COMMITTED
    assert utterance.seconds == pytest.approx(1.0)


def test_speech_that_goes_on_after_a_commit_begins_a_new_item_there(session, voice):
    speak(session, voice(1))
    session.receive(event("input_audio_buffer.commit"))

    (started,) = speak(session, voice(1))

    assert started["audio_start_ms"] == 1000


def test_cleared_speech_is_never_transcribed(session, voice):
    speak(session, voice(1))

    assert types(session.receive(event("input_audio_buffer.clear"))) == ["input_audio_buffer.cleared"]
    assert speak(session, silence(2)) == []
    assert session.partial() is None


def test_end_of_the_session_commits_the_turn_under_way(session, voice):
    assert session.finish() == []
    speak(session, voice(1))

    assert types(session.finish())[:-1] == COMMITTED
    assert session.finish() == []


def test_without_turn_detection_the_client_commits(session, voice):
    session.receive(update(turn_detection=None))

    assert speak(session, silence(1), voice(1), silence(2)) == []
    *told, utterance = session.receive(event("input_audio_buffer.commit"))
    assert types(told) == COMMITTED
    assert utterance.seconds == 4.0


def test_without_turn_detection_the_buffer_ends_at_its_limit(session):
    session.receive(update(turn_detection=None))
    session.receive(append(silence(60)))

    (refused,) = session.receive(append(silence(0.02)))

    assert refused["error"]["code"] == "input_audio_buffer_full"
    assert "at most 60 s" in refused["error"]["message"]


def test_turn_detection_begins_where_it_is_switched_on(session, voice):
    session.receive(update(turn_detection=None))
    session.receive(append(voice(1.001)))
    session.receive(event("input_audio_buffer.commit"))
    session.receive(update(turn_detection={"type": "server_vad"}))

    (started,) = speak(session, voice(1))

    assert started["audio_start_ms"] == 1001


@pytest.mark.parametrize(
    ("encoding", "quiet", "loud"), [("audio/pcmu", 0xFF, 0x90), ("audio/pcma", 0xD5, 0xAA)]
)
def test_telephony_is_8_khz_and_a_byte_a_sample(session, encoding, quiet, loud):
    session.receive(update(turn_detection=None, format={"type": encoding}))
    audio = base64.b64encode(bytes([quiet, loud] * 4000)).decode()
    session.receive(event("input_audio_buffer.append", audio=audio))

    *_, utterance = session.receive(event("input_audio_buffer.commit"))

    assert (utterance.seconds, utterance.sample_rate) == (1.0, 8_000)
    assert np.ptp(np.frombuffer(utterance.pcm, "<i2")) > 10_000


@pytest.mark.parametrize(
    ("before", "change", "param"),
    [
        ([append(silence(1))], {"format": {"rate": 16_000}}, "session.audio.input.format"),
        (
            [update(turn_detection=None), append(silence(1))],
            {"turn_detection": {"type": "server_vad"}},
            "session.audio.input.turn_detection",
        ),
    ],
)
def test_what_would_tear_an_utterance_is_not_changed(session, before, change, param):
    for message in before:
        session.receive(message)

    (refused,) = session.receive(update(**change))

    assert refused["error"]["param"] == param


@pytest.mark.parametrize(
    ("message", "code", "param"),
    [
        ("", "invalid_json", None),
        ("{", "invalid_json", None),
        ("[]", "invalid_json", None),
        ("7", "invalid_json", None),
        ("[" * 100_000, "invalid_json", None),
        ('{"a": ' + "9" * 5_000 + "}", "invalid_json", None),
        (b"\x00\x01", "invalid_json", None),
        ("{}", "unknown_event", "type"),
        ('{"type": []}', "unknown_event", "type"),
        (event("response.create"), "unknown_event", "type"),
        (event("x" * 1_000_000), "unknown_event", "type"),
        (event("transcription_session.update"), "unknown_event", "type"),
        (event("session.update"), "invalid_value", "session"),
        (event("input_audio_buffer.append"), "invalid_value", "audio"),
        (event("input_audio_buffer.append", audio=[0, 1]), "invalid_value", "audio"),
        (event("input_audio_buffer.append", audio="*"), "invalid_value", "audio"),
        (event("input_audio_buffer.append", audio="AAA"), "invalid_value", "audio"),
        (event("input_audio_buffer.append", audio="AAAA"), "invalid_value", "audio"),
        (event("input_audio_buffer.append", audio="ä"), "invalid_value", "audio"),
        (event("input_audio_buffer.commit"), "input_audio_buffer_commit_empty", None),
    ],
)
def test_event_that_cannot_be_obeyed_is_answered_and_counted(session, message, code, param):
    (refused,) = session.receive(message)

    assert (refused["type"], refused["error"]["code"], refused["error"]["param"]) == ("error", code, param)
    assert session.refused_events == 1
    assert len(json.dumps(refused)) < 1_000


def test_commit_of_less_than_100_ms_is_refused(session):
    session.receive(update(turn_detection=None))
    session.receive(append(silence(0.099)))

    (refused,) = session.receive(event("input_audio_buffer.commit"))

    assert refused["error"]["code"] == "input_audio_buffer_commit_empty"


def test_error_names_the_event_it_is_about(session):
    (refused,) = session.receive(event("response.create", event_id="mine"))

    assert refused["error"]["event_id"] == "mine"


def test_session_tells_its_settings(session):
    created = session.created()
    (told,) = session.receive(update(turn_detection=None, format={"type": "audio/pcm", "rate": 48_000}))

    assert created["session"]["audio"]["input"]["turn_detection"]["type"] == "server_vad"
    assert told["session"]["audio"]["input"]["format"] == {"type": "audio/pcm", "rate": 48_000}
    assert told["session"]["id"] == "sess_1"
