"""The events' flags, and the events they ask for."""

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from model_server import flags

if TYPE_CHECKING:
    from model_server.events.contents import Origin
    from model_server.events.events import Events
    from model_server.events.outbox import Count


@dataclass(frozen=True)
class EventOptions:
    """Where events go, None is nowhere; how many may wait; whether spoken words are in them."""

    url: str | None = None
    queue: int = 1000
    text: bool = False


def add_event_flags(parser: argparse.ArgumentParser) -> None:
    """Add them to the predictor's."""
    group = parser.add_argument_group("events", "Tell a receiver of each transcript and of users' feedback.")
    add = group.add_argument
    add("--events-url", type=flags.http_url, metavar="URL", help="CloudEvents are POSTed there")
    add("--events-queue", type=flags.whole(1, 100_000), default=1000, metavar="N", help=_QUEUE_HELP)
    add("--events-text", action="store_true", help="put the words themselves into events (default: never)")


_QUEUE_HELP = "events that may wait; more are dropped and counted (default: 1000)"


def read_event_options(given: argparse.Namespace) -> EventOptions:
    """The options among the parsed flags."""
    return EventOptions(given.events_url, given.events_queue, given.events_text)


def open_events(options: EventOptions, origin: "Origin", count: "Count") -> "Events | None":
    """The events asked for, or None."""
    if options.url is None:
        return None
        # Only where they are asked for: an HTTP client costs a start's time.
    from model_server.events import events, outbox

    return events.Events(outbox.Outbox(options.url, options.queue, count), origin)
