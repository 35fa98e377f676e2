"""The flags of a search ask for one place to look, or none."""

import asyncio

import pytest

from model_server.options import parse_options
from model_server.search.options import open_search


def options(*flags, **environment):
    return parse_options(["--model", "m", *flags], environment).search


def test_nothing_asked_for_is_no_search():
    assert open_search(options(), lambda outcome: None) is None


def test_catalogue_asked_for_is_searched(catalogue_file, shop):
    counted = []
    flags = ("--search-catalogue", str(catalogue_file(*shop)), "--search-timeout-ms", "5000")

    async def find():
        search = open_search(options(*flags, "--search-limit", "1"), counted.append)
        findings = await search.find("red wet shoes", "r1")
        await search.close()
        return findings

    assert [result.id for result in asyncio.run(find()).results] == ["1"]
    assert counted == ["found"]


def test_authorization_comes_from_the_environment():
    asked = options("--search-url", "https://engine.example/es", SERINUS_SEARCH_AUTHORIZATION="Bearer t")

    assert (asked.url, asked.index, asked.authorization) == (
        "https://engine.example/es",
        "catalogue",
        "Bearer t",
    )


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (("--search-url", "http://e.example", "--search-catalogue", "c"), "not allowed with argument"),
        (("--search-url", "engine:9200"), "must be an http:// or https:// URL, not 'engine:9200'"),
        (("--search-url", "http://u:secret@e.example"), "without a user, password, query or fragment"),
        (("--search-index", "a/../b"), "must be letters, digits"),
        (("--search-timeout-ms", "0"), "from 1 to 60000"),
        (("--search-limit", "51"), "from 1 to 50"),
        (("--events-url", "ftp://receiver"), "must be an http:// or https:// URL"),
        (("--events-queue", "0"), "from 1 to 100000"),
    ],
)
def test_mistake_stops_the_start_by_name(flags, sentence, capsys):
    with pytest.raises(SystemExit):
        options(*flags)
    printed = capsys.readouterr().err
    assert sentence in printed
    assert "secret" not in printed
