"""What a walk's bounds of the word errors speak of: the golden set itself, or the speech it stands for."""

import argparse
from enum import Enum


class Estimand(Enum):
    """The value is how it is written in an annotation, an option and a chart's value."""

    SET = "set"
    POPULATION = "population"


def add_estimand(parser: argparse.ArgumentParser) -> None:
    """Add the choice between the two to a command's options."""
    parser.add_argument(
        "--estimand",
        choices=[one.value for one in Estimand],
        default=Estimand.SET.value,
        help="whether word errors are bounded of the set itself, which a complete walk decides, or of all "
        "speech that it stands for, which may stay undecided (%(default)s)",
    )
