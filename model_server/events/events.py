"""Tells a receiver of each transcript and of users' feedback; no request waits for it."""

from collections.abc import Sequence

from model_server.account import Account
from model_server.events.contents import Described, Feedback, Origin, feedback_event, transcript_event
from model_server.events.outbox import Outbox

# Of the time that a pod has to end; its requests may take far longer.
CLOSE_SECONDS = 3.0


class Events:
    """Tells of transcripts and feedback; neither waits for the receiver."""

    def __init__(self, outbox: Outbox, origin: Origin):
        self._outbox = outbox
        self._origin = origin

    @property
    def with_text(self) -> bool:
        """Whether spoken words leave with the events."""
        return self._origin.with_text

    def start(self) -> None:
        """Begin to send."""
        self._outbox.start()

    def tell_transcripts(self, account: Account, clips: Sequence[Described]) -> None:
        """Tell of a request that was answered; dropped and counted where there is no room."""
        self._outbox.offer(transcript_event(self._origin, account, clips))

    def tell_feedback(self, feedback: Feedback) -> bool:
        """Tell what a user did; False where there is no room."""
        return self._outbox.offer(feedback_event(self._origin, feedback))

    async def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Send what waits, for at most `seconds`."""
        await self._outbox.close(seconds)
