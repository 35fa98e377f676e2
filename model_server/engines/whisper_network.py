"""Whisper's encoder and decoder in torch; knows nothing of sound, text or how tokens are chosen.

Radford et al., Robust Speech Recognition via Large-Scale Weak Supervision, 2022, arXiv 2212.04356, section
2.2: a transformer with normalisation before each part, GELU, sinusoidal positions for the encoder and
learned ones for the decoder. The weights have the names of Hugging Face's openai/whisper-*.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn.functional import conv1d, gelu, scaled_dot_product_attention

from model_server.engines.weights import Weights

HEAD_WIDTH = 64  # of every size of Whisper
STACK = ("q_proj", "k_proj", "v_proj")


@dataclass(frozen=True)
class Encoded:
    """A stretch of sound, (1, frames, width), and the keys and values each block attended to."""

    output: Tensor
    attended: list[tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Kept:
    """What one block of the decoder keeps between two steps, each of shape (1, heads, length, HEAD_WIDTH)."""

    audio_keys: Tensor
    audio_values: Tensor
    keys: Tensor
    values: Tensor
    # Of the cross-attention, one a step: from these the times of words can be told.
    audio_queries: list[Tensor] = field(default_factory=list)


class Encoder:
    """A log-mel spectrogram (1, mels, frames) to one vector for every other frame."""

    def __init__(self, weights: Weights):
        name = "model.encoder.embed_positions.weight"
        self.width, self.mels, _ = weights.shape("model.encoder.conv1.weight", 3)
        self.frames, _ = weights.shape(name, 2)
        self._positions = weights.tensor(name, self.frames, self.width)
        self._first = weights.tensor("model.encoder.conv1.weight", self.width, self.mels, 3)
        self._first_bias = weights.tensor("model.encoder.conv1.bias", self.width)
        self._second = weights.tensor("model.encoder.conv2.weight", self.width, self.width, 3)
        self._second_bias = weights.tensor("model.encoder.conv2.bias", self.width)
        layers = weights.count("model.encoder.layers.{}.fc1.weight")
        self._blocks = [EncoderBlock(weights, f"model.encoder.layers.{n}", self.width) for n in range(layers)]
        self._norm = weights.norm("model.encoder.layer_norm", self.width)

    def __call__(self, mel: Tensor, silence: Encoded | None = None) -> Encoded:
        """What is in the spectrogram; with `silence` (encoded alone) it goes on as that does."""
        x = gelu(conv1d(mel, self._first, self._first_bias, padding=1))
        x = gelu(conv1d(x, self._second, self._second_bias, stride=2, padding=1)).transpose(1, 2)
        frames = x.shape[1]
        x = x + self._positions[:frames]
        attended = []
        for number, block in enumerate(self._blocks):
            after = silence.attended[number] if silence else None
            x, keys_and_values = block(x, after)
            attended.append(keys_and_values)
        return Encoded(self._norm(x), attended)


class EncoderBlock:
    """Self-attention over all frames, then the feed-forward layers."""

    def __init__(self, weights: Weights, prefix: str, width: int):
        self._norm = weights.norm(f"{prefix}.self_attn_layer_norm", width)
        stack = [f"{prefix}.self_attn.{name}" for name in STACK]
        self._query_key_value = weights.linear(stack, width, width, row_by_row=False)
        self._out = weights.linear([f"{prefix}.self_attn.out_proj"], width, width, row_by_row=False)
        self._feed_forward = FeedForward(weights, prefix, width, row_by_row=False)

    def __call__(
        self, x: Tensor, after: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """The next block's input, and what was attended to: frames of `x`, then those of `after` beyond."""
        queries, keys, values = (heads(part) for part in self._query_key_value(self._norm(x)).chunk(3, -1))
        if after is not None:
            keys, values = continued(keys, after[0]), continued(values, after[1])
        x = x + self._out(merged(scaled_dot_product_attention(queries, keys, values)))
        return self._feed_forward(x), (keys, values)


class Decoder:
    """Tokens to the logits of the next one; what it needs of those before is kept."""

    def __init__(self, weights: Weights):
        name, positions = "model.decoder.embed_tokens.weight", "model.decoder.embed_positions.weight"
        self.vocabulary_size, width = weights.shape(name, 2)
        self.max_tokens, _ = weights.shape(positions, 2)
        self._tokens = weights.tensor(name, self.vocabulary_size, width)
        self._positions = weights.tensor(positions, self.max_tokens, width)
        layers = weights.count("model.decoder.layers.{}.fc1.weight")
        self._blocks = [DecoderBlock(weights, f"model.decoder.layers.{n}", width) for n in range(layers)]
        self._norm = weights.norm("model.decoder.layer_norm", width)
        self._logits = weights.layer(self._tokens, None, row_by_row=True)

    @property
    def shape(self) -> tuple[int, int]:
        """How many layers, and heads in each."""
        return len(self._blocks), self._tokens.shape[1] // HEAD_WIDTH

    def listen(self, encoded: Tensor, silence: list[Kept] | None = None) -> list[Kept]:
        """What the decoder keeps of the encoder's output, taken once for all the steps that follow.

        With `silence` (listened to alone) it goes on as that does.
        """
        after = silence or itertools.repeat(None, len(self._blocks))
        return [
            block.listen(encoded, self.max_tokens, rest)
            for block, rest in zip(self._blocks, after, strict=True)
        ]

    def step(self, tokens: list[int], at: int, kept: list[Kept]) -> Tensor:
        """The logits (vocabulary,) after these tokens, the first of them in place `at`.

        Either the first ones (`at` 0), or one more.
        """
        x = self._tokens[torch.tensor([tokens])] + self._positions[at : at + len(tokens)]
        for block, layer in zip(self._blocks, kept, strict=True):
            x = block(x, at, layer)
        return self._logits(self._norm(x[:, -1:]))[0, 0]


