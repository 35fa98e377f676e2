"""How many requests an engine process has at a time."""

import pytest

from model_server.engines.engine import jobs_together


@pytest.mark.parametrize(
    ("engine", "processes", "jobs"), [("onnx", 1, 2), ("onnx", 2, 1), ("onnx", 8, 1), ("torch", 1, 1)]
)
def test_two_where_steps_are_shared_and_nobody_else_could_take_the_second(engine, processes, jobs):
    assert jobs_together(engine, processes) == jobs
