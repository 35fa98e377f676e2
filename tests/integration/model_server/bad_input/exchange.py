"""What comes back for bytes sent on a connection of their own."""

import json
import socket
from urllib.parse import urlsplit

import httpx

ANSWER_SECONDS = 30
CLIENT = httpx.Client(timeout=ANSWER_SECONDS)  # making one takes longer than most answers


def connect(url):
    address = urlsplit(url)
    return socket.create_connection((address.hostname, address.port), timeout=ANSWER_SECONDS)


def sentence(document):
    """What a refusal says, in KServe's form or in OpenAI's."""
    error = document["error"]
    return error if isinstance(error, str) else error["message"]


def read_answer(connection):
    """The status and the sentence of the first final answer; (0, "") where the connection just closes."""
    received = b""
    while piece := connection.recv(65_536):
        received += piece
    head, _, body = received.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").partition(b"\r\n\r\n")
    if not head:
        return 0, ""
    return int(head.split(b" ", 2)[1]), sentence(json.loads(body))


def exchange(url, sent):
    """The answer to these bytes, the last the client sends."""
    with connect(url) as connection:
        connection.sendall(sent)
        return read_answer(connection)


def send(url, path, headers, body):
    """The answer of a request that is HTTP."""
    return CLIENT.post(url + path, content=body, headers=headers)


def counted(url, code, reason):
    """How many requests of users were answered so."""
    series = f'asr_requests_total{{code="{code}",reason="{reason}",traffic="user"}} '
    (line,) = [line for line in CLIENT.get(f"{url}/metrics").text.splitlines() if line.startswith(series)]
    return float(line.removeprefix(series))
