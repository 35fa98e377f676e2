"""The search's flags, and the search they ask for."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from model_server import flags
from model_server.log import LOGGER
from model_server.search.search import MAX_RESULTS, Search
from model_server.search.time_box import TimeBox

# A header's value, for an engine that wants a proof; a secret, so no flag, which every process could read.
AUTHORIZATION_ENVIRONMENT = "SERINUS_SEARCH_AUTHORIZATION"


@dataclass(frozen=True)
class SearchOptions:
    """What to search: a catalogue's file or an engine's URL; None and None is nothing."""

    catalogue: Path | None = None
    url: str | None = None
    index: str = "catalogue"
    timeout_milliseconds: int = 200
    limit: int = 5
    authorization: str | None = None


def add_search_flags(parser: argparse.ArgumentParser) -> None:
    """Add them to the predictor's."""
    default = SearchOptions()
    group = parser.add_argument_group("search", "Look the transcript up and add `results` to JSON answers.")
    where = group.add_mutually_exclusive_group()
    where.add_argument("--search-catalogue", type=Path, metavar="FILE", help="JSON lines of id, title, text")
    where.add_argument("--search-url", type=flags.http_url, metavar="URL", help=_URL_HELP)
    add = group.add_argument
    add("--search-index", type=flags.name, default=default.index, metavar="NAME", help=_INDEX_HELP)
    milliseconds = flags.whole(1, 60_000)
    add("--search-timeout-ms", type=milliseconds, default=default.timeout_milliseconds, help=_TIME_HELP)
    add("--search-limit", type=flags.whole(1, MAX_RESULTS), default=default.limit, help="most results (5)")


_URL_HELP = f"of an OpenSearch-compatible engine; {AUTHORIZATION_ENVIRONMENT} is its Authorization header"
_INDEX_HELP = "the engine's index (default: catalogue)"
_TIME_HELP = "a search that takes longer is answered without results (default: 200)"


def read_search_options(given: argparse.Namespace, environment: Mapping[str, str]) -> SearchOptions:
    """The options among the parsed flags."""
    return SearchOptions(
        catalogue=given.search_catalogue,
        url=given.search_url,
        index=given.search_index,
        timeout_milliseconds=given.search_timeout_ms,
        limit=given.search_limit,
        authorization=environment.get(AUTHORIZATION_ENVIRONMENT) or None,
    )


def open_search(options: SearchOptions, count: Callable[[str], None]) -> TimeBox | None:
    """The search asked for, or None; a CatalogueError where its file is of no use. Blocking."""
    search = _search(options)
    if search is None:
        return None
    return TimeBox(search, options.limit, options.timeout_milliseconds / 1000, count)


def _search(options: SearchOptions) -> Search | None:
    # Each only where it is asked for: they cost a start's time.
    if options.catalogue is not None:
        from model_server.search.catalogue import read_catalogue

        catalogue, reading = read_catalogue(options.catalogue)
        told = {"entries": reading.entries, "bad_lines": reading.bad_lines, "named": reading.named}
        (LOGGER.warning if reading.bad_lines else LOGGER.info)("search catalogue read", extra=told)
        return catalogue
    if options.url is not None:
        from model_server.search.opensearch import OpenSearch

        timeout = options.timeout_milliseconds / 1000
        return OpenSearch(options.url, options.index, timeout, options.authorization)
    return None
