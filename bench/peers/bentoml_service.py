"""BentoML: one service under three settings; `bentoml serve bench.peers.bentoml_service:NAME` starts one."""

from pathlib import Path
from typing import Annotated, Any

import bentoml
from bentoml.validators import ContentType

from bench.bare import Hearing
from bench.peers import model


def service(name: str, **settings: Any) -> Any:
    """The service with these settings; the framework's defaults otherwise."""

    @bentoml.service(name=name, **settings)
    class Asr:
        """One engine a worker."""

        def __init__(self) -> None:
            self.hearing = Hearing(model())

        @bentoml.api(route="/transcribe")  # type: ignore[untyped-decorator]
        def transcribe(self, content: Annotated[Path, ContentType("audio/wav")], /) -> dict[str, str]:
            """Speech to text."""
            return {"text": self.hearing.hear(content.read_bytes())}

    return Asr


Default = service("asr")
MaxConcurrency8 = service("asr8", traffic={"max_concurrency": 8})
TwoWorkers = service("asr2", workers=2, traffic={"max_concurrency": 8})
