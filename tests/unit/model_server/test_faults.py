"""Faults: off unless asked, exactly as asked, the same for the same request, unknown ones refused."""

import numpy as np
import pytest

from model_server import faults
from model_server.errors import OptionError
from model_server.faults import (
    NO_FAULTS,
    Faults,
    chosen,
    given,
    naps,
    parse_faults,
)


def damage(waveform, sample_rate, asked):
    """The damaged whole of a waveform that comes in blocks of 100 samples."""
    blocks = [waveform[at : at + 100] for at in range(0, len(waveform), 100)]
    return np.concatenate(list(faults.damage(blocks, sample_rate, asked)))


def test_no_switch_is_no_fault():
    assert parse_faults([]) == NO_FAULTS
    assert given(NO_FAULTS) == {}


def test_switches_are_read_by_type():
    asked = parse_faults(["cut_tail_seconds=0.2", "vad_mode=3", "traffic=user", "seed=7"])

    assert asked == Faults(cut_tail_seconds=0.2, vad_mode=3, traffic="user", seed=7)
    assert given(asked) == {"cut_tail_seconds": 0.2, "vad_mode": 3, "traffic": "user", "seed": 7}


@pytest.mark.parametrize(
    ("switch", "sentence"),
    [
        ("typo=1", "no fault 'typo'; names: inference_delay_seconds"),
        ("error_ratio", "NAME=VALUE"),
        ("error_ratio=1.5", "from 0 to 1, not '1.5'"),
        ("error_ratio=nan", "from 0 to 1, not 'nan'"),
        ("inference_slowdown=0.5", "from 1 to 100"),
        ("vad_mode=2.5", "a whole number from 0 to 3"),
        ("cut_tail_seconds=abc", "not 'abc'"),
        ("traffic=nobody", "all, user, probe, not 'nobody'"),
    ],
)
def test_unknown_or_impossible_switch_is_refused_by_name(switch, sentence):
    with pytest.raises(OptionError, match=sentence):
        parse_faults([switch])


@pytest.mark.parametrize(
    ("asked", "traffic", "hit"),
    [("all", "user", True), ("all", "probe", True), ("user", "probe", False), ("probe", "probe", True)],
)
def test_faults_hit_the_traffic_they_name(asked, traffic, hit):
    assert Faults(traffic=asked).apply_to(traffic) is hit


def test_cut_tail_drops_the_last_part():
    waveform = np.arange(16_000, dtype=np.float32) / 16_000

    damaged = damage(waveform, 16_000, Faults(cut_tail_seconds=0.25))

    assert np.array_equal(damaged, waveform[:12_000])
    assert len(damage(waveform, 16_000, Faults(cut_tail_seconds=2))) == 0


def test_clip_gain_clips_hard():
    waveform = np.array([0.05, 0.2, -0.2], dtype=np.float32)

    assert np.allclose(damage(waveform, 16_000, Faults(clip_gain_db=20)), [0.5, 1.0, -1.0])


def test_no_fault_leaves_the_samples_alone():
    waveform = np.array([0.05, 3.0], dtype=np.float32)

    assert np.array_equal(damage(waveform, 16_000, NO_FAULTS), waveform)


@pytest.mark.parametrize(("clip_seconds", "extra"), [(5.9, 0.0), (6.0, 0.2)])
def test_only_clips_from_a_length_on_are_slow(clip_seconds, extra):
    asked = Faults(inference_slowdown=3, slow_from_seconds=6)
    assert sum(naps(0.1, clip_seconds, asked)) == pytest.approx(extra)


def test_slowdown_and_delay_add_up():
    asked = Faults(inference_slowdown=3, inference_delay_seconds=0.5)

    assert sum(naps(0.2, 3.0, asked)) == pytest.approx(0.9)
    assert max(naps(0.2, 3.0, asked)) <= 0.1
    assert list(naps(0.2, 3.0, NO_FAULTS)) == []


def test_ratio_is_kept_over_many_requests():
    hits = sum(chosen(0.3, "error_ratio", Faults(seed=1), f"request-{n}") for n in range(5_000))

    assert hits / 5_000 == pytest.approx(0.3, abs=0.03)


def test_same_request_has_the_same_fate():
    fates = [chosen(0.5, "error_ratio", Faults(seed=1), "one") for _ in range(10)]

    assert len(set(fates)) == 1


@pytest.mark.parametrize(("ratio", "fate"), [(0.0, False), (1.0, True)])
def test_ratio_at_its_ends_is_certain(ratio, fate):
    assert all(chosen(ratio, "empty_ratio", NO_FAULTS, str(n)) is fate for n in range(200))


def test_seeds_choose_different_requests():
    def hits(seed):
        return [n for n in range(200) if chosen(0.5, "error_ratio", Faults(seed=seed), str(n))]

    assert hits(1) != hits(2)
