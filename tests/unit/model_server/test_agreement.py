"""LocalAgreement-2: shown is what two hypotheses in a row agree on, and it is never taken back."""

import pytest

from model_server.agreement import Agreement


def shown(*hypotheses):
    agreement = Agreement()
    return [agreement.hear(hypothesis) for hypothesis in hypotheses]


@pytest.mark.parametrize(
    ("hypotheses", "deltas"),
    [
        (["Ever tried."], [""]),
        (["Ever tried.", "Ever tried, ever"], ["", "Ever tried"]),
        (["Ever", "Ever tried, ever", "Ever tried, ever failed"], ["", "Ever", " tried, ever"]),
        (["Ever tie", "Ever tried", "Ever tried it"], ["", "Ever", " tried"]),
        (["I never", "Ever tried", "Ever tried."], ["", "", "Ever tried"]),
        (["don't", "Don't know", "Don\u2019t know"], ["", "Don't", ""]),
        (["", "", "No"], ["", "", ""]),
        (["...", "... No", "... No matter"], ["", "", "... No"]),
    ],
)
def test_words_are_shown_once_two_hypotheses_agree(hypotheses, deltas):
    assert shown(*hypotheses) == deltas


def test_hypothesis_that_takes_back_what_was_shown_adds_nothing():
    hypotheses = ["No matter", "No matter", "Know it", "Know it all", "No matter try", "No matter try again"]

    assert shown(*hypotheses) == ["", "No matter", "", "", "", " try"]


def test_deltas_and_the_rest_are_the_transcript():
    agreement = Agreement()
    deltas = [agreement.hear(text) for text in ("Ever tried.", "Ever tried, ever", "Ever tried, ever fail")]

    assert "".join(deltas) + agreement.finish("Ever tried, ever failed.") == "Ever tried, ever failed."


def test_rest_of_a_transcript_with_other_words_is_not_told():
    agreement = Agreement()
    agreement.hear("Ever tied"), agreement.hear("Ever tied it")

    assert agreement.finish("Ever tried it.") == ""


def test_transcript_without_hypotheses_is_all_rest():
    assert Agreement().finish("No matter.") == "No matter."
