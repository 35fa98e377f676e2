"""Events of a real predictor: a receiver joins transcripts and feedback; words are told only if asked."""

import json

import httpx
import pytest

from tests.loopback import Loopback


class Receiver(Loopback):
    """Takes CloudEvents and keeps their data by type."""

    def __init__(self):
        super().__init__()
        self.data = {"dev.serinus.transcript": [], "dev.serinus.feedback": []}

    def answer(self, path, headers, body):
        event = json.loads(body)
        self.data[event["type"]].append(event["data"])
        return 204, {}, b""

    def of(self, kind, request_id):
        """The data of events about one request."""
        return [data for data in self.data[f"dev.serinus.{kind}"] if data["request_id"] == request_id]


@pytest.fixture(scope="module")
def receiver():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def telling(launch, receiver):
    """A predictor that tells of everything but words."""
    return launch("--events-url", receiver.url).wait_ready()


def feedback(predictor, **fields):
    return httpx.post(f"{predictor.url}/v1/feedback", json=fields)


def test_feedback_is_joined_to_the_pod_that_served(telling, receiver, clip, wait_until):
    telling.predict(clip, x_request_id="joined")
    answer = feedback(telling, request_id="joined", action="corrected", text="fail much better")

    wait_until("both events are there", lambda: receiver.of("feedback", "joined"), 10)
    (transcript,) = receiver.of("transcript", "joined")
    assert (answer.status_code, answer.json()) == (202, {"accepted": True, "text_forwarded": False})
    assert receiver.of("feedback", "joined") == [{"request_id": "joined", "action": "corrected"}]
    assert (transcript["pod_template_hash"], transcript["model"]["name"]) == ("abc123", "moonshine-tiny-en")


def test_transcript_event_has_figures_and_no_words(telling, receiver, clip, wait_until):
    telling.predict(clip, x_request_id="figures", x_serinus_probe="golden")

    wait_until("the event is there", lambda: receiver.of("transcript", "figures"), 10)
    (transcript,) = receiver.of("transcript", "figures")
    assert (transcript["traffic"], round(transcript["audio_seconds"], 1)) == ("probe", 10.0)
    (said,) = transcript["transcripts"]
    assert set(said) == {"duration", "confidence", "loudness_lufs", "snr_db"}
    assert -60 < said["loudness_lufs"] < 0


def test_sent_events_are_counted(telling, receiver, wait_until):
    kind = "dev.serinus.feedback"
    before = telling.metric("asr_events_total", type=kind, outcome="sent")
    feedback(telling, request_id="counted", action="accepted")

    wait_until(
        "the event is counted",
        lambda: telling.metric("asr_events_total", type=kind, outcome="sent") == before + 1,
        10,
    )


@pytest.mark.parametrize(
    ("content", "content_type", "code", "sentence"),
    [
        (b'{"request_id": "r1", "action": "liked"}', "application/json", 400, "action must be one of"),
        (b"{}", "text/plain", 415, "content type must be application/json, not 'text/plain'"),
        (b" " * 200_000, "application/json", 413, "the body must be at most 124096 bytes"),
    ],
)
def test_mistaken_feedback_is_refused(telling, content, content_type, code, sentence):
    answer = httpx.post(f"{telling.url}/v1/feedback", content=content, headers={"content-type": content_type})

    assert answer.status_code == code
    assert sentence in answer.json()["error"]


def test_without_an_address_feedback_is_not_collected(predictor):
    answer = feedback(predictor, request_id="r1", action="accepted")

    assert (answer.status_code, answer.json()["error"]) == (
        404,
        "feedback is not collected here: no --events-url",
    )


def test_words_are_in_no_log_line_unless_asked(telling, clip, wait_until):
    telling.predict(clip, x_request_id="private")

    def logged():
        return any(line.get("request_id") == "private" for line in telling.log_lines())

    wait_until("the request is in the log", logged, 10)
    assert "fail better" not in telling.log().lower()


def test_words_are_told_and_logged_when_asked_and_what_waits_is_sent_at_the_end(
    launch, receiver, clip, spoken
):
    flags = ("--events-url", receiver.url, "--events-text", "--log-transcripts", "--drain-delay-seconds", "0")
    predictor = launch(*flags).wait_ready()
    predictor.predict(clip, x_request_id="public")
    feedback(predictor, request_id="public", action="typed", text="fail much better")

    predictor.terminate()

    assert predictor.wait_exit() == 0
    (transcript,), (typed,) = receiver.of("transcript", "public"), receiver.of("feedback", "public")
    logged = next(line for line in predictor.log_lines() if line.get("request_id") == "public")
    assert spoken(transcript["transcripts"][0]["text"])[-2:] == ["fail", "better"]
    assert typed["text"] == "fail much better"
    assert spoken(logged["transcripts"][0])[-2:] == ["fail", "better"]
    assert any(line["message"].startswith("--log-transcripts:") for line in predictor.log_lines())


def test_receiver_that_is_gone_delays_no_answer_and_no_end(launch, clip):
    predictor = launch("--events-url", "http://127.0.0.1:1", "--drain-delay-seconds", "0").wait_ready()

    assert predictor.predict(clip).status_code == 200
    predictor.terminate()
    assert predictor.wait_exit(seconds=10) == 0
