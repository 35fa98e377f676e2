"""OpenAI's own client is served: every format, streams, what is refused and how the client tells it."""

import io
import os
import re
import signal
from pathlib import Path

import openai
import pytest

CUE = r"00:00:0\d[.,]\d{3} --> 00:00:\d\d[.,]\d{3}"


def connect(predictor):
    return openai.OpenAI(base_url=f"{predictor.url}/v1", api_key="none", max_retries=0, timeout=60)


@pytest.fixture
def client(predictor):
    with connect(predictor) as client:
        yield client


@pytest.fixture
def transcribe(client, clip):
    """What the client returns for the clip with these fields."""
    return lambda **fields: client.audio.transcriptions.create(
        **{"file": ("clip.wav", clip), "model": "asr", **fields}
    )


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"response_format": "json"},
        {"temperature": 0, "language": "en", "prompt": ""},
        {"temperature": 0.0, "language": "", "stream": False},
        {"response_format": "verbose_json", "timestamp_granularities": ["segment"]},
    ],
    ids=lambda fields: ",".join(fields) or "bare",
)
def test_what_whispers_users_send_is_transcribed(transcribe, words, spoken, fields):
    assert spoken(transcribe(**fields).text) == words


def test_text_is_the_words_alone(transcribe, words, spoken):
    text = transcribe(response_format="text")

    assert isinstance(text, str)
    assert spoken(text) == words


def test_verbose_json_has_segments_with_times(transcribe, words, spoken):
    answer = transcribe(response_format="verbose_json")

    assert (answer.task, answer.language) == ("transcribe", "en")
    assert answer.duration == answer.usage.seconds == pytest.approx(9.963, abs=0.001)
    assert spoken(" ".join(segment.text for segment in answer.segments)) == words
    assert all(0 <= segment.start < segment.end <= answer.duration for segment in answer.segments)


@pytest.mark.parametrize(
    ("response_format", "start"), [("srt", f"1\n{CUE}\n"), ("vtt", f"WEBVTT\n\n{CUE}\n")]
)
def test_subtitles_begin_as_their_formats_say(transcribe, words, spoken, response_format, start):
    subtitles = transcribe(response_format=response_format)

    assert re.match(start, subtitles)
    said = [line for line in subtitles.splitlines()[2:] if "-->" not in line and not line.isdigit()]
    assert spoken(" ".join(said)) == words


def test_stream_grows_to_the_transcript(transcribe, words, spoken):
    *deltas, done = transcribe(stream=True)

    assert {delta.type for delta in deltas} == {"transcript.text.delta"}
    assert len(deltas) > 3
    assert "".join(delta.delta for delta in deltas) == done.text
    assert (done.type, spoken(done.text)) == ("transcript.text.done", words)


def test_models_are_listed_and_described(client):
    (listed,) = client.models.list()

    assert (listed.id, listed.object) == ("asr", "model")
    assert client.models.retrieve("asr") == listed


@pytest.mark.parametrize(
    ("fields", "kind", "sentence"),
    [
        ({"model": "whisper-1"}, openai.NotFoundError, "no model 'whisper-1' here; this server has 'asr'"),
        ({"language": "fr"}, openai.BadRequestError, "language must be 'en', not 'fr'"),
        ({"prompt": "Names: Ada"}, openai.BadRequestError, "prompt must be empty"),
        ({"temperature": 0.4}, openai.BadRequestError, "temperature must be 0, not '0.4'"),
        ({"include": ["logprobs"]}, openai.BadRequestError, "not 'include[]'"),
        ({"chunking_strategy": "auto"}, openai.BadRequestError, "not 'chunking_strategy'"),
        ({"response_format": "diarized_json"}, openai.BadRequestError, "not 'diarized_json'"),
        ({"response_format": "srt", "stream": True}, openai.BadRequestError, "json or text, not 'srt'"),
        ({"timestamp_granularities": ["word"]}, openai.BadRequestError, "verbose_json, not 'json'"),
        ({"file": ("a.wav", b"RIFF")}, openai.UnprocessableEntityError, "audio"),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
)
def test_what_is_not_obeyed_is_refused_by_name(transcribe, fields, kind, sentence):
    with pytest.raises(kind) as caught:
        transcribe(**fields)

    assert sentence in caught.value.message
    assert caught.value.type == "invalid_request_error"
    assert caught.value.code in ("bad_request", "not_found", "bad_audio")


def test_times_of_words_are_refused_before_any_work(predictor, transcribe):
    before = predictor.metric("asr_inference_seconds_total", traffic="user")

    with pytest.raises(openai.BadRequestError, match="moonshine-tiny-en has no times of words"):
        transcribe(response_format="verbose_json", timestamp_granularities=["word"])

    assert predictor.metric("asr_inference_seconds_total", traffic="user") == before


def test_another_method_or_path_is_told_in_openais_form(client):
    with pytest.raises(openai.NotFoundError, match="/v1/audio/translations is not served"):
        client.post("/audio/translations", cast_to=object)

    with pytest.raises(openai.APIStatusError, match="takes POST, not GET"):
        client.get("/audio/transcriptions", cast_to=object)


@pytest.fixture(scope="module")
def lone(launch):
    """A predictor with one engine, whose longest clip takes it long."""
    return launch("--engine-processes", "1", "--queue-seconds", "900").wait_ready()


def stream_long(client, repeated):
    """Five minutes of speech on their way, of which the first words have come."""
    file = ("clip.wav", io.BytesIO(repeated(30)))
    events = client.audio.transcriptions.create(file=file, model="asr", stream=True)
    next(events)
    return events


def kill_engines(predictor):
    """End its engine processes, as a fault in a decoder would."""
    pid = predictor.process.pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        os.kill(int(child), signal.SIGKILL)


def test_client_that_leaves_a_stream_frees_everything(lone, repeated, clip, wait_until):
    with connect(lone) as client:
        stream_long(client, repeated).close()

        wait_until("nothing is in flight", lambda: lone.metric("asr_in_flight_requests") == 0, 5)
        assert lone.metric("asr_queue_audio_seconds") == 0
        assert client.audio.transcriptions.create(file=clip, model="asr").text

    assert lone.metric("asr_requests_total", traffic="user", code="499", reason="client_gone") == 1
    assert lone.metric("asr_audio_seconds_total", traffic="user") == pytest.approx(9.963, abs=0.001)
    assert "Traceback" not in lone.log()


def test_stream_whose_engine_dies_ends_in_an_error_and_is_counted(lone, repeated):
    with connect(lone) as client:
        events = stream_long(client, repeated)
        kill_engines(lone)

        with pytest.raises(openai.APIError, match="engine process died") as caught:
            list(events)

    assert (caught.value.type, caught.value.code) == ("server_error", "internal")
    assert lone.metric("asr_requests_total", traffic="user", code="500", reason="internal") == 1
    assert lone.metric("asr_in_flight_requests") == 0
