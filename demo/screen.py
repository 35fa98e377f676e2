"""Shows a demonstration as it goes: a live page on a terminal, plain lines elsewhere. Decides nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.table import Table

from demo import words
from demo.timeline import Moment
from demo.user_load import UserRequest

HEARTBEAT_SECONDS = 20.0


class Screen(Protocol):
    """Where news go."""

    def __enter__(self) -> Self:
        """Begin to show."""

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """Leave the terminal as it was."""

    def say(self, text: str) -> None:
        """A line that stays."""

    def show(self, moment: Moment, requests: Sequence[UserRequest]) -> None:
        """How things are now."""


class PlainScreen:
    """Lines with the time elapsed: one when step, weight or gate changes, and one every 20 s."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._shown: tuple[object, ...] = ()
        self._shown_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        """Nothing to put back."""

    def say(self, text: str) -> None:
        """Print the line with the time elapsed."""
        print(f"[{words.elapsed(time.monotonic() - self._began)}] {text}", flush=True)

    def show(self, moment: Moment, requests: Sequence[UserRequest]) -> None:
        """Print the moment where it is news."""
        state, gate = moment.state, moment.gate
        news = (moment.release, state.phase, state.step, state.weight, gate and (gate.gate, gate.phase))
        now = time.monotonic()
        if news != self._shown or now - self._shown_at > HEARTBEAT_SECONDS:
            self._shown, self._shown_at = news, now
            self.say(words.moment_line(moment, requests))


class LiveScreen:
    """A page that is drawn anew in place; what was said stays above it."""

    def __init__(self, console: Console) -> None:
        self._began = time.monotonic()
        self._live = Live(console=console, refresh_per_second=2, transient=True)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._live.stop()

    def say(self, text: str) -> None:
        """Print the line above the page."""
        since = words.elapsed(time.monotonic() - self._began)
        self._live.console.print(f"[{since}] {text}", markup=False, highlight=False)

    def show(self, moment: Moment, requests: Sequence[UserRequest]) -> None:
        """Draw the page."""
        page = Table.grid(padding=(0, 2))
        page.add_row("release", moment.release)
        page.add_row("rollout", words.state_words(moment.state))
        page.add_row("gate", words.gate_words(moment.gate))
        for bounds in moment.bounds:
            page.add_row("golden walk", words.bounds_words(bounds))
        page.add_row("users", words.users_words(requests, moment.state.candidate))
        since = words.elapsed(time.monotonic() - self._began)
        self._live.update(Panel(page, title=f"Serinus, {since}", expand=False))


def screen_for(console: Console) -> Screen:
    """The live page where there is a terminal, else plain lines."""
    return LiveScreen(console) if console.is_terminal else PlainScreen()
