"""Encoder and decoder: the kept keys change nothing, the known silence little, and weights must fit."""

import pytest
import soundfile
import soxr
import torch

from model_server.engines.arithmetic import Arithmetic
from model_server.engines.weights import Weights
from model_server.engines.whisper_mel import LogMel
from model_server.engines.whisper_network import Decoder, Encoder

TOKENS = [50258, 50259, 50359, 50363, 440, 1702, 3699, 21831]


@pytest.fixture(scope="module")
def weights(artefact, exact):
    return Weights(artefact.path("model.safetensors"), exact)


@pytest.fixture(scope="module")
def encoder(weights):
    return Encoder(weights)


@pytest.fixture(scope="module")
def decoder(weights):
    return Decoder(weights)


@pytest.fixture(scope="module")
def mel(artefact):
    """Frames of the self-test's clip, as many as asked for."""
    samples, rate = soundfile.read(artefact.path("self-test.wav"), dtype="float32")
    samples = soxr.resample(samples, rate, 16_000)
    return lambda frames: LogMel(80)(samples, frames)


def test_sizes_are_those_of_the_paper(encoder, decoder):
    assert (encoder.width, encoder.mels, encoder.frames) == (512, 80, 1_500)
    assert (decoder.shape, decoder.max_tokens, decoder.vocabulary_size) == ((6, 8), 448, 51_865)


def test_steps_give_the_logits_of_one_pass(encoder, decoder, mel):
    encoded = encoder(mel(400)).output
    at_once = decoder.step(TOKENS, 0, decoder.listen(encoded))
    kept = decoder.listen(encoded)
    decoder.step(TOKENS[:4], 0, kept)
    for at in range(4, len(TOKENS)):
        logits = decoder.step(TOKENS[at : at + 1], at, kept)

    assert logits.numpy() == pytest.approx(at_once.numpy(), abs=1e-3)


def test_bfloat16_hears_nearly_the_same(artefact, encoder, mel):
    rounded = Encoder(Weights(artefact.path("model.safetensors"), Arithmetic("bfloat16", None)))

    silence = torch.full((1, 80, 3_000), float(mel(3_000).min()))
    exact, rough = (each(mel(400), each(silence)).output[0] for each in (encoder, rounded))

    assert rough.dtype == torch.float32
    assert (rough != exact).any()
    # 0.026 here. One rounding is off by 1/512 at most, and six blocks go on from each; 8 bits, 0.15.
    assert (rough - exact).norm() / exact.norm() < 0.05


def test_known_silence_stands_for_the_rest_of_the_window(encoder, mel):
    whole = mel(3_000)
    silence = encoder(torch.full((1, 80, 3_000), float(whole.min())))

    full = encoder(whole).output[0, :200]
    alike = torch.cosine_similarity(encoder(mel(400), silence).output[0], full, dim=-1)
    alone = torch.cosine_similarity(encoder(mel(400)).output[0], full, dim=-1)

    assert alike.mean() > 0.95
    assert alike.mean() > alone.mean()


def test_decoder_hears_clip_and_known_silence_as_one(encoder, decoder, mel):
    silence = encoder(torch.full((1, 80, 3_000), float(mel(3_000).min())))
    clip = encoder(mel(400), silence).output
    joined = torch.cat((clip, silence.output[:, 200:]), dim=1)

    apart = decoder.step(TOKENS, 0, decoder.listen(clip, decoder.listen(silence.output)))

    assert apart.numpy() == pytest.approx(decoder.step(TOKENS, 0, decoder.listen(joined)).numpy(), abs=1e-3)
