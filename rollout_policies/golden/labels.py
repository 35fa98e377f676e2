"""Looks for labels that contradict one another or hold what nobody speaks; of sounds it knows digests."""

import itertools
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from rollout_policies.golden.findings import Finding, Severity
from rollout_policies.golden.rows import Row

PUNCTUATION = frozenset(" .,?!;:'\"()-\u2013\u2014")
QUOTES = {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'}
# Scripts with letters that look Latin and are not: no model writes them.
LIKE_LATIN = frozenset({"CYRILLIC", "GREEK"})
# Two words that are also one ("log in", "login"): of fewer letters most are words of their own ("to day").
LEAST_COMPOUND_LETTERS = 5


def check_labels(rows: Sequence[Row]) -> list[Finding]:
    """Return what is wrong with the labels, one by one and among each other."""
    alone = itertools.chain.from_iterable(_alone(row) for row in rows)
    return [*alone, *_same_sound(rows), *_variants(rows)]


def tidied(text: str) -> str:
    """Return a label with composed characters (NFC), plain quotes, single spaces, and nothing invisible."""
    visible = "".join(c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) != "Cf")
    return " ".join("".join(QUOTES.get(c, c) for c in visible).split())


def _alone(row: Row) -> Iterable[Finding]:
    if not row.counted:
        yield Finding("error", "label", row.name, f"text {row.text!r} holds no word that counts")
    if row.text != tidied(row.text):
        yield Finding(
            "warning", "label", row.name, f"text {row.text!r} would be tidied to {tidied(row.text)!r}"
        )
    odd = sorted({c for c in tidied(row.text) if not (c.isalnum() or c in PUNCTUATION or _is_mark(c))})
    if odd:
        named = ", ".join(f"{c!r} ({unicodedata.name(c, 'no character')})" for c in odd)
        worse = any(unicodedata.category(c)[0] == "C" or c == "\ufffd" for c in odd)
        severity: Severity = "error" if worse else "warning"
        yield Finding(severity, "characters", row.name, f"how is it spoken? {named} in {row.text!r}")
    mixed = [
        word for word in tidied(row.text).split() if "LATIN" in _scripts(word) and _scripts(word) & LIKE_LATIN
    ]
    if mixed:
        yield Finding("error", "characters", row.name, f"letters of several alphabets in {', '.join(mixed)}")
    stated = row.fields.get("words")
    if stated is not None and stated != row.words:
        yield Finding("error", "words", row.name, f"the manifest says {stated!r} words, {row.words} count")


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


def _scripts(word: str) -> set[str]:
    return {unicodedata.name(c, "?").split()[0] for c in word if c.isalpha()}


def _same_sound(rows: Sequence[Row]) -> Iterable[Finding]:
    """Compare the labels of clips whose samples are equal, whatever their headers."""
    by_digest: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.sound is not None:
            by_digest[row.sound.samples_digest].append(row)
    for first, *others in by_digest.values():
        for row in others:
            if row.counted != first.counted:
                said = (
                    f"the same sound as {first.name} with another label: {row.counted!r}, {first.counted!r}"
                )
                yield Finding("error", "same sound", row.name, said)
            else:
                yield Finding("warning", "duplicate", row.name, f"the same sound and label as {first.name}")


def _variants(rows: Sequence[Row]) -> Iterable[Finding]:
    """Find ways of writing one word that the normaliser does not join: each costs a word error."""
    found: dict[str, set[str]] = defaultdict(set)
    seen: Counter[str] = Counter()
    where: dict[str, str] = {}
    for row in rows:
        words = row.counted.split()
        pairs = (f"{a} {b}" for a, b in itertools.pairwise(words))
        for written in [*words, *pairs]:
            joined = written.replace(" ", "")
            if joined.isalpha() and (" " not in written or len(joined) >= LEAST_COMPOUND_LETTERS):
                found[skeleton(joined)].add(written)
                seen[written] += 1
                where.setdefault(written, row.name)
    for written_ways in found.values():
        ways = sorted(written_ways, key=lambda way: (-seen[way], way))
        # Pairs of words are only of interest beside the one word they would be.
        if len(ways) > 1 and any(" " not in way for way in ways):
            named = ", ".join(f"{way!r} {seen[way]} times" for way in ways)
            yield Finding("warning", "spelling", where[ways[-1]], f"one word in several spellings? {named}")


# British and American endings, and letters doubled or not, are one word to the ear; of short words few are.
ENDINGS = (
    (r"is(e|es|ed|ing|ation)$", r"iz\1"),
    (r"our(s|ed|ing|ite)?$", r"or\1"),
    (r"tre$", "ter"),
    (r"ogue$", "og"),
)


def skeleton(word: str) -> str:
    """Return a spelling that variants of a word share; words of four letters or fewer stay as they are."""
    if len(word) < 5:
        return word
    for pattern, instead in ENDINGS:
        word = re.sub(pattern, instead, word)
    return re.sub(r"(.)\1", r"\1", word)
