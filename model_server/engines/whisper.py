"""Stage 4, engine `torch`: Whisper in torch, decoded greedily, with confidences and times of words.

Whisper hears 30 s, most of them silence after a short clip; what that silence comes to in the encoder is
taken once, when the engine is loaded, and only the clip itself is encoded. The clip's frames attend to the
silence as ever; only what the silence would hear of the clip is left out. Knows nothing of digests,
requests or metrics.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model_server.artefact.manifest import Artefact
from model_server.confidence import token_confidence, utterance_confidence
from model_server.engines.arithmetic import Cpu, arithmetic
from model_server.engines.weights import Weights
from model_server.engines.whisper_mel import FRAMES_PER_SECOND, SAMPLE_RATE, LogMel
from model_server.engines.whisper_network import Decoder, Encoder, Kept, attention
from model_server.engines.whisper_timing import word_times
from model_server.engines.whisper_tokens import Vocabulary, read_rules, read_vocabulary
from model_server.errors import ArtefactError
from model_server.log import LOGGER
from model_server.transcript import Word
from model_server.waveform import Waveform

WEIGHTS, VOCABULARY, RULES = "model.safetensors", "vocabulary.txt", "config.json"
# Beyond the rate of fast speech a greedy decoder is repeating itself; a few tokens more let short words end.
SPARE_TOKENS = 4
# The encoder's convolutions take two frames of the spectrogram, 10 ms each, as one.
MEL_FRAMES = 2
# The silence encoded with a clip, so that its end is heard as one, and the level of all silence: usual speech
# has a loudest power of about 10^0.8, and what is 8 decades below that is (0.8 - 8 + 4) / 4.
SILENCE_SECONDS, SILENCE_LEVEL = 1.0, -0.8


@dataclass(frozen=True)
class Heard:
    """The decoder's tokens so far, how sure it was of each, and what tells where it looked."""

    vocabulary: Vocabulary
    tokens: list[int]
    confidences: list[float]
    looks: Callable[[], NDArray[np.float32]]
    seconds: float

    @property
    def text(self) -> str:
        """The words."""
        return self.vocabulary.text(self.tokens)

    @property
    def confidence(self) -> float | None:
        """The mean of the tokens' confidences."""
        return utterance_confidence(self.confidences)

    @property
    def words(self) -> tuple[Word, ...]:
        """The words with their times, found anew whenever this is read."""
        return word_times(self.vocabulary.words(self.tokens), self.looks(), self.seconds)


class WhisperTorch:
    """Whisper from safetensors with the names of Hugging Face's openai/whisper-*."""

    def __init__(self, artefact: Artefact, threads: int, cpu: Cpu):
        torch.set_num_threads(threads)
        if artefact.sample_rate != SAMPLE_RATE:
            raise ArtefactError(f"Whisper's sample_rate must be {SAMPLE_RATE}, not {artefact.sample_rate}")
        numbers = arithmetic(artefact.precision or "fp32", cpu)
        LOGGER.info("the layers' arithmetic is chosen", extra=asdict(numbers))
        weights = Weights(artefact.path(WEIGHTS), numbers)
        self._encoder = Encoder(weights)
        self._decoder = Decoder(weights)
        self._mel = LogMel(self._encoder.mels)
        self._vocabulary = read_vocabulary(artefact.path(VOCABULARY))
        self._rules = read_rules(artefact.path(RULES), len(self._vocabulary), self._decoder.shape)
        if len(self._vocabulary) != self._decoder.vocabulary_size:
            raise ArtefactError(
                f"{VOCABULARY} must have {self._decoder.vocabulary_size} tokens as the weights do, "
                f"not {len(self._vocabulary)}"
            )
        self._prompt = self._vocabulary.prompt(artefact.language)
        self._tokens_per_second = artefact.limits.max_tokens_per_second
        self._barred = _barred(self._rules.suppressed, len(self._vocabulary))
        self._barred_first = self._barred + _barred(self._rules.suppressed_first, len(self._vocabulary))
        with torch.inference_mode():
            mel = torch.full((1, self._encoder.mels, MEL_FRAMES * self._encoder.frames), SILENCE_LEVEL)
            self._silence = self._encoder(mel)
            self._silence_kept = self._decoder.listen(self._silence.output)

    def transcribe(self, waveform: Waveform, alone: bool = False) -> Iterator[Heard]:
        """What is heard in the waveform, growing token by token; of more than 30 s the first 30."""
        seconds = min(len(waveform) / SAMPLE_RATE, self._encoder.frames * MEL_FRAMES / FRAMES_PER_SECOND)
        room = self._decoder.max_tokens - len(self._prompt)
        limit = min(SPARE_TOKENS + int(seconds * self._tokens_per_second), room)
        kept = self._listen(waveform)

        def looks() -> NDArray[np.float32]:
            # What the prompt's last token and those after it looked at tells when the next one was said.
            frames = int(seconds * FRAMES_PER_SECOND) // MEL_FRAMES
            everything: NDArray[np.float32] = attention(kept, self._rules.alignment_heads, frames).numpy()
            return everything[:, len(self._prompt) - 1 :]

        heard = Heard(self._vocabulary, [], [], looks, seconds)
        for logits in self._decode(kept, heard.tokens, limit):
            token = int((logits + (self._barred if heard.tokens else self._barred_first)).argmax())
            # The end is part of it: a decoder unsure of whether more follows has not understood.
            heard.confidences.append(token_confidence(logits.numpy()))
            if token >= self._vocabulary.end:
                break
            heard.tokens.append(token)
            yield heard
        yield heard

    def _listen(self, waveform: Waveform) -> list[Kept]:
        seconds = len(waveform) / SAMPLE_RATE + SILENCE_SECONDS
        frames = min(int(seconds * FRAMES_PER_SECOND) // MEL_FRAMES, self._encoder.frames) * MEL_FRAMES
        with torch.inference_mode():
            encoded = self._encoder(self._mel(waveform, frames), self._silence)
            return self._decoder.listen(encoded.output, self._silence_kept)

    def _decode(self, kept: list[Kept], tokens: list[int], limit: int) -> Iterator[Tensor]:
        """The logits of each step; the caller appends the token it chose to `tokens` before the next."""
        for step in range(limit):
            at = len(self._prompt) + step - 1
            with torch.inference_mode():
                logits = self._decoder.step(*((tokens[-1:], at) if step else (self._prompt, 0)), kept)
            yield logits


def _barred(tokens: tuple[int, ...], size: int) -> Tensor:
    """What to add to logits so that these tokens are never the greatest."""
    added = torch.zeros(size)
    added[list(tokens)] = -torch.inf
    return added
