"""The picture is drawn from whatever was seen."""

from __future__ import annotations

import struct
from pathlib import Path

from demo.picture import draw
from demo.prometheus import Bounds
from demo.rollout_watch import Outcome, RolloutState
from demo.timeline import Moment, ShippedRelease, Timeline
from demo.user_load import UserRequest
from demo.words import moment_line


def state(weight: int) -> RolloutState:
    return RolloutState("Progressing", "", False, 2, 9, weight, "old", "new", (), True)


MOMENTS = [
    Moment(
        1000.0 + second,
        "good",
        state(5 if second > 5 else 0),
        None,
        (Bounds("word_errors", -0.1 / (second + 1), 0.1 / (second + 1), second),),
    )
    for second in range(10)
]


def size_of(picture: Path) -> tuple[int, ...]:
    return struct.unpack(">II", picture.read_bytes()[16:24])


def test_picture_is_a_png_people_can_read(tmp_path: Path) -> None:
    timeline = Timeline(
        1000.0,
        MOMENTS,
        [ShippedRelease("good", "canary", "new", 1000.0, 1010.0, Outcome("promoted", "", ""))],
    )
    requests = [UserRequest(1001.0, 0.2, 200, "old", ""), UserRequest(1002.0, 30.0, 0, "", "no answer")]
    draw(timeline, requests, accuracy_margin=0.01, latency_margin=1.25, to=tmp_path / "new" / "demo.png")
    width, height = size_of(tmp_path / "new" / "demo.png")
    assert width >= 1000
    assert height >= 1000


def test_picture_of_nothing_is_drawn_too(tmp_path: Path) -> None:
    draw(Timeline(0.0), [], accuracy_margin=0.01, latency_margin=1.25, to=tmp_path / "demo.png")
    assert (tmp_path / "demo.png").stat().st_size > 0


def test_moment_reads_as_one_line() -> None:
    assert moment_line(MOMENTS[9], [UserRequest(1001.0, 0.2, 200, "new", "")]) == (
        "good: step 2/9, weight 5 %, Progressing | no gate at work"
        " | WER difference -1.0 to +1.0 points (9 pairs) | users 1, by the candidate 1, failed 0"
    )
