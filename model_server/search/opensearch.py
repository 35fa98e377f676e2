"""Search through an engine that speaks OpenSearch's (and Elasticsearch's) `_search`; knows nothing of speech.

The words go into a `multi_match` query, which has no syntax of its own. JSON can say what no answer of ours
can hold: half a surrogate pair is replaced, a score without end is an error.
"""

import json
import math
from typing import Any

import httpx

from model_server.errors import SearchError
from model_server.search.search import Result

MAX_ANSWER_BYTES = 1_000_000
MAX_QUERY_CHARACTERS = 2_000
SNIPPET_CHARACTERS = 200


class OpenSearch:
    """One index of a search engine."""

    def __init__(self, url: str, index: str, timeout_seconds: float, authorization: str | None = None):
        headers = {"authorization": authorization} if authorization else {}
        self._client = httpx.AsyncClient(
            base_url=f"{url.rstrip('/')}/", headers=headers, timeout=timeout_seconds
        )
        self._path = f"{index}/_search"

    async def find(self, text: str, limit: int) -> list[Result]:
        """What the engine finds; SearchError where it does not answer as agreed."""
        try:
            async with self._client.stream("POST", self._path, json=query(text, limit)) as answer:
                body = await _bounded(answer)
        except httpx.HTTPError as error:
            raise SearchError(f"the search engine does not answer: {type(error).__name__}") from error
        return read_hits(body)[:limit]

    async def close(self) -> None:
        """Close its connections."""
        await self._client.aclose()


def query(text: str, limit: int) -> dict[str, Any]:
    """The body of a `_search` for any of the words."""
    fragment = {"fragment_size": SNIPPET_CHARACTERS, "number_of_fragments": 1}
    return {
        "size": limit,
        "_source": ["title", "text"],
        "query": {"multi_match": {"query": text[:MAX_QUERY_CHARACTERS], "fields": ["title^2", "text"]}},
        "highlight": {"pre_tags": [""], "post_tags": [""], "fields": {"text": fragment}},
    }


def read_hits(body: bytes) -> list[Result]:
    """The results in an answer of `_search`; SearchError where it is none."""
    try:
        return [_result(hit) for hit in json.loads(body)["hits"]["hits"]]
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise SearchError(
            f"the search engine's answer is not one of _search: {type(error).__name__}"
        ) from error


def _result(hit: dict[str, Any]) -> Result:
    source = hit.get("_source", {})
    fragments = hit.get("highlight", {}).get("text") or [str(source.get("text", ""))[:SNIPPET_CHARACTERS]]
    score = float(hit["_score"])
    if not math.isfinite(score):
        raise SearchError(f"the search engine's answer has a _score of {score}, which must be finite")
    return Result(_text(hit["_id"]), _text(source.get("title", "")), _text(fragments[0]), score)


def _text(value: object) -> str:
    """What can be sent: JSON may cut a surrogate pair in two, UTF-8 has no half of one."""
    return str(value).encode(errors="replace").decode()


async def _bounded(answer: httpx.Response) -> bytes:
    if answer.status_code != 200:
        raise SearchError(f"the search engine answers {answer.status_code}")
    body = bytearray()
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise SearchError(f"the search engine's answer must be at most {MAX_ANSWER_BYTES} bytes")
    return bytes(body)
