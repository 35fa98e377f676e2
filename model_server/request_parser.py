"""llhttp's parser of requests, which lets an Upgrade be ignored: what follows its head is the request's body.

A server ignores an Upgrade that it does not speak (RFC 9110, 7.8); Java's client and `curl --http2` send one
to h2c with every request. llhttp takes all that follows for the other protocol, and httptools cannot tell it
otherwise. So the head is parsed once more, without that header. Knows nothing of what is spoken.
"""

from collections.abc import Callable

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

UPGRADE = b"upgrade"


class RequestParser(httptools.HttpRequestParser):  # type: ignore[misc]
    """A parser for a connection, which says whether the Upgrade of the head just read is to be ignored."""

    def __init__(self, connection: HttpToolsProtocol, ignores_upgrade: Callable[[], bool]):
        super().__init__(connection)
        # As uvicorn's own: a request may follow one that asks for the connection's end.
        self.set_dangerous_leniencies(lenient_data_after_close=True)
        self._connection = connection
        self._ignores_upgrade = ignores_upgrade

    def feed_data(self, data: bytes) -> None:
        """Parse; HttpParserUpgrade where one is spoken, HttpParserError for what is no request."""
        try:
            super().feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if not self._ignores_upgrade():
                raise
            head = self._head_without_upgrade()
            # A fresh one, as this one has stopped; the connection bounds how many heads come at once.
            self._connection.parser = RequestParser(self._connection, self._ignores_upgrade)
            self._connection.parser.feed_data(head + data[upgrade.args[0] :])

    def _head_without_upgrade(self) -> bytes:
        line = b"%s %s HTTP/%s\r\n" % (
            self.get_method(),
            self._connection.url,
            self.get_http_version().encode(),
        )
        headers = (header for header in self._connection.headers if header[0] != UPGRADE)
        return line + b"".join(b"%s: %s\r\n" % header for header in headers) + b"\r\n"
