"""One request through the queue and the worker: deadline, refusals, faults, figures."""

import asyncio

import pytest
from prometheus_client import CollectorRegistry

from model_server.account import Account
from model_server.errors import DeadlineError, DrainingError, InjectedError, QueueFullError
from model_server.faults import NO_FAULTS, Faults
from model_server.lifecycle import Lifecycle
from model_server.metrics import Metrics
from model_server.pipeline import Recogniser
from model_server.service import Service


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def serve(counting_engine, registry):
    """Runs `work(service)` on a loaded service with these options."""

    def serve(work, faults=NO_FAULTS, queue_seconds=60.0, deadline_seconds=30.0, loaded=True):
        async def run():
            service = Service(Metrics(registry), Lifecycle(), faults, queue_seconds, deadline_seconds)
            if loaded:
                await service.load(lambda: Recogniser(counting_engine, 16_000, 24, vad_mode=1))
            try:
                return await work(service)
            finally:
                service.stop()

        return asyncio.run(run())

    return serve


def account(traffic="user"):
    return Account("r", traffic)


def test_answer_has_its_figures(serve, registry, voice_clip):
    known = account()

    transcripts = serve(lambda service: service.transcribe([voice_clip, voice_clip], known))

    assert len(transcripts) == 2
    assert known.audio_seconds == 4
    assert registry.get_sample_value("asr_audio_seconds_total", {"traffic": "user"}) == 4
    assert registry.get_sample_value("asr_queue_audio_seconds") == 0


def test_full_queue_refuses_and_keeps_what_it_took(serve, voice_clip):
    async def work(service):
        return await asyncio.gather(
            *(service.transcribe([voice_clip], account()) for _ in range(4)), return_exceptions=True
        )

    answers = serve(work, faults=Faults(inference_delay_seconds=0.05), queue_seconds=5)

    assert [isinstance(answer, QueueFullError) for answer in answers] == [False, False, True, True]


def test_deadline_is_checked_when_the_request_leaves_the_queue(serve, voice_clip):
    async def work(service):
        return await asyncio.gather(
            *(service.transcribe([voice_clip], account()) for _ in range(2)), return_exceptions=True
        )

    first, second = serve(work, faults=Faults(inference_delay_seconds=0.2), deadline_seconds=0.1)

    assert first[0].duration == 2
    assert isinstance(second, DeadlineError)


def test_deadline_leaves_the_upload_out(serve, voice_clip):
    slowly_sent = account()
    slowly_sent.started -= 60
    slowly_sent.take()

    assert serve(lambda service: service.transcribe([voice_clip], slowly_sent))[0].words > 0


def test_fault_error_hits_only_its_traffic(serve, voice_clip):
    async def work(service):
        probe = await asyncio.gather(
            service.transcribe([voice_clip], account("probe")), return_exceptions=True
        )
        user = await service.transcribe([voice_clip], account("user"))
        return probe[0], user

    probe, user = serve(work, faults=Faults(error_ratio=1, traffic="probe"))

    assert isinstance(probe, InjectedError)
    assert user[0].words > 0


def test_request_before_the_model_waits_for_it(serve, counting_engine, voice_clip):
    async def work(service):
        loading = asyncio.create_task(service.load(lambda: Recogniser(counting_engine, 16_000, 24, 1)))
        await asyncio.sleep(0)
        transcripts = await service.transcribe([voice_clip], account())
        await loading
        return transcripts

    assert serve(work, loaded=False)[0].words > 0


def test_request_taken_before_the_drain_ended_is_finished(serve, voice_clip):
    async def work(service):
        service.lifecycle.close()
        return await service.transcribe([voice_clip], account())

    assert serve(work)[0].words > 0


def test_request_after_the_stop_is_refused(serve, voice_clip):
    async def work(service):
        service.stop()
        await service.transcribe([voice_clip], account())

    with pytest.raises(DrainingError):
        serve(work)
