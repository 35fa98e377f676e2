"""Each CPU computes in the quickest numbers that are right on it; fp32 rounds nothing anywhere."""

import pytest

from model_server.engines.arithmetic import Arithmetic, Cpu, arithmetic
from model_server.errors import ArtefactError


@pytest.mark.parametrize(
    ("cpu", "expected"),
    [
        (Cpu(amx=True, vnni=True), Arithmetic("bfloat16", "onednn")),
        (Cpu(amx=False, vnni=True), Arithmetic("float32", "onednn")),
        (Cpu(amx=True, vnni=False), Arithmetic("bfloat16", "qnnpack")),
        (Cpu(amx=False, vnni=False), Arithmetic("float32", "qnnpack")),
    ],
)
def test_int8_leaves_the_numbers_to_the_cpu(cpu, expected):
    assert arithmetic("int8", cpu) == expected


@pytest.mark.parametrize("cpu", [Cpu(amx=True, vnni=True), Cpu(amx=False, vnni=False)])
def test_fp32_rounds_nothing_on_any_cpu(cpu):
    assert arithmetic("fp32", cpu) == Arithmetic("float32", None)


def test_other_precision_is_refused():
    with pytest.raises(ArtefactError, match="precision must be one of fp32, int8, not 'bf16'"):
        arithmetic("bf16", Cpu(amx=True, vnni=True))