class DecoderBlock:
    """Self-attention over the tokens so far, cross-attention to the sound, then the feed-forward layers."""

    def __init__(self, weights: Weights, prefix: str, width: int):
        own, audio = f"{prefix}.self_attn", f"{prefix}.encoder_attn"
        self._own_norm = weights.norm(f"{prefix}.self_attn_layer_norm", width)
        stack = [f"{own}.{name}" for name in STACK]
        self._query_key_value = weights.linear(stack, width, width, row_by_row=True)
        self._own_out = weights.linear([f"{own}.out_proj"], width, width, row_by_row=True)
        self._audio_norm = weights.norm(f"{prefix}.encoder_attn_layer_norm", width)
        self._audio_query = weights.linear([f"{audio}.q_proj"], width, width, row_by_row=True)
        stack = [f"{audio}.k_proj", f"{audio}.v_proj"]
        self._audio_key_value = weights.linear(stack, width, width, row_by_row=False)
        self._audio_out = weights.linear([f"{audio}.out_proj"], width, width, row_by_row=True)
        self._feed_forward = FeedForward(weights, prefix, width, row_by_row=True)

    def listen(self, encoded: Tensor, max_tokens: int, after: Kept | None) -> Kept:
        """Keys and values of the sound and of what comes after it, and room for those of the tokens."""
        both = self._audio_key_value(encoded).float()
        keys, values = (heads(part).contiguous() for part in both.chunk(2, -1))
        if after is not None:
            keys, values = continued(keys, after.audio_keys), continued(values, after.audio_values)
        room = (1, keys.shape[1], max_tokens, HEAD_WIDTH)
        return Kept(keys, values, torch.empty(room), torch.empty(room))

    def __call__(self, x: Tensor, at: int, kept: Kept) -> Tensor:
        """The next block's input; `kept` grows by the tokens of `x`."""
        end = at + x.shape[1]
        queries, keys, values = (
            heads(part) for part in self._query_key_value(self._own_norm(x)).chunk(3, -1)
        )
        kept.keys[:, :, at:end], kept.values[:, :, at:end] = keys, values
        attended = scaled_dot_product_attention(
            queries, kept.keys[:, :, :end], kept.values[:, :, :end], is_causal=at == 0
        )
        x = x + self._own_out(merged(attended))
        queries = heads(self._audio_query(self._audio_norm(x)))
        kept.audio_queries.append(queries)
        attended = scaled_dot_product_attention(queries, kept.audio_keys, kept.audio_values)
        return self._feed_forward(x + self._audio_out(merged(attended)))


class FeedForward:
    """Up to four times the width and down again, added to what came in."""

    def __init__(self, weights: Weights, prefix: str, width: int, *, row_by_row: bool):
        self._norm = weights.norm(f"{prefix}.final_layer_norm", width)
        self._up = weights.linear([f"{prefix}.fc1"], width, 4 * width, row_by_row=row_by_row)
        self._down = weights.linear([f"{prefix}.fc2"], 4 * width, width, row_by_row=row_by_row)

    def __call__(self, x: Tensor) -> Tensor:
        """What goes on to the next block."""
        return x + self._down(gelu(self._up(self._norm(x))))


def attention(kept: list[Kept], places: Sequence[tuple[int, int]], frames: int) -> Tensor:
    """Where each token so far looked in the first `frames` of the sound: (places, tokens, frames).

    `places` are (layer, head).
    """
    rows = []
    with torch.inference_mode():
        for layer, head in places:
            queries = torch.cat([query[0, head] for query in kept[layer].audio_queries])
            keys = kept[layer].audio_keys[0, head, :frames]
            rows.append((queries @ keys.T / HEAD_WIDTH**0.5).softmax(dim=-1))
    return torch.stack(rows)


def continued(own: Tensor, other: Tensor) -> Tensor:
    """(1, heads, length, HEAD_WIDTH): the one, then what the other has beyond its length."""
    return torch.cat((own, other[:, :, own.shape[2] :]), dim=2)


def heads(x: Tensor) -> Tensor:
    """(1, length, width) as (1, heads, length, HEAD_WIDTH)."""
    return x.unflatten(-1, (-1, HEAD_WIDTH)).transpose(1, 2)


def merged(x: Tensor) -> Tensor:
    """(1, heads, length, HEAD_WIDTH) as (1, length, width)."""
    return x.transpose(1, 2).flatten(2)
