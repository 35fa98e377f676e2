"""Measures the predictor side by side with its peers; knows its command line and its HTTP protocol only.

Peers and the bare engine load the same engine class, in an environment of their own (scripts/bench).
"""
