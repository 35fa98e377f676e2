"""Requests that are not quite HTTP, byte by byte, each with what it is answered."""

PREDICT = "/v1/models/asr:predict"


def request(*headers, body=b"", line=f"POST {PREDICT} HTTP/1.1"):
    """What is sent on a connection that the server is asked to close."""
    head = "\r\n".join((line, "host: x", "content-type: audio/wav", "connection: close", *headers))
    return head.encode("latin-1") + b"\r\n\r\n" + body


def kept(*headers, body):
    """A request on a connection that is not to be closed after it."""
    return request(*headers, body=body).replace(b"connection: close\r\n", b"")


def chunked(body, *headers):
    return request("transfer-encoding: chunked", *headers, body=body)


def to(path):
    return request("content-length: 0", line=f"POST {path} HTTP/1.1")


def named(value):
    return request(f"x-request-id: {value}", "content-length: 0")


END = b"0\r\n\r\n"
NO_HTTP = "the bytes sent are no HTTP/1.1 request"
EMPTY, LARGE = "the audio is empty: 0 bytes", "the head of a request must be at most 65536 bytes"
# Name, bytes, code, what the sentence has.
HEADS = (
    ("a TLS hello", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + bytes(32) + b"\r\n\r\n", 400, NO_HTTP),
    ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, NO_HTTP),
    ("HTTP/9.9", request(line=f"POST {PREDICT} HTTP/9.9"), 400, NO_HTTP),
    ("a method nobody knows", request(line=f"BREW {PREDICT} HTTP/1.1"), 400, NO_HTTP),
    ("a tunnel", request(line="CONNECT 127.0.0.1:22 HTTP/1.1"), 400, NO_HTTP),
    ("TRACE", request(line=f"TRACE {PREDICT} HTTP/1.1"), 405, "takes POST, not TRACE"),
    ("length -1", request("content-length: -1"), 400, NO_HTTP),
    ("length +4", request("content-length: +4", body=b"RIFF"), 400, NO_HTTP),
    ("length of letters", request("content-length: abc"), 400, NO_HTTP),
    ("length beyond 2^64", request("content-length: 99999999999999999999999"), 400, NO_HTTP),
    ("length less than sent", kept("content-length: 4", body=b"RIFF\0\0\0\0\r\n\r\n"), 400, NO_HTTP),
    ("length of 200 MB", request("content-length: 200000000"), 413, "at most 7745536 bytes, not 200000000"),
    ("length twice", request("content-length: 4", "content-length: 4", body=b"RIFF"), 400, NO_HTTP),
    ("two lengths", request("content-length: 4", "content-length: 5", body=b"RIFFx"), 400, NO_HTTP),
    ("a list of lengths", request("content-length: 4, 4", body=b"RIFF"), 400, NO_HTTP),
    ("chunks and a length", chunked(END, "content-length: 4"), 400, NO_HTTP),
    (
        "a length and chunks",
        request("content-length: 5", "transfer-encoding: chunked", body=END),
        400,
        NO_HTTP,
    ),
    ("encoding xchunked", request("transfer-encoding: xchunked", body=END), 400, NO_HTTP),
    ("encoding identity", request("transfer-encoding: identity", body=b"RIFF"), 400, NO_HTTP),
    ("chunked not last", request("transfer-encoding: chunked, gzip", body=END), 400, NO_HTTP),
    ("encoding, space, colon", request("transfer-encoding : chunked", body=END), 400, NO_HTTP),
    ("chunk of size zz", chunked(b"zz\r\nRIFF\r\n" + END), 400, NO_HTTP),
    ("chunk of size -4", chunked(b"-4\r\nRIFF\r\n" + END), 400, NO_HTTP),
    ("chunk of size 2^76", chunked(b"f" * 19 + b"\r\nRIFF\r\n" + END), 400, NO_HTTP),
    ("chunk longer than its size", chunked(b"2\r\nRIFF\r\n" + END), 400, NO_HTTP),
    ("chunk without carriage returns", chunked(b"4\nRIFF\n0\n\n"), 400, NO_HTTP),
    ("chunk with 2 MB of extensions", chunked(b"4;" + b"a" * 2_000_000 + b"\r\n"), 431, "chunk extensions"),
    (
        "200000 trailers",
        chunked(b"0\r\n" + b"a: b\r\n" * 200_000 + b"\r\n"),
        431,
        "chunk extensions and trailers",
    ),
    ("trailer of 2 MB", chunked(b"0\r\na: " + b"b" * 2_000_000), 431, "chunk extensions and trailers"),
    ("garbage after a request", kept("content-length: 0", body=b"\0\xff\r\n\r\n"), 400, NO_HTTP),
    ("101 headers more", request(*[f"h{n}: v" for n in range(101)]), 431, "at most 100 headers, not 104"),
    ("header of 70 KB", request("a: " + "x" * 70_000), 431, LARGE),
    ("header of 2 MB", request("a: " + "x" * 2_000_000), 431, LARGE),
    ("header without end", b"GET / HTTP/1.1\r\na: " + b"x" * 2_000_000, 431, LARGE),
    ("path of 70 KB", to("/" + "x" * 70_000), 431, LARGE),
    ("path without end", b"GET /" + b"x" * 2_000_000, 431, LARGE),
    ("header without a name", request(": b"), 400, NO_HTTP),
    ("header named in Latin-1", request("\xff: b"), 400, NO_HTTP),
    ("id with a line's end", named("a\r\n b: c"), 400, NO_HTTP),
    ("id with a carriage return", named("a\rset-cookie: b"), 400, NO_HTTP),
    ("id with a zero", named("a\0b"), 400, NO_HTTP),
    ("id with an escape", named("a\x1b[2J"), 400, NO_HTTP),
    ("id in Latin-1", named("\xff\xfe"), 422, EMPTY),
    ("id of 20000 letters", named("x" * 20_000), 422, EMPTY),
    ("path in raw UTF-8", "POST /v1/models/é:predict HTTP/1.1\r\nhost: x\r\n\r\n".encode(), 400, NO_HTTP),
    ("model outside", to("/v1/models/..%2f..%2fetc:predict"), 404, "/v1/models/../../etc:predict: Not Found"),
    ("path outside", to("/v1/models/../../etc/passwd"), 404, "Not Found"),
    ("model with a zero", to("/v1/models/%00:predict"), 404, r"there is no model '\x00' here"),
    ("model with a line's end", to("/v1/models/%0d%0aa:predict"), 404, r"there is no model '\r\na' here"),
    ("model that is no text", to("/v1/models/%ff%fe:predict"), 404, "there is no model"),
    ("model of 9000 letters", to(f"/v1/models/{'x' * 9000}:predict"), 404, "there is no model 'xxx"),
    ("query that is no text", to(f"{PREDICT}?a=%ff&b[]=%00"), 422, EMPTY),
    ("path with a line's end", to(f"{PREDICT}%0a"), 422, EMPTY),
    ("an expectation nobody knows", request("expect: miracles", "content-length: 0"), 422, EMPTY),
    ("HTTP/1.0 without a length", request(line=f"POST {PREDICT} HTTP/1.0"), 422, EMPTY),
    (
        "an upgrade to HTTP/2",
        request("connection: upgrade", "upgrade: h2c", "content-length: 4", body=b"RIFF"),
        422,
        "4 bytes are not WAV, FLAC, OGG or MP3 audio",
    ),
    ("a POST to be a WebSocket", request("connection: upgrade", "upgrade: websocket"), 422, EMPTY),
)
