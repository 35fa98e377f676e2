"""The log-mel spectrogram that Whisper hears, by torchaudio; knows nothing of the network.

Radford et al. 2022, arXiv 2212.04356, section 2.2: 80 mel bands of windows of 25 ms, every 10 ms at 16 kHz,
scaled to about -1 to 1. As in openai/whisper, what is more than 8 decades below the loudest is cut off.
"""

import torch
import torchaudio
from torch import Tensor

from model_server.waveform import Waveform

SAMPLE_RATE = 16_000
WINDOW_SAMPLES, HOP_SAMPLES = 400, 160
FRAMES_PER_SECOND = SAMPLE_RATE // HOP_SAMPLES
SMALLEST_POWER = 1e-10
DECADES = 8.0


class LogMel:
    """A waveform at 16 kHz to a spectrogram (1, mels, frames)."""

    def __init__(self, mels: int):
        self._mel = torchaudio.transforms.MelSpectrogram(
            SAMPLE_RATE,
            WINDOW_SAMPLES,
            hop_length=HOP_SAMPLES,
            n_mels=mels,
            norm="slaney",
            mel_scale="slaney",
        )

    def __call__(self, waveform: Waveform, frames: int) -> Tensor:
        """The spectrogram of the waveform's first `frames` x 10 ms, silence after its end."""
        samples = torch.from_numpy(waveform[: frames * HOP_SAMPLES])
        padded = torch.nn.functional.pad(samples, (0, frames * HOP_SAMPLES - len(samples)))
        # A window stands around every 160th sample; the last, around the end, belongs to what follows.
        power = self._mel(padded)[:, :-1]
        logarithm = power.clamp(min=SMALLEST_POWER).log10()
        return ((logarithm.clamp(min=logarithm.max().item() - DECADES) + 4) / 4)[None]
