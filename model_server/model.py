"""The model as KServe's SDK sees it: a name, whether it is ready, and predict()."""

from collections.abc import Sequence
from dataclasses import dataclass

from kserve import Model

from model_server.account import Account
from model_server.audio import Clip
from model_server.service import Service
from model_server.transcript import Transcript


@dataclass(frozen=True)
class SpeechRequest:
    """The clips of one request and its account."""

    clips: Sequence[Clip]
    account: Account


class SpeechModel(Model):  # type: ignore[misc]  # the SDK is not typed
    """A speech model in KServe's registry."""

    def __init__(self, name: str, service: Service):
        super().__init__(name)
        self._service = service

    async def healthy(self) -> bool:
        """Whether new users should be sent here, as /healthz/ready says."""
        return self._service.lifecycle.ready

    async def predict(
        self,
        payload: SpeechRequest,
        headers: dict[str, str] | None = None,
        response_headers: dict[str, str] | None = None,
    ) -> list[Transcript]:
        """The transcripts of the request's clips."""
        return await self._service.transcribe(payload.clips, payload.account)
