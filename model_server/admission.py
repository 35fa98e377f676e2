"""The bounded queue, counted in audio-seconds waiting or worked on; knows nothing of processes or HTTP."""

import math
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from model_server.engine_pace import EnginePace
from model_server.errors import CallerLimitError, DeadlineError, QueueFullError

# Seconds of an engine that a second of audio takes before any was measured: a slow engine's, so that clients
# wait enough.
FIRST_PACE = 0.2
# Sums are kept in whole microseconds: those of floats do not always come back to 0, and 0 means empty.
MICROSECONDS = 1_000_000
MAX_RETRY_AFTER_SECONDS = 60


class Admission:
    """How much audio is held, of whom, and how soon it will be done; to be used from one thread."""

    def __init__(
        self,
        limit_seconds: float,
        engines: int,
        caller_limit_seconds: float | None = None,
        places: int | None = None,
    ):
        """`places` are the requests that the engines work on at a time, one each where it is None."""
        self._limit = limit_seconds
        self._engines = engines
        self._places = engines if places is None else places
        self._caller_limit = caller_limit_seconds
        self._callers: defaultdict[str, int] = defaultdict(int)
        self._pace = EnginePace()
        self._held = 0
        self._requests = 0

    @property
    def held_seconds(self) -> float:
        """The audio that waits or is worked on."""
        return self._held / MICROSECONDS

    @contextmanager
    def hold(self, seconds: float, caller: str, patience_seconds: float) -> Iterator[None]:
        """Hold `seconds` of audio while inside, or refuse.

        A free place takes a request of any length; one that would wait longer than its patience
        is told so at once, and no later: a pace beyond the mean by its spread is reckoned with (as the
        retransmission timer of RFC 6298 is set), since clips, and cores that others use as well, differ.
        """
        self._check_caller(seconds, caller)
        if not self._free and self.held_seconds + seconds > self._limit:
            raise QueueFullError(
                f"the queue holds {self.held_seconds:.1f} of {self._limit:g} s of audio; "
                f"{seconds:.1f} s more do not fit; try again later",
                retry_after_seconds=self.retry_after_seconds(),
            )
        wait = self.likely_wait_seconds()
        if wait is not None and wait > patience_seconds:
            raise DeadlineError(
                f"would wait about {wait:.1f} s, "
                f"longer than the {max(patience_seconds, 0):.1f} s left for it",
                retry_after_seconds=self.retry_after_seconds(),
            )
        held = round(seconds * MICROSECONDS)
        self._held += held
        self._requests += 1
        self._callers[caller] += held
        try:
            yield
        finally:
            self._held -= held
            self._requests -= 1
            self._callers[caller] -= held
            if not self._callers[caller]:
                del self._callers[caller]

    def note_pace(self, audio_seconds: float, busy_seconds: float) -> None:
        """Learn from a finished request how long one engine takes for audio."""
        self._pace.note(audio_seconds, busy_seconds)

    def likely_wait_seconds(self) -> float | None:
        """How long a request admitted now waits at most, likely; None before anything was measured."""
        if self._free:
            return 0.0
        if self._pace.mean is None:
            return None
        return self.held_seconds * (self._pace.mean + self._pace.spread) / self._engines

    @property
    def _free(self) -> bool:
        """Whether there is a place that nobody has."""
        return self._requests < self._places

    def _check_caller(self, seconds: float, caller: str) -> None:
        held = self._callers.get(caller, 0) / MICROSECONDS
        if self._caller_limit is not None and caller and held > 0 and held + seconds > self._caller_limit:
            raise CallerLimitError(
                f"caller {caller!r} has {held:.1f} of its {self._caller_limit:g} s of audio in the queue; "
                f"{seconds:.1f} s more do not fit; try again when they are done",
                retry_after_seconds=self.retry_after_seconds(),
            )

    def retry_after_seconds(self, own_seconds: float = 0.0) -> int:
        """When to come back, in whole seconds, 1 to 60, for one who gives up so much of the held audio."""
        pace = FIRST_PACE if self._pace.mean is None else self._pace.mean
        return retry_after(self.held_seconds - own_seconds, pace / self._engines)


def retry_after(held_seconds: float, pace: float) -> int:
    """Whole seconds until the held audio should be done at `pace` seconds an audio second, 1 to 60."""
    return min(max(math.ceil(held_seconds * pace), 1), MAX_RETRY_AFTER_SECONDS)
