"""Which words of an unfinished utterance can be shown: those on which two hypotheses in a row agree.

LocalAgreement-2: Liu et al. 2020 (arXiv 2005.11185), used for streaming speech recognition by Macháček
et al. 2023 (arXiv 2307.14743). What is shown is never taken back. Knows nothing of audio or events.
"""

import re

WORD = re.compile(r"[^\W_]+(?:['\u2019-][^\W_]+)*")


class Agreement:
    """The words of one utterance; they are compared without case and punctuation."""

    def __init__(self) -> None:
        self._shown: list[str] = []
        self._last: list[str] = []

    def hear(self, hypothesis: str) -> str:
        """The text to add to what is shown, after one more hypothesis of the whole utterance so far.

        It ends with a word: the punctuation behind the last word often changes with the next one.
        """
        words, ends = _words(hypothesis)
        agreed = _common(words, self._last)
        self._last = words
        shown = len(self._shown)
        if agreed <= shown or words[:shown] != self._shown:
            return ""
        self._shown = words[:agreed]
        return hypothesis[ends[shown] : ends[agreed]]

    def finish(self, transcript: str) -> str:
        """The rest of the final transcript; nothing where it does not begin with the words shown."""
        words, ends = _words(transcript)
        shown = len(self._shown)
        return transcript[ends[shown] :] if words[:shown] == self._shown else ""


def _words(text: str) -> tuple[list[str], list[int]]:
    """The words, folded, and where each ends; the end of none is 0."""
    found = list(WORD.finditer(text))
    return [match[0].casefold() for match in found], [0, *(match.end() for match in found)]


def _common(one: list[str], other: list[str]) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count
