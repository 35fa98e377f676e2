"""Downloads one URL into a file, bounded in bytes and in time, tried again; knows nothing of what comes.

Whoever calls knows the digest of the bytes: until it was checked they are a stranger's.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from rollout_policies.errors import GoldenSetError

SCHEMES = ("https", "http")
MAX_REDIRECTS = 5
CHUNK_BYTES = 1 << 18
# Of answers that may be others a little later.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})

# Takes the bytes that are here, and how many there will be where that is known.
Progress = Callable[[int, int | None], None]
# Waits for some seconds.
Wait = Callable[[float], None]


@dataclass(frozen=True)
class DownloadLimits:
    """What a download may take: bytes, seconds of one try and of silence, tries, seconds between the first
    two (each later pause is twice as long)."""

    max_bytes: int = 10**9
    seconds: float = 900.0
    silence_seconds: float = 30.0
    attempts: int = 5
    first_pause_seconds: float = 1.0


class PassingError(GoldenSetError):
    """A download failed in a way that another try may mend."""


def check_url(url: str) -> None:
    """Raise GoldenSetError unless this is an http or https URL with a host."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise GoldenSetError(f"{url!r} is no URL: {error}") from error
    if parsed.scheme not in SCHEMES or not parsed.host:
        raise GoldenSetError(f"a URL must begin with https:// or http:// and name a host, not {url!r}")


def check_next(first: httpx.URL, following: httpx.URL) -> None:
    """Raise GoldenSetError unless what begins there may go on to here: https stays https."""
    if following.scheme not in SCHEMES or (first.scheme == "https" and following.scheme != "https"):
        raise GoldenSetError(f"it redirects to {following.scheme}://{following.host}")


def download(
    url: str, target: Path, limits: DownloadLimits, progress: Progress, wait: Wait = time.sleep
) -> None:
    """Write what the URL answers to `target`; GoldenSetError with the last try's reason where none went
    well."""
    check_url(url)
    for attempt in range(1, limits.attempts + 1):
        try:
            _try(url, target, limits, progress)
        except PassingError as error:
            if attempt == limits.attempts:
                raise GoldenSetError(f"{url}: {error}, in {attempt} tries") from error
        except GoldenSetError as error:
            raise GoldenSetError(f"{url}: {error}") from error
        else:
            return
        wait(limits.first_pause_seconds * 2 ** (attempt - 1))


def _try(url: str, target: Path, limits: DownloadLimits, progress: Progress) -> None:
    client = httpx.Client(
        follow_redirects=True,
        max_redirects=MAX_REDIRECTS,
        timeout=limits.silence_seconds,
        event_hooks={"request": [lambda request: check_next(httpx.URL(url), request.url)]},
        # The bytes as they are stored: their digest is known, that of a compressed transfer is not.
        headers={"accept-encoding": "identity"},
    )
    try:
        with client, client.stream("GET", url) as response, target.open("wb") as file:
            _check(response, limits)
            for chunk in _bounded(response, limits, progress):
                file.write(chunk)
    except httpx.TooManyRedirects as error:
        raise GoldenSetError(f"it redirects more than {MAX_REDIRECTS} times") from error
    except httpx.UnsupportedProtocol as error:
        raise GoldenSetError(str(error)) from error
    except httpx.HTTPError as error:
        raise PassingError(f"{type(error).__name__} ({error})") from error


def _check(response: httpx.Response, limits: DownloadLimits) -> None:
    status = response.status_code
    if status != 200:
        kind = PassingError if status in PASSING else GoldenSetError
        raise kind(f"it answers {status} {response.reason_phrase}")
    size = _declared(response)
    if size is not None and size > limits.max_bytes:
        raise GoldenSetError(f"it has {size} bytes, more than {limits.max_bytes}")


def _declared(response: httpx.Response) -> int | None:
    said = response.headers.get("content-length", "")
    return int(said) if said.isdigit() else None


def _bounded(response: httpx.Response, limits: DownloadLimits, progress: Progress) -> Iterator[bytes]:
    began, done = time.monotonic(), 0
    for chunk in response.iter_raw(CHUNK_BYTES):
        done += len(chunk)
        if done > limits.max_bytes:
            raise GoldenSetError(f"it has more than {limits.max_bytes} bytes")
        if time.monotonic() - began > limits.seconds:
            raise PassingError(f"it took more than {limits.seconds:g} s ({done} bytes came)")
        progress(done, _declared(response))
        yield chunk
