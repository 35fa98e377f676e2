"""The conversions a recipe may name: bytes as a package carries them into a file that an engine loads.

A conversion is deterministic: the digest of what it writes stands in the recipe. Each is imported only
when asked for, as it may need libraries that a predictor does not.
"""

import importlib
from collections.abc import Callable
from pathlib import Path

from model_server.errors import ArtefactError

Conversion = Callable[[Path, Path], None]

# name in a recipe: (module, function of (what was brought, what to write)).
CONVERSIONS: dict[str, tuple[str, str]] = {
    "moonshine-cross": ("model_server.artefact.moonshine_graphs", "write_cross"),
    "moonshine-step": ("model_server.artefact.moonshine_graphs", "write_step"),
    "moonshine-step-of-two": ("model_server.artefact.moonshine_graphs", "write_step_of_two"),
    "moonshine-weights": ("model_server.artefact.moonshine_graphs", "write_weights"),
    "whisper-ctranslate2": ("model_server.artefact.whisper_weights", "convert"),
}


def conversion(name: str) -> Conversion:
    """The conversion of that name."""
    if name not in CONVERSIONS:
        raise ArtefactError(
            f"there is no conversion {name!r}; known: {', '.join(sorted(CONVERSIONS)) or 'none'}"
        )
    module, function = CONVERSIONS[name]
    try:
        found: Conversion = getattr(importlib.import_module(module), function)
    except ModuleNotFoundError as error:
        raise ArtefactError(
            f"the conversion {name!r} needs {error.name}, which the extra `artefact` brings; it is not here"
        ) from error
    return found
