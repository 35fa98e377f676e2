"""The predictor's process: `python -m model_server --model DIR`."""

import gc
import os
import signal
import sys
from types import FrameType


def main(arguments: list[str]) -> int:
    """Serve until told to stop; the exit status."""
    from model_server import log
    from model_server.absent import absent
    from model_server.arguments import readable
    from model_server.artefact.manifest import MANIFEST, read_manifest
    from model_server.errors import OptionError, StartRefusedError
    from model_server.inference.spawn import spawn
    from model_server.options import engine_settings, parse_options

    options = parse_options(arguments, os.environ)
    log.configure()
    try:
        readable("--model", options.model, f"a model's folder, with its {MANIFEST}", MANIFEST)
        if options.search.catalogue is not None:
            readable("--search-catalogue", options.search.catalogue, "a file of JSON lines")
    except OptionError as error:
        log.LOGGER.error("not starting: %s", error)
        return 2
    try:
        artefact = read_manifest(options.model)
    except StartRefusedError as error:
        log.LOGGER.error("not starting: %s", error)
        return 1
    # The engines load while the imports below go on.
    settings = engine_settings(options)
    spawned = [spawn(settings) for _ in range(options.engine_processes)]
    # The SDK parses sys.argv when imported; our flags are none of its business.
    sys.argv = sys.argv[:1]
    # Nothing of what the imports make is garbage; looking for it is a tenth of the start.
    gc.disable()
    # The SDK makes data frames of what others ask; importing pandas is a third of the start.
    with absent("pandas"):
        from model_server.engines.engine import jobs_together
        from model_server.inference.engine_process import EngineProcess
        from model_server.inference.pool import EnginePool
        from model_server.server import PredictorServer

    pool = EnginePool(
        [EngineProcess(*each) for each in spawned],
        lambda: EngineProcess(*spawn(settings)),
        jobs_together(artefact.engine, options.engine_processes),
    )
    gc.freeze()
    gc.enable()
    try:
        server = PredictorServer(options, artefact, pool)
    except StartRefusedError as error:
        # The engines end with this process: nothing is at the other end of their sockets.
        log.LOGGER.error("not starting: %s", error)
        return 1
    return server.run()


def _exit_while_importing(number: int, frame: FrameType | None) -> None:
    # As PID 1 a process without a handler ignores SIGTERM; there is nothing to finish yet.
    os._exit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _exit_while_importing)
    status = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # Not sys.exit: a thread may still be reading a header that nobody waits for.
    os._exit(status)
