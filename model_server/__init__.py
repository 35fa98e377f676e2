"""Turns speech into text over HTTP and exports what it saw; knows nothing of rollouts."""
