"""Judges of a release, compared on the same releases: ours and what others use; knows nothing of clusters."""
