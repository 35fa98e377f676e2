"""Search results beside a real transcript: found, absent without a search, and never at its cost."""

import io
import json
from base64 import b64encode

import httpx
import pytest
import soundfile
import soxr
from websockets.sync.client import connect

ENTRIES = [
    {"id": "worstward", "title": "Worstward Ho", "text": "No matter. Try again. Fail again. Fail better."},
    {"id": "cook", "title": "Cookery", "text": "Boil the potatoes in salted water."},
]


@pytest.fixture(scope="module")
def searching(launch, tmp_path_factory):
    """A predictor with a catalogue of two entries and a bad line."""
    file = tmp_path_factory.mktemp("catalogue") / "catalogue.jsonl"
    file.write_text("\n".join([*map(json.dumps, ENTRIES), "no JSON"]))
    return launch("--search-catalogue", str(file), "--search-timeout-ms", "5000").wait_ready()


def transcribe(predictor, clip, **fields):
    url = f"{predictor.url}/v1/audio/transcriptions"
    return httpx.post(url, files={"file": ("a.wav", clip)}, data=fields, timeout=60)


def test_prediction_has_what_the_words_find(searching, clip):
    (prediction,) = searching.predict(clip).json()["predictions"]

    assert prediction["results"][0] | {"score": 0} == {
        "id": "worstward",
        "title": "Worstward Ho",
        "snippet": "No matter. Try again. Fail again. Fail better.",
        "score": 0,
    }


@pytest.mark.parametrize("response_format", ["json", "verbose_json"])
def test_transcription_has_what_the_words_find(searching, clip, response_format):
    answer = transcribe(searching, clip, response_format=response_format).json()

    assert [result["id"] for result in answer["results"]] == ["worstward"]


def test_stream_ends_with_what_the_words_find(searching, clip):
    *_, done = transcribe(searching, clip, stream="true").text.strip().split("\n\n")

    assert json.loads(done.removeprefix("data: "))["results"][0]["id"] == "worstward"


def test_infer_has_what_the_words_of_each_clip_find_if_asked_for(searching, clip):
    sound = {"name": "audio", "datatype": "BYTES", "shape": [2], "data": [b64encode(clip).decode()] * 2}
    asked = {"inputs": [sound], "outputs": [{"name": "text"}, {"name": "results"}]}
    answer = httpx.post(f"{searching.url}/v2/models/asr/infer", json=asked, timeout=60).json()

    (results,) = [output for output in answer["outputs"] if output["name"] == "results"]
    assert [json.loads(found)["results"][0]["id"] for found in results["data"]] == ["worstward"] * 2


def test_realtime_transcript_has_what_the_words_find(searching, clip):
    with connect(f"{searching.url.replace('http', 'ws')}/v1/realtime?intent=transcription") as session:
        spoken, rate = soundfile.read(io.BytesIO(clip), dtype="int16")
        audio = b64encode(soxr.resample(spoken, rate, 24_000).tobytes()).decode()
        session.send(json.dumps({"type": "input_audio_buffer.append", "audio": audio}))
        session.send(json.dumps({"type": "input_audio_buffer.commit"}))
        while not (event := json.loads(session.recv(30)))["type"].endswith("transcription.completed"):
            pass

    assert event["results"][0]["id"] == "worstward"


def test_searches_are_counted_and_bad_lines_named(searching, clip):
    before = searching.metric("asr_search_total", outcome="found")
    searching.predict(clip)

    assert searching.metric("asr_search_total", outcome="found") == before + 1
    (told,) = [line for line in searching.log_lines() if line["message"] == "search catalogue read"]
    assert (told["entries"], told["bad_lines"], told["named"][0][:20]) == (2, 1, "line 3: is not JSON:")


def test_without_a_search_there_are_no_results(predictor, clip):
    assert "results" not in predictor.predict(clip).json()["predictions"][0]


def test_engine_that_is_not_there_costs_no_transcript(launch, clip, words, spoken):
    predictor = launch("--search-url", "http://127.0.0.1:1", "--search-timeout-ms", "5000").wait_ready()

    (prediction,) = predictor.predict(clip).json()["predictions"]

    assert spoken(prediction["text"]) == words
    assert prediction["results"] is None
    assert prediction["search_error"] == "the search engine does not answer: ConnectError"
    assert predictor.metric("asr_search_total", outcome="failed") == 1


def test_useless_catalogue_does_not_start(launch, tmp_path):
    (tmp_path / "useless.jsonl").write_text("no entry\n")
    predictor = launch("--search-catalogue", str(tmp_path / "useless.jsonl"))

    assert predictor.wait_exit(seconds=60) == 1
    assert "useless.jsonl has no usable entry" in predictor.log()
