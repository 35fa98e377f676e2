"""One page a release: what was compared, what the gates measured, and what became of it."""
