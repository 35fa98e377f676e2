"""Evidence on the disk: replayed, torn, foreign, counted once."""

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from rollout_policies.cost import Cost, Spent
from rollout_policies.errors import EvidenceError
from rollout_policies.evidence import EvidenceFile, Identity, Pair, SideResult, read_kept

IDENTITY = Identity("speech", "asr", "aaa", "bbb", "d" * 64)
SIDE = SideResult("twenty one men", 0, 200, "", 12.5, 1, "asr-aaa-1")


def _pair(clip: str) -> Pair:
    return Pair(clip, 1.0, SIDE, replace(SIDE, word_errors=1, reason="status 500", inference_ms=None))


def test_pairs_come_back_after_a_restart(tmp_path: Path) -> None:
    EvidenceFile(tmp_path, IDENTITY).append(_pair("a"))
    assert EvidenceFile(tmp_path, IDENTITY).pairs == [_pair("a")]


def test_what_a_pair_cost_comes_back_too_and_a_line_without_it_is_read(tmp_path: Path) -> None:
    pair = replace(_pair("a"), cost=Cost(2.5, Spent(1, 0, 0, 3.0, 0.1), Spent(4, 3, 3, 3.0, 0.2)))
    file = EvidenceFile(tmp_path, IDENTITY)
    file.append(pair)
    older = asdict(_pair("b"))
    del older["cost"]
    with file.path.open("ab") as lines:
        lines.write(json.dumps(older).encode() + b"\n")
    assert EvidenceFile(tmp_path, IDENTITY).pairs == [pair, _pair("b")]


@pytest.mark.parametrize("text", ["one\u2028two\u0085three\x0bfour", "half a pair \ud83d", "na\u00efve"])
def test_whatever_a_predictor_says_comes_back_as_one_line(tmp_path: Path, text: str) -> None:
    pair = replace(_pair("a"), stable=replace(SIDE, text=text))
    file = EvidenceFile(tmp_path, IDENTITY)
    file.append(pair)
    file.append(_pair("b"))
    assert EvidenceFile(tmp_path, IDENTITY).pairs == [pair, _pair("b")]
    assert file.path.read_bytes().isascii()


def test_a_line_of_more_than_ascii_is_read_too(tmp_path: Path) -> None:
    file = EvidenceFile(tmp_path, IDENTITY)
    row = asdict(replace(_pair("a"), stable=replace(SIDE, text="one\u2028two")))
    with file.path.open("ab") as older:
        older.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
    assert [pair.stable.text for pair in EvidenceFile(tmp_path, IDENTITY).pairs] == ["one\u2028two"]


def test_another_candidate_begins_anew(tmp_path: Path) -> None:
    EvidenceFile(tmp_path, IDENTITY).append(_pair("a"))
    assert EvidenceFile(tmp_path, replace(IDENTITY, candidate="ccc")).pairs == []


def test_fresh_pods_of_stable_begin_anew_and_are_told_apart(tmp_path: Path) -> None:
    fresh = replace(IDENTITY, baseline=True)
    EvidenceFile(tmp_path, IDENTITY).append(_pair("a"))
    assert EvidenceFile(tmp_path, fresh).pairs == []
    EvidenceFile(tmp_path, fresh).append(_pair("b"))
    kept = {one.identity: one.pairs for one in read_kept(tmp_path, "speech", "asr")}
    assert kept == {IDENTITY: (_pair("a"),), fresh: (_pair("b"),)}


def test_evidence_from_before_fresh_pods_were_told_apart_goes_on(tmp_path: Path) -> None:
    fields = {key: value for key, value in asdict(IDENTITY).items() if key != "baseline"}
    name = hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:16]
    rows = ({"format": 1, **fields}, asdict(_pair("a")))
    (tmp_path / f"asr-{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert EvidenceFile(tmp_path, IDENTITY).pairs == [_pair("a")]


def test_a_torn_last_line_is_dropped_and_written_over(tmp_path: Path) -> None:
    file = EvidenceFile(tmp_path, IDENTITY)
    file.append(_pair("a"))
    with file.path.open("ab") as torn:
        torn.write(b'{"clip": "b", "at"')
    reopened = EvidenceFile(tmp_path, IDENTITY)
    reopened.append(_pair("b"))
    assert [pair.clip for pair in EvidenceFile(tmp_path, IDENTITY).pairs] == ["a", "b"]


def test_a_torn_header_is_written_anew(tmp_path: Path) -> None:
    path = EvidenceFile(tmp_path, IDENTITY).path
    path.write_bytes(path.read_bytes()[:20])
    assert EvidenceFile(tmp_path, IDENTITY).pairs == []
    assert path.read_bytes().endswith(b"\n")


def test_no_clip_counts_twice(tmp_path: Path) -> None:
    file = EvidenceFile(tmp_path, IDENTITY)
    file.append(_pair("a"))
    with pytest.raises(EvidenceError, match="clip a has been counted"):
        file.append(_pair("a"))
    lines = file.path.read_bytes().splitlines(keepends=True)
    file.path.write_bytes(b"".join([*lines, lines[-1]]))
    assert len(EvidenceFile(tmp_path, IDENTITY).pairs) == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"format": 1, "namespace": "other"}\n', "belongs to"),
        ("HEADER\nnonsense\n", "line 2 is not JSON"),
        ('HEADER\n{"clip": "a"}\n', "line 2 is not a pair"),
    ],
)
def test_a_foreign_or_damaged_file_is_refused(tmp_path: Path, content: str, reason: str) -> None:
    path = EvidenceFile(tmp_path, IDENTITY).path
    path.write_text(content.replace("HEADER", path.read_text().strip()))
    with pytest.raises(EvidenceError, match=reason):
        EvidenceFile(tmp_path, IDENTITY)
