"""The report in a real browser, as a file and from the port: its verdict is shown, and no policy broken.

Chromium writes what a page's console says to its stderr; a page that breaks its own policy is told so there.
"""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from rollout_policies.report.live import LiveReports
from rollout_policies.sequential import Alphas
from rollout_policies.web import serve
from tests.unit.rollout_policies.conftest import golden
from tests.unit.rollout_policies.report.conftest import Town, town
from tests.unit.rollout_policies.report.recorded import NOON, keep_evidence

__all__ = ["golden", "town"]  # fixtures

# The rendered document, and what the console said.
Shown = tuple[str, list[str]]
Browse = Callable[[str], Shown]
BROWSER_SECONDS = 90


@pytest.fixture(scope="module")
def browse(tmp_path_factory: pytest.TempPathFactory) -> Browse:
    """Open a URL in headless Chromium; return the rendered document and the console's messages."""
    chromium = shutil.which("chromium")
    assert chromium, "chromium is not installed: scripts/browser installs it"
    profile = tmp_path_factory.mktemp("chromium")
    flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--no-proxy-server"]

    def show(url: str) -> Shown:
        log = ["--enable-logging=stderr", f"--user-data-dir={profile}"]
        done = subprocess.run(
            [chromium, *flags, *log, "--dump-dom", url],
            capture_output=True,
            text=True,
            check=True,
            timeout=BROWSER_SECONDS,
        )
        return done.stdout, re.findall(r"CONSOLE[:(]\d+\)?\] (.*)", done.stderr)

    return show


@pytest.fixture
def referee(tmp_path: Path, golden: object, town: Town) -> Iterator[str]:
    """The address of reports of a release that was rolled back."""
    keep_evidence(tmp_path, golden)
    reports = LiveReports(
        town, tmp_path, {"small": golden}, Alphas(), lambda identity: None, lambda: NOON + 60
    )
    server = serve({}, 0, "127.0.0.1", subtrees={"/reports/": reports.answer})
    yield f"http://127.0.0.1:{server.server_address[1]}/reports/speech/asr"
    server.shutdown()
    server.server_close()


def test_the_live_page_shows_the_verdict_and_breaks_no_policy(browse: Browse, referee: str) -> None:
    document, console = browse(referee)
    assert '<strong id="verdict">rolled back</strong>' in document
    assert console == []


def test_a_kept_file_draws_every_plot(browse: Browse, referee: str, tmp_path: Path) -> None:
    kept = tmp_path / "asr.html"
    kept.write_text(httpx.get(f"{referee}.html", trust_env=False).text, encoding="utf-8")
    document, console = browse(kept.as_uri())
    # Timeline, two bounds, one distribution; each plot but the timeline holds another one that cuts it off.
    assert document.count("</svg>") == 1 + 2 * 3
    assert console == []


def test_the_console_is_really_heard(browse: Browse, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text(
        '<!doctype html><meta http-equiv="content-security-policy" content="default-src \'none\'">'
        '<img src="x.png">'
    )
    _, console = browse(bad.as_uri())
    assert len(console) == 1
    assert "Content Security Policy" in console[0]
