"""Run while the image is built: drops packages' tests and what a predictor never imports, compiles the rest.

Compiled files are not checked against their sources at start, which never change in an image.
"""

import py_compile
import shutil
import sys
from pathlib import Path

SITE = Path(sys.prefix, "lib", f"python{sys.version_info.major}.{sys.version_info.minor}", "site-packages")
# Installed because something depends on it, imported by nothing that a predictor runs.
UNUSED = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "grpc_tools", "watchfiles")
TESTS = ("tests", "test", "testing")


def main() -> None:
    """Trim the environment this runs in."""
    for name in UNUSED:
        for path in (SITE / name, *SITE.glob(f"{name}-*.dist-info")):
            shutil.rmtree(path, ignore_errors=True)
    (SITE / "distutils-precedence.pth").unlink(missing_ok=True)
    import model_server.engines.onnx
    import model_server.server  # noqa: F401  imports all that a running predictor does

    loaded = {Path(m.__file__) for m in list(sys.modules.values()) if getattr(m, "__file__", None)}
    for folder in sorted(SITE.rglob("*")):
        if folder.name in TESTS and folder.is_dir() and not any(p.is_relative_to(folder) for p in loaded):
            shutil.rmtree(folder)
    for path in loaded:
        if path.suffix == ".py" and path.exists():
            py_compile.compile(
                str(path), doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
            )


if __name__ == "__main__":
    main()
