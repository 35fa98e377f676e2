"""Downloads one URL into a file: https only, bounded in bytes and in silence; knows nothing of digests.

Plain http is taken from this machine itself (a port-forward, a test) and where `plain_http` allows it (an
S3 endpoint somebody named). A redirect must lead to https, or stay at the server it came from.
"""

import ipaddress
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx

from model_server.artefact.progress import shown
from model_server.errors import ArtefactError

MAX_REDIRECTS = 5
# Of connecting, and of waiting for the next byte; a slow download that moves may take its time.
TIMEOUT = httpx.Timeout(30.0, connect=10.0)
CHUNK_BYTES = 1 << 18
# The bytes as they are stored: their digest is known, that of a compressed transfer is not.
STORED = {"accept-encoding": "identity"}


def download(
    url: str,
    target: Path,
    max_bytes: int,
    headers: Mapping[str, str] | None = None,
    plain_http: bool = False,
) -> None:
    """Write what `url` answers to `target`; an ArtefactError says what came instead of a 200."""
    if not plain_http:
        _check(httpx.URL(url))
    try:
        with httpx.Client(timeout=TIMEOUT, follow_redirects=False) as client:
            _follow(
                client,
                client.build_request("GET", url, headers={**STORED, **(headers or {})}),
                target,
                max_bytes,
            )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ArtefactError(f"{type(error).__name__}: {error}") from error


def _follow(client: httpx.Client, request: httpx.Request, target: Path, max_bytes: int) -> None:
    for _ in range(MAX_REDIRECTS + 1):
        response = client.send(request, stream=True)
        try:
            following = response.next_request
            if following is None:
                _save(response, target, max_bytes)
                return
        finally:
            response.close()
        if _origin(following.url) != _origin(request.url):
            _check_redirect(following.url)
            # What proves who we are is for the server it was made for.
            following = client.build_request("GET", following.url, headers=STORED)
        request = following
    raise ArtefactError(f"it redirects more than {MAX_REDIRECTS} times")


def _save(response: httpx.Response, target: Path, max_bytes: int) -> None:
    if response.status_code != 200:
        raise ArtefactError(f"it answers {response.status_code} {response.reason_phrase}")
    declared = response.headers.get("content-length", "")
    total = int(declared) if declared.isdigit() else None
    if total is not None and total > max_bytes:
        raise ArtefactError(f"it must be at most {max_bytes} bytes, not {total}")
    with target.open("wb") as file:
        for chunk in shown(_bounded(response, max_bytes), target.name, total, sys.stderr):
            file.write(chunk)


def _bounded(response: httpx.Response, max_bytes: int) -> Iterator[bytes]:
    size = 0
    for chunk in response.iter_raw(CHUNK_BYTES):
        size += len(chunk)
        if size > max_bytes:
            raise ArtefactError(f"it must be at most {max_bytes} bytes")
        yield chunk


def _check(url: httpx.URL) -> None:
    if url.scheme != "https" and not (url.scheme == "http" and _is_loopback(url.host)):
        raise ArtefactError(f"the scheme must be https (http from this machine only), not {url.scheme!r}")


def _check_redirect(url: httpx.URL) -> None:
    if url.scheme != "https":
        raise ArtefactError(f"a redirect must lead to https, not to {url.scheme}://{url.host}")


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
