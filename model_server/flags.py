"""Types of command-line values: each takes a text and gives the value, or says what is allowed."""

import argparse
import ipaddress
import math
from collections.abc import Callable
from urllib.parse import urlsplit


def name(text: str) -> str:
    """Letters, digits, '-', '_' and '.'."""
    if not text or not all(character.isalnum() or character in "-_." for character in text):
        raise argparse.ArgumentTypeError(f"must be letters, digits, '-', '_' or '.', not {text!r}")
    return text


def address(text: str) -> str:
    """An IP address."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"must be an IP address, not {text!r}") from error


def http_url(text: str) -> str:
    """An http or https URL with a host, without a user, password, query or fragment."""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable or not text.isascii() or not text.isprintable() or " " in text:
        raise argparse.ArgumentTypeError(f"must be an http:// or https:// URL, not {text!r}")
    if parts.username is not None or parts.query or parts.fragment:
        raise argparse.ArgumentTypeError("must be a URL without a user, password, query or fragment")
    return text


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """A whole number within bounds."""

    def whole(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not lowest <= int(text) <= highest:
            raise argparse.ArgumentTypeError(
                f"must be a whole number from {lowest} to {highest}, not {text!r}"
            )
        return int(text)

    return whole


def number(lowest: float, highest: float) -> Callable[[str], float]:
    """A number within bounds."""

    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not lowest <= value <= highest:
            raise argparse.ArgumentTypeError(f"must be a number from {lowest} to {highest}, not {text!r}")
        return value

    return number
