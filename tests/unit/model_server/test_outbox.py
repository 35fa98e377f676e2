"""Texts reach the server in order, several in one datagram, none above what a datagram holds."""

import socket

import pytest

from model_server.inference.messages import SEPARATOR, write
from model_server.inference.outbox import Outbox
from model_server.inference.settings import MESSAGE_BYTES
from model_server.inference.spawn import socket_pair


@pytest.fixture
def ends():
    ours, theirs = socket_pair()
    with ours, theirs:
        yield ours, theirs


def datagrams(connection: socket.socket) -> list[bytes]:
    """All that has come."""
    found = []
    while True:
        try:
            found.append(connection.recv(MESSAGE_BYTES))
        except BlockingIOError:
            return found


def test_what_is_held_comes_with_what_is_sent(ends):
    ours, theirs = ends
    outbox = Outbox(theirs)
    outbox.hold(b"1")
    outbox.hold(b"2")
    assert datagrams(ours) == []
    outbox.send(b"3")
    outbox.send(b"4")
    assert datagrams(ours) == [b"1\n2\n3", b"4"]


def test_no_datagram_holds_more_than_it_may(ends):
    ours, theirs = ends
    outbox = Outbox(theirs)
    texts = [write(text="x" * (MESSAGE_BYTES // 3), number=number) for number in range(5)]
    for text in texts:
        outbox.hold(text)
    outbox.send(b"end")
    found = datagrams(ours)
    assert [len(one) <= MESSAGE_BYTES for one in found] == [True, True, True]
    assert SEPARATOR.join(found) == SEPARATOR.join([*texts, b"end"])


def test_text_as_large_as_a_datagram_goes_alone(ends):
    ours, theirs = ends
    outbox = Outbox(theirs)
    outbox.hold(b"1")
    outbox.send(b"x" * MESSAGE_BYTES)
    assert [len(one) for one in datagrams(ours)] == [1, MESSAGE_BYTES]
