"""One request through the queue and an engine: deadline, refusals, faults, cancellation, figures."""

import asyncio
import errno
import os
import threading
import time
from contextlib import aclosing

import pytest

from model_server.audio import read_header
from model_server.content import Content
from model_server.errors import (
    BadAudioError,
    CallerLimitError,
    DeadlineError,
    DrainingError,
    InjectedError,
    InternalError,
    QueueFullError,
)
from model_server.faults import Faults
from model_server.inference import engine_process
from model_server.transcript import Transcript

from .served import account, several


def test_answer_has_its_figures(serve, registry, voice_clip):
    known = account()

    transcripts = serve(lambda service: service.transcribe([voice_clip, voice_clip], known))

    assert len(transcripts) == 2
    assert known.audio_seconds == 4
    assert registry.get_sample_value("asr_audio_seconds_total", {"traffic": "user"}) == 4
    assert registry.get_sample_value("asr_queue_audio_seconds") == 0


@pytest.mark.parametrize(("clips", "empty"), [("silence silence", 1), ("silence voice", 0), ("voice", 0)])
def test_request_is_empty_once_and_when_no_clip_of_it_has_a_word(
    serve, registry, voice_clip, silent_clip, clips, empty
):
    known = {"silence": silent_clip, "voice": voice_clip}
    asked = [known[name] for name in clips.split()]

    serve(lambda service: service.transcribe(asked, account()))

    assert registry.get_sample_value("asr_empty_transcripts_total", {"traffic": "user"}) == empty


def test_stream_grows_into_the_transcript(serve, voice_clip):
    async def work(service):
        return [piece async for piece in service.stream(voice_clip, account())]

    *deltas, transcript = serve(work)

    assert len(deltas) > 10
    assert "".join(deltas) == transcript.text


def test_full_queue_refuses_and_keeps_what_it_took(serve, voice_clip):
    answers = serve(
        lambda service: several(service, voice_clip, 4),
        faults=Faults(inference_delay_seconds=0.05),
        queue_seconds=5,
    )

    assert [isinstance(answer, QueueFullError) for answer in answers] == [False, False, True, True]


def test_one_callers_queue_is_not_anothers(serve, voice_clip):
    async def work(service):
        return await asyncio.gather(
            several(service, voice_clip, 2, caller="anna"), several(service, voice_clip, 1, caller="boris")
        )

    anna, boris = serve(work, faults=Faults(inference_delay_seconds=0.05), caller_seconds=3)

    assert [isinstance(answer, CallerLimitError) for answer in anna] == [False, True]
    assert boris[0][0].word_count > 0


def test_deadline_ends_the_wait(serve, voice_clip):
    faults = Faults(inference_delay_seconds=0.2)

    first, second = serve(
        lambda service: several(service, voice_clip, 2), faults=faults, deadline_seconds=0.1
    )

    assert first[0].duration == 2
    assert isinstance(second, DeadlineError)


def test_who_waited_in_vain_comes_back_when_the_others_are_done(serve, voice_clip):
    async def work(service):
        long = asyncio.create_task(service.transcribe([voice_clip] * 30, account()))
        await asyncio.sleep(0)
        with pytest.raises(DeadlineError) as refusal:
            await service.transcribe([voice_clip] * 20, account(timeout="50"))
        long.cancel()
        return refusal.value.retry_after_seconds

    assert (
        serve(work, faults=Faults(inference_delay_seconds=0.2), queue_seconds=200) == 12
    )  # 60 s, 5 a second


def test_request_may_ask_for_less_than_the_longest_deadline(serve, voice_clip):
    async def work(service):
        patient = asyncio.create_task(service.transcribe([voice_clip], account()))
        await asyncio.sleep(0)
        with pytest.raises(DeadlineError, match=r"longer than the deadline of 0\.05 s"):
            await service.transcribe([voice_clip], account(timeout="50"))
        return await patient

    assert serve(work, faults=Faults(inference_delay_seconds=0.3))[0].word_count > 0


def test_deadline_leaves_the_upload_out(serve, voice_clip):
    slowly_sent = account()
    slowly_sent.started -= 60
    slowly_sent.take()

    assert serve(lambda service: service.transcribe([voice_clip], slowly_sent))[0].word_count > 0


def test_fault_error_hits_only_its_traffic(serve, voice_clip):
    async def work(service):
        probe = await several(service, voice_clip, 1, traffic="probe")
        return probe[0], await service.transcribe([voice_clip], account("user"))

    probe, user = serve(work, faults=Faults(error_ratio=1, traffic="probe"))

    assert isinstance(probe, InjectedError)
    assert user[0].word_count > 0


def test_request_before_the_model_waits_for_it(serve, voice_clip):
    loaded = threading.Event()

    async def work(service):
        early = asyncio.create_task(service.transcribe([voice_clip], account()))
        await asyncio.sleep(0)
        loaded.set()
        return await early

    assert serve(work, loaded=loaded)[0].word_count > 0


def test_request_taken_before_the_drain_ended_is_finished(serve, voice_clip):
    async def work(service):
        service.lifecycle.close()
        return await service.transcribe([voice_clip], account())

    assert serve(work)[0].word_count > 0


def test_request_after_the_stop_is_refused(serve, voice_clip):
    async def work(service):
        service._pool.stop()
        await service.transcribe([voice_clip], account())

    with pytest.raises(DrainingError):
        serve(work)


