"""A mounted catalogue: spoken words find its entries, and are never anything but words to SQLite."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from model_server.errors import CatalogueError, SearchError
from model_server.search import catalogue as module
from model_server.search import entries
from model_server.search.catalogue import match, read_catalogue


@asynccontextmanager
async def opened(path):
    catalogue, _ = read_catalogue(path)
    try:
        yield catalogue
    finally:
        await catalogue.close()


def found(path, text, limit=5):
    async def find():
        async with opened(path) as catalogue:
            return await catalogue.find(text, limit)

    return asyncio.run(find())


@pytest.mark.parametrize(
    ("said", "ids"),
    [
        ("Show me RED shoes, please!", ["1", "2"]),
        ("something for wet days", ["1", "3"]),  # as many words of as many: in the file's order
        ("red", ["1", "2"]),
        ("umbrellas", []),
        ("...", []),
    ],
)
def test_spoken_words_find_entries_the_best_first(catalogue_file, shop, said, ids):
    assert [result.id for result in found(catalogue_file(*shop), said)] == ids


def test_result_has_its_title_and_the_matching_stretch(catalogue_file, shop):
    words = " ".join(["filler"] * 100)
    long = {"id": "4", "title": "Novel", "text": f"{words} a lighthouse keeper {words}"}

    (result,) = found(catalogue_file(*shop, long), "lighthouse")

    assert result.title == "Novel"
    assert "lighthouse keeper" in result.snippet
    assert (len(result.snippet) < 300, result.score > 0) == (True, True)


def test_no_more_than_the_limit_are_found(catalogue_file, shop):
    assert len(found(catalogue_file(*shop), "red wet shoes boots umbrella", limit=2)) == 2


@pytest.mark.parametrize(
    "said",
    [
        '"',
        "red OR",
        "NEAR(red shoes, 2)",
        "title : red",
        "^red",
        "re*",
        "(red",
        "red AND NOT",
        "-red",
        "_",
        "a'; --",
    ],
)
def test_syntax_that_is_spoken_is_only_words(catalogue_file, shop, said):
    assert isinstance(found(catalogue_file(*shop), said), list)


def test_syntax_words_are_looked_for_as_words(catalogue_file, shop):
    sign = {"id": "4", "title": "Sign", "text": "This way OR that way."}

    assert [result.id for result in found(catalogue_file(*shop, sign), "OR")] == ["4"]


def test_long_speech_asks_for_its_first_different_words():
    said = " ".join(f"w{number}" for number in range(200)) + " w0"

    assert match(said).count('"') == 2 * module.MAX_WORDS
    assert match("red Red RED") == '"red"'


def test_bad_lines_are_counted_and_named(catalogue_file, shop):
    bad = [
        b"{",
        b"[1]",
        {"id": 7, "title": "t", "text": "x"},
        {"id": "1", "title": "again", "text": "x"},
        {"id": "9", "title": "no text"},
        {"id": "", "title": "t", "text": "x"},
        b"\xff\xfe",
        b'{"id": "8", "title": "' + b"long" * 20_000 + b'", "text": ""}',
    ]
    _, reading = read_catalogue(catalogue_file(*shop, b"", *bad, {"id": "5", "title": "last", "text": ""}))

    assert (reading.entries, reading.bad_lines) == (4, 8)
    assert reading.named[1:4] == [
        "line 6: must be an object, not list",
        "line 7: id must be text, not int",
        "line 8: id '1' was there before",
    ]


@pytest.mark.parametrize("name", ["id", "title", "text"])
def test_line_with_half_a_surrogate_pair_is_bad_and_stops_no_start(catalogue_file, shop, name):
    half = {"id": "9", "title": "t", "text": "x", name: "cut \ud83d"}

    _, reading = read_catalogue(catalogue_file(half, *shop))

    assert (reading.entries, reading.bad_lines) == (3, 1)
    assert reading.named == [f"line 1: {name} has half a surrogate pair, which UTF-8 cannot hold"]


def test_file_without_an_entry_is_refused_with_reasons(catalogue_file):
    with pytest.raises(CatalogueError, match="has no usable entry: line 1: is not JSON"):
        read_catalogue(catalogue_file(b"id,title"))


def test_absent_file_is_refused(tmp_path):
    with pytest.raises(CatalogueError, match="No such file"):
        read_catalogue(tmp_path / "none.jsonl")


@pytest.mark.parametrize(
    ("bound", "value", "sentence"),
    [
        ("MAX_ENTRIES", 2, "must have at most 2 entries"),
        ("MAX_FILE_BYTES", 10, "must be at most 10 bytes, not"),
    ],
)
def test_file_above_a_bound_is_refused(catalogue_file, shop, monkeypatch, bound, value, sentence):
    monkeypatch.setattr(entries, bound, value)

    with pytest.raises(CatalogueError, match=sentence):
        read_catalogue(catalogue_file(*shop))


SLOW = """
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000)
    SELECT count(*), '', ?, ? FROM n
"""


def test_search_nobody_waits_for_ends_and_the_next_is_answered(catalogue_file, shop, monkeypatch):
    async def late_then_soon():
        async with opened(catalogue_file(*shop)) as catalogue:
            with monkeypatch.context() as patched:
                patched.setattr(module, "FIND", SLOW)
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.05):
                        await catalogue.find("red", 5)
            async with asyncio.timeout(5):
                return await catalogue.find("umbrella", 5)

    (result,) = asyncio.run(late_then_soon())
    assert result.id == "3"


def test_search_that_waits_too_long_does_not_end_the_one_that_runs(catalogue_file, shop, monkeypatch):
    async def both():
        async with opened(catalogue_file(*shop)) as catalogue:
            monkeypatch.setattr(module, "FIND", SLOW.replace("1000000000", "2000000"))
            running = asyncio.ensure_future(catalogue.find("red", 5))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.02):
                    await catalogue.find("blue", 5)
            return await running

    assert asyncio.run(both())[0].id == 2_000_000


def test_failing_database_is_a_search_error(catalogue_file, shop, monkeypatch):
    monkeypatch.setattr(module, "FIND", "SELECT * FROM elsewhere WHERE ? = ?")

    with pytest.raises(SearchError, match="could not be searched: no such table"):
        found(catalogue_file(*shop), "red")
