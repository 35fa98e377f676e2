"""Stage 4, engine `onnx`: Moonshine's encoder and decoder on ONNX Runtime, decoded greedily.

Clips that one thread hears at the same time are decoded in step, two at most: whichever is asked for its next
hypothesis first takes the step of both, which costs little more than that of one, since nearly all of it is
reading weights. What is heard of a clip is the same with company and without. Knows nothing of files'
digests, requests or metrics.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from model_server.artefact.manifest import Artefact
from model_server.confidence import token_confidence, utterance_confidence
from model_server.engines import moonshine_values as values
from model_server.engines.tokens import END, START, detokenize, read_vocabulary
from model_server.errors import ArtefactError
from model_server.transcript import Word
from model_server.waveform import Waveform

# The encoder's three convolutions need 895 samples at least; silence fills up what is shorter than 0.1 s.
MIN_SECONDS = 0.1
# Beyond the rate of fast speech a greedy decoder is repeating itself; a few tokens more let short words end.
SPARE_TOKENS = 4

# What the recipe gave before it took the decoder apart.
MERGED = "decoder_model_merged.ort"

Kept = dict[tuple[int, str], NDArray[np.float32]]


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


@dataclass(eq=False)
class Decoding:
    """One clip's way through the decoder; `ahead` are logits of its next step, where others took it along."""

    company: list["Decoding"]
    cross: Kept
    past: Kept
    token: int = START
    position: int = 0
    ahead: NDArray[np.float32] | None = field(default=None, repr=False)


class MoonshineOnnx:
    """Moonshine's encoder in the `.ort` format of the moonshine-voice package, and its decoder as the recipe
    moonshine-tiny-en writes it."""

    def __init__(self, artefact: Artefact, threads: int):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Spinning threads burn the pod's CPU quota between two steps: 5 times slower beside a busy neighbour.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._encoder = _session(artefact.path(values.ENCODER), options)
        self._decoder = Decoder(artefact, options)
        self._vocabulary = read_vocabulary(artefact.path("tokenizer.bin"))
        self._sample_rate = artefact.sample_rate
        self._tokens_per_second = artefact.limits.max_tokens_per_second

    def transcribe(self, waveform: Waveform, alone: bool = False) -> Iterator[Heard]:
        """What is heard in the waveform, growing token by token; `alone` shares no step with another."""
        missing = round(MIN_SECONDS * self._sample_rate) - len(waveform)
        samples = np.pad(waveform, (0, max(missing, 0)))[np.newaxis, :]
        mask = np.ones(samples.shape, dtype=np.int64)
        hidden = self._encoder.run(None, {"input_values": samples, "attention_mask": mask})[0]
        limit = SPARE_TOKENS + int(samples.shape[1] / self._sample_rate * self._tokens_per_second)
        heard = Heard(self._vocabulary, [], [])
        decoding = self._decoder.begin(hidden, alone)
        try:
            # The last position is for the step that company may take after a clip's last.
            for _ in range(min(limit, values.POSITIONS - 1)):
                logits = self._decoder.step(decoding)
                token = int(logits.argmax())
                # The end is part of it: a decoder unsure of whether more follows has not understood.
                heard.confidences.append(token_confidence(logits))
                if token == END:
                    break
                heard.tokens.append(token)
                decoding.token = token
                yield heard
        finally:
            self._decoder.end(decoding)
        yield heard


class _Running(threading.local):
    """The clips on their way through a decoder, of each thread its own."""

    def __init__(self) -> None:
        self.clips: list[Decoding] = []


class Decoder:
    """The decoder, and the clips on their way through it."""

    def __init__(self, artefact: Artefact, options: onnxruntime.SessionOptions):
        if values.CROSS not in artefact.files and MERGED in artefact.files:
            raise ArtefactError(
                f"{artefact.folder} has {MERGED}, which is not read any more; fetch the model again"
            )
        artefact.path(values.WEIGHTS)  # which both graphs of steps read
        self._cross = _session(artefact.path(values.CROSS), options)
        self._steps = {rows: _session(artefact.path(name), options) for rows, name in values.STEPS.items()}
        layers = len(self._cross.get_outputs()) // len(values.KINDS)
        self._keys = [(layer, kind) for layer in range(layers) for kind in values.KINDS]
        _, self._heads, _, self._width = self._cross.get_outputs()[0].shape
        self._running = _Running()

    def begin(self, hidden: NDArray[np.float32], alone: bool) -> Decoding:
        """A clip of which the encoder made these states, (1, steps, width), before its first step."""
        cross = self._cross.run([values.cross(0, *key) for key in self._keys], {values.HIDDEN: hidden})
        nothing = np.zeros((1, self._heads, 0, self._width), np.float32)
        decoding = Decoding(
            company=[] if alone else self._running.clips,
            cross=dict(zip(self._keys, cross, strict=True)),
            past=dict.fromkeys(self._keys, nothing),
        )
        decoding.company.append(decoding)
        return decoding

    def step(self, decoding: Decoding) -> NDArray[np.float32]:
        """The logits of a clip's next step, for whose token its caller sets `token` before the step after."""
        if decoding.ahead is None:
            others = [clip for clip in decoding.company if clip is not decoding and clip.ahead is None]
            self._take([decoding, *others[: values.ROWS - 1]])
        logits, decoding.ahead = decoding.ahead, None
        assert logits is not None  # noqa: S101  for mypy; the step was just taken
        return logits

    def end(self, decoding: Decoding) -> None:
        """It takes no more steps."""
        decoding.company.remove(decoding)

    def _take(self, clips: Sequence[Decoding]) -> None:
        """One step of each, together."""
        feed: dict[str, NDArray[np.int64] | NDArray[np.float32]] = {
            values.TOKENS: np.array([[clip.token] for clip in clips], np.int64),
            values.POSITION: np.array([[clip.position] for clip in clips], np.int64),
        }
        for row, clip in enumerate(clips):
            feed.update({values.past(row, *key): kept for key, kept in clip.past.items()})
            feed.update({values.cross(row, *key): kept for key, kept in clip.cross.items()})
        grown = [values.present(row, *key) for row in range(len(clips)) for key in self._keys]
        logits, *kept = self._steps[len(clips)].run([values.LOGITS, *grown], feed)
        for row, clip in enumerate(clips):
            clip.ahead = logits[row, -1]
            clip.position += 1
            clip.past = dict(zip(self._keys, kept[row * len(self._keys) :], strict=False))


def _session(path: object, options: onnxruntime.SessionOptions) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
