"""Realtime transcription over a WebSocket, by OpenAI's own client and by a plain one."""

import asyncio
import base64
import contextlib
import io
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from openai import AsyncOpenAI
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

RATE = 24_000
STARTED, STOPPED = "input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped"
TRANSCRIPTION = "conversation.item.input_audio_transcription"
DELTA, COMPLETED, FAILED = (f"{TRANSCRIPTION}.{end}" for end in ("delta", "completed", "failed"))
EVENT_SECONDS = 60


def speech(clip, rate=RATE):
    """The clip's samples at `rate` Hz and half a second of silence."""
    samples, sample_rate = soundfile.read(io.BytesIO(clip), dtype="float32")
    resampled = np.clip(soxr.resample(samples, sample_rate, rate), -1, 1) * 32_767
    return np.concatenate([resampled, np.zeros(rate)]).astype("<i2")


def appends(samples, rate=RATE, seconds=0.1):
    """The samples as base64, so many seconds each."""
    size = round(rate * seconds)
    return [
        base64.b64encode(samples[at : at + size].tobytes()).decode() for at in range(0, len(samples), size)
    ]


class Session:
    """A plain client of one session."""

    def __init__(self, predictor, query="intent=transcription", **options):
        url = f"{predictor.url.replace('http', 'ws')}/v1/realtime?{query}"
        self._connecting = connect(url, max_size=None, compression=None, **options)

    def __enter__(self):
        self.socket = self._connecting.__enter__()
        return self

    def __exit__(self, *error):
        self._connecting.__exit__(*error)

    def send(self, type_, **fields):
        self.socket.send(json.dumps({"type": type_, **fields}))

    def update(self, **audio_input):
        self.send("session.update", session={"type": "transcription", "audio": {"input": audio_input}})
        return self.until("session.updated")

    def say(self, samples, rate=RATE, seconds=1.0):
        for audio in appends(samples, rate, seconds):
            self.send("input_audio_buffer.append", audio=audio)

    def next(self, seconds=EVENT_SECONDS):
        return json.loads(self.socket.recv(timeout=seconds))

    def until(self, type_):
        """The next event of this type."""
        while True:
            event = self.next()
            if event["type"] == type_:
                return event

    def rest(self, said_meanwhile=None):
        """The events until the server closes, and its code; twice a second something may be said."""
        events, end = [], time.monotonic() + EVENT_SECONDS
        try:
            while time.monotonic() < end:
                if said_meanwhile is not None:
                    with contextlib.suppress(ConnectionClosed):  # what came before is still to be read
                        self.say(said_meanwhile)
                with contextlib.suppress(TimeoutError):
                    events.append(self.next(seconds=0.5))
        except ConnectionClosed as closed:
            return events, closed.rcvd.code if closed.rcvd else None
        pytest.fail(f"not closed within {EVENT_SECONDS} s, after {events}")


@pytest.fixture(scope="module")
def strict(launch):
    """Two sessions of at most five seconds, two without a message; a queue of a second."""
    return launch(
        *("--realtime-sessions", "2", "--realtime-session-seconds", "5", "--realtime-idle-seconds", "2"),
        *("--engine-processes", "1", "--queue-seconds", "1"),
    ).wait_ready()


@pytest.fixture(scope="module")
def roomy(launch):
    """Room and time for everybody who comes."""
    return launch("--queue-seconds", "600", "--deadline-seconds", "200").wait_ready()


def test_openais_client_reads_words_while_one_speaks(predictor, clip, words, spoken):
    async def listen():
        seen = []
        client = AsyncOpenAI(base_url=f"{predictor.url}/v1", api_key="none")
        async with client.realtime.connect(extra_query={"intent": "transcription"}) as connection:
            speaking = asyncio.create_task(speak(connection))
            async for event in connection:
                seen.append(event)
                if event.type == COMPLETED and spoken(event.transcript)[-1:] == words[-1:]:
                    break
            await speaking
        return seen

    async def speak(connection):
        began = time.monotonic()
        for number, audio in enumerate(appends(speech(clip))):
            await connection.input_audio_buffer.append(audio=audio)
            await asyncio.sleep(max(began + number * 0.1 - time.monotonic(), 0))

    events = asyncio.run(asyncio.wait_for(listen(), EVENT_SECONDS))
    types = [event.type for event in events]

    assert type(events[0]).__name__ == "SessionCreatedEvent"
    assert types.index(STARTED) < types.index(DELTA) < types.index(STOPPED) < types.index(COMPLETED)
    transcripts = " ".join(event.transcript for event in events if event.type == COMPLETED)
    assert spoken(transcripts)[:6] == words[:6]


