"""Writes a small golden set as a Kubernetes ConfigMap; knows nothing of the cluster it will go to.

A key has no folders, so each clip lies beside the manifest, which names it so: the digest of the set, and
with it the identity of its evidence, is that of the manifest as written here.
"""

import base64
import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from rollout_policies.errors import GoldenSetError
from rollout_policies.golden.manifest import MANIFEST, manifest_lines, read_golden_set

# What the API server takes: the bytes of all values (not of their base64), k8s.io/api/core/v1 MaxSecretSize.
LIMIT_BYTES = 1 << 20
KEY = re.compile(r"(?!\.\.|\.$)[-._a-zA-Z0-9]{1,253}")
NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


def configmap(directory: Path, name: str) -> str:
    """Return the YAML of a ConfigMap with the set and what lies beside its manifest (the licence, say).

    GoldenSetError for a set that is bad or larger than a ConfigMap may be, and for a name that is none.
    """
    if len(name) > 253 or not NAME.fullmatch(name):
        raise GoldenSetError(f"--name must be of a-z, 0-9, - and . within, not {name!r}")
    golden = read_golden_set(name, directory)
    keys = _keys([clip.name for clip in golden.clips])
    files = {keys[clip.name]: clip.path for clip in golden.clips}
    files |= _beside(directory, without={MANIFEST, *files, *keys})
    manifest = _manifest(directory, keys)
    size = len(manifest) + sum(path.stat().st_size for path in files.values())
    if size > LIMIT_BYTES:
        raise GoldenSetError(
            f"{directory} has {size} bytes; a ConfigMap holds at most {LIMIT_BYTES}: use an image or a URL"
        )
    return _yaml(name, manifest, files)


def _keys(names: list[str]) -> dict[str, str]:
    """Return the key of each clip: its file's name, or, where two share it, its whole path with - for /."""
    bare = Counter(PurePosixPath(name).name for name in names)
    keys = {name: _key(PurePosixPath(name), bare) for name in names}
    times = Counter(keys.values())
    for name, key in keys.items():
        if not KEY.fullmatch(key) or key == MANIFEST or times[key] > 1:
            raise GoldenSetError(
                f"{name} cannot be a ConfigMap's key {key!r}: letters, digits, - _ and ., each key once"
            )
    return keys


def _key(path: PurePosixPath, bare: Mapping[str, int]) -> str:
    return path.name if bare[path.name] == 1 else str(path).replace("/", "-")


def _beside(directory: Path, without: set[str]) -> dict[str, Path]:
    files = (path for path in sorted(directory.iterdir()) if path.is_file())
    return {path.name: path for path in files if path.name not in without and KEY.fullmatch(path.name)}


def _manifest(directory: Path, keys: Mapping[str, str]) -> str:
    rows = [json.loads(line) for line in manifest_lines((directory / MANIFEST).read_bytes())]
    named = [json.dumps({**row, "audio_filepath": keys[row["audio_filepath"]]}) for row in rows]
    # DEL is ASCII, and JSON writes it as it is; YAML does not take it.
    return "".join(line.replace("\x7f", "\\u007f") + "\n" for line in named)


def _yaml(name: str, manifest: str, files: Mapping[str, Path]) -> str:
    """Return YAML that holds the manifest readable: being ASCII it stands in a block as it is."""
    block = "".join(f"    {line}\n" for line in manifest.splitlines())
    binary = "".join(
        f"  {json.dumps(key)}: {base64.b64encode(path.read_bytes()).decode()}\n"
        for key, path in files.items()
    )
    return (
        "# Written by `python -m rollout_policies golden configmap`. For `kubectl create -f`, or `apply`\n"
        "# with --server-side: it is larger than an annotation, in which `apply` alone would keep it.\n"
        f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n"
        "# A set that changes during a walk is no set: another set has another name.\nimmutable: true\n"
        f"data:\n  {MANIFEST}: |\n{block}binaryData:\n{binary}"
    )
