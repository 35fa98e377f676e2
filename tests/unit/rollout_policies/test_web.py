"""What the referee's port answers."""

from collections.abc import Iterator

import httpx
import pytest

from rollout_policies.__main__ import health, readiness
from rollout_policies.web import html, serve, text


@pytest.fixture
def url() -> Iterator[str]:
    server = serve(
        {"/": lambda: html("<p>walks</p>"), "/healthz/live": lambda: text(200, "alive")},
        0,
        "127.0.0.1",
        posts={"/events": lambda body: text(202, f"{len(body)} bytes")},
        subtrees={"/reports/": lambda rest: html(rest)},
    )
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_page_runs_no_script(url: str) -> None:
    answer = httpx.get(url, trust_env=False)
    assert answer.text == "<p>walks</p>"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_an_unknown_page_names_the_known_ones(url: str) -> None:
    answer = httpx.get(f"{url}/metric", trust_env=False)
    assert (answer.status_code, answer.text) == (
        404,
        "no such page; there are: /, /healthz/live, /reports/\n",
    )


def test_a_subtree_is_asked_for_the_rest_of_a_path(url: str) -> None:
    answer = httpx.get(f"{url}/reports/speech/asr?x=1", trust_env=False)
    assert answer.text == "speech/asr"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_body_is_taken_where_one_is_asked_for(url: str) -> None:
    answers = [httpx.post(f"{url}{path}", content=b"abc", trust_env=False) for path in ("/events", "/")]
    assert [answer.status_code for answer in answers] == [202, 404]
    assert answers[0].text == "3 bytes\n"


def test_a_body_without_bounds_is_refused_unread(url: str) -> None:
    large = httpx.post(f"{url}/events", content=b"x" * 1_048_577, trust_env=False)
    endless = httpx.post(f"{url}/events", content=iter([b"abc"]), trust_env=False)
    assert (large.status_code, endless.status_code) == (413, 413)


def test_a_loop_that_hangs_is_not_alive() -> None:
    assert health(3.0).status == 200
    assert health(121.0).status == 500


def test_the_referee_is_ready_once_it_has_seen_the_cluster() -> None:
    assert readiness(False).status == 503
    assert readiness(True).status == 200
