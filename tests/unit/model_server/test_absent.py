"""A package left out: importable while others are imported, unusable, and real again afterwards."""

import subprocess
import sys

import pytest

from model_server.absent import Absent, absent


def test_names_of_a_package_left_out_stand_in_annotations():
    with absent("no_such_package"):
        import no_such_package

        assert no_such_package.Frame is Absent

    with pytest.raises(ModuleNotFoundError):
        import no_such_package


def test_what_was_left_out_cannot_be_used():
    with absent("no_such_package"):
        import no_such_package

    with pytest.raises(NotImplementedError, match="left out"):
        no_such_package.Frame([1])


def test_package_that_is_there_already_stays():
    with absent("pytest"):
        assert sys.modules["pytest"] is pytest


def test_predictor_starts_without_pandas():
    code = "from model_server.absent import absent\n"
    code += "with absent('pandas'): import model_server.server\n"
    code += "import sys; assert not [name for name in sys.modules if name.startswith('pandas')]"

    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
