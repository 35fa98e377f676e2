"""CloudEvents: the predictor tells the types and fields of contracts.toml, and no others."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from model_server.account import Account
from model_server.events import contents
from model_server.events.contents import Feedback, Origin, feedback_event, transcript_event
from model_server.quality import InputQuality
from model_server.transcript import Transcript
from rollout_policies.live import heard

CONTRACTS = tomllib.loads((Path(__file__).resolve().parents[2] / "contracts.toml").read_text())
AGREED = CONTRACTS["event_data"]
QUALITY = InputQuality(0.0, 0.7, -23.5, 18.0, 0.1, 0.2)
ORIGIN = Origin("asr", "moonshine", "1", "ab" * 32, "5d9", with_text=True)


@pytest.fixture
def transcript() -> Any:
    """A transcript event as it is sent."""
    account = Account("r1", "user", audio_seconds=1.5)
    said = [(Transcript("turn left", 1.5, (), 0.9), QUALITY)]
    return json.loads(transcript_event(ORIGIN, account, said).body())


@pytest.fixture
def feedback() -> Any:
    """A feedback event as it is sent."""
    return json.loads(feedback_event(ORIGIN, Feedback("r1", "corrected", "turn right")).body())


def test_types_are_those_agreed(transcript: Any, feedback: Any) -> None:
    assert {"transcript": transcript["type"], "feedback": feedback["type"]} == CONTRACTS["events"]


def test_fields_are_those_agreed(transcript: Any, feedback: Any) -> None:
    assert list(transcript["data"]) == AGREED["transcript"]
    assert list(transcript["data"]["model"]) == AGREED["transcript_model"]
    assert list(transcript["data"]["transcripts"][0]) == AGREED["transcript_transcripts"]
    assert list(feedback["data"]) == AGREED["feedback"]


@pytest.mark.parametrize("actions", [contents.ACTIONS, heard.ACTIONS], ids=["predictor", "referee"])
def test_actions_are_those_agreed(actions: tuple[str, ...]) -> None:
    assert list(actions) == AGREED["feedback_action"] == CONTRACTS["label_values"]["action"]


def test_the_referee_reads_what_the_predictor_tells() -> None:
    told = feedback_event(ORIGIN, Feedback("r1", "corrected")).body()
    assert heard.read_event(told) == heard.Feedback("r1", "corrected")
    account = Account("r1", "user", audio_seconds=1.5)
    said = transcript_event(ORIGIN, account, [(Transcript("yes", 1.5, (), 0.9), QUALITY)])
    assert heard.read_event(said.body()) == heard.Heard("r1", "5d9", "yes", 1.5, 0.9, -23.5, 18.0)


def test_subject_is_the_requests_id(transcript: Any, feedback: Any) -> None:
    assert transcript["subject"] == feedback["subject"] == "r1"
