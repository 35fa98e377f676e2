"""The names of what goes into Moonshine's decoder and comes out: between its graphs and the engine.

A *row* is one of the clips that are decoded in step; each has its own keys and values, float32 of shape
(1, heads, steps, width).
"""

# Steps that the graphs know the rotary positions of: 78 s of the fastest speech.
POSITIONS = 512
# Files of the model's folder; the graphs of 1 and of 2 rows share their weights.
ENCODER, CROSS, WEIGHTS = "encoder_model.ort", "decoder_cross.onnx", "decoder.weights"
STEPS = {1: "decoder_step.onnx", 2: "decoder_step_of_two.onnx"}
# Clips decoded in step at most.
ROWS = max(STEPS)

# Of the step: (rows, 1) each, int64; logits (rows, 1, vocabulary), float32.
TOKENS, POSITION, LOGITS = "tokens", "position", "logits"
# Of the cross-attention's graph: the encoder's states (1, steps, width of the model).
HIDDEN = "hidden"
KEY, VALUE = KINDS = "key", "value"


def past(row: int, layer: int, kind: str) -> str:
    """An input: what a row's self-attention kept so far."""
    return f"past.{row}.{layer}.{kind}"


def present(row: int, layer: int, kind: str) -> str:
    """An output: the same with this step's."""
    return f"present.{row}.{layer}.{kind}"


def cross(row: int, layer: int, kind: str) -> str:
    """An input: what a row's cross-attention attends to; the graph that makes them has row 0 alone."""
    return f"cross.{row}.{layer}.{kind}"
