"""The peers: each a server of its framework's own kind with the same bare engine, as its manual has it.

A file is started by bench/subjects.py with the model's folder and the port in the environment: one framework
imports its service anew in each worker, where no argument reaches it.
"""

import os
from pathlib import Path

MODEL = "SERINUS_BENCH_MODEL"
PORT = "SERINUS_BENCH_PORT"


def model() -> Path:
    """The model's folder that was asked for."""
    return Path(os.environ[MODEL])


def port() -> int:
    """The port that was asked for."""
    return int(os.environ[PORT])
