"""What can go wrong in a benchmark.

BenchError
├── OptionError          an option's value is not allowed
├── ClipsError           the golden set has too few clips of the lengths asked for
└── SubjectError         a server did not start, or did not answer
"""


class BenchError(Exception):
    """A sentence with the value and what is allowed."""


class OptionError(BenchError):
    """An option's value is not allowed."""


class ClipsError(BenchError):
    """The golden set has too few clips of the lengths asked for."""


class SubjectError(BenchError):
    """A server did not start, or did not answer."""
