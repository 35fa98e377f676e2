"""Everything that can go wrong before or at the end of a load, as one small tree.

LoadTestError
├── OptionError         an option is outside what is allowed
├── ClipsError          the folder of clips cannot be used
└── TooFewRequests      the load ended with fewer requests than it was asked for
"""

from __future__ import annotations


class LoadTestError(Exception):
    """The root of the errors a user can act on."""


class OptionError(LoadTestError):
    """An option's value is not one of the allowed ones."""


class ClipsError(LoadTestError):
    """The folder of clips is missing or holds no WAV file."""


class TooFewRequests(LoadTestError):  # noqa: N818 - it names what happened, as StopIteration does
    """A load that sent next to nothing proves nothing."""
