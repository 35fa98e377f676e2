"""The events of a realtime transcription session, in OpenAI's words; knows nothing of when they are due."""

import base64
import binascii
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_server import g711
from model_server.errors import EventError
from model_server.protocols.realtime_settings import PCMA, PCMU

Event = dict[str, Any]
UPDATE, APPEND = "session.update", "input_audio_buffer.append"
COMMIT, CLEAR = "input_audio_buffer.commit", "input_audio_buffer.clear"
CLIENT_EVENTS = (UPDATE, APPEND, COMMIT, CLEAR)
CLEARED = "input_audio_buffer.cleared"
TRANSCRIPTION = "conversation.item.input_audio_transcription"
MAX_ECHOED_CHARACTERS = 128


def read_event(message: str | bytes) -> Event:
    """The client's event: a JSON object with a type, which need not be known."""
    if isinstance(message, bytes):
        raise EventError("events are JSON in text messages, not binary ones", code="invalid_json")
    try:
        event = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise EventError(f"the event is not JSON: {error}", code="invalid_json") from error
    if not isinstance(event, dict):
        raise EventError("the event must be a JSON object with a type", code="invalid_json")
    return event


def client_id(event: Event) -> str | None:
    """The event_id that the client gave, to be said back where the event is at fault."""
    given = event.get("event_id")
    return given[:MAX_ECHOED_CHARACTERS] if isinstance(given, str) else None


def read_samples(event: Event, encoding: str) -> NDArray[np.int16]:
    """The 16-bit samples of an append."""
    audio = event.get("audio")
    if not isinstance(audio, str):
        raise EventError("must be base64 text", "audio")
    try:
        data = base64.b64decode(audio, validate=True)
    except (binascii.Error, ValueError) as error:
        raise EventError(f"is not base64: {error}", "audio") from error
    if encoding == PCMU:
        return g711.decode_ulaw(data)
    if encoding == PCMA:
        return g711.decode_alaw(data)
    if len(data) % 2:
        raise EventError(f"must hold whole 16-bit samples, not {len(data)} bytes", "audio")
    return np.frombuffer(data, dtype="<i2").astype(np.int16, copy=False)


def error_event(error: EventError, about: str | None) -> Event:
    """What is wrong with the client's event `about`."""
    return _error("invalid_request_error", error.code, error.sentence, error.param, about)


def server_error(code: str, sentence: str) -> Event:
    """Why the session, through no event's fault, ends."""
    return _error("server_error", code, sentence, None, None)


def _error(kind: str, code: str, sentence: str, param: str | None, about: str | None) -> Event:
    error = {"type": kind, "code": code, "message": sentence, "param": param, "event_id": about}
    return {"type": "error", "error": error}


def speech_started(item_id: str, start_ms: int) -> Event:
    """Somebody speaks; the item is announced."""
    return {"type": "input_audio_buffer.speech_started", "item_id": item_id, "audio_start_ms": start_ms}


def speech_stopped(item_id: str, end_ms: int) -> Event:
    """Nobody speaks any more."""
    return {"type": "input_audio_buffer.speech_stopped", "item_id": item_id, "audio_end_ms": end_ms}


def committed(item_id: str, previous: str | None) -> list[Event]:
    """The buffer became an item of the conversation."""
    content = [{"type": "input_audio", "transcript": None}]
    item = {
        **{"id": item_id, "object": "realtime.item", "type": "message", "status": "completed"},
        **{"role": "user", "content": content},
    }
    return [
        {"type": "input_audio_buffer.committed", "item_id": item_id, "previous_item_id": previous},
        {"type": "conversation.item.added", "item": item, "previous_item_id": previous},
        {"type": "conversation.item.done", "item": item, "previous_item_id": previous},
    ]


def delta(item_id: str, text: str) -> Event:
    """More words of an item."""
    return {"type": f"{TRANSCRIPTION}.delta", "item_id": item_id, "content_index": 0, "delta": text}


def completed(item_id: str, transcript: str, seconds: float) -> Event:
    """The words of an item of so many seconds."""
    usage = {"type": "duration", "seconds": round(seconds, 3)}
    return {
        **{"type": f"{TRANSCRIPTION}.completed", "item_id": item_id, "content_index": 0},
        **{"transcript": transcript, "usage": usage},
    }


def failed(item_id: str, code: str, sentence: str) -> Event:
    """An item whose words nobody will know."""
    error = {"type": "transcription_error", "code": code, "message": sentence, "param": None}
    return {"type": f"{TRANSCRIPTION}.failed", "item_id": item_id, "content_index": 0, "error": error}