def test_deltas_of_an_item_begin_its_transcript(predictor, clip, spoken):
    with Session(predictor) as session:
        session.say(speech(clip), seconds=0.1)
        completed = session.until(STARTED) and session.until(COMPLETED)

    assert spoken(completed["transcript"])[:4] == ["ever", "tried", "ever", "failed"]
    assert completed["usage"]["seconds"] == pytest.approx(6, abs=1)
    assert completed["confidence"] > 0.5


@pytest.mark.parametrize("rate", [8_000, 16_000, 24_000, 48_000])
def test_client_that_commits_gets_every_word_at_every_rate(predictor, clip, words, spoken, rate):
    with Session(predictor) as session:
        session.update(format={"type": "audio/pcm", "rate": rate}, turn_detection=None)
        session.say(speech(clip, rate), rate)
        session.send("input_audio_buffer.commit")
        completed = session.until(COMPLETED)

    assert spoken(completed["transcript"]) == words


def test_handshake_is_answered_with_the_servers_headers(predictor):
    with Session(predictor, additional_headers={"x-request-id": "mine"}) as session:
        headers = session.socket.response.headers

    assert headers["x-request-id"] == "mine"
    assert headers["x-serinus-model-name"] == "moonshine-tiny-en"


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ("intent=conversation", 400, "intent must be 'transcription'"),
        ("intent=transcription&model=gpt-realtime", 404, "there is no model 'gpt-realtime'"),
        ("call_id=1", 400, "not 'call_id'"),
    ],
)
def test_other_wishes_are_refused_before_the_handshake(predictor, query, status, sentence):
    with pytest.raises(InvalidStatus) as refused, Session(predictor, query):
        pass

    assert refused.value.response.status_code == status
    assert sentence in json.loads(refused.value.response.body)["error"]


def test_websocket_on_another_route_is_no_failed_request(predictor):
    url = f"{predictor.url.replace('http', 'ws')}/v1/audio/transcriptions"
    with pytest.raises(InvalidStatus, match="403"), connect(url):
        pass

    assert predictor.metric("asr_requests_total", traffic="user", code="500", reason="internal") == 0


@pytest.mark.parametrize(
    "garbage",
    [
        *("", "{", "null", "[]", '{"type": 7}', '{"type": "response.create"}', "[" * 50_000, b"\x00\xff"),
        '{"type": "input_audio_buffer.append"}',
        '{"type": "input_audio_buffer.append", "audio": "AAAA"}',
        '{"type": "input_audio_buffer.append", "audio": "not base64"}',
        '{"type": "input_audio_buffer.commit"}',
        '{"type": "session.update", "session": {"type": "realtime"}}',
    ],
    ids=lambda garbage: repr(garbage)[:40],
)
def test_garbage_is_answered_and_the_session_goes_on(predictor, garbage):
    with Session(predictor) as session:
        session.until("session.created")
        session.socket.send(garbage)
        refused = session.next()
        session.send("input_audio_buffer.clear")

        assert refused["type"] == "error"
        assert session.next()["type"] == "input_audio_buffer.cleared"


def test_client_that_sends_only_garbage_is_closed(predictor):
    with Session(predictor) as session:
        for _ in range(100):
            session.socket.send("garbage")
        events, code = session.rest()

    assert [event["type"] for event in events[1:]] == ["error"] * 22
    assert (events[-1]["error"]["code"], code) == ("errors", 1008)


def test_message_of_more_than_a_megabyte_closes(predictor):
    with Session(predictor) as session:
        session.socket.send(" " * 1_048_577)
        _, code = session.rest()

    assert code == 1009


def test_one_session_too_many_is_told_to_try_again(strict):
    with Session(strict) as first, Session(strict) as second:
        first.until("session.created"), second.until("session.created")
        with Session(strict) as third:
            events, code = third.rest()

    assert "all 2 realtime sessions are taken" in events[0]["error"]["message"]
    assert code == 1013
    assert strict.metric("asr_refused_total", traffic="user", reason="queue_full") >= 1


def test_client_that_dies_frees_everything(roomy, clip, wait_until):
    samples = speech(clip)

    def die():
        with Session(roomy) as session:
            session.update(turn_detection=None)
            for _ in range(3):
                session.say(samples)
                session.send("input_audio_buffer.commit")
            session.until("conversation.item.done")
            session.socket.socket.shutdown(socket.SHUT_RDWR)

    def free():
        gauges = ("asr_realtime_sessions", "asr_queue_audio_seconds", "asr_in_flight_requests")
        return all(roomy.metric(gauge) == 0 for gauge in gauges)

    die()
    wait_until("the first is forgotten", free, 20)
    before = resident_megabytes(roomy)
    with ThreadPoolExecutor(5) as clients:
        for dying in [clients.submit(die) for _ in range(15)]:
            dying.result()
    wait_until("all are forgotten", free, 20)

    assert resident_megabytes(roomy) - before < 30
    assert roomy.metric("asr_requests_total", traffic="user", code="499", reason="client_gone") >= 16


