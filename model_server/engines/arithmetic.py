"""In which numbers layers are computed: what model.yaml's precision allows and the CPU is quick at.

Knows nothing of torch or of any network. docs/engines.md has what they were measured to be worth.
"""

from dataclasses import dataclass
from typing import Literal

from model_server.errors import ArtefactError

PRECISIONS = ("fp32", "int8")


@dataclass(frozen=True)
class Cpu:
    """What a CPU multiplies in hardware."""

    amx: bool  # tiles of bfloat16, permitted by the kernel
    vnni: bool  # 8-bit numbers, added up in 32 bits


@dataclass(frozen=True)
class Arithmetic:
    """Names of torch's: the numbers of layers that get many rows, and what multiplies one row in 8 bits."""

    many_rows: Literal["float32", "bfloat16"]
    one_row: Literal["qnnpack", "onednn"] | None  # None: in single precision too


def arithmetic(precision: str, cpu: Cpu) -> Arithmetic:
    """The quickest numbers that a precision allows: fp32 rounds nothing, int8 leaves it to the CPU.

    bfloat16 needs AMX: by AVX-512's instructions alone it is slower than float32. oneDNN's 8 bits need VNNI:
    without it they are added up in 16 bits, which overflow.
    """
    if precision not in PRECISIONS:
        raise ArtefactError(f"precision must be one of {', '.join(PRECISIONS)}, not {precision!r}")
    if precision == "fp32":
        return Arithmetic("float32", None)
    return Arithmetic("bfloat16" if cpu.amx else "float32", "onednn" if cpu.vnni else "qnnpack")
