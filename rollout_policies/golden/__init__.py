"""The golden set: labelled clips a candidate is measured on; knows nothing of rollouts."""
