"""Run with `make bench`."""

import sys

import click

from benchmarks.intake import IntakeBench
from benchmarks.report import print_rows


@click.command()
@click.option("--seconds", default=10.0, help="How long each side is measured.")
@click.option("--rounds", default=3, help="How often the two sides take turns.")
def main(seconds: float, rounds: int) -> None:
    """Measure every speed that Leadyard promises, as a ratio in one run."""
    sys.exit(0 if print_rows(IntakeBench(seconds=seconds, rounds=rounds).run()) else 1)


if __name__ == "__main__":
    main()
