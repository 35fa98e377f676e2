"""What can go wrong while a golden set is assembled; every message is for the person who ran it."""


# Exception
# └── AssembleError      the set cannot be assembled
#     ├── ManifestError  a committed file does not say what is needed
#     ├── FetchError     a package could not be had in its pinned version
#     └── DigestError    bytes are not the committed ones
class AssembleError(Exception):
    """Says in one sentence why the set cannot be assembled."""


class ManifestError(AssembleError):
    """A line of the manifest or of the package table is unusable."""


class FetchError(AssembleError):
    """A package could not be had in its pinned version."""


class DigestError(AssembleError):
    """A file's bytes are not the committed ones."""
