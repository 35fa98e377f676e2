"""Both protocols say the same words, and every answer says who gave it."""

import base64

import httpx
import pytest


def test_kserve_raw_audio_is_transcribed(predictor, clip, words, spoken):
    answer = predictor.predict(clip)

    prediction = answer.json()["predictions"][0]
    assert spoken(prediction["text"]) == words
    assert prediction["duration"] == pytest.approx(9.963, abs=0.001)
    assert [segment["text"] for segment in prediction["segments"]] == [prediction["text"]]


def test_kserve_json_has_a_prediction_for_each_instance(predictor, clip, words, spoken):
    instance = {"audio": {"b64": base64.b64encode(clip).decode()}}

    answer = httpx.post(
        f"{predictor.url}/v1/models/asr:predict", json={"instances": [instance] * 2}, timeout=60
    )

    assert [spoken(p["text"]) for p in answer.json()["predictions"]] == [words, words]
    assert float(answer.headers["x-serinus-audio-seconds"]) == pytest.approx(2 * 9.963, abs=0.01)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, lambda answer: answer.json()["text"]),
        ({"response_format": "json", "model": "asr", "language": "en"}, lambda answer: answer.json()["text"]),
        ({"response_format": "text", "temperature": "0"}, lambda answer: answer.text),
    ],
    ids=["bare", "json", "text"],
)
def test_openai_form_is_transcribed(predictor, clip, words, spoken, fields, text):
    url = f"{predictor.url}/v1/audio/transcriptions"

    answer = httpx.post(url, files={"file": ("clip.wav", clip)}, data=fields, timeout=60)

    assert spoken(text(answer)) == words


def test_long_audio_is_heard_to_its_end(predictor, repeated, words, spoken):
    answer = predictor.predict(repeated(5))

    prediction = answer.json()["predictions"][0]
    heard = spoken(prediction["text"])
    assert heard.count("tried") == heard.count("matter") == heard.count("better") == 5
    assert len(heard) == len(words) * 5
    assert all(segment["end"] - segment["start"] <= 24.001 for segment in prediction["segments"])


def test_answer_says_who_gave_it_and_what_it_took(predictor, clip):
    headers = predictor.predict(clip, x_request_id="mine-1").headers

    assert headers["x-request-id"] == "mine-1"
    assert headers["x-serinus-model-name"] == "moonshine-tiny-en"
    assert headers["x-serinus-model-version"] == "0.0.59-1"
    assert headers["x-serinus-pod-template-hash"] == "abc123"
    assert float(headers["x-serinus-audio-seconds"]) == pytest.approx(9.963, abs=0.001)
    assert float(headers["x-serinus-queue-ms"]) >= 0
    assert float(headers["x-serinus-inference-ms"]) > 1


@pytest.mark.parametrize(
    "path", ["/", "/healthz/live", "/healthz/ready", "/metrics", "/v1/models", "/none-such"]
)
def test_every_answer_has_a_request_id_and_a_name(predictor, path):
    headers = httpx.get(predictor.url + path).headers

    assert headers["x-request-id"]
    assert headers["x-serinus-pod-template-hash"] == "abc123"


def test_sdk_says_the_model_is_ready(predictor):
    about = httpx.get(f"{predictor.url}/v1/models/asr").json()
    assert (about["name"], about["ready"]) == ("asr", True)
    assert httpx.get(f"{predictor.url}/v2/models/asr/ready").status_code == 200


def test_log_has_requests_and_no_words(predictor, clip, wait_until):
    predictor.predict(clip, x_request_id="logged-1")

    def logged():
        return [line for line in predictor.log_lines() if line.get("request_id") == "logged-1"]

    lines = wait_until("the request is in the log", logged, 10)
    assert [(line["code"], line["reason"], line["traffic"]) for line in lines] == [(200, "ok", "user")]
    assert "ever tried" not in predictor.log().lower()
