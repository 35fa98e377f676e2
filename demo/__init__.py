"""Ships three releases under user load and shows what became of each.

Knows charts, Rollouts and the load's command line; imports nothing of the model, the gates or the load.
"""
