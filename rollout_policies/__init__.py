"""Turns evidence into verdicts; knows nothing of models."""
