"""Brings up a real kind cluster with Serinus's platform, with or without an image registry.

Standard library only, since it runs before any virtual environment exists; knows nothing of speech.
"""