class EndlessEngine:
    """Never comes to an end, unless it is told to."""

    def transcribe(self, waveform, alone=False):
        while True:
            yield self

    text, confidence, words = "again", None, ()


def test_cancelled_request_frees_the_engine_and_the_queue(serve, registry, voice_clip):
    async def work(service):
        for _ in range(2):
            async with aclosing(service.stream(voice_clip, account())) as pieces:
                assert await anext(pieces) == "again"

    serve(work, engine=EndlessEngine())

    assert registry.get_sample_value("asr_queue_audio_seconds") == 0


class BrokenEngine:
    """Raises what nobody foresaw at the first waveform, and works from then on."""

    def __init__(self, engine):
        self._engine = engine
        self._broken = True

    def transcribe(self, waveform, alone=False):
        if self._broken:
            self._broken = False
            raise RuntimeError("no such kernel")
        return self._engine.transcribe(waveform)


class HungEngine:
    """Says a word, then nothing for a while, even if it is given up."""

    def __init__(self, silence_seconds):
        self._silence_seconds = silence_seconds

    def transcribe(self, waveform, alone=False):
        try:
            yield self
        finally:
            time.sleep(self._silence_seconds)
        yield self

    text, confidence, words = "again", None, ()


@pytest.fixture
def hangs_after(monkeypatch):
    """Sets when an engine hangs: so many seconds, and so many for each second of audio."""

    def set_limits(seconds, ratio):
        monkeypatch.setattr(engine_process, "HANGS_AFTER_SECONDS", seconds)
        monkeypatch.setattr(engine_process, "HANGS_AFTER_RATIO", ratio)

    return set_limits


def test_engine_that_hangs_is_replaced_when_its_client_has_left(serve, voice_clip, hangs_after):
    hangs_after(0.2, 1000)  # who waits for long audio waits long, who has left does not

    async def work(service):
        async with aclosing(service.stream(voice_clip, account())) as pieces:
            assert await anext(pieces) == "again"
        async with asyncio.timeout(1):
            while service.lifecycle.ready:
                await asyncio.sleep(0.01)
        while not service.lifecycle.ready:
            await asyncio.sleep(0.01)

    serve(work, engine=HungEngine(1.5))


def test_stream_whose_engine_hangs_breaks_off(serve, registry, voice_clip, hangs_after):
    hangs_after(0.2, 0)

    async def work(service):
        pieces = service.stream(voice_clip, account())
        # As in an answer: the first piece is waited for by one task, the rest by another.
        assert await asyncio.create_task(anext(pieces)) == "again"
        with pytest.raises(InternalError, match="did not finish"):
            await asyncio.create_task(anext(pieces))
        await pieces.aclose()
        while not registry.get_sample_value("asr_engine_restarts_total"):
            await asyncio.sleep(0.01)

    serve(work, engine=HungEngine(1))

    assert registry.get_sample_value("asr_queue_audio_seconds") == 0


def test_engine_that_cannot_be_replaced_yet_is_replaced_later(serve, voice_clip):
    async def work(service):
        pool, start = service._pool, service._pool._start
        attempts = []

        def start_at_last():
            attempts.append(1)
            if len(attempts) < 3:
                raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            return start()

        pool._start, pool._restart_seconds = start_at_last, 0.01
        pool._engines[0]._process.kill()
        while service.lifecycle.ready:
            await asyncio.sleep(0.01)
        return await service.transcribe([voice_clip], account())

    assert serve(work)[0].word_count > 0


def test_engine_that_fails_fails_one_request(serve, counting_engine, voice_clip):
    first, second = serve(
        lambda service: several(service, voice_clip, 2), engine=BrokenEngine(counting_engine)
    )

    assert isinstance(first, InternalError)
    assert isinstance(second[0], Transcript)


def test_audio_found_bad_while_decoding_is_refused(serve, make_file, make_tone):
    content = make_file(make_tone(3.0, 16_000), 16_000, "FLAC")
    clip = read_header(Content.of(content[: len(content) // 2]), max_seconds=5)

    with pytest.raises(BadAudioError, match=r"ends after|cannot be decoded"):
        serve(lambda service: service.transcribe([clip], account()))


def test_engine_that_dies_fails_one_request_and_is_replaced(serve, registry, voice_clip):
    async def work(service):
        running = asyncio.create_task(service.transcribe([voice_clip], account()))
        await asyncio.sleep(0.05)
        (engine,) = service._pool._engines
        engine._end()
        with pytest.raises(InternalError, match="the engine process died"):
            await running
        assert not service.lifecycle.ready
        return await service.transcribe([voice_clip], account())

    assert serve(work, faults=Faults(inference_delay_seconds=0.2))[0].word_count > 0
    assert registry.get_sample_value("asr_engine_restarts_total") == 1


@pytest.mark.parametrize(("traffic", "alone"), [("probe", True), ("user", False), ("load", False)])
def test_probe_alone_shares_no_steps(serve, voice_clip, counting_engine, traffic, alone):
    asked = []

    class Engine:
        def transcribe(self, waveform, alone=False):
            asked.append(alone)
            return counting_engine.transcribe(waveform)

    serve(lambda service: service.transcribe([voice_clip], account(traffic)), engine=Engine())

    assert asked == [alone]
