"""A small market trades over real HTTP: buyers with limits, schedules, credit and bad manners, and no promise is broken.

`python -m benchmarks.market` is the same at its full size.
"""

import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]


def test_a_market_of_thirty_buyers_breaks_no_promise() -> None:
    size = ("--buyers", "30", "--leads", "900", "--fair", "1200")
    seed = ("--seed", os.environ["MARKET_SEED"]) if "MARKET_SEED" in os.environ else ()
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("LEADYARD_") or name == "LEADYARD_POSTGRES_USER"
    }
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.market", *size, *seed],
        cwd=CHECKOUT,
        env=kept,
        check=False,
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]
    assert "Every promise kept" in done.stdout
