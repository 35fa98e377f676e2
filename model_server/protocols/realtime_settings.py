"""What a realtime session was told to do: session.update checked against what this server obeys.

The names are those of OpenAI's transcription sessions. A field that would not be obeyed is refused by its
path. Knows nothing of audio or events.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from model_server import g711
from model_server.errors import EventError
from model_server.turns import TurnSettings

T = TypeVar("T")
PCM, PCMU, PCMA = "audio/pcm", "audio/pcmu", "audio/pcma"
# OpenAI's is 24 kHz alone; the others are what microphones, telephones and models use.
PCM_RATES = (8_000, 16_000, 24_000, 48_000)
SERVER_VAD = "server_vad"
MAX_PREFIX_MS, MIN_SILENCE_MS, MAX_SILENCE_MS = 2_000, 100, 10_000


@dataclass(frozen=True)
class AudioFormat:
    """How samples come: `encoding` is one of the three audio types."""

    encoding: str = PCM
    sample_rate: int = 24_000


@dataclass(frozen=True)
class SessionSettings:
    """The settings in force; no `turns` means that the client commits."""

    model: str
    language: str
    format: AudioFormat = field(default_factory=AudioFormat)
    turns: TurnSettings | None = field(default_factory=TurnSettings)

    def described(self) -> dict[str, Any]:
        """As a session object says it."""
        rate = {"rate": self.format.sample_rate} if self.format.encoding == PCM else {}
        return {
            "type": "transcription",
            "object": "realtime.transcription_session",
            "include": [],
            "audio": {
                "input": {
                    "format": {"type": self.format.encoding, **rate},
                    "noise_reduction": None,
                    "transcription": {"model": self.model, "language": self.language, "prompt": ""},
                    "turn_detection": None if self.turns is None else _described(self.turns),
                }
            },
        }


def _described(turns: TurnSettings) -> dict[str, Any]:
    return {
        "type": SERVER_VAD,
        "threshold": turns.threshold,
        "prefix_padding_ms": turns.prefix_padding_ms,
        "silence_duration_ms": turns.silence_duration_ms,
    }


def updated(settings: SessionSettings, given: object) -> SessionSettings:
    """The settings after session.update brought `given`; what it does not name stays as it is."""
    session = _object(given, "session")
    _only(session, "session", ("type", "audio", "include", "id", "object", "expires_at"))
    if session.get("type") != "transcription":
        raise EventError(f"must be 'transcription', not {_shown(session.get('type'))}", "session.type")
    _absent(session, "session", "include", "no log probabilities are given")
    if session.get("audio") is None:
        return settings
    audio = _object(session["audio"], "session.audio")
    _only(audio, "session.audio", ("input",))
    return _with_input(settings, audio["input"]) if audio.get("input") is not None else settings


def _with_input(settings: SessionSettings, given: object) -> SessionSettings:
    path = "session.audio.input"
    part = _object(given, path)
    _only(part, path, ("format", "transcription", "turn_detection", "noise_reduction"))
    _absent(part, path, "noise_reduction", "no noise is reduced")
    if part.get("format") is not None:
        settings = replace(settings, format=_format(_object(part["format"], f"{path}.format")))
    if "transcription" in part:
        _check_transcription(settings, _object(part["transcription"], f"{path}.transcription"))
    if "turn_detection" in part:
        settings = replace(settings, turns=_turns(settings.turns, part["turn_detection"]))
    return settings


def _format(given: Mapping[str, Any]) -> AudioFormat:
    path = "session.audio.input.format"
    _only(given, path, ("type", "rate"))
    encoding = given.get("type", PCM)
    if encoding in (PCMU, PCMA):
        rate = given.get("rate") if given.get("rate") is not None else g711.SAMPLE_RATE
        return AudioFormat(encoding, _one_of(rate, (g711.SAMPLE_RATE,), f"{path}.rate"))
    _one_of(encoding, (PCM, PCMU, PCMA), f"{path}.type")
    rate = given.get("rate") if given.get("rate") is not None else AudioFormat.sample_rate
    return AudioFormat(PCM, _one_of(rate, PCM_RATES, f"{path}.rate"))


def _check_transcription(settings: SessionSettings, given: Mapping[str, Any]) -> None:
    path = "session.audio.input.transcription"
    _only(given, path, ("model", "language", "prompt", "delay", "keywords", "languages"))
    if given.get("model") is not None:
        _one_of(given["model"], (settings.model,), f"{path}.model")
    if given.get("language") is not None:
        _one_of(given["language"], (settings.language,), f"{path}.language")
    if given.get("languages") is not None:
        _one_of(given["languages"], ([settings.language],), f"{path}.languages")
    for name in ("prompt", "delay", "keywords"):
        _absent(given, path, name, "the model takes none")


def _turns(before: TurnSettings | None, given: object) -> TurnSettings | None:
    if given is None:
        return None
    path = "session.audio.input.turn_detection"
    part = _object(given, path)
    about_answers = ("create_response", "interrupt_response", "idle_timeout_ms")
    _only(part, path, ("type", *_TURN_RANGES, *about_answers))
    _one_of(part.get("type", SERVER_VAD), (SERVER_VAD,), f"{path}.type")
    for name in about_answers:
        _absent(part, path, name, "a transcription session answers nothing")
    turns = before or TurnSettings()
    for name, (kind, lowest, highest) in _TURN_RANGES.items():
        if part.get(name) is not None:
            value = _number(part[name], kind, lowest, highest, f"{path}.{name}")
            turns = replace(turns, **{name: value})
    return turns


_TURN_RANGES: dict[str, tuple[Callable[[Any], Any], float, float]] = {
    "threshold": (float, 0, 1),
    "prefix_padding_ms": (int, 0, MAX_PREFIX_MS),
    "silence_duration_ms": (int, MIN_SILENCE_MS, MAX_SILENCE_MS),
}


def _number(value: object, kind: Callable[[Any], Any], lowest: float, highest: float, path: str) -> Any:
    whole = "a whole number" if kind is int else "a number"
    fits = isinstance(value, int) if kind is int else isinstance(value, int | float)
    if not fits or isinstance(value, bool) or not lowest <= value <= highest:  # type: ignore[operator]
        raise EventError(f"must be {whole} from {lowest} to {highest}, not {_shown(value)}", path)
    return kind(value)


def _object(value: object, path: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise EventError(f"must be an object, not {_shown(value)}", path)
    return value


def _only(given: Mapping[str, Any], path: str, names: tuple[str, ...]) -> None:
    for name in given:
        if name not in names:
            raise EventError(f"has no field {_shown(name)}; fields: {', '.join(names)}", path)


def _absent(given: Mapping[str, Any], path: str, name: str, why: str) -> None:
    """Refuse a wish that would not be obeyed; null, false and nothing wish nothing."""
    if given.get(name):
        raise EventError(f"must be left out: {why}", f"{path}.{name}")


def _one_of(value: object, allowed: tuple[T, ...], path: str) -> T:
    """The allowed value that this one is; 8000.0 is 8000, true is not 1."""
    for one in allowed:
        if value == one and not isinstance(value, bool):
            return one
    names = " or ".join(str(one) for one in allowed)
    raise EventError(f"must be {names}, not {_shown(value)}", path)


def _shown(value: object) -> str:
    """A value of the client's, short enough for a sentence."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
