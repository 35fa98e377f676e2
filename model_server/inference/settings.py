"""What an engine process is started with; knows nothing of how."""

import json
from dataclasses import asdict, dataclass

from model_server.faults import Faults

# The most that one message holds: SOCK_SEQPACKET keeps messages whole.
MESSAGE_BYTES = 131_072


@dataclass(frozen=True)
class Settings:
    """The model's folder, the engine's threads, and how the stages work; `vad_mode` None switches it off."""

    model: str
    threads: int
    vad_mode: int | None
    measure_quality: bool
    faults: Faults

    def text(self) -> str:
        """For the command line."""
        return json.dumps(asdict(self))


def read_settings(text: str) -> Settings:
    """From the command line."""
    data = json.loads(text)
    return Settings(**{**data, "faults": Faults(**data["faults"])})
