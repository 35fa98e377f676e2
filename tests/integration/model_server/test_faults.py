"""Faults are visible in a real process, for the traffic they name and for no other."""

import pytest

from model_server.faults import Faults, chosen

FAULTS = Faults(error_ratio=0.5, seed=3)


@pytest.fixture(scope="module")
def faulty(launch):
    names = [
        "cut_tail_seconds=5",
        "inference_delay_seconds=1.5",
        "error_ratio=0.5",
        "seed=3",
        "traffic=probe",
    ]
    return launch(*(flag for name in names for flag in ("--fault", name))).wait_ready()


def probe(faulty, clip, request_id):
    return faulty.predict(clip, x_serinus_probe="golden", x_request_id=request_id)


@pytest.fixture(scope="module")
def spared_id():
    """A request id that the seed spares, and below one that it hits."""
    return next(f"p{n}" for n in range(99) if not chosen(0.5, "error_ratio", FAULTS, f"p{n}"))


@pytest.fixture(scope="module")
def hit_id():
    return next(f"p{n}" for n in range(99) if chosen(0.5, "error_ratio", FAULTS, f"p{n}"))


def test_cut_tail_loses_the_last_words(faulty, clip, words, spoken, spared_id):
    text = probe(faulty, clip, spared_id).json()["predictions"][0]["text"]

    assert 0 < len(spoken(text)) < len(words)


def test_delay_is_in_the_header_and_the_counter(faulty, clip, spared_id):
    before = faulty.metric("asr_inference_seconds_total", traffic="probe")

    answer = probe(faulty, clip, spared_id)

    assert float(answer.headers["x-serinus-inference-ms"]) >= 1500
    assert faulty.metric("asr_inference_seconds_total", traffic="probe") - before >= 1.5


def test_error_ratio_hits_the_requests_it_chose(faulty, clip, hit_id):
    answers = [probe(faulty, clip, hit_id) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [500, 500]
    assert faulty.metric("asr_requests_total", traffic="probe", code="500", reason="fault") == 2


def test_other_traffic_is_spared(faulty, clip, words, spoken, hit_id):
    answer = faulty.predict(clip, x_request_id=hit_id)

    assert spoken(answer.json()["predictions"][0]["text"]) == words
    assert float(answer.headers["x-serinus-inference-ms"]) < 1500


def test_faults_are_logged_at_the_start(faulty):
    logged = next(line for line in faulty.log_lines() if line["message"] == "faults on purpose")

    assert logged["faults"]["cut_tail_seconds"] == 5
    assert logged["faults"]["traffic"] == "probe"
