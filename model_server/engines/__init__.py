"""Acoustic models behind one small protocol; a model's model.yaml names its engine."""
