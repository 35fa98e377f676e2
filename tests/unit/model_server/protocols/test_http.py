"""Work on a request's bytes beside the event loop."""

import asyncio
import threading

import pytest

from model_server.protocols.http import READ_INLINE_BYTES, aside


@pytest.mark.parametrize(("size", "elsewhere"), [(READ_INLINE_BYTES, False), (READ_INLINE_BYTES + 1, True)])
def test_much_is_read_on_another_thread(size, elsewhere):
    async def reads_elsewhere():
        return await aside(size, threading.get_ident) != threading.get_ident()

    assert asyncio.run(reads_elsewhere()) is elsewhere
