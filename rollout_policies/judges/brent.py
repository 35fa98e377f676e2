"""Finds roots of many functions at once by Brent's method; knows nothing of what they are.

The steps and stopping rule are those of R's zeroin (Brent 1973, "Algorithms for minimization without
derivatives", chapter 4), with R's default tolerance: on a function of steps, as ranks with ties give, the
result is a point beside the step, and which side it is on depends on them.
"""

from collections.abc import Callable

import numpy as np

from rollout_policies.sequential import Floats
from rollout_policies.simulated_walks import Flags

TOLERANCE = 1e-4
EPSILON = float(np.finfo(np.float64).eps)
MOST_STEPS = 1000

# Takes a point of each function, returns each one's value there.
Functions = Callable[[Floats], Floats]


def roots(functions: Functions, low: Floats, high: Floats) -> Floats:
    """Return a root of each function between `low` and `high`; an end where it is one."""
    a, b, c = low.copy(), high.copy(), low.copy()
    fa, fb = functions(a), functions(b)
    fc = fa.copy()
    found = np.where(fa == 0, a, np.where(fb == 0, b, np.nan))
    done = ~np.isnan(found)
    for _ in range(MOST_STEPS):
        if done.all():
            break
        previous = b - a
        # The best point so far is b, c is on the other side of the root.
        swap = np.abs(fc) < np.abs(fb)
        a, b, c = np.where(swap, b, a), np.where(swap, c, b), np.where(swap, b, c)
        fa, fb, fc = np.where(swap, fb, fa), np.where(swap, fc, fb), np.where(swap, fb, fc)
        nearest = 2 * EPSILON * np.abs(b) + TOLERANCE / 2
        half = (c - b) / 2
        ends = ~done & ((np.abs(half) <= nearest) | (fb == 0))
        found[ends] = b[ends]
        done |= ends
        step = _step(a, b, c, (fa, fb, fc), previous, nearest)
        a, fa = b, fb
        b = np.where(done, b, b + step)
        fb = functions(b)
        same_side = np.sign(fb) * np.sign(fc) > 0
        c, fc = np.where(same_side, a, c), np.where(same_side, fa, fc)
    return np.where(done, found, b)


def _step(
    a: Floats, b: Floats, c: Floats, values: tuple[Floats, Floats, Floats], previous: Floats, nearest: Floats
) -> Floats:
    """Return the next step from b: by interpolation where that is safe, else half of the way to c."""
    fa, fb, fc = values
    way = c - b
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        linear = a == c
        s = fb / fa
        q, r = fa / fc, fb / fc
        p = np.where(linear, way * s, s * (way * q * (q - r) - (b - a) * (r - 1)))
        q = np.where(linear, 1 - s, (q - 1) * (r - 1) * (s - 1))
        q, p = np.where(p > 0, -q, q), np.abs(p)
        safe: Flags = (p < 0.75 * way * q - np.abs(nearest * q) / 2) & (p < np.abs(previous * q / 2))
        safe &= (np.abs(previous) >= nearest) & (np.abs(fa) > np.abs(fb))
        step = np.where(safe, p / q, way / 2)
    return np.where(np.abs(step) < nearest, np.where(step > 0, nearest, -nearest), step)
