"""What events say: enough to join feedback to the pod that served, and no words unless asked."""

import asyncio

import pytest

from model_server.account import Account
from model_server.events.contents import Feedback, Origin, feedback_event, transcript_event
from model_server.events.events import Events
from model_server.events.options import EventOptions, open_events
from model_server.events.outbox import Outbox
from model_server.quality import InputQuality
from model_server.transcript import Transcript

QUALITY = InputQuality(0.0, 0.7, -23.5, 18.0, 0.1, 0.2)
SAID = (Transcript("turn left", 1.5, (), 0.9), QUALITY)


def origin(pod="5d9", with_text=False):
    return Origin("asr", "moonshine", "1", "ab" * 32, pod, with_text)


def account(request_id):
    return Account(request_id, "user", audio_seconds=1.5)


@pytest.mark.parametrize("with_text", [True, False])
def test_words_are_in_events_only_when_asked(with_text):
    told = transcript_event(origin(with_text=with_text), account("r1"), [SAID])
    feedback = feedback_event(origin(with_text=with_text), Feedback("r1", "corrected", "turn right"))

    assert (b"turn left" in told.body(), b"turn right" in feedback.body()) == (with_text, with_text)


def test_transcript_event_says_who_heard_what_how_surely():
    told = transcript_event(origin(), account("r1"), [SAID])

    assert (told.type, told.subject, told.source) == ("dev.serinus.transcript", "r1", "/serinus/asr/5d9")
    assert told.data == {
        "request_id": "r1",
        "traffic": "user",
        "model": {"name": "moonshine", "version": "1", "digest": "ab" * 32},
        "pod_template_hash": "5d9",
        "audio_seconds": 1.5,
        "transcripts": [{"duration": 1.5, "confidence": 0.9, "loudness_lufs": -23.5, "snr_db": 18.0}],
    }


def test_a_sound_that_was_not_measured_is_told_as_unknown():
    told = transcript_event(origin(), account("r1"), [(SAID[0], None)])

    (said,) = told.data["transcripts"]
    assert (said["loudness_lufs"], said["snr_db"]) == (None, None)


def test_receiver_joins_feedback_to_the_pod_that_served(receiver):
    async def serve_and_hear():
        pods = [
            Events(Outbox(receiver.url, 10, lambda *counted: None), origin(pod)) for pod in ("old", "new")
        ]
        for pod in pods:
            pod.start()
        pods[0].tell_transcripts(account("r1"), [SAID])
        pods[1].tell_transcripts(account("r2"), [SAID])
        # Feedback reaches any pod, here the one that did not serve it.
        pods[0].tell_feedback(Feedback("r2", "corrected"))
        pods[1].tell_feedback(Feedback("r1", "accepted"))
        for pod in pods:
            await pod.close(60)

    asyncio.run(serve_and_hear())

    of = {"dev.serinus.transcript": {}, "dev.serinus.feedback": {}}
    for event in receiver.events:
        of[event["type"]][event["data"]["request_id"]] = event["data"]
    joined = {
        of["dev.serinus.transcript"][request_id]["pod_template_hash"]: data["action"]
        for request_id, data in of["dev.serinus.feedback"].items()
    }
    assert joined == {"old": "accepted", "new": "corrected"}


def test_without_an_address_there_are_no_events():
    assert open_events(EventOptions(), origin(), lambda *counted: None) is None


def test_address_given_is_where_events_go(receiver):
    async def tell():
        events = open_events(EventOptions(receiver.url), origin(), lambda *counted: None)
        events.start()
        events.tell_feedback(Feedback("r1", "redone"))
        await events.close(60)

    asyncio.run(tell())

    assert receiver.events[0]["data"] == {"request_id": "r1", "action": "redone"}
