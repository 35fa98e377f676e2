"""The command line, read and checked once: `python -m model_server --help` is its reference."""

import argparse
import ipaddress
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from model_server import faults
from model_server.errors import OptionError
from model_server.faults import Faults
from model_server.threads import available_threads

POD_TEMPLATE_HASH_ENVIRONMENT = "SERINUS_POD_TEMPLATE_HASH"


@dataclass(frozen=True)
class Options:
    """Everything the server was asked for; seconds are of wall-clock time but for the audio's own."""

    model: Path
    served_name: str
    host: str
    port: int
    threads: int
    vad_mode: int
    queue_seconds: float
    deadline_seconds: float
    drain_delay_seconds: float
    max_audio_seconds: float
    faults: Faults
    pod_template_hash: str


def parse_options(arguments: list[str], environment: Mapping[str, str]) -> Options:
    """The options; a mistake ends the process with status 2 and a sentence on stderr."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        asked = faults.parse_faults(given.fault)
    except OptionError as error:
        parser.error(str(error))
    return Options(
        model=given.model,
        served_name=given.served_name,
        host=given.host,
        port=given.port,
        threads=given.threads or available_threads(),
        vad_mode=given.vad_mode,
        queue_seconds=given.queue_seconds,
        deadline_seconds=given.deadline_seconds,
        drain_delay_seconds=given.drain_delay_seconds,
        max_audio_seconds=given.max_audio_seconds,
        faults=asked,
        pod_template_hash=environment.get(POD_TEMPLATE_HASH_ENVIRONMENT, ""),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m model_server",
        description="Serve one speech model over HTTP: KServe V1 :predict and OpenAI transcriptions.",
        epilog=f"Faults, for testing rollbacks: {_fault_help()}.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--model", type=Path, required=True, metavar="DIR", help="the model's folder, with its model.yaml")
    add("--served-name", type=_name, default="asr", metavar="NAME", help="name in URLs (default: asr)")
    add("--host", type=_address, default="127.0.0.1", metavar="IP", help=_HOST_HELP)
    add("--port", type=_whole(0, 65535), default=8080, metavar="N", help="HTTP port (default: 8080)")
    add("--threads", type=_whole(1, 256), metavar="N", help="threads of an inference (default: CPU quota)")
    add("--vad-mode", type=_whole(0, 3), default=1, metavar="0..3", help="voice detector: 3 is strictest (1)")
    add("--queue-seconds", type=_number(0.1, 36_000), default=60.0, metavar="S", help=_QUEUE_HELP)
    add("--deadline-seconds", type=_number(0.01, 3_600), default=30.0, metavar="S", help=_DEADLINE_HELP)
    add("--drain-delay-seconds", type=_number(0, 300), default=5.0, metavar="S", help=_DRAIN_HELP)
    add("--max-audio-seconds", type=_number(0.1, 7_200), default=600.0, metavar="S", help=_AUDIO_HELP)
    add("--fault", action="append", default=[], metavar="NAME=VALUE", help="a fault on purpose; repeatable")
    return parser


_HOST_HELP = "address to listen on; 0.0.0.0 is every one (default: 127.0.0.1)"
_QUEUE_HELP = "audio seconds that may wait or be worked on; more is answered 503 (default: 60)"
_DEADLINE_HELP = "a request that waited longer is answered 503 (default: 30)"
_DRAIN_HELP = "how long to go on accepting after SIGTERM, not ready (default: 5)"
_AUDIO_HELP = "longest request taken; more is answered 413 (default: 600)"


def _fault_help() -> str:
    numbers = [f"{name} ({low:g} to {high:g})" for name, (_, low, high) in faults.NUMBERS.items()]
    return ", ".join([*numbers, f"traffic ({' | '.join(faults.TRAFFIC)})"])


def _name(text: str) -> str:
    if not text or not all(character.isalnum() or character in "-_." for character in text):
        raise argparse.ArgumentTypeError(f"must be letters, digits, '-', '_' or '.', not {text!r}")
    return text


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be an IP address, not {text!r}") from error


def _whole(lowest: int, highest: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not lowest <= int(text) <= highest:
            raise argparse.ArgumentTypeError(
                f"must be a whole number from {lowest} to {highest}, not {text!r}"
            )
        return int(text)

    return whole


def _number(lowest: float, highest: float) -> Callable[[str], float]:
    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not lowest <= value <= highest:
            raise argparse.ArgumentTypeError(f"must be a number from {lowest} to {highest}, not {text!r}")
        return value

    return number
