"""Compiles programs one after another (each fills both cores); meanwhile the next one's modules come."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path

from cluster import paths
from cluster.commands import run_logged, succeeds
from cluster.go_toolchain import go_environment, go_program
from cluster.pins import Pin
from cluster.preconditions import need_disk
from cluster.programs import Program
from cluster.progress import say, step


def missing(programs: Sequence[Program], pins: Mapping[str, Pin]) -> list[Program]:
    """Those that are not there, or were built by another recipe."""
    return [program for program in programs if not _is_current(program, pins)]


def compile_all(
    programs: Sequence[Program], pins: Mapping[str, Pin], ready: Mapping[str, Future[None]]
) -> None:
    """Build what is missing, in order, completing each program's future; a failure fails all that wait."""
    try:
        todo = missing(programs, pins)
        for program in programs:
            if program not in todo:
                ready[program.name].set_result(None)
        if todo:
            _compile_each(todo, pins, ready)
    except BaseException as error:
        for waiting in ready.values():
            if not waiting.done():
                waiting.set_exception(error)
        raise


def _compile_each(
    todo: Sequence[Program], pins: Mapping[str, Pin], ready: Mapping[str, Future[None]]
) -> None:
    need_disk(paths.cache_dir())
    minutes = sum(program.seconds for program in todo) / 60
    say(f"compiling {len(todo)} programs from Go modules: about {minutes:.0f} min on two idle cores")
    threading.Thread(target=_download_ahead, args=(todo[1:],), daemon=True).start()
    for program in todo:
        with step(f"compiling {program.name}"):
            _compile(program, pins)
        ready[program.name].set_result(None)


def _compile(program: Program, pins: Mapping[str, Pin]) -> None:
    program.target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = program.target.with_name(f".{program.name}.part")
    arguments = [*program.build_arguments(pins), "-o", str(unfinished), program.package]
    run_logged(
        [go_program(), "build", "-mod=readonly", *arguments],
        log=f"go-{program.name}",
        cwd=paths.from_source_dir() / "go" / program.wrapper,
        env=go_environment(),
    )
    unfinished.replace(program.target)
    note = _recipe_note(program)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(program.recipe(pins), encoding="ascii")


def _download_ahead(programs: Sequence[Program]) -> None:
    """List each program's packages, which downloads their modules; a failure shows again in the build."""
    for program in programs:
        folder = str(paths.from_source_dir() / "go" / program.wrapper)
        tags = ["-tags", program.tags] if program.tags else []
        variables = [f"{name}={value}" for name, value in go_environment().items()]
        listing = [go_program(), "-C", folder, "list", "-mod=readonly", *tags, "-deps", program.package]
        succeeds(["env", *variables, *listing], timeout_seconds=1200)


def _is_current(program: Program, pins: Mapping[str, Pin]) -> bool:
    note = _recipe_note(program)
    return (
        program.target.exists() and note.exists() and note.read_text(encoding="ascii") == program.recipe(pins)
    )


def _recipe_note(program: Program) -> Path:
    return paths.built_dir() / "recipes" / program.name
