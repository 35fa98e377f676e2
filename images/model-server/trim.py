"""Run while the image is built: drops packages' tests and what a predictor never imports, compiles the rest.

Compiled files, the standard library's too, go to PYTHONPYCACHEPREFIX; they are not checked against their
sources at start, which never change in an image.
"""

import importlib
import py_compile
import shutil
import sys
from pathlib import Path

SITE = Path(sys.prefix, "lib", f"python{sys.version_info.major}.{sys.version_info.minor}", "site-packages")
# Installed because something depends on it, imported by nothing that a predictor runs.
UNUSED = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "grpc_tools")
TESTS = ("tests", "test", "testing")
# What a running predictor imports; uvicorn and Starlette import the last ones late.
SERVING = (
    "model_server.server",
    "model_server.artefact.__main__",
    "model_server.events.events",
    "model_server.search.catalogue",
    "model_server.search.opensearch",
    "model_server.tracing",
    "prometheus_client.openmetrics.exposition",
    "python_multipart.multipart",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
)
ENGINES = {"onnx": "model_server.engines.onnx", "torch": "model_server.engines.whisper"}


def main(engine: str) -> None:
    """Trim the environment this runs in to what serves models of this engine."""
    for name in UNUSED:
        for path in (SITE / name, *SITE.glob(f"{name}-*.dist-info")):
            shutil.rmtree(path, ignore_errors=True)
    (SITE / "distutils-precedence.pth").unlink(missing_ok=True)
    for name in (*SERVING, ENGINES[engine]):
        importlib.import_module(name)
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    loaded = [Path(file) for file in files if file]
    for folder in sorted(SITE.rglob("*")):
        if folder.name in TESTS and folder.is_dir() and not any(p.is_relative_to(folder) for p in loaded):
            shutil.rmtree(folder)
    for path in loaded:
        if path.suffix == ".py" and path.exists():
            py_compile.compile(
                str(path), doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
            )


if __name__ == "__main__":
    main(sys.argv[1])
