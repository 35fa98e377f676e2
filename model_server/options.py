"""The command line, read and checked once: `python -m model_server --help` is its reference."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from model_server import faults
from model_server.errors import OptionError
from model_server.events.options import EventOptions, add_event_flags, read_event_options
from model_server.faults import Faults
from model_server.flags import address as _address
from model_server.flags import name as _name
from model_server.flags import number as _number
from model_server.flags import whole as _whole
from model_server.inference.settings import Settings
from model_server.otlp import traces_asked_for
from model_server.review import DEGREES, Review
from model_server.search.options import SearchOptions, add_search_flags, read_search_options
from model_server.threads import available_threads

POD_TEMPLATE_HASH_ENVIRONMENT = "SERINUS_POD_TEMPLATE_HASH"


@dataclass(frozen=True)
class Options:
    """Everything the server was asked for; seconds are of wall-clock time but for the audio's own."""

    model: Path
    served_name: str
    host: str
    port: int
    grpc_port: int
    engine_processes: int
    threads: int
    voice_activity: bool
    vad_mode: int
    input_quality: bool
    queue_seconds: float
    deadline_seconds: float
    drain_delay_seconds: float
    max_audio_seconds: float
    realtime_sessions: int
    realtime_session_seconds: float
    realtime_idle_seconds: float
    upload_timeout_seconds: float
    caller_header: str | None
    caller_queue_seconds: float | None
    review: Review
    faults: Faults
    search: SearchOptions
    events: EventOptions
    traces: bool
    log_transcripts: bool
    pod_template_hash: str


def parse_options(arguments: list[str], environment: Mapping[str, str]) -> Options:
    """The options; a mistake ends the process with status 2 and a sentence on stderr."""
    parser = _parser()
    given = parser.parse_args(arguments)
    try:
        asked = faults.parse_faults(given.fault)
        traces = traces_asked_for(environment)
        if given.caller_queue_seconds is not None and given.caller_header is None:
            raise OptionError("--caller-queue-seconds needs --caller-header, which names the caller")
    except OptionError as error:
        parser.error(str(error))
    return Options(
        model=given.model,
        served_name=given.served_name,
        host=given.host,
        port=given.port,
        grpc_port=given.grpc_port,
        engine_processes=given.engine_processes or available_threads(),
        threads=given.threads,
        voice_activity=given.voice_activity == "on",
        vad_mode=given.vad_mode,
        input_quality=given.input_quality == "on",
        queue_seconds=given.queue_seconds,
        deadline_seconds=given.deadline_seconds,
        drain_delay_seconds=given.drain_delay_seconds,
        max_audio_seconds=given.max_audio_seconds,
        realtime_sessions=given.realtime_sessions,
        realtime_session_seconds=given.realtime_session_seconds,
        realtime_idle_seconds=given.realtime_idle_seconds,
        upload_timeout_seconds=given.upload_timeout_seconds,
        caller_header=given.caller_header,
        caller_queue_seconds=given.caller_queue_seconds,
        review=Review(given.automation, given.review_threshold),
        faults=asked,
        search=read_search_options(given, environment),
        events=read_event_options(given),
        traces=traces,
        log_transcripts=given.log_transcripts,
        pod_template_hash=environment.get(POD_TEMPLATE_HASH_ENVIRONMENT, ""),
    )