def resident_megabytes(predictor):
    status = Path(f"/proc/{predictor.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def test_twenty_sessions_at_once_are_all_heard(roomy, clip, words, spoken):
    samples = speech(clip)

    def listen(_):
        with Session(roomy) as session:
            session.say(samples, seconds=0.5)
            session.until(STOPPED)
            return [session.until(COMPLETED)["transcript"] for _ in range(2)]

    with ThreadPoolExecutor(20) as clients:
        heard = list(clients.map(listen, range(20)))

    assert len({tuple(transcripts) for transcripts in heard}) == 1
    assert spoken(heard[0][0])[:6] == words[:6]


def test_utterance_that_does_not_fit_the_queue_fails_by_name(
    strict, clip, repeated, spoken, words, wait_until
):
    with Session(strict) as first, Session(strict) as second, ThreadPoolExecutor() as users:
        for session in (first, second):
            session.update(turn_detection=None)
            session.say(speech(clip))
        # One of the engine's two places; the first session has the other.
        other = users.submit(strict.predict, repeated(3), 60)
        wait_until("a place is taken", lambda: strict.metric("asr_queue_audio_seconds") > 20, 10)
        for session in (first, second):
            session.send("input_audio_buffer.commit")
        failed = second.until(FAILED)

        assert failed["error"]["code"] == "queue_full"
        assert spoken(first.until(COMPLETED)["transcript"]) == words
        assert other.result().status_code == 200


def test_session_without_a_message_is_closed(strict):
    with Session(strict) as session:
        events, code = session.rest()

    assert (events[-1]["error"]["code"], code) == ("idle", 1008)


def test_session_is_idle_when_all_that_was_said_is_transcribed(strict, clip):
    with Session(strict) as session:
        session.update(turn_detection=None)
        for seconds in (0.1, 0.2):  # whose sum and differences do not come back to 0 as floats
            session.say(speech(clip)[: round(seconds * RATE)])
            session.send("input_audio_buffer.commit")
        events, code = session.rest()

    assert [event["type"] for event in events].count(COMPLETED) == 2
    assert (events[-1]["error"]["code"], code) == ("idle", 1008)


def test_session_that_lasts_too_long_ends_with_its_last_words(strict, clip, spoken):
    with Session(strict) as session:
        session.say(speech(clip)[: 2 * RATE])
        events, code = session.rest(said_meanwhile=np.zeros(10, "<i2"))
    types = [event["type"] for event in events]

    assert types[-2:] == [COMPLETED, "error"]
    assert spoken(events[-2]["transcript"])[:2] == ["ever", "tried"]
    assert (events[-1]["error"]["code"], code) == ("expired", 1000)


def test_reader_that_does_not_read_is_cut_off(predictor):
    host, port = predictor.url.removeprefix("http://").split(":")
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect((host, int(port)))
        client.sendall(
            b"GET /v1/realtime HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n"
            b"sec-websocket-version: 13\r\nsec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
        )
        clear = b'{"type": "input_audio_buffer.clear"}'
        frame = bytes([0x81, 0x80 | len(clear), 0, 0, 0, 0]) + clear  # a text frame, its mask all zeros
        client.settimeout(30)
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            flood(client, frame * 1_000)

    assert predictor.metric("asr_realtime_ended_total", ending="slow") == 1
    assert predictor.metric("asr_realtime_sessions") == 0


def flood(client, frames):
    for _ in range(1_000):
        client.sendall(frames)


def test_drain_finishes_what_was_spoken(launch, clip, spoken, wait_until):
    predictor = launch("--drain-delay-seconds", "2").wait_ready()
    with Session(predictor) as before:
        before.say(speech(clip)[: 3 * RATE])
        before.until(STARTED)
        predictor.terminate()
        wait_until("draining", lambda: predictor.state() == (503, "draining"), 5)
        with Session(predictor) as during:
            during.say(speech(clip)[: 3 * RATE])
            ends = [session.rest() for session in (before, during)]

    for events, code in ends:
        assert [event["type"] for event in events[-2:]] == [COMPLETED, "error"]
        assert spoken(events[-2]["transcript"])[:2] == ["ever", "tried"]
        assert code == 1001
    assert predictor.wait_exit() == 0
