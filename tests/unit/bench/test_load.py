"""The load against a real server on loopback: an open loop never waits, and a stall is in its latencies."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bench.http_client import Client, get, post
from bench.load import Load, Plan

BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
REFUSAL = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"


@asynccontextmanager
async def server(answer: Any) -> AsyncIterator[int]:
    """A server that awaits `answer(number of the POST)` for the bytes to send; GETs are answered at once."""
    posts = 0
    serving: list[Any] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal posts
        serving.append(asyncio.current_task())
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if head.startswith(b"GET"):
                    writer.write(BODY)
                    continue
                await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
                posts += 1
                writer.write(await answer(posts - 1))
        except (asyncio.IncompleteReadError, ConnectionResetError, asyncio.CancelledError):
            return
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        for each in serving:
            each.cancel()
        await asyncio.gather(*serving)


@pytest.fixture
def clip(tmp_path: Path) -> str:
    path = tmp_path / "clip.wav"
    path.write_bytes(b"RIFF")
    return str(path)


def run(plan: dict[str, Any], answer: Any, clip: str) -> Any:
    async def load() -> Any:
        async with server(answer) as port:
            about = {"path": "/x", "ready_path": "/ready", "content_type": "audio/wav", "bodies": [clip]}
            return await Load(Plan(port=port, order=[0] * 1000, **about, **plan)).run()

    return asyncio.run(load())


def test_a_stall_does_not_hold_up_the_schedule(clip: str) -> None:
    released = []

    async def stalls(number: int) -> bytes:
        # Nothing is answered before the tenth request is here: a closed loop would never send it.
        if number == 9:
            released.append(number)
            gate.set()
        await gate.wait()
        return BODY

    gate = asyncio.Event()
    plan = {"duration_seconds": 0.5, "rate": 20.0, "recovery_p50_seconds": 5.0}
    result = run(plan, stalls, clip)
    assert released == [9]
    # The first waited for the tenth, due 0.45 s later.
    assert len(result.sent) == 10
    assert max(one["latency"] for one in result.sent) >= 0.4


def test_readiness_is_asked_meanwhile(clip: str) -> None:
    async def at_once(number: int) -> bytes:
        return BODY

    result = run({"duration_seconds": 0.3, "rate": 10.0, "recovery_p50_seconds": 5.0}, at_once, clip)
    assert [one["status"] for one in result.ready] == [200] * 6
    assert result.recovery[-1]["status"] == 200


def test_refusals_are_counted_and_recovery_goes_on_until_answered(clip: str) -> None:
    async def refuses_five(number: int) -> bytes:
        return REFUSAL if number < 5 else BODY

    result = run({"duration_seconds": 0.1, "rate": 20.0, "recovery_p50_seconds": 5.0}, refuses_five, clip)
    assert [one["status"] for one in result.sent] == [503, 503]
    assert [one["status"] for one in result.recovery] == [503, 503, 503, 200]


def test_a_closed_loop_keeps_each_client_at_one_request(clip: str) -> None:
    most, waiting = 0, 0

    async def counts(number: int) -> bytes:
        nonlocal most, waiting
        waiting += 1
        most = max(most, waiting)
        await asyncio.sleep(0.02)
        waiting -= 1
        return BODY

    result = run({"duration_seconds": 0.2, "clients": 4}, counts, clip)
    assert most == 4
    assert len(result.completions) >= 8


def test_a_server_that_never_answers_is_status_0() -> None:
    async def never(number: int) -> bytes:
        return await asyncio.get_running_loop().create_future()

    async def ask() -> list[int]:
        async with server(never) as port:
            client = Client(port)
            asked = [
                await client.ask(get("/ready"), 5.0),
                await client.ask(post("/x", "audio/wav", b""), 0.05),
            ]
            # Its connection was given up, and is not used again.
            asked.append(await client.ask(get("/ready"), 5.0))
            client.close()
        return [answer.status for answer in asked]

    assert asyncio.run(ask()) == [200, 0, 200]
