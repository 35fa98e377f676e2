"""KServe's ModelServer as the frame, with signals and shutdown of our own.

The SDK closes its listener at the first SIGTERM, before anyone has stopped sending. Here readiness goes
503 first; the listener stays for drain_delay_seconds, then closes, and what was taken is finished.
"""

import asyncio
import contextlib
import signal
from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING

import kserve.model_server
import prometheus_client
import uvicorn
from kserve import ModelRepository, ModelServer
from kserve.protocol.rest.server import RESTServer

from model_server import faults
from model_server.account import PARTIAL_TRAFFIC, Account
from model_server.artefact.manifest import Artefact
from model_server.connection import BoundedConnection, allow_connections
from model_server.envelope import Envelope, Identity
from model_server.errors import StartRefusedError
from model_server.events.contents import Origin
from model_server.events.options import open_events
from model_server.inference.pool import EnginePool
from model_server.intake import BodyRoom, IntakeLimits
from model_server.ledger import Ledger
from model_server.lifecycle import Lifecycle, State
from model_server.log import LOGGER
from model_server.metrics import Metrics
from model_server.model import SpeechModel
from model_server.options import Options
from model_server.pace import PacedUploads
from model_server.protocols import realtime_socket
from model_server.protocols.application import application
from model_server.protocols.grpc_server import GrpcServer
from model_server.protocols.http import ServerParts
from model_server.search.options import open_search
from model_server.service import QueueLimits, Service, Told

if TYPE_CHECKING:
    from model_server.tracing import Tracing

# The audio seconds a second that a request gets at least: its longest clip is finished before the listener's
# end is forced.
SLOWEST_SPEED = 10.0


class SignalFreeUvicorn(uvicorn.Server):
    """Uvicorn that leaves the process's signals alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Capture none."""
        yield


