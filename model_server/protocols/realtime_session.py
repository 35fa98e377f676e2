"""One realtime transcription session: events in, events and utterances out.

A state machine that does nothing by itself: it is told what a client sent and what was heard, and says
what to send and what to transcribe. Time is that of the audio. Knows nothing of sockets, queues or models.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from model_server.agreement import Agreement
from model_server.errors import EventError
from model_server.listening import FRAME_MS, Listener
from model_server.protocols import realtime_events as events
from model_server.protocols.realtime_audio import AudioBuffer, Utterance
from model_server.protocols.realtime_events import Event
from model_server.protocols.realtime_settings import SessionSettings, updated
from model_server.turns import Started, TurnDetector

# OpenAI refuses to commit less.
MIN_COMMIT_SECONDS = 0.1
# A hypothesis that took long is followed by so many times as long without one, so that partial
# transcripts take at most a fourth of an engine and make way under load.
PARTIAL_REST = 3.0


@dataclass(frozen=True)
class SessionLimits:
    """What a session may hold, in seconds of audio.

    A turn of `max_turn_seconds` is cut; without turn detection `max_buffer_seconds` wait for a commit.
    After `partial_seconds` of new speech a partial transcript is due.
    """

    max_turn_seconds: float
    vad_mode: int
    max_buffer_seconds: float
    partial_seconds: float = 0.8


Output: TypeAlias = Event | Utterance


@dataclass
class _Speech:
    """The turn under way."""

    item_id: str
    asked_until: int  # the position up to which a partial transcript was asked for


class RealtimeSession:
    """The session `session_id`, which ends at `expires_at` (Unix time) at the latest."""

    def __init__(self, session_id: str, settings: SessionSettings, limits: SessionLimits, expires_at: int):
        self.session_id = session_id
        self.refused_events = 0
        self._settings = settings
        self._limits = limits
        self._expires_at = expires_at
        self._audio = AudioBuffer()
        self._speech: _Speech | None = None
        self._agreements: dict[str, Agreement] = {}
        self._partial_seconds = limits.partial_seconds
        self._previous: str | None = None
        self.items = 0
        self._events = 0
        self._stem = session_id.removeprefix("sess_")
        self._listen()

    def created(self) -> Event:
        """The first event."""
        return self._stamped({"type": "session.created", "session": self._described()})

    def receive(self, message: str | bytes) -> list[Output]:
        """What one message of the client leads to; what is wrong with it leads to an error event."""
        about = None
        try:
            event = events.read_event(message)
            about = events.client_id(event)
            return self._obey(event)
        except EventError as error:
            self.refused_events += 1
            return [self._stamped(events.error_event(error, about))]

    def partial(self) -> Utterance | None:
        """The turn under way, where enough was spoken since it was last asked for."""
        speech, rate = self._speech, self._settings.format.sample_rate
        if speech is None or self._audio.end - speech.asked_until < self._partial_seconds * rate:
            return None
        speech.asked_until = self._audio.end
        return Utterance(speech.item_id, self._audio.all(), rate)

    def heard(self, item_id: str, hypothesis: str, took_seconds: float) -> list[Event]:
        """What a partial transcript, which took so long, adds to an item."""
        self._partial_seconds = max(self._limits.partial_seconds, PARTIAL_REST * took_seconds)
        agreement = self._agreements.get(item_id)
        text = agreement.hear(hypothesis) if agreement else ""
        return [self._stamped(events.delta(item_id, text))] if text else []

    def completed(
        self, utterance: Utterance, transcript: str, judgement: Mapping[str, Any] | None = None
    ) -> list[Event]:
        """The item's words, with fields of what is thought of them.

        The last of them come before, as a delta, where they go on from those that were shown.
        """
        agreement = self._agreements.pop(utterance.item_id, Agreement())
        rest = agreement.finish(transcript)
        last = [events.delta(utterance.item_id, rest)] if rest else []
        done = events.completed(utterance.item_id, transcript, utterance.seconds)
        return [self._stamped(event) for event in (*last, {**done, **(judgement or {})})]

    def failed(self, utterance: Utterance, code: str, sentence: str) -> Event:
        """The item's words are lost."""
        self._agreements.pop(utterance.item_id, None)
        return self._stamped(events.failed(utterance.item_id, code, sentence))

    def ended(self, code: str, sentence: str) -> Event:
        """Why the server ends the session."""
        return self._stamped(events.server_error(code, sentence))

    def finish(self) -> list[Output]:
        """Nothing more will come: the turn under way, if any, is committed as it is."""
        return self._commit_all() if self._speech is not None else []

    def _obey(self, event: Event) -> list[Output]:
        match event.get("type"):
            case events.APPEND:
                return self._append(event)
            case events.COMMIT:
                return self._client_commit()
            case events.CLEAR:
                return self._clear()
            case events.UPDATE:
                return self._update(event.get("session"))
            case other:
                allowed = ", ".join(events.CLIENT_EVENTS)
                raise EventError(f"must be one of {allowed}, not {other!r:.80}", "type", "unknown_event")

    def _update(self, given: object) -> list[Output]:
        after, before = updated(self._settings, given), self._settings
        if after.format != before.format and self._audio.end > 0:
            raise EventError("can change only before the first audio", "session.audio.input.format")
        waiting = self._speech is not None or (before.turns is None and self._audio.end > self._audio.start)
        if after.turns != before.turns and waiting:
            path = "session.audio.input.turn_detection"
            raise EventError("can change only between utterances: commit or clear first", path)
        self._settings = after
        if (after.format, after.turns) != (before.format, before.turns):
            self._listen()
        return [self._stamped({"type": "session.updated", "session": self._described()})]

    def _listen(self) -> None:
        """Begin to look for turns from the next sample on."""
        settings, limits = self._settings, self._limits
        self._audio.take(self._audio.end)
        self._origin = self._audio.end
        self._listener = Listener(settings.format.sample_rate, limits.vad_mode)
        self._turns = TurnDetector(settings.turns, limits.max_turn_seconds) if settings.turns else None

    def _append(self, event: Event) -> list[Output]:
        samples = events.read_samples(event, self._settings.format.encoding)
        rate = self._settings.format.sample_rate
        if self._turns is not None:
            self._audio.append(samples)
            return self._follow(self._turns, samples)
        seconds, most = self._audio.seconds(rate) + len(samples) / rate, self._limits.max_buffer_seconds
        if seconds > most:
            sentence = f"the buffer holds at most {most:g} s, not {seconds:.1f} s: commit or clear first"
            raise EventError(sentence, code="input_audio_buffer_full")
        self._audio.append(samples)
        return []

    def _follow(self, turns: TurnDetector, samples: NDArray[np.int16]) -> list[Output]:
        """The beginnings and ends of turns in these samples."""
        output: list[Output] = []
        for frame in self._listener.hear(samples):
            for edge in turns.hear(frame):
                position = self._position(edge.frame)
                if isinstance(edge, Started):
                    output.append(self._begin(position))
                elif self._speech is not None:
                    stopped = events.speech_stopped(self._speech.item_id, self._milliseconds(position))
                    output += [self._stamped(stopped), *self._commit(position)]
        self._audio.take(self._position(turns.earliest))
        return output

    def _begin(self, position: int) -> Event:
        self._audio.take(position)
        self._speech = _Speech(self._new_item(), self._audio.start)
        start_ms = self._milliseconds(self._audio.start)
        return self._stamped(events.speech_started(self._speech.item_id, start_ms))

    def _client_commit(self) -> list[Output]:
        held, needed = self._audio.seconds(self._settings.format.sample_rate), MIN_COMMIT_SECONDS
        code = "input_audio_buffer_commit_empty"
        if self._turns is not None and self._speech is None:
            raise EventError("nobody speaks, and with turn detection only speech is kept", code=code)
        if held < needed:
            raise EventError(
                f"the buffer must hold {needed:g} s to be committed, not {held:.3f} s", code=code
            )
        return self._commit_all()

    def _commit_all(self) -> list[Output]:
        if self._turns is not None:
            self._turns.end()
        return self._commit(self._audio.end)

    def _commit(self, position: int) -> list[Output]:
        item_id = self._speech.item_id if self._speech is not None else self._new_item()
        self._speech = None
        told = [self._stamped(event) for event in events.committed(item_id, self._previous)]
        self._previous = item_id
        return [*told, Utterance(item_id, self._audio.take(position), self._settings.format.sample_rate)]

    def _clear(self) -> list[Output]:
        self._audio.take(self._audio.end)
        if self._turns is not None:
            self._turns.end()
        if self._speech is not None:
            del self._agreements[self._speech.item_id]
            self._speech = None
        return [self._stamped({"type": events.CLEARED})]

    def _new_item(self) -> str:
        self.items += 1
        item_id = f"item_{self._stem}_{self.items}"
        self._agreements[item_id] = Agreement()
        return item_id

    def _stamped(self, event: Event) -> Event:
        self._events += 1
        return {"event_id": f"event_{self._stem}_{self._events}", **event}

    def _described(self) -> Event:
        return {"id": self.session_id, "expires_at": self._expires_at, **self._settings.described()}

    def _position(self, frame: int) -> int:
        """The first sample of a frame."""
        return self._origin + frame * self._settings.format.sample_rate * FRAME_MS // 1000

    def _milliseconds(self, position: int) -> int:
        return round(position * 1000 / self._settings.format.sample_rate)
