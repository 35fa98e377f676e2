"""The demonstration itself: set the stage, ship the releases one by one, take back what was stopped."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from cluster.paths import repository_root
from demo import charts, words
from demo.cluster_reads import Seen, Target
from demo.picture import draw
from demo.prometheus import golden_bounds
from demo.releases import STABLE, Release
from demo.report import demo_json
from demo.screen import Screen
from demo.ship import gate_at_work, wait_for_candidate, wait_for_end, wait_until_settled
from demo.timeline import Moment, ShippedRelease, Timeline
from demo.user_load import LoadSettings, UserLoad, UserRequest
from demo.waits import wait_for

TARGET = Target(namespace="speech", release="asr")
FIRST_REQUESTS = 10
FIRST_REQUESTS_SECONDS = 60.0
AFTER_LAST_SECONDS = 10.0
TOLD, PICTURE, REQUESTS = "demo.json", "demo.png", "demo-requests.jsonl"


@dataclass(frozen=True)
class Shown:
    """All that a demonstration saw."""

    timeline: Timeline
    requests: list[UserRequest]


def build_dir() -> Path:
    """Where the demonstration's results go."""
    return repository_root() / "build"


def remove_results(folder: Path) -> None:
    """Delete what a demonstration left in this folder: one that fails must not leave another's success."""
    for name in (TOLD, PICTURE, REQUESTS):
        (folder / name).unlink(missing_ok=True)


def set_the_stage(screen: Screen, target: Target = TARGET) -> None:
    """Gates, referee, and a stable release that serves."""
    images = charts.built_images()
    screen.say(f"removing what an earlier demonstration left in namespace {target.namespace}")
    charts.remove_namespace(target.namespace)
    screen.say("installing the gates and the referee (charts/rollout-policies)")
    charts.install_policies(images)
    screen.say(f"installing the stable release {target.release} (charts/model-server)")
    charts.install_model(target, images, [STABLE])
    seen = wait_until_settled(target)
    screen.say(f"stable {seen.state.stable} serves on http://127.0.0.1:30080/v1/models/asr:predict")
    accuracy, latency = golden_margins()
    screen.say(
        f"margins: {100 * accuracy:g} points of word error rate, {latency:g} times the inference time; "
        "a candidate beyond them is what the golden set's walk must find"
    )


def show(screen: Screen, releases: Sequence[Release], rate: float, target: Target = TARGET) -> Shown:
    """Ship every release under user load; the load stops when this returns."""
    timeline = Timeline(began=time.time())
    load = UserLoad(LoadSettings(charts.golden_audio(), build_dir() / REQUESTS, rate=rate))
    with load:
        _wait_for_users(load)
        screen.say(f"users speak, {rate:g} requests a second, open loop")
        timeline.began = time.time()
        for release in releases:
            _ship(screen, release, load, timeline, target)
        _keep_watching(screen, load, timeline, target)
    return Shown(timeline, load.finished_requests())


def leave_results(shown: Shown) -> tuple[Path, Path]:
    """Write demo.json and demo.png, and return their paths."""
    told, picture = build_dir() / TOLD, build_dir() / PICTURE
    told.parent.mkdir(parents=True, exist_ok=True)
    told.write_text(json.dumps(demo_json(shown.timeline.shipped, shown.requests), indent=2) + "\n")
    accuracy, latency = golden_margins()
    draw(shown.timeline, shown.requests, accuracy_margin=accuracy, latency_margin=latency, to=picture)
    return told, picture


def golden_margins() -> tuple[float, float]:
    """The golden gates' margins: a difference of word error rates, and a factor of inference time."""
    gates = yaml.safe_load(STABLE.read_text(encoding="utf-8"))["gates"]
    return float(gates["accuracy"]["margin"]), float(gates["pairedLatency"]["margin"])


def _wait_for_users(load: UserLoad) -> None:
    wait_for(
        f"{FIRST_REQUESTS} users are answered",
        lambda: True if len(load.requests()) >= FIRST_REQUESTS else None,
        seconds=FIRST_REQUESTS_SECONDS,
        last_seen=lambda: words.users_words(load.requests(), ""),
    )


def _ship(screen: Screen, release: Release, load: UserLoad, timeline: Timeline, target: Target) -> None:
    screen.say(f"helm upgrade -f {release.values.relative_to(repository_root())}: {release.says}")
    before = wait_until_settled(target).state.current
    began = time.time()
    charts.upgrade_model(target, release.values)
    candidate = wait_for_candidate(target, before)
    outcome = wait_for_end(
        target,
        candidate,
        seconds=release.seconds,
        on_look=lambda seen: _record(screen, release.name, seen, load, timeline, target),
    )
    shipped = ShippedRelease(release.name, release.strategy, candidate, began, time.time(), outcome)
    timeline.shipped.append(shipped)
    decided = f" by the {outcome.gate} gate" if outcome.gate else ""
    screen.say(f"{release.name}: {outcome.ending}{decided} after {shipped.seconds:.0f} s")
    if outcome.ending == "rolled back":
        screen.say("helm rollback, so that the spec holds the stable version again")
        charts.roll_back(target)
        wait_until_settled(target)


def _record(
    screen: Screen, name: str, seen: Seen, load: UserLoad, timeline: Timeline, target: Target
) -> None:
    bounds = golden_bounds(target.namespace, target.release, seen.state.candidate)
    moment = Moment(time.time(), name, seen.state, gate_at_work(seen), bounds)
    timeline.moments.append(moment)
    screen.show(moment, load.requests())


def _keep_watching(screen: Screen, load: UserLoad, timeline: Timeline, target: Target) -> None:
    """Some seconds more of users on what was promoted, so that the picture shows them."""
    last = timeline.shipped[-1]
    until = time.time() + AFTER_LAST_SECONDS

    def look() -> bool | None:
        _record(screen, last.name, wait_until_settled(target), load, timeline, target)
        return True if time.time() >= until else None

    wait_for("users speak to the promoted version", look, seconds=AFTER_LAST_SECONDS * 3)
