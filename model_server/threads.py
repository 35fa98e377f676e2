"""How many threads an inference may use: what the cgroup's quota and the affinity mask leave."""

import math
import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")


def available_threads(cgroup: Path = CGROUP) -> int:
    """The CPUs this process may use, a part of one counted as one."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = cpu_quota(cgroup)
    return max(1, allowed if quota is None else min(allowed, math.ceil(quota)))


def cpu_quota(cgroup: Path) -> float | None:
    """The quota in CPUs of the cgroup mounted here (v2 or v1), None where there is none."""
    try:
        if (cgroup / "cpu.max").exists():
            quota, period = (cgroup / "cpu.max").read_text().split()
        else:
            quota = (cgroup / "cpu" / "cpu.cfs_quota_us").read_text().strip()
            period = (cgroup / "cpu" / "cpu.cfs_period_us").read_text().strip()
    except OSError:
        return None
    if quota in ("max", "-1"):
        return None
    return int(quota) / int(period)
