"""Kayenta's judge: the fast path against pairs counted one by one, and what it does with values that tie."""

import math
from itertools import product

import numpy as np
import pytest

from rollout_policies.judges.brent import roots
from rollout_policies.judges.kayenta import RankTests, is_high
from rollout_policies.sequential import Floats


def _by_pairs(x: list[int], y: list[int], mu: float) -> float:
    """W(mu) as MannWhitney.scala states it, pair by pair."""
    m, n = len(x), len(y)
    u = sum((a - mu > b) + (a - mu == b) / 2 for a, b in product(x, y))
    pooled = [a - mu for a in x] + [float(b) for b in y]
    ties = sum(count**3 - count for count in (pooled.count(value) for value in set(pooled)))
    sigma = math.sqrt(m * n / 12 * ((m + n + 1) - ties / ((m + n) * (m + n - 1))))
    centred = u - m * n / 2
    return (centred - float(np.sign(centred)) / 2) / sigma


@pytest.mark.parametrize("mu", [-3.0, -1.5, -1.0, -1e-5, 0.0, 1e-5, 0.4, 1.0, 2.7])
def test_the_table_counts_what_pairs_do(mu: float) -> None:
    rng = np.random.default_rng(5)
    x, y = rng.poisson(1.2, (3, 12)), rng.poisson(0.7, (3, 9))
    statistic = RankTests(x, y).statistic(np.full(3, mu))
    expected = [_by_pairs(list(map(int, a)), list(map(int, b)), mu) for a, b in zip(x, y, strict=True)]
    assert statistic == pytest.approx(expected)


def test_a_shift_of_all_values_is_high() -> None:
    stable = np.arange(40)[None, :] % 7
    assert is_high(stable + 5, stable, 0.98).all()
    assert not is_high(stable, stable + 5, 0.98).any()


def test_equal_values_pass() -> None:
    values = np.arange(40)[None, :] % 7
    assert not is_high(values[:, ::-1], values, 0.98).any()


def test_no_row_is_high_that_is_not_so_by_its_limits() -> None:
    """Rows that a first look rules out are those whose limits would."""
    rng = np.random.default_rng(6)
    stable = rng.poisson(2.0, (300, 40))
    candidate = rng.poisson(rng.uniform(2.0, 4.0, (300, 1)), (300, 40))
    tests = RankTests(candidate, stable)
    lower = tests.lower_limit(0.98)
    by_limits = (lower > 0) & (lower > 0.25 * np.abs(tests.estimate()))
    by_limits &= candidate.mean(axis=-1) >= stable.mean(axis=-1)
    assert 50 < by_limits.sum() < 250
    assert (is_high(candidate, stable, 0.98) == by_limits).all()


def test_errors_in_a_tenth_of_the_values_are_not_high() -> None:
    """Limit and estimate stay at 0 where most values are equal, however large the others are."""
    stable = np.zeros((1, 100), dtype=np.int64)
    candidate = stable.copy()
    candidate[:, ::10] = 30
    assert not is_high(candidate, stable, 0.98).any()


@pytest.mark.parametrize(
    ("power", "root"),
    [(1.0, 2.0), (2.0, math.sqrt(2.0)), (3.0, 2.0 ** (1 / 3))],
)
def test_brent_finds_roots_within_his_tolerance(power: float, root: float) -> None:
    def functions(x: Floats) -> Floats:
        return np.asarray(x**power - 2)

    found = roots(functions, np.array([0.0, 0.5]), np.array([5.0, 3.0]))
    assert found == pytest.approx([root, root], abs=1e-4)


def test_brent_stops_beside_a_step() -> None:
    found = roots(lambda x: np.where(x < 0.3, 5.0, -2.0), np.array([-1.0]), np.array([2.0]))
    assert found == pytest.approx([0.3], abs=1e-4)


def test_an_end_that_is_a_root_is_returned() -> None:
    found = roots(lambda x: x - 1.0, np.array([1.0, 0.0]), np.array([3.0, 1.0]))
    assert found.tolist() == [1.0, 1.0]
