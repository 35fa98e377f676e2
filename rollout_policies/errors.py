"""What the referee says when it cannot go on; knows nothing of how it is reported.

Exception
└── RefereeError           one sentence: what was wrong, its value, what is allowed
    ├── GoldenSetError   a golden set is missing, damaged, or a line of its manifest is unusable
    ├── ResultError      a line of a file of transcripts cannot be used
    ├── EvidenceError    a file of evidence belongs to something else or is damaged before its last line
    ├── AnnotationError  a Rollout's annotation has a value that cannot be followed
    ├── EventError       an event that was sent here cannot be read
    ├── OptionError      an argument of the command has a value that cannot be followed (exit 2)
    └── ClusterError     the Kubernetes API did not answer as it should
        └── NotFoundError  it answered that there is no such object
"""


class RefereeError(Exception):
    """Says in one sentence why the referee cannot do what it was asked."""


class GoldenSetError(RefereeError):
    """A golden set is missing, damaged, or a line of its manifest is unusable."""


class ResultError(RefereeError):
    """A line of a file of transcripts cannot be used."""


class EvidenceError(RefereeError):
    """A file of evidence belongs to something else or is damaged before its last line."""


class AnnotationError(RefereeError):
    """A Rollout's annotation has a value that cannot be followed."""


class EventError(RefereeError):
    """An event that was sent here cannot be read."""


class OptionError(RefereeError):
    """An argument of the command has a value that cannot be followed."""


class ClusterError(RefereeError):
    """The Kubernetes API did not answer as it should."""


class NotFoundError(ClusterError):
    """The Kubernetes API answered that there is no such object."""
