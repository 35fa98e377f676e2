"""Loading a model until it has shown that it works: digests, engine, warm-up, its own clip heard right."""

import re

import numpy as np

from model_server.artefact.manifest import Artefact, verify
from model_server.audio import read_header
from model_server.content import Content
from model_server.engines.engine import load_engine
from model_server.errors import SelfTestError
from model_server.faults import NO_FAULTS
from model_server.pipeline import Recogniser, StageOptions

# The self-test's clip is short; one much longer would only make every start slow.
MAX_SELF_TEST_SECONDS = 60.0


def load_recogniser(artefact: Artefact, threads: int, options: StageOptions) -> Recogniser:
    """The recogniser of an artefact whose files, engine and self-test are all right."""
    verify(artefact)
    engine = load_engine(artefact, threads)
    for _ in engine.transcribe(np.zeros(artefact.sample_rate, dtype=np.float32)):
        pass
    recogniser = Recogniser(engine, options)
    check_hearing(recogniser, artefact)
    return recogniser


def check_hearing(recogniser: Recogniser, artefact: Artefact) -> None:
    """The artefact's own clip gives its own words, case and punctuation apart."""
    content = Content.of(artefact.path(artefact.self_test.audio).read_bytes())
    clip = read_header(content, MAX_SELF_TEST_SECONDS)
    heard = recogniser.transcribe(clip, NO_FAULTS, "self-test")[0].text
    if spoken_words(heard) != spoken_words(artefact.self_test.text):
        raise SelfTestError(
            f"self-test of {artefact.name} {artefact.version}: {artefact.self_test.audio} says "
            f"{artefact.self_test.text!r}, but was heard as {heard!r}"
        )


def spoken_words(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation."""
    return re.findall(r"[\w']+", text.lower())
