"""KServe's SDK as its manual has it: a plain `def predict`, which runs on the event loop."""

from typing import Any

from kserve import Model, ModelServer

from bench.bare import Hearing
from bench.peers import model, port


class Asr(Model):  # type: ignore[misc]
    """One engine; raw audio/wav bodies."""

    def load(self) -> bool:
        """Load the engine."""
        self.hearing = Hearing(model())
        self.ready = True
        return self.ready

    def predict(self, payload: bytes, *_: Any, **__: Any) -> dict[str, list[str]]:
        """Speech to text."""
        return {"predictions": [self.hearing.hear(payload)]}


if __name__ == "__main__":
    asr = Asr("asr")
    asr.load()
    ModelServer(http_port=port(), enable_grpc=False, workers=1).start([asr])
