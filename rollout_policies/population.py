"""Bounds a ratio of the speech that a golden set stands for, from clips drawn by their weights; knows no set.

The N clips are independent draws from a population of pairs (d, w): a difference of word errors and a weight
(words), |d| <= w <= L, with L the longest clip there is. What is bounded is the population's corpus-WER
difference, the ratio

    theta = E[d] / E[w],   that is, the m for which E[d - m w] = 0.

Each hypothesis m is refused by betting on a variable that is bounded and has mean 0 if m is true
(Waudby-Smith and Ramdas, arXiv 2010.09686, section 4). Were the clips taken in an order that does not look at
them, that variable would be d - m w itself. But a walk takes them in proportion to words, long ones first, so
that the mean of what comes next changes on the way. What was derived for it here:

A clip's place comes from a clock (`sequential.draw_times`) that rings after tau, exponential at rate w. The
triples (d, w, tau) are independent and alike. Hence, given *all* the times, the clips are independent of each
other, and the one that rang at tau has the law of (d, w) given its own tau: that of the population times the
density of the clock, w exp(-w tau), made to sum to one. With x = d / w and s = exp(-(L - w) tau), in (0, 1],

    E[s (x - m) | tau]  is in proportion to  E[exp(-(L - w) tau) (d/w - m) w exp(-w tau)]
                        = exp(-L tau) E[d - m w],

which is 0 for every tau if m is true. So y = m + s (x - m), which is between x and m and so in [-1, 1], has
the mean m given all that came before and the time of its ring; betting that y exceeds m with the stake c is

    1 + c s (x - m) / (1 + m),

never negative, of mean 1, and falling in m. Its product over the clips, and so a mixture of stakes, is a
martingale in the order of the rings; by Ville's inequality a true m is ever refused with probability at most
alpha, at whatever clip one looks or stops. The refused m are all those below one number, the lower bound; the
upper one is the same game on -x and -m.

What it costs: s is the price of a clip that has not come although it might have, a long one; on average it is
w / L. Clips of which no word ever differs pass a margin m only after about ln(1/alpha) / m x L / E[w] of
them, and no bound can do with far fewer: so many clips may well lack the rare long one that makes up the
margin. So a walk may end undecided, and does where the longest clip is many times the mean.

What it takes on trust: that the clips are independent draws (not of one speaker, not the hard ones), and L:
the longest clip of the set is taken for the longest of the population.
"""

import numpy as np

from rollout_policies.sequential import Alphas, Floats, largest_refused, refused


def strengths(weights: Floats, times: Floats, longest: Floats | float) -> Floats:
    """Return s of each clip: what a bet on it may stake, from its clock's time; 1 for the longest clip."""
    return np.asarray(np.exp(-(longest - weights) * times))


def damped(x: Floats, strength: Floats, mean: Floats | float) -> Floats:
    """Return y = m + s (x - m)."""
    return mean + strength * (x - mean)


def bound_ratio(
    parts: Floats, weights: Floats, times: Floats, longest: float, alphas: Alphas
) -> tuple[float, float]:
    """Bound E[part] / E[weight] from the clips seen so far in the order of their times, |part| <= weight."""
    x, strength, flat = parts / weights, strengths(weights, times, longest), np.ones_like(parts)
    lower = largest_refused(
        lambda mean: refused(damped(x, strength, mean), mean * flat, alphas.fail), -1.0, 1.0
    )
    upper = -largest_refused(
        lambda mean: refused(damped(-x, strength, mean), mean * flat, alphas.passing), -1.0, 1.0
    )
    return lower, max(lower, upper)
