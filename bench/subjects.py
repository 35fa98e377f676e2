"""The subjects as a table: how each is started, asked, and asked whether it is ready; starts nothing."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.errors import OptionError
from bench.peers import MODEL, PORT

# What the answered may take at most.
LATENCY_BAR_SECONDS = 0.5
# The shortest deadline that the predictor takes.
SHORTEST_SECONDS = 0.01

ENGINE_PROCESSES = 2
BARE_PROCESSES = "bare-two-processes"
OURS, OURS_BARE, OURS_ONE = "ours", "ours-stages-off", "ours-one-process"


def deadline_seconds(audio_seconds_a_second: float, longest_seconds: float) -> float:
    """How long a request may wait for its turn so that the longest clip is answered within 0.5 s after all.

    Each engine process does its share of the measured speed, of which the longest clip takes so much.
    """
    taken = longest_seconds * ENGINE_PROCESSES / audio_seconds_a_second
    return max(LATENCY_BAR_SECONDS - taken, SHORTEST_SECONDS)


@dataclass(frozen=True)
class Subject:
    """One server. `{port}`, `{model}` and `{python}` (of the predictor) are filled in its command."""

    name: str
    title: str
    command: tuple[str, ...]
    path: str
    ready_path: str
    bounded: bool = False  # takes --deadline-seconds

    @property
    def ours(self) -> bool:
        """Whether it is the predictor."""
        return self.name.startswith("ours")

    def full_command(self, port: int, model: Path, python: str, extra: tuple[str, ...] = ()) -> list[str]:
        """The command to run."""
        filled = [word.format(port=port, model=model, python=python) for word in self.command]
        return [*filled, *extra]


def environment(port: int, model: Path, scratch: Path, base: Mapping[str, str]) -> dict[str, str]:
    """What a subject finds in its environment: no usage reports, and files it writes under `scratch`."""
    return {
        **base,
        MODEL: str(model),
        PORT: str(port),
        "BENTOML_DO_NOT_TRACK": "True",
        "BENTOML_HOME": str(scratch / "bentoml"),
    }


def _peer(module: str) -> tuple[str, ...]:
    return (sys.executable, "-m", f"bench.peers.{module}")


def _bento(service: str) -> tuple[str, ...]:
    serve = ("-m", "bentoml", "serve", f"bench.peers.bentoml_service:{service}")
    return (sys.executable, *serve, "--host", "127.0.0.1", "--port", "{port}")


def _predictor(*flags: str) -> tuple[str, ...]:
    serve = ("{python}", "-m", "model_server", "--model", "{model}", "--port", "{port}", "--threads", "1")
    return (*serve, *flags)


_V1, _READY = "/v1/models/asr:predict", "/healthz/ready"
_STAGES_OFF = ("--voice-activity", "off", "--input-quality", "off")
_BOTH = ("--engine-processes", str(ENGINE_PROCESSES))

SERVERS = (
    Subject("fastapi", "FastAPI + threads", _peer("fastapi_threads"), "/transcribe", "/ready"),
    Subject("kserve-sync", "KServe, sync predict", _peer("kserve_sync"), _V1, "/v2/health/ready"),
    Subject("kserve-pool", "KServe + thread pool", _peer("kserve_pool"), _V1, "/v2/health/ready"),
    Subject("litserve", "LitServe 0.2.19, 2 workers", _peer("litserve_workers"), "/predict", "/health"),
    Subject("bentoml", "BentoML 1.4.40", _bento("Default"), "/transcribe", "/readyz"),
    Subject("bentoml-8", "BentoML, max_concurrency 8", _bento("MaxConcurrency8"), "/transcribe", "/readyz"),
    Subject("bentoml-2", "BentoML, 2 workers, 8", _bento("TwoWorkers"), "/transcribe", "/readyz"),
    Subject(OURS_BARE, "Serinus, stages off", _predictor(*_BOTH, *_STAGES_OFF), _V1, _READY, True),
    Subject(OURS, "Serinus", _predictor(*_BOTH), _V1, _READY, True),
)
# Only started, for the bars of start and idle memory.
ONE_PROCESS = Subject(
    OURS_ONE, "Serinus, 1 engine process", _predictor("--engine-processes", "1"), _V1, _READY
)
TITLES = {
    BARE_PROCESSES: "bare engine, 2 processes",
    **{subject.name: subject.title for subject in (*SERVERS, ONE_PROCESS)},
}


def chosen(names: list[str]) -> list[Subject]:
    """The servers of these names; all where none is given."""
    allowed = {subject.name: subject for subject in SERVERS}
    unknown = [name for name in names if name not in allowed]
    if unknown:
        raise OptionError(f"subjects must be of {', '.join(allowed)}, not {unknown[0]!r}")
    return [subject for subject in SERVERS if not names or subject.name in names]