class PredictorServer:
    """One process, one model, from the start to the exit status."""

    def __init__(self, options: Options, artefact: Artefact, pool: EnginePool):
        self._pool = pool
        self._options = options
        self._artefact = artefact
        self._lifecycle = Lifecycle()
        # When a series began is in no gate, and doubles what is scraped.
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
        metrics = Metrics(prometheus_client.REGISTRY)
        metrics.describe_model(artefact.name, artefact.version, artefact.digest, artefact.engine)
        limits = QueueLimits(options.queue_seconds, options.deadline_seconds, options.caller_queue_seconds)
        self._service = Service(pool, metrics, self._lifecycle, options.faults, limits)
        self._search = open_search(options.search, metrics.count_search)
        origin = Origin(
            *(options.served_name, artefact.name, artefact.version, artefact.digest),
            *(options.pod_template_hash, options.events.text),
        )
        self._events = open_events(options.events, origin, metrics.count_event)
        self._tracing = self._open_tracing()
        ledger = Ledger(metrics, None if self._tracing is None else self._tracing.record)
        self._service.on_transcripts = self._note_transcripts
        identity = Identity(artefact.name, artefact.version, options.pod_template_hash)
        intake = IntakeLimits(options.max_audio_seconds, options.queue_seconds)
        parts = ServerParts(
            *(options, artefact, self._service, self._lifecycle, metrics, ledger, intake, BodyRoom(intake)),
            *(self._search, self._events),
        )
        self._grace_seconds = round(options.deadline_seconds + options.max_audio_seconds / SLOWEST_SPEED)
        self._uvicorn = self._frame(parts, identity)
        self._grpc = GrpcServer(parts, identity) if options.grpc_port else None
        self._status = 0
        self._stopping: asyncio.Task[None] | None = None

    def run(self) -> int:
        """Serve until told to stop; the process's exit status."""
        allow_connections()
        if self._options.faults != faults.NO_FAULTS:
            LOGGER.warning("faults on purpose", extra={"faults": faults.given(self._options.faults)})
        if self._options.log_transcripts:
            LOGGER.warning("--log-transcripts: what people say is put into this log")
        with asyncio.Runner(loop_factory=self._uvicorn.config.get_loop_factory()) as runner:
            runner.run(self._serve())
        LOGGER.info("stopped", extra={"status": self._status})
        return self._status

    def _frame(self, parts: ServerParts, identity: Identity) -> uvicorn.Server:
        options = self._options
        registry = ModelRepository()
        registry.update(SpeechModel(options.served_name, self._lifecycle))
        frame = ModelServer(registered_models=registry, enable_grpc=False, workers=1)
        app = PacedUploads(application(parts, kserve.model_server.app), options.upload_timeout_seconds)
        rest = RESTServer(
            Envelope(app, identity, parts.metrics, parts.ledger, self._lifecycle, options.caller_header),
            frame.dataplane,
            frame.model_repository_extension,
            options.port,
            grace_period=self._grace_seconds,
        )
        # The SDK has no parameter for it and listens everywhere.
        rest.config.host = options.host
        realtime_socket.configure(rest.config)
        rest.config.http = partial(BoundedConnection, head_seconds=options.upload_timeout_seconds)
        rest.create_application()
        return SignalFreeUvicorn(rest.config)

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal, number)
        loading = asyncio.create_task(self._load())
        if self._events is not None:
            self._events.start()
        async with asyncio.TaskGroup() as listeners:
            listeners.create_task(self._uvicorn.serve())
            if self._grpc is not None:
                listeners.create_task(self._serve_grpc(self._grpc))
        loading.cancel()
        self._pool.close()
        ending = (self._events, self._tracing, self._search)
        await asyncio.gather(*(part.close() for part in ending if part is not None))

    def _open_tracing(self) -> "Tracing | None":
        if not self._options.traces:
            return None
        # Only where it is asked for: its import is a third of a start.
        from model_server.tracing import Tracing

        about = (self._artefact.name, self._artefact.version, self._options.pod_template_hash)
        return Tracing(*about)

    def _note_transcripts(self, account: Account, told: list[Told]) -> None:
        if self._options.log_transcripts:
            account.logged_texts = [transcript.text for transcript, _ in told]
        # What is heard of an unfinished utterance is no transcript yet.
        if self._events is not None and account.traffic != PARTIAL_TRAFFIC:
            self._events.tell_transcripts(account, [(said, figures.quality) for said, figures in told])

    async def _serve_grpc(self, server: GrpcServer) -> None:
        try:
            await server.start()
        except StartRefusedError as error:
            LOGGER.error("not starting: %s", error)
            self._fail()
        await server.stop_when_closed(self._grace_seconds)

    async def _load(self) -> None:
        artefact = self._artefact
        began = asyncio.get_running_loop().time()
        try:
            await self._service.load()
        except StartRefusedError as error:
            LOGGER.error("not starting: %s", error)
            self._fail()
        else:
            seconds = round(asyncio.get_running_loop().time() - began, 3)
            about = {"model": artefact.name, "version": artefact.version, "digest": artefact.digest}
            LOGGER.info(
                "ready", extra={**about, "load_seconds": seconds, "engine_processes": self._pool.size}
            )

    def _fail(self) -> None:
        self._status = 1
        self._close()

    def _on_signal(self, number: int) -> None:
        name = signal.Signals(number).name
        if self._stopping is not None or self._lifecycle.state is not State.READY:
            LOGGER.info("%s while %s: closing now", name, self._lifecycle.state.value)
            self._close()
            return
        LOGGER.info("%s: draining", name, extra={"delay_seconds": self._options.drain_delay_seconds})
        self._lifecycle.drain()
        self._stopping = asyncio.create_task(self._close_later())

    async def _close_later(self) -> None:
        await asyncio.sleep(self._options.drain_delay_seconds)
        self._close()

    def _close(self) -> None:
        was_loading = self._lifecycle.state is State.LOADING
        self._lifecycle.close()
        if was_loading:
            self._pool.stop()
        self._uvicorn.should_exit = True
