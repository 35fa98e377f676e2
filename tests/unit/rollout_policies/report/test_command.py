"""`python -m rollout_policies report`, against a Kubernetes API and a referee on loopback."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rollout_policies.__main__ import main
from rollout_policies.evidence import Identity
from rollout_policies.golden.manifest import GoldenSet
from rollout_policies.live.heard import Heard
from rollout_policies.live.store import LIVE_FILE, LiveStore
from rollout_policies.web import Answer, html, serve
from tests.unit.rollout_policies.report.recorded import (
    ABORTED,
    FAILED,
    ROLLED_BACK,
    STARTED,
    keep_evidence,
)
from tests.unit.rollout_policies.scripted_api import ScriptedApi, write_kubeconfig

RUNS = "/apis/argoproj.io/v1alpha1/namespaces/speech/analysisruns"
ROLLOUT = "/apis/argoproj.io/v1alpha1/namespaces/speech/rollouts/asr"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[list[str]]:
    """The options that lead to a cluster with the release that was rolled back."""
    api = ScriptedApi()
    api.answers = {
        ROLLOUT: ROLLED_BACK,
        RUNS: {"items": [FAILED]},
        "/api/v1/namespaces/speech/events": {"items": [_whole(item) for item in (STARTED, ABORTED)]},
        "/api/v1/namespaces/speech/pods": {"items": []},
    }
    threading.Thread(target=api.serve_forever, args=(0.02,), daemon=True).start()
    yield ["--namespace", "speech", "--kubeconfig", str(write_kubeconfig(tmp_path / "kubeconfig", api))]
    api.shutdown()
    api.server_close()


def _whole(event: dict[str, object]) -> dict[str, object]:
    return {"metadata": {"name": "e"}, "involvedObject": {"kind": "Rollout", "name": "asr"}, **event}


def test_a_page_is_written_from_cluster_and_evidence(
    tmp_path: Path, cluster: list[str], golden: GoldenSet, capsys: pytest.CaptureFixture[str]
) -> None:
    keep_evidence(tmp_path, golden)
    out, directory = tmp_path / "asr.html", golden.clips[0].path.parents[1]
    evidence = ["--evidence", str(tmp_path), "--golden", str(directory), "--out", str(out), "--markdown"]
    assert main(["report", "asr", *cluster, *evidence]) == 0
    assert "word errors +47.06 points" in out.read_text(encoding="utf-8")
    assert "What users said" not in out.read_text(encoding="utf-8")
    assert capsys.readouterr().out.startswith("### ❌ `speech/asr` revision `7`: rolled back")


def test_live_pairs_among_the_evidence_are_on_the_page(
    tmp_path: Path, cluster: list[str], golden: GoldenSet, capsys: pytest.CaptureFixture[str]
) -> None:
    keep_evidence(tmp_path, golden)
    store = LiveStore(tmp_path / LIVE_FILE)
    sides = (Heard("r-1", "aaa", "turn it off", 2.0, 0.9), Heard("r-1", "bbb", "turn it on", 2.0, 0.9))
    store.add(Identity("speech", "asr", "aaa", "bbb", golden.digest), *sides, at=1.0)
    store.close()
    evidence = ["--evidence", str(tmp_path), "--golden", str(golden.clips[0].path.parents[1]), "--markdown"]
    assert main(["report", "asr", *cluster, *evidence]) == 0
    assert "| 33 % | `turn it {+off+}` | `turn it {+on+}` |" in capsys.readouterr().out


def test_without_evidence_the_cluster_alone_is_shown(
    tmp_path: Path, cluster: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["report", "asr", *cluster]) == 0
    assert "There is no evidence of a golden walk here." in (tmp_path / "asr.html").read_text(
        encoding="utf-8"
    )


def test_evidence_without_its_set_is_refused_by_the_sets_digest(
    tmp_path: Path, cluster: list[str], golden: GoldenSet, capsys: pytest.CaptureFixture[str]
) -> None:
    keep_evidence(tmp_path, golden)
    assert main(["report", "asr", *cluster, "--evidence", str(tmp_path)]) == 2
    assert golden.digest in capsys.readouterr().err


def test_what_the_cluster_refuses_is_told(cluster: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "tts", *cluster]) == 1
    assert "the Kubernetes API answered 403" in capsys.readouterr().err


@pytest.fixture
def referee() -> Iterator[str]:
    """A referee that has two forms of one report."""

    def report(path: str) -> Answer:
        return (
            html(f"<p>{path}</p>") if path.startswith("speech/asr") else Answer(404, "text/plain", b"no such")
        )

    server = serve({}, 0, "127.0.0.1", subtrees={"/reports/": report})
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    server.server_close()


def test_a_referees_own_report_is_fetched(
    tmp_path: Path, referee: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "x.html"
    assert main(["report", "asr", "-n", "speech", "--referee", referee, "--markdown", "--out", str(out)]) == 0
    assert out.read_text() == "<p>speech/asr.html</p>"
    assert capsys.readouterr().out == "<p>speech/asr.md</p>"


def test_what_a_referee_refuses_is_told(referee: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "tts", "-n", "speech", "--referee", referee, "--markdown"]) == 1
    assert "answered 404: no such" in capsys.readouterr().err
