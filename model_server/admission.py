"""The bounded queue, counted in audio-seconds waiting or worked on; knows nothing of threads or HTTP."""

import math

from model_server.errors import QueueFullError

# Audio seconds done per second before any was measured: a slow engine's, so that clients wait enough.
FIRST_SPEED = 5.0
# Weight of the newest request in the running speed: about the last ten count.
SPEED_WEIGHT = 0.1
MAX_RETRY_AFTER_SECONDS = 60


class Admission:
    """How much audio is held; to be used from one thread."""

    def __init__(self, limit_seconds: float):
        self._limit = limit_seconds
        self._speed = FIRST_SPEED
        self.held_seconds = 0.0

    def admit(self, seconds: float) -> None:
        """Hold `seconds` more, or refuse; an empty queue takes a single request of any length."""
        if self.held_seconds > 0 and self.held_seconds + seconds > self._limit:
            raise QueueFullError(
                f"the queue holds {self.held_seconds:.1f} of {self._limit:g} s of audio; "
                f"{seconds:.1f} s more do not fit; try again later",
                retry_after_seconds=retry_after(self.held_seconds, self._speed),
            )
        self.held_seconds += seconds

    def release(self, seconds: float) -> None:
        """Let go of what was admitted."""
        # Sums of floats do not always come back to 0, and 0 means empty.
        self.held_seconds = max(round(self.held_seconds - seconds, 6), 0.0)

    def note_speed(self, audio_seconds: float, inference_seconds: float) -> None:
        """Learn from a finished request how fast audio is done."""
        if inference_seconds > 0:
            speed = audio_seconds / inference_seconds
            self._speed += SPEED_WEIGHT * (speed - self._speed)


def retry_after(held_seconds: float, speed: float) -> int:
    """Whole seconds until the held audio should be done at `speed` audio-seconds a second, 1 to 60."""
    return min(max(math.ceil(held_seconds / speed), 1), MAX_RETRY_AFTER_SECONDS)
