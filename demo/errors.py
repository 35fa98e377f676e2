"""Everything that can stop a demonstration, as one small tree.

DemoError
├── WaitTimeout       something named did not happen in its time
├── ObjectError       a Rollout or AnalysisRun does not look as Argo Rollouts makes it
├── LoadEnded         the user load ended before it was told to
├── UsersLost         the user load ended badly, or without a line for each request it sent
└── Unprepared        images or the cluster are missing: what makes them is named
"""

from __future__ import annotations


class DemoError(Exception):
    """The root of the errors a user can act on."""


class WaitTimeout(DemoError):  # noqa: N818 - it names what happened
    """What was waited for, how long, and what was seen last."""

    def __init__(self, what: str, seconds: float, last_seen: str) -> None:
        super().__init__(f"not within {seconds:g} s: {what}; last seen: {last_seen or 'nothing'}")


class ObjectError(DemoError):
    """A field that Argo Rollouts always sets is missing."""


class LoadEnded(DemoError):  # noqa: N818 - it names what happened
    """Without users there is nothing to show."""


class UsersLost(DemoError):  # noqa: N818 - it names what happened
    """What became of some users is not known, so nobody may say that none of them failed."""


class Unprepared(DemoError):  # noqa: N818 - it names what happened
    """Something that `make images` or `make cluster` makes is not there."""
