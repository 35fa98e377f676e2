"""Clients that send slowly, too much, or nothing hold neither places nor memory, and stop nobody else."""

import resource
import socket
from contextlib import ExitStack, contextmanager

import pytest

from .bodies import PREDICT, WAV
from .exchange import connect, counted, exchange, read_answer, send
from .files import SILENCE, encoded
from .heads import request

HEAD = f"POST {PREDICT} HTTP/1.1\r\nhost: x\r\ncontent-type: audio/wav\r\n".encode()


@pytest.fixture(scope="module")
def impatient(launch):
    """A predictor that waits half a second for what a client has to send."""
    flags = ("--upload-timeout-seconds", "0.5", "--max-audio-seconds", "60", "--engine-processes", "1")
    return launch(*flags).wait_ready()


def drip(url, pieces, wait_until):
    """The answer to bytes sent one piece at a time, a little apart, until there is one."""
    with connect(url) as connection:
        connection.setblocking(False)

        def answered():
            try:
                connection.sendall(next(pieces))
                return connection.recv(1, 0x2)  # MSG_PEEK
            except BlockingIOError:
                return b""

        wait_until("a slow client is answered", answered, 20)
        connection.setblocking(True)
        return read_answer(connection)


@pytest.mark.parametrize("sent", [b"POST", HEAD, HEAD + b"content-length: 4\r\nx: "])
def test_head_that_does_not_go_on_is_refused(impatient, sent):
    assert exchange(impatient.url, sent) == (408, "the head of a request must come within 0.5 s")


def test_head_that_drips_is_refused(impatient, wait_until):
    letters = iter([HEAD, *[b"a: b\r\n"] * 10_000])

    assert drip(impatient.url, letters, wait_until)[0] == 408


@pytest.mark.parametrize(
    "sent",
    [
        request("content-length: 1000", body=b"RIFF"),
        request("transfer-encoding: chunked", body=b"4\r\nRIFF\r\n"),
        request("content-length: 4", "expect: 100-continue"),
    ],
    ids=["of a length", "in chunks", "asked for"],
)
def test_body_that_does_not_go_on_is_refused_and_counted(impatient, sent):
    before = counted(impatient.url, 408, "slow_upload")

    code, sentence = exchange(impatient.url, sent)

    assert (code, counted(impatient.url, 408, "slow_upload")) == (408, before + 1)
    assert "pauses must be below 0.5 s, the rate at least 250 B/s" in sentence


def test_body_that_drips_is_refused(impatient, wait_until):
    letters = iter([HEAD + b"content-length: 100000\r\n\r\n", *[b"x"] * 10_000])

    assert drip(impatient.url, letters, wait_until)[0] == 408


def test_connection_without_a_word_is_closed(impatient):
    assert exchange(impatient.url, b"") == (0, "")


def test_rest_of_a_refused_body_is_not_waited_for_long(impatient):
    sent = HEAD + b"content-length: 200000000\r\n\r\nRIFF"

    # Read to its end, which comes without anything more being sent.
    assert exchange(impatient.url, sent)[0] == 413


def test_200_mb_in_chunks_are_refused_and_dropped(predictor):
    chunk = b"100000\r\n" + bytes(1 << 20) + b"\r\n"
    with connect(predictor.url) as connection:
        connection.sendall(HEAD + b"transfer-encoding: chunked\r\n\r\n" + chunk * 200)
        connection.shutdown(socket.SHUT_WR)

        assert read_answer(connection) == (413, "the body must be at most 7745536 bytes")


def test_client_that_leaves_amid_its_body_is_counted(predictor, wait_until):
    before = counted(predictor.url, 499, "client_gone")
    with connect(predictor.url) as connection:
        connection.sendall(request("content-length: 1000", body=b"RIFF"))

    wait_until("it is counted", lambda: counted(predictor.url, 499, "client_gone") == before + 1, 10)


def test_requests_sent_ahead_are_bounded(predictor):
    with connect(predictor.url) as connection:
        connection.sendall(b"GET /healthz/live HTTP/1.1\r\nhost: x\r\n\r\n" * 5000)

        assert answers(connection) < 100


def test_few_requests_sent_ahead_are_all_answered(predictor):
    get = b"GET /healthz/live HTTP/1.1\r\nhost: x\r\n"
    with connect(predictor.url) as connection:
        connection.sendall((get + b"\r\n") * 7 + get + b"connection: close\r\n\r\n")

        assert answers(connection) == 8


def answers(connection):
    received = b""
    try:
        while piece := connection.recv(65_536):
            received += piece
    except ConnectionError:
        pass
    return received.count(b"HTTP/1.1 200 ")


@contextmanager
def open_files(count):
    """What this process, and those it starts, may have open."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_hundreds_of_idle_connections_stop_nobody(launch):
    with open_files(256):
        predictor = launch("--engine-processes", "1").wait_ready()
    with ExitStack() as idle:
        for _ in range(600):
            idle.enter_context(connect(predictor.url))

        assert send(predictor.url, PREDICT, WAV, encoded(SILENCE, "WAV")).status_code == 200
        assert predictor.state() == (200, "ready")
