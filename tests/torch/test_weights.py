"""Weights come from safetensors with the right names and shapes only; 8 bits are nearly the same."""

import os
import pickle
import subprocess
import sys

import pytest
import torch
from safetensors.torch import save_file

from model_server.engines.arithmetic import arithmetic
from model_server.engines.weights import Weights, quantized, rounded, this_cpu
from model_server.engines.whisper_network import Encoder
from model_server.errors import ArtefactError


@pytest.fixture
def saved(tmp_path, exact):
    def saved(**tensors):
        save_file(tensors, tmp_path / "model.safetensors")
        return Weights(tmp_path / "model.safetensors", exact)

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


def test_pickle_is_refused(tmp_path, exact):
    (tmp_path / "model.safetensors").write_bytes(pickle.dumps({"a": [1.0]}))

    with pytest.raises(ArtefactError, match="is not safetensors"):
        Weights(tmp_path / "model.safetensors", exact)


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


# oneDNN's 8 bits are for CPUs with VNNI, QNNPACK's for all.
@pytest.mark.parametrize("engine", sorted({"qnnpack", arithmetic("int8", this_cpu()).one_row}))
def test_eight_bits_are_off_by_a_hundredth_at_most(engine):
    random = torch.Generator().manual_seed(3)
    weight, x = torch.randn(64, 512, generator=random), torch.randn(1, 512, generator=random)

    exact = x @ weight.T
    rough = quantized(weight, torch.zeros(64), engine)(x)

    # 8 bits of weight and of input: each rounds by up to 1/254 of the largest, about 1 % of the sum's spread.
    assert (rough - exact).std() / exact.std() < 0.015


def test_bfloat16_is_off_by_its_last_bit():
    random = torch.Generator().manual_seed(3)
    weight, x = torch.randn(64, 512, generator=random), torch.randn(20, 512, generator=random)

    exact = x @ weight.T
    rough = rounded(weight, None, torch.bfloat16)(x)

    assert rough.dtype == torch.bfloat16
    # 8 bits of mantissa: weight, input and output each round by up to 1/512, half of that on average.
    assert 0 < (rough.float() - exact).std() / exact.std() < 0.005


def test_tiles_are_multiplied_just_where_the_cpu_has_them():
    code = "import torch; from model_server.engines.weights import rounded; "
    code += "rounded(torch.ones(64, 512), None, torch.bfloat16)(torch.ones(20, 512))"
    told = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "ONEDNN_VERBOSE": "1"},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    (done,) = [line for line in told.splitlines() if ",exec,cpu,matmul," in line]

    assert ("amx" in done) == this_cpu().amx
