"""An infer request from its reading to its output tensors, whatever carried it; knows no wire format."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from model_server.account import Account
from model_server.audio import Clip
from model_server.errors import NotFoundError
from model_server.open_inference.clips import read_clips, timeout_seconds
from model_server.open_inference.outputs import RESULTS, OutputTensor, chosen_outputs, output_tensor
from model_server.open_inference.tensors import InferRequest, Output
from model_server.protocols.http import ServerParts, aside


@dataclass(frozen=True)
class Answer:
    """The tensors of an answer, each with whether it is to be binary."""

    id: str
    tensors: list[tuple[OutputTensor, bool]]


@dataclass(frozen=True)
class _Asked:
    """A request understood."""

    id: str
    clips: list[Clip]
    outputs: list[Output]
    timeout_seconds: float | None


async def infer(server: ServerParts, read: Callable[[], InferRequest], size: int, account: Account) -> Answer:
    """The answer to the request that `read` makes of `size` bytes, or a RefusedError."""
    asked = await aside(size, _understand, server, read)
    if asked.timeout_seconds is not None:
        account.patience_seconds = min(account.patience_seconds, asked.timeout_seconds)
    transcripts = await server.service.transcribe(asked.clips, account)
    review = server.options.review
    found: list[dict[str, Any]] = []
    if any(output.name == RESULTS for output in asked.outputs):
        found = await asyncio.gather(*(server.found(transcript, account) for transcript in transcripts))
    tensors = [
        (output_tensor(output.name, transcripts, review, found), output.binary) for output in asked.outputs
    ]
    return Answer(asked.id or account.request_id, tensors)


def check_model(server: ServerParts, name: str, version: str) -> None:
    """Refuse another model than the one served, or another version of it; "" is whatever is served."""
    if name != server.served_name:
        raise NotFoundError(f"there is no model {name[:100]!r} here; this server has {server.served_name!r}")
    if version not in ("", server.artefact.version):
        raise NotFoundError(
            f"there is no version {version[:100]!r} of {name!r} here; "
            f"this server has {server.artefact.version!r}"
        )


def _understand(server: ServerParts, read: Callable[[], InferRequest]) -> _Asked:
    request = read()
    outputs = chosen_outputs(request.outputs, request.binary_outputs)
    clips = read_clips(request, server.artefact.sample_rate, server.limits.max_audio_seconds)
    return _Asked(request.id, clips, outputs, timeout_seconds(request))
