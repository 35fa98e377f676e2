"""Bad input gets its status, a sentence and a count."""

import pytest

from .bodies import FORMS, OPENAI, PREDICT, PREDICTIONS, WAV, form, part
from .exchange import CLIENT, counted, exchange, send, sentence
from .files import FILES
from .heads import HEADS

REASONS = {
    200: "ok",
    400: "bad_request",
    404: "not_found",
    413: "too_long",
    415: "unsupported_media",
    422: "bad_audio",
}


def rows(table):
    return [pytest.param(*row[1:], id=row[0]) for row in table]


def count(predictor, code):
    return counted(predictor.url, code, REASONS[code])


def check(predictor, before, answer, code, expected):
    assert (answer.status_code, count(predictor, code)) == (code, before + 1)
    if code != 200:
        assert expected in sentence(answer.json())
        assert 10 < len(sentence(answer.json())) <= 500


@pytest.mark.parametrize(("file", "code", "expected"), rows(FILES))
def test_file_is_answered_and_counted(predictor, file, code, expected):
    before = count(predictor, code)

    check(predictor, before, send(predictor.url, PREDICT, WAV, file), code, expected)


@pytest.mark.parametrize(("file", "code", "expected"), rows(FILES[::5]))
def test_file_is_answered_alike_in_a_form(predictor, file, code, expected):
    before = count(predictor, code)
    sent = {"content-type": "multipart/form-data; boundary=xx"}

    check(predictor, before, send(predictor.url, OPENAI, sent, form(part("file", file, "a"))), code, expected)


@pytest.mark.parametrize(("headers", "body", "code", "expected"), rows(PREDICTIONS))
def test_prediction_is_refused_and_counted(predictor, headers, body, code, expected):
    before = count(predictor, code)

    check(predictor, before, send(predictor.url, PREDICT, headers, body), code, expected)


@pytest.mark.parametrize(("headers", "body", "code", "expected"), rows(FORMS))
def test_form_is_refused_and_counted(predictor, headers, body, code, expected):
    before = count(predictor, code)

    check(predictor, before, send(predictor.url, OPENAI, headers, body), code, expected)


@pytest.mark.parametrize(("sent", "code", "expected"), rows(HEADS))
def test_what_is_not_quite_http_is_refused(predictor, sent, code, expected):
    answer = exchange(predictor.url, sent)

    assert answer[0] == code
    assert expected in answer[1]
    assert 10 < len(answer[1]) <= 500


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", [PREDICT, OPENAI])
def test_other_methods_are_refused(predictor, method, path):
    answer = CLIENT.request(method, predictor.url + path)

    assert (answer.status_code, sentence(answer.json())) == (405, f"{path} takes POST, not {method}")


@pytest.mark.parametrize("path", ["/v1/models/other:predict", "/v1/models/asr:explain", "/x"])
def test_what_is_not_served_is_not_found(predictor, clip, path):
    answer = send(predictor.url, path, WAV, clip)

    assert answer.status_code == 404
    assert " " in sentence(answer.json())
