"""Weights come from safetensors with the right names and shapes only; 8 bits are nearly the same."""

import pickle

import pytest
import torch
from safetensors.torch import save_file

from model_server.engines.weights import Weights, quantized
from model_server.engines.whisper_network import Encoder
from model_server.errors import ArtefactError


@pytest.fixture
def saved(tmp_path):
    def saved(**tensors):
        save_file(tensors, tmp_path / "model.safetensors")
        return Weights(tmp_path / "model.safetensors", "fp32")

    return saved


def test_half_precision_becomes_single(saved):
    assert saved(a=torch.ones(2, dtype=torch.float16)).tensor("a", 2).dtype == torch.float32


@pytest.mark.parametrize(
    ("tensor", "sentence"),
    [
        (torch.ones(3), r"a must have shape \(2,\), not \(3,\)"),
        (torch.ones(1, 2), r"a must have shape \(2,\), not \(1, 2\)"),
        (torch.ones(2, dtype=torch.int64), "a must hold floating point numbers, not torch.int64"),
    ],
)
def test_other_shape_or_type_is_refused(saved, tensor, sentence):
    with pytest.raises(ArtefactError, match=sentence):
        saved(a=tensor).tensor("a", 2)


def test_missing_tensor_is_named(saved):
    with pytest.raises(ArtefactError, match=r"has no tensor 'model\.encoder\.conv1\.weight'"):
        Encoder(saved(a=torch.ones(2)))


def test_pickle_is_refused(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(pickle.dumps({"a": [1.0]}))

    with pytest.raises(ArtefactError, match="is not safetensors"):
        Weights(tmp_path / "model.safetensors", "fp32")


def test_stacked_layers_stand_side_by_side(saved):
    weights = saved(
        **{"q.weight": torch.eye(2), "q.bias": torch.tensor([5.0, 5.0]), "k.weight": 2 * torch.eye(2)}
    )

    assert weights.linear(["q", "k"], 2, 2, row_by_row=False)(torch.tensor([1.0, 3.0])).tolist() == [
        6.0,
        8.0,
        2.0,
        6.0,
    ]


def test_eight_bits_are_off_by_a_hundredth_at_most():
    random = torch.Generator().manual_seed(3)
    weight, x = torch.randn(64, 512, generator=random), torch.randn(1, 512, generator=random)

    exact = x @ weight.T
    rough = quantized(weight, torch.zeros(64))(x)

    # 8 bits of weight and of input: each rounds by up to 1/254 of the largest, about 1 % of the sum's spread.
    assert (rough - exact).std() / exact.std() < 0.015
