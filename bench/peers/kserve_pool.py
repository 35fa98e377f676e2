"""KServe's SDK with an `async def predict` that hands the engine to a pool of two threads."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from kserve import Model, ModelServer

from bench.bare import Hearing
from bench.peers import model, port


class Asr(Model):  # type: ignore[misc]
    """One engine, two threads; raw audio/wav bodies."""

    def load(self) -> bool:
        """Load the engine."""
        self.hearing = Hearing(model())
        self.pool = ThreadPoolExecutor(max_workers=2)
        self.ready = True
        return self.ready

    async def predict(self, payload: bytes, *_: Any, **__: Any) -> dict[str, list[str]]:
        """Speech to text."""
        loop = asyncio.get_running_loop()
        return {"predictions": [await loop.run_in_executor(self.pool, self.hearing.hear, payload)]}


if __name__ == "__main__":
    asr = Asr("asr")
    asr.load()
    ModelServer(http_port=port(), enable_grpc=False, workers=1).start([asr])
