"""Counts the word errors of a transcript against a label; knows nothing of audio or of who transcribed.

Both texts go through Whisper's English normaliser (spelling, numbers, contractions, fillers) before they
are compared, so that a way of writing is not an error.
"""

import warnings

import jiwer

with warnings.catch_warnings():
    # Its docstrings hold an escape that newer Pythons warn of when they first compile the file.
    warnings.simplefilter("ignore")
    from whisper_normalizer.english import EnglishTextNormalizer

_normaliser = EnglishTextNormalizer()


def normalised(text: str) -> str:
    """Return the words that count, lower-cased and separated by single spaces; "" where none does."""
    # The normaliser leaves a dot of its own where "..." stood; what has no letter or digit is not a word.
    return " ".join(word for word in str(_normaliser(text)).split() if any(map(str.isalnum, word)))


def count_word_errors(reference: str, hypothesis: str) -> int:
    """Return substitutions, deletions and insertions of a raw hypothesis against a normalised reference.

    At most the reference's words: a clip made up of nonsense counts no more than one that was missed.
    """
    words = len(reference.split())
    said = normalised(hypothesis)
    if not said:
        return words
    result = jiwer.process_words(reference, said)
    return min(words, int(result.substitutions + result.deletions + result.insertions))