def engine_settings(options: Options) -> Settings:
    """What each engine process is told of them."""
    return Settings(
        model=str(options.model),
        threads=options.threads,
        vad_mode=options.vad_mode if options.voice_activity else None,
        measure_quality=options.input_quality,
        faults=options.faults,
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
    add(
        "--grpc-port", type=_whole(0, 65535), default=0, metavar="N", help="gRPC port; 0 is none (default: 0)"
    )
    add("--engine-processes", type=_whole(1, 64), metavar="N", help=_PROCESSES_HELP)
    add("--threads", type=_whole(1, 256), default=1, metavar="N", help="threads of each of them (default: 1)")
    add("--voice-activity", choices=_SWITCH, default="on", help="off: engines hear silence too (default: on)")
    add("--vad-mode", type=_whole(0, 3), default=1, metavar="0..3", help="voice detector: 3 is strictest (1)")
    add(
        "--input-quality",
        choices=_SWITCH,
        default="on",
        help="off: no asr_input_* but the duration (default: on)",
    )
    add("--queue-seconds", type=_number(0.1, 36_000), default=60.0, metavar="S", help=_QUEUE_HELP)
    add("--deadline-seconds", type=_number(0.01, 3_600), default=30.0, metavar="S", help=_DEADLINE_HELP)
    add("--drain-delay-seconds", type=_number(0, 300), default=5.0, metavar="S", help=_DRAIN_HELP)
    add("--max-audio-seconds", type=_number(0.1, 7_200), default=600.0, metavar="S", help=_AUDIO_HELP)
    add("--realtime-sessions", type=_whole(0, 10_000), default=32, metavar="N", help=_SESSIONS_HELP)
    add(
        "--realtime-session-seconds", type=_number(1, 86_400), default=3600.0, metavar="S", help=_SESSION_HELP
    )
    add("--realtime-idle-seconds", type=_number(0.1, 3_600), default=60.0, metavar="S", help=_IDLE_HELP)
    add("--upload-timeout-seconds", type=_number(0.1, 3_600), default=30.0, metavar="S", help=_UPLOAD_HELP)
    add("--caller-header", type=str.lower, metavar="NAME", help=_CALLER_HELP)
    add("--caller-queue-seconds", type=_number(0.1, 36_000), metavar="S", help=_CALLER_QUEUE_HELP)
    add("--automation", choices=DEGREES, default="full", help=_AUTOMATION_HELP)
    add("--review-threshold", type=_number(0, 1), default=0.5, metavar="C", help=_THRESHOLD_HELP)
    add("--log-transcripts", action="store_true", help="put what was said into the log (default: never)")
    add("--fault", action="append", default=[], metavar="NAME=VALUE", help="a fault on purpose; repeatable")
    add_search_flags(parser)
    add_event_flags(parser)
    return parser


_SWITCH = ("on", "off")
_PROCESSES_HELP = "engine processes, each with the model in memory (default: CPU quota)"
_CALLER_HELP = "header that names the caller, set by a gateway you trust; needed for a caller's limit"
_CALLER_QUEUE_HELP = "audio seconds that one caller may hold; more is answered 429 (default: no limit)"
_AUTOMATION_HELP = "needs_review: always in shadow and assist, below the threshold in partial, never in full"
_THRESHOLD_HELP = "confidence below which partial automation wants a review (default: 0.5)"
_SESSIONS_HELP = "WebSocket sessions at a time; one more is closed with 1013 (default: 32)"
_SESSION_HELP = "longest such session (default: 3600)"
_IDLE_HELP = "a session to which nothing was sent for so long is closed with 1008 (default: 60)"
_HOST_HELP = "address to listen on; 0.0.0.0 is every one (default: 127.0.0.1)"
_QUEUE_HELP = (
    "audio seconds that may wait or be worked on; who would wait beyond is answered 503 (default: 60)"
)
_DEADLINE_HELP = "longest wait for a turn; who would wait longer is answered 503 at once (default: 30)"
_DRAIN_HELP = "how long to go on accepting after SIGTERM, not ready (default: 5)"
_AUDIO_HELP = "longest request taken; more is answered 413 (default: 600)"
_UPLOAD_HELP = "longest pause within a head or body, and time for a head; then 408 (default: 30)"


def _fault_help() -> str:
    numbers = [f"{name} ({low:g} to {high:g})" for name, (_, low, high) in faults.NUMBERS.items()]
    return ", ".join([*numbers, f"traffic ({' | '.join(faults.TRAFFIC)})"])
