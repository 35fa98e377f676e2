"""What an audit finds in sets that are wrong in one way each, and nothing in one that is right."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rollout_policies.__main__ import main
from rollout_policies.errors import GoldenSetError
from rollout_policies.golden.audit import Audit, audit
from rollout_policies.golden.labels import skeleton, tidied
from rollout_policies.golden.sound import Sound, wav
from rollout_policies.golden.sounds import SoundLimits
from tests.unit.rollout_policies.golden.small_sets import RATE, clip, good, silence, sound, tone, write_set

TWO = (good("a", hertz=440), good("b", "thank you for calling", hertz=550))


def _audit(directory: Path, *clips: tuple[dict[str, Any], bytes]) -> Audit:
    return audit(write_set(directory / "set", *clips), SoundLimits())


def _found(audited: Audit, clip_name: str = "audio/x.wav") -> list[tuple[str, str]]:
    return [(f.severity, f.check) for f in audited.findings if f.clip == clip_name]


def test_nothing_is_wrong_with_a_good_clip(tmp_path: Path) -> None:
    assert [f for f in _audit(tmp_path, *TWO).findings if f.clip] == []


def _changed(**fields: Any) -> tuple[dict[str, Any], bytes]:
    row, content = good("x", hertz=660)
    return row | fields, content


def _stereo() -> bytes:
    samples = tone(1.0, hertz=660)
    return wav(Sound(RATE, 16, np.stack([samples, samples], axis=1), ""))


@pytest.mark.parametrize(
    ("wrong", "severity", "check"),
    [
        (_changed(sha256="0" * 64), "error", "sha256"),
        (_changed(duration=9.0), "error", "duration"),
        (_changed(duration=None), "error", "duration"),
        (_changed(words=7), "error", "words"),
        (_changed(text="...", words=0), "error", "label"),
        (_changed(text="please  hold"), "warning", "label"),
        (_changed(text="please hold 5 \u20ac", words=4), "warning", "characters"),
        (_changed(text="please h\u043eld"), "error", "characters"),
        (_changed(text="please ho\ufffdld", words=3), "error", "characters"),
        (
            _changed(text="please hold the line and do not go away until we come", words=12),
            "warning",
            "speech rate",
        ),
        (clip("x", "please hold", b"RIFF no sound"), "error", "audio"),
        (clip("x", "please hold", wav(sound(silence(1)))), "error", "loudness"),
        (clip("x", "please hold", wav(sound(tone(0.8, peak=0.005)))), "warning", "loudness"),
        (clip("x", "please hold", wav(sound(silence(1.3), tone(0.8)))), "warning", "silence"),
        (clip("x", "please hold", wav(sound(tone(0.8), silence(1.3)))), "warning", "silence"),
        (clip("x", "please hold", wav(sound(3 * tone(0.8, peak=1.0)))), "error", "clipping"),
        (clip("x", "please hold", _stereo(), duration=1.0), "warning", "channels"),
    ],
)
def test_each_mistake_is_found(
    tmp_path: Path, wrong: tuple[dict[str, Any], bytes], severity: str, check: str
) -> None:
    assert (severity, check) in _found(_audit(tmp_path, *TWO, wrong))


def test_one_sound_with_two_labels_is_an_error_and_with_one_a_duplicate(tmp_path: Path) -> None:
    row, content = TWO[0]
    other = ({**row, "audio_filepath": "audio/x.wav", "text": "please wait"}, content)
    again = ({**row, "audio_filepath": "audio/y.wav", "text": "Please hold!"}, content)
    found = _audit(tmp_path, *TWO, other, again)
    assert _found(found) == [("error", "same sound")]
    assert _found(found, "audio/y.wav") == [("warning", "duplicate")]


def test_a_clip_listed_twice_counts_once(tmp_path: Path) -> None:
    assert ("error", "manifest") in _found(_audit(tmp_path, *TWO, TWO[0]), "audio/a.wav")


@pytest.mark.parametrize(
    ("first", "second"),
    [("log in now", "login again"), ("call allison", "alison called"), ("all right", "alright then")],
)
def test_spellings_that_the_normaliser_does_not_join_are_found(
    tmp_path: Path, first: str, second: str
) -> None:
    found = _audit(tmp_path, good("a", first), good("b", second, hertz=550))
    assert [f.check for f in found.findings if f.severity == "warning" and f.clip] == ["spelling"]


def test_words_that_are_only_alike_are_no_variants(tmp_path: Path) -> None:
    found = _audit(tmp_path, good("a", "to call off"), good("b", "too cold of", hertz=550))
    assert [f for f in found.findings if f.check == "spelling"] == []


@pytest.mark.parametrize(
    ("word", "root"),
    [("organised", "organized"), ("cancelled", "canceled"), ("off", "off"), ("metre", "meter")],
)
def test_variants_share_a_skeleton(word: str, root: str) -> None:
    assert skeleton(word) == skeleton(root)


def test_tidying_changes_no_word() -> None:
    assert tidied(" don\u2019t\u200b  touch\tcafe\u0301 ") == "don't touch caf\u00e9"


def test_one_voice_and_one_heavy_clip_are_said(tmp_path: Path) -> None:
    long = good("x", ("please hold " * 20).strip(), hertz=660)
    clips = [good(f"c{n}", hertz=300 + n) for n in range(22)]
    found = _audit(tmp_path, *clips, long)
    assert "100% of the words are ann's: a gate on this says little of others" in [
        f.message for f in found.findings
    ]
    assert _found(found) == [("warning", "balance")]


def test_a_line_that_is_none_is_named_and_the_rest_read(tmp_path: Path) -> None:
    directory = write_set(tmp_path / "set", *TWO)
    with (directory / "manifest.jsonl").open("a") as file:
        file.write('nonsense\n{"audio_filepath": "../up.wav", "text": "x"}\n')
    found = audit(directory, SoundLimits())
    assert [f.message for f in found.findings if f.check == "manifest"] == [
        "line 3: not JSON: 'nonsense'",
        "line 4: audio_filepath must stay inside the set, not '../up.wav'",
    ]
    assert len(found.rows) == 2


def test_a_directory_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GoldenSetError, match=r"cannot read .*manifest\.jsonl"):
        audit(tmp_path, SoundLimits())


@pytest.mark.parametrize(
    ("fields", "options", "code"),
    [
        ({}, [], 0),
        ({"words": 7}, [], 1),
        ({"text": "please  hold"}, [], 0),
        ({"text": "please  hold"}, ["--fail-on", "warning"], 1),
    ],
)
def test_the_exit_code_says_whether_something_must_be_fixed(
    tmp_path: Path, fields: dict[str, Any], options: list[str], code: int
) -> None:
    directory = write_set(tmp_path / "set", *TWO, _changed(**fields))
    assert main(["golden", "audit", str(directory), *options]) == code


def test_json_and_page_hold_every_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    directory = write_set(tmp_path / "set", *TWO, _changed(text="<script> hold", words=7))
    page = tmp_path / "audit.html"
    main(["golden", "audit", str(directory), "--json", "--html", str(page)])
    found = json.loads(capsys.readouterr().out)
    assert found["counts"]["error"] == 1
    assert found["sounds"]["audio/x.wav"]["sample_rate"] == RATE
    shown = page.read_text(encoding="utf-8")
    assert "<script" not in shown
    assert shown.count("</svg>") == 2 * 6
