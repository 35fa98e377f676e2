"""Acoustic models behind one small protocol; a model's model.yaml names its engine."""

import os

# ONNX Runtime 1.29 and later sends telemetry unless told not to before it is first imported.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
