"""Leaves out a package that a library imports at its top and that a predictor never uses."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


class AbsentModule(ModuleType):
    """In the place of a package: its names can be imported and stand in annotations, and cannot be used."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent


class Absent:
    """In the place of whatever the package has."""

    def __init__(self, *arguments: object, **named: object):
        raise NotImplementedError("this package was left out when the predictor started")


@contextmanager
def absent(name: str) -> Iterator[None]:
    """Import libraries as if the package were empty; whoever imports it afterwards gets the real one."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = AbsentModule(name)
    try:
        yield
    finally:
        del sys.modules[name]
