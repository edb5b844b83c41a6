"""`leadyard bench`."""

import subprocess
import sys
from pathlib import Path

import click

import leadyard

_CHECKOUT = Path(leadyard.__file__).parents[2]


@click.command()
@click.option("--seconds", default=10.0, show_default=True, help="How long each side is measured.")
@click.option("--rounds", default=3, show_default=True, help="How often the two sides take turns.")
def bench(*, seconds: float, rounds: int) -> None:
    """Measure every speed that Leadyard promises, against a yardstick in the same run; needs a checkout.

    Starts everything it needs by itself, a database included. Ends with exit code 1 when a first target is missed.
    """
    if not (_CHECKOUT / "benchmarks" / "__main__.py").exists():
        raise click.UsageError(
            "The benchmarks are part of the source checkout, not of the installed package."
        )
    command = [sys.executable, "-m", "benchmarks", "--seconds", str(seconds), "--rounds", str(rounds)]
    sys.exit(subprocess.run(command, cwd=_CHECKOUT, check=False).returncode)  # noqa: S603 - our own module
