"""A search engine at a URL: asked in its own terms, and whatever it answers is a result or a sentence.

A server on loopback answers as OpenSearch does; no OpenSearch runs here.
"""

import asyncio
import json
from dataclasses import asdict

import pytest
from starlette.responses import JSONResponse

from model_server.errors import SearchError
from model_server.search.opensearch import MAX_ANSWER_BYTES, OpenSearch
from model_server.search.search import Result
from tests.loopback import Loopback

HIT = {
    "_id": "1",
    "_score": 2.5,
    "_source": {"title": "Red shoes", "text": "Running shoes for wet days."},
    "highlight": {"text": ["shoes for wet"]},
}


class Engine(Loopback):
    """Answers POST with one status and body; keeps what was asked."""

    def __init__(self):
        super().__init__()
        self.status, self.body, self.asked = 200, json.dumps({"hits": {"hits": [HIT]}}).encode(), []

    def answer(self, path, headers, body):
        self.asked.append((path, json.loads(body), headers.get("authorization")))
        return self.status, {}, self.body


@pytest.fixture
def engine():
    with Engine() as engine:
        yield engine


def found(url, text="red shoes", limit=5, authorization=None):
    async def find():
        search = OpenSearch(url, "shop", timeout_seconds=5, authorization=authorization)
        try:
            return await search.find(text, limit)
        finally:
            await search.close()

    return asyncio.run(find())


def test_hits_are_results(engine):
    assert found(engine.url) == [Result("1", "Red shoes", "shoes for wet", 2.5)]


def test_engine_is_asked_for_any_of_the_words_in_its_index(engine):
    found(f"{engine.url}/base/", text='red" OR *', limit=3, authorization="Basic abc")

    path, body, authorization = engine.asked[0]
    assert (path, body["size"], authorization) == ("/base/shop/_search", 3, "Basic abc")
    assert body["query"]["multi_match"] == {"query": 'red" OR *', "fields": ["title^2", "text"]}


def test_hit_without_a_highlight_has_the_beginning_of_its_text(engine):
    hit = {"_id": "1", "_score": 1, "_source": {"title": "T", "text": "x" * 1000}}
    engine.body = json.dumps({"hits": {"hits": [hit]}}).encode()

    assert found(engine.url)[0].snippet == "x" * 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"hits": 1}',
        b'{"hits": {"hits": [1]}}',
        b'{"hits": {"hits": [{"_id": "1"}]}}',
        b'{"hits": {"hits": [{"_id": "1", "_score": 1' + b"0" * 400 + b"}]}}",
    ],
)
def test_answer_of_another_shape_is_a_sentence(engine, body):
    engine.body = body

    with pytest.raises(SearchError, match="is not one of _search"):
        found(engine.url)


@pytest.mark.parametrize("score", [b"1e999", b"-1e999", b"NaN"])
def test_score_without_end_is_a_sentence(engine, score):
    engine.body = b'{"hits": {"hits": [{"_id": "1", "_score": ' + score + b"}]}}"

    with pytest.raises(SearchError, match="which must be finite"):
        found(engine.url)


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("id", {"_id": "cut \ud83d"}),
        ("title", {"_source": {"title": "cut \ud83d"}}),
        ("snippet", {"_source": {"text": "cut \ud83d"}, "highlight": {}}),
        ("snippet", {"highlight": {"text": ["cut \ud83d"]}}),
    ],
)
def test_half_a_surrogate_pair_costs_no_answer(engine, field, fields):
    engine.body = json.dumps({"hits": {"hits": [HIT | fields]}}).encode()

    (result,) = found(engine.url)

    assert json.loads(JSONResponse(asdict(result)).body)[field] == "cut ?"


def test_answer_above_the_bound_is_a_sentence(engine):
    engine.body = b" " * (MAX_ANSWER_BYTES + 1)

    with pytest.raises(SearchError, match="must be at most 1000000 bytes"):
        found(engine.url)


def test_refusal_is_a_sentence(engine):
    engine.status = 403

    with pytest.raises(SearchError, match="the search engine answers 403"):
        found(engine.url)


def test_engine_that_is_not_there_is_a_sentence():
    with pytest.raises(SearchError, match="does not answer: ConnectError"):
        found("http://127.0.0.1:1")
