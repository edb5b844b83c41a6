"""Run with `make bench`."""

import sys

import click

from benchmarks.importing import ImportBench
from benchmarks.intake import IntakeBench
from benchmarks.report import print_rows
from benchmarks.visits import VisitBench
from leadyard.settings_values import default_web_processes


@click.command()
@click.option("--seconds", default=10.0, help="How long each side is measured.")
@click.option("--rounds", default=3, help="How often the two sides take turns.")
@click.option("--rows", default=200_000, help="How many rows the imported file has.")
@click.option(
    "--web", type=int, default=default_web_processes, help="How many web processes there are, and echoes."
)
@click.option("--workers", default=1, help="How many workers sell, end to end.")
def main(seconds: float, rounds: int, rows: int, web: int, workers: int) -> None:
    """Measure every speed that Leadyard promises, as a ratio in one run.

    Without --web and --workers there are as many processes as `leadyard serve` starts on this machine.
    """
    benches = (
        IntakeBench(seconds=seconds, rounds=rounds, web=web, workers=workers),
        ImportBench(rows=rows),
        VisitBench(seconds=seconds, rounds=rounds, web=web),
    )
    sys.exit(0 if print_rows(row for bench in benches for row in bench.run()) else 1)


if __name__ == "__main__":
    main()
