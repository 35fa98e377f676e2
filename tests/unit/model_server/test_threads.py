"""Threads: the cgroup's quota, of either version, rounded up; never none."""

import pytest

from model_server.threads import available_threads, cpu_quota


def cgroup(tmp_path, files):
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    return tmp_path


V1 = ("cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us")


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu.max": "max 100000\n"}, None),
        ({V1[0]: "50000\n", V1[1]: "100000\n"}, 0.5),
        ({V1[0]: "-1\n", V1[1]: "100000\n"}, None),
        ({}, None),
    ],
)
def test_quota_of_both_cgroup_versions_is_read(files, quota, tmp_path):
    assert cpu_quota(cgroup(tmp_path, files)) == quota


def test_part_of_a_cpu_is_one_thread(tmp_path):
    assert available_threads(cgroup(tmp_path, {"cpu.max": "20000 100000"})) == 1
