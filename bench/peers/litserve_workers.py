"""LitServe with two worker processes, an engine each."""

from typing import Annotated

import litserve
from fastapi import Depends, Request

from bench.bare import Hearing
from bench.peers import model, port


async def body(request: Request) -> bytes:
    """The request's body."""
    return await request.body()


class Asr(litserve.LitAPI):  # type: ignore[misc]
    """Raw audio/wav bodies; decoding is in the worker, too."""

    def setup(self, device: str) -> None:
        """Load the engine of a worker."""
        self.hearing = Hearing(model())

    def decode_request(self, request: Annotated[bytes, Depends(body)]) -> bytes:
        """The body as it is."""
        return request

    def predict(self, content: bytes) -> str:
        """Speech to text."""
        return self.hearing.hear(content)

    def encode_response(self, text: str) -> dict[str, str]:
        """The answer."""
        return {"text": text}


if __name__ == "__main__":
    server = litserve.LitServer(Asr(), accelerator="cpu", workers_per_device=2, timeout=False)
    server.run(host="127.0.0.1", port=port(), generate_client_file=False, log_level="warning")
