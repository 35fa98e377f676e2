"""How long an engine takes for audio, learnt from the last requests; knows nothing of queues."""

# Weight of the newest request in the running means: about the last ten count.
NEWEST_WEIGHT = 0.1


class EnginePace:
    """Seconds of an engine that a second of audio takes, of the last requests together.

    Short ones, which take more for each second, count by their length.
    """

    def __init__(self) -> None:
        self._audio = 0.0
        self._busy = 0.0
        self._distance = 0.0

    def note(self, audio_seconds: float, busy_seconds: float) -> None:
        """Learn from a request that is done."""
        weight = NEWEST_WEIGHT if self._audio else 1.0
        expected = busy_seconds if self.mean is None else self.mean * audio_seconds
        self._distance += weight * (abs(busy_seconds - expected) - self._distance)
        self._audio += weight * (audio_seconds - self._audio)
        self._busy += weight * (busy_seconds - self._busy)

    @property
    def mean(self) -> float | None:
        """The running mean of engine seconds over that of audio seconds; None before anything was done."""
        return self._busy / self._audio if self._audio else None

    @property
    def spread(self) -> float:
        """How far requests are from it, in the mean, in the same unit."""
        return self._distance / self._audio if self._audio else 0.0
