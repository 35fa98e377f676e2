"""The stages in order, for one clip: decode, quality, voice activity, engine, transcript.

Blocking, made to run in a worker thread. Knows nothing of requests, queues or metrics.
"""

import time
from dataclasses import dataclass

from model_server import audio, faults, quality, voice_activity
from model_server.audio import Clip
from model_server.engines.engine import Engine
from model_server.faults import Faults
from model_server.quality import InputQuality
from model_server.transcript import SpokenSegment, Transcript, assemble, emptied

STAGES = ("decode", "voice_activity", "inference")


@dataclass(frozen=True)
class Recognition:
    """What one clip came to and what each stage took, in seconds."""

    transcript: Transcript
    quality: InputQuality
    speech_ratio: float
    stage_seconds: dict[str, float]


class Recogniser:
    """One loaded engine with the settings of its stages."""

    def __init__(self, engine: Engine, sample_rate: int, max_segment_seconds: float, vad_mode: int):
        self._engine = engine
        self._sample_rate = sample_rate
        self._max_segment_seconds = max_segment_seconds
        self._vad_mode = vad_mode

    def recognise(self, clip: Clip, fault: Faults, request_id: str) -> Recognition:
        """The words in a clip, with the faults that apply to its request."""
        rate = self._sample_rate
        began = time.monotonic()
        decoded = audio.decode(clip, rate)
        duration = len(decoded) / rate
        waveform = faults.damage(decoded, rate, fault)
        decode_ended = time.monotonic()
        mode = self._vad_mode if fault.vad_mode is None else fault.vad_mode
        frames = voice_activity.speech_frames(waveform, rate, mode)
        speech = voice_activity.segments(frames, len(waveform) / rate)
        chunks = voice_activity.chunks(speech, waveform, rate, self._max_segment_seconds)
        activity_ended = time.monotonic()
        spoken = [
            SpokenSegment(
                chunk,
                self._engine.transcribe(waveform[_samples(chunk.start, rate) : _samples(chunk.end, rate)]),
            )
            for chunk in chunks
        ]
        time.sleep(faults.extra_inference_seconds(time.monotonic() - activity_ended, fault))
        transcript = assemble(spoken, duration)
        if faults.chosen(fault.empty_ratio, "empty_ratio", fault, request_id):
            transcript = emptied(transcript)
        return Recognition(
            transcript=transcript,
            quality=quality.measure(waveform, rate),
            speech_ratio=voice_activity.speech_ratio(frames),
            stage_seconds={
                "decode": decode_ended - began,
                "voice_activity": activity_ended - decode_ended,
                "inference": time.monotonic() - activity_ended,
            },
        )


def _samples(seconds: float, sample_rate: int) -> int:
    return round(seconds * sample_rate)
