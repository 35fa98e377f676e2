"""Review: which transcripts a person must look at, by degree of automation."""

import pytest

from model_server.review import Review


@pytest.mark.parametrize(
    ("degree", "confidence", "needed"),
    [
        ("shadow", 0.99, True),
        ("assist", 0.99, True),
        ("partial", 0.49, True),
        ("partial", 0.5, False),
        ("partial", None, True),
        ("full", 0.01, False),
        ("full", None, False),
    ],
)
def test_review_follows_the_degree(degree, confidence, needed):
    assert Review(degree, threshold=0.5).needed(confidence) is needed
