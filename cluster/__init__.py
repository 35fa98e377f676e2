"""Brings up a real kind cluster with Serinus's platform, with or without an image registry.

Standard library only, since it runs before any virtual environment exists; knows nothing of speech.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - it runs by whatever python3 the machine has
    sys.exit(f"python3 must be 3.11 or newer, not {sys.version.split()[0]}")
