"""Two requests on one engine process: a step of each in turn, and what becomes of both when it dies."""

import asyncio
import time

import pytest

from model_server.audio import read_header
from model_server.content import Content
from model_server.errors import InternalError

from .served import account, several


class SlowEngine:
    """A word each tenth of a second of sound, each of which takes so long."""

    def __init__(self, engine, step_seconds):
        self._engine = engine
        self._step_seconds = step_seconds

    def transcribe(self, waveform, alone=False):
        for hypothesis in self._engine.transcribe(waveform):
            time.sleep(self._step_seconds)
            yield hypothesis


def test_short_audio_does_not_wait_for_the_end_of_long(serve, voice_clip, counting_engine):
    async def work(service):
        long = asyncio.create_task(service.transcribe([voice_clip] * 20, account()))
        await asyncio.sleep(0.05)
        short = await service.transcribe([voice_clip], account())
        return short, long.done(), await long

    short, over, long = serve(work, engine=SlowEngine(counting_engine, 0.002), places=2)

    assert not over
    assert [transcript.text for transcript in long] == [short[0].text] * 20


def test_cancelled_request_leaves_its_company_alone(serve, registry, voice_clip, counting_engine):
    async def work(service):
        left = asyncio.create_task(service.transcribe([voice_clip] * 20, account()))
        stays = asyncio.create_task(service.transcribe([voice_clip] * 3, account()))
        await asyncio.sleep(0.05)
        left.cancel()
        heard = await stays
        # Both places are free again.
        return heard, await several(service, voice_clip, 2)

    heard, after = serve(work, engine=SlowEngine(counting_engine, 0.002), places=2)

    assert all(transcript.word_count > 0 for transcript in heard)
    assert all(answer[0].word_count > 0 for answer in after)
    assert registry.get_sample_value("asr_queue_audio_seconds") == 0


def test_engine_that_dies_costs_none_of_several_requests_anything(
    serve, registry, voice_clip, counting_engine
):
    async def work(service):
        running = several(service, voice_clip, 2)
        await asyncio.sleep(0.05)
        service._pool._engines[0]._process.kill()
        return await running

    answers = serve(work, engine=SlowEngine(counting_engine, 0.01), places=2)

    assert all(answer[0].word_count > 0 for answer in answers)
    assert registry.get_sample_value("asr_engine_restarts_total") == 1


class PoisonedEngine(SlowEngine):
    """Dies at a clip of three seconds."""

    def __init__(self, engine, step_seconds):
        super().__init__(engine, step_seconds)
        self.kill = None

    def transcribe(self, waveform, alone=False):
        for hypothesis in super().transcribe(waveform):
            if len(waveform) > 40_000:
                self.kill()
                raise BrokenPipeError
            yield hypothesis


def test_who_was_beside_a_request_that_kills_engines_is_heard(
    serve, registry, make_file, make_voice, voice_clip, counting_engine
):
    poison = read_header(Content.of(make_file(make_voice(3.0), 16_000)), max_seconds=5)
    killed = []

    async def work(service):
        engine.kill = lambda: (killed.append(1), service._pool._engines[0]._process.kill())
        return await asyncio.gather(
            *(service.transcribe([clip], account()) for clip in (poison, voice_clip)), return_exceptions=True
        )

    engine = PoisonedEngine(counting_engine, 0.01)
    culprit, beside = serve(work, engine=engine, places=2)

    assert isinstance(culprit, InternalError)
    assert beside[0].word_count > 0
    assert len(killed) == 2


def test_each_wait_for_a_turn_is_counted_once(serve, registry, voice_clip, counting_engine):
    asked = [account(), account()]

    async def work(service):
        running = asyncio.gather(*(service.transcribe([voice_clip], each) for each in asked))
        await asyncio.sleep(0.05)
        service._pool._engines[0]._process.kill()
        await running

    serve(work, engine=SlowEngine(counting_engine, 0.01), places=2)

    assert sum(each.queue_seconds for each in asked) > 0.5  # the second engine is a while in coming
    assert registry.get_sample_value("asr_queue_wait_seconds_sum") == pytest.approx(
        sum(each.queue_seconds for each in asked)
    )
