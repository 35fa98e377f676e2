"""The alerts as the chart renders them, by Prometheus's own tool: each tells of its ill and of no other."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cluster import paths

ROOT = paths.repository_root()
CASES_FILE = Path(__file__).with_name("cases.yaml")
CASES: list[dict[str, Any]] = yaml.safe_load(CASES_FILE.read_text())["tests"]
PAGE = (ROOT / "docs" / "alerts.md").read_text()
Program = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rules file that docs/alerts.md makes, and the cases beside it."""
    folder = tmp_path_factory.mktemp("alerts")
    (command,) = re.findall(r"^(helm template (?:.*\\\n)*.*serinus-alerts\.yaml)$", PAGE, flags=re.M)
    environment = {"PATH": f"{paths.bin_dir()}:/usr/bin:/bin", "HOME": str(folder)}
    written = command.replace("charts/rollout-policies", str(ROOT / "charts" / "rollout-policies"))
    subprocess.run(["bash", "-ec", written], cwd=folder, env=environment, check=True)
    (folder / "serinus-alerts.yaml").rename(folder / "rules.yaml")
    shutil.copy(CASES_FILE, folder)
    return folder


@pytest.fixture(scope="module")
def promtool(folder: Path) -> Program:
    """Run promtool in the folder."""
    program = paths.bin_dir() / "promtool"
    assert program.exists(), f"{program} is missing: run `make cluster` first"

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, check=False)

    return run


def rules(folder: Path) -> Iterator[dict[str, Any]]:
    """Every alert of the rules file."""
    for group in yaml.safe_load((folder / "rules.yaml").read_text())["groups"]:
        yield from group["rules"]


def test_prometheus_takes_the_rules(promtool: Program) -> None:
    done = promtool("check", "rules", "--lint=all", "--lint-fatal", "rules.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("case", [case["name"] for case in CASES])
def test_what_is_told_when(promtool: Program, case: str) -> None:
    done = promtool("test", "rules", f"--run=^{re.escape(case)}$", "cases.yaml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_was_seen_to_fire_and_to_be_silent(folder: Path) -> None:
    names = {rule["alert"] for rule in rules(folder)}
    well, *ills = CASES
    silent = {test["alertname"] for test in well["alert_rule_test"] if not test["exp_alerts"]}
    fired = {t["alertname"] for ill in ills for t in ill["alert_rule_test"] if t["exp_alerts"]}
    assert silent == fired == names


def test_every_alert_waits_and_says_what_to_do(folder: Path) -> None:
    anchors = {heading.lower() for heading in re.findall(r"^### (\w+)$", PAGE, flags=re.M)}
    for rule in rules(folder):
        assert rule["for"]
        assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
        page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
        assert (page, anchor) == ("docs/alerts.md", rule["alert"].lower())
        assert anchor in anchors
