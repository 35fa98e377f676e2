"""Speaks to a speech server as its users do: open loop, over HTTP.

Knows nothing of how the server is built, deployed or released.
"""
