"""Stage 4, engine `onnx`: Moonshine's encoder and merged decoder on ONNX Runtime, decoded greedily.

The decoder keeps its keys and values between steps; those of the cross-attention come from the encoder
and are taken once, at step 0. Knows nothing of files' digests, requests or metrics.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from model_server.artefact.manifest import Artefact
from model_server.confidence import token_confidence, utterance_confidence
from model_server.engines.tokens import END, START, detokenize, read_vocabulary
from model_server.transcript import Word
from model_server.waveform import Waveform

# The encoder's three convolutions need 895 samples at least; silence fills up what is shorter than 0.1 s.
MIN_SECONDS = 0.1
# Beyond the rate of fast speech a greedy decoder is repeating itself; a few tokens more let short words end.
SPARE_TOKENS = 4


@dataclass(frozen=True)
class Heard:
    """The decoder's tokens so far and how sure it was of each; has no times of words."""

    vocabulary: list[bytes]
    tokens: list[int]
    confidences: list[float]

    @property
    def text(self) -> str:
        """The words."""
        return detokenize(self.tokens, self.vocabulary)

    @property
    def confidence(self) -> float | None:
        """The mean of the tokens' confidences."""
        return utterance_confidence(self.confidences)

    @property
    def words(self) -> tuple[Word, ...]:
        """None: Moonshine has no times."""
        return ()


class MoonshineOnnx:
    """Moonshine in the `.ort` format of the moonshine-voice package."""

    def __init__(self, artefact: Artefact, threads: int):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Spinning threads burn the pod's CPU quota between two steps: 5 times slower beside a busy neighbour.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._encoder = _session(artefact.path("encoder_model.ort"), options)
        self._decoder = _session(artefact.path("decoder_model_merged.ort"), options)
        self._vocabulary = read_vocabulary(artefact.path("tokenizer.bin"))
        self._sample_rate = artefact.sample_rate
        self._tokens_per_second = artefact.limits.max_tokens_per_second
        self._past = [i for i in self._decoder.get_inputs() if i.name.startswith("past_key_values.")]
        self._outputs = [output.name for output in self._decoder.get_outputs()]
        self._growing = [name for name in self._outputs if ".encoder." not in name]

    def transcribe(self, waveform: Waveform) -> Iterator[Heard]:
        """What is heard in the waveform, growing token by token."""
        missing = round(MIN_SECONDS * self._sample_rate) - len(waveform)
        samples = np.pad(waveform, (0, max(missing, 0)))[np.newaxis, :]
        # The mask has the audio's length, for the decoder too; the encoder's length only works below 9 s.
        mask = np.ones(samples.shape, dtype=np.int64)
        hidden = self._encoder.run(None, {"input_values": samples, "attention_mask": mask})[0]
        limit = SPARE_TOKENS + int(samples.shape[1] / self._sample_rate * self._tokens_per_second)
        heard = Heard(self._vocabulary, [], [])
        for logits in self._decode(hidden, mask, heard.tokens, limit):
            token = int(logits.argmax())
            # The end is part of it: a decoder unsure of whether more follows has not understood.
            heard.confidences.append(token_confidence(logits))
            if token == END:
                break
            heard.tokens.append(token)
            yield heard
        yield heard

    def _decode(
        self, hidden: NDArray[np.float32], mask: NDArray[np.int64], tokens: list[int], limit: int
    ) -> Iterator[NDArray[np.float32]]:
        """The logits of each step; the caller appends the token it chose to `tokens` before the next."""
        past = {entry.name: self._empty(entry.shape, hidden.shape[1]) for entry in self._past}
        for step in range(limit):
            feed = {
                "input_ids": np.array([[tokens[-1] if tokens else START]], dtype=np.int64),
                "encoder_hidden_states": hidden,
                "encoder_attention_mask": mask,
                "use_cache_branch": np.array([step > 0]),
                **past,
            }
            # After step 0 the encoder's part stays as it is, and is by far the larger one to copy.
            wanted = self._outputs if step == 0 else self._growing
            result = dict(zip(wanted, self._decoder.run(wanted, feed), strict=True))
            past.update(
                {
                    f"past_key_values{name.removeprefix('present')}": kept
                    for name, kept in result.items()
                    if name != "logits"
                }
            )
            yield result["logits"][0, -1]

    @staticmethod
    def _empty(shape: list[int | str], encoded: int) -> NDArray[np.float32]:
        """Nothing kept yet: 0 steps of the decoder; the encoder's part is ignored at step 0 but must fit."""
        _, heads, steps, width = shape
        kept = encoded if steps == "encoder_sequence_length" else 0
        return np.zeros((1, int(heads), kept, int(width)), np.float32)


def _session(path: object, options: onnxruntime.SessionOptions) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
