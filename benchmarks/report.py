"""Prints what was measured, against what, and how far it is from the targets."""

import os
import platform
from collections.abc import Iterable
from pathlib import Path

import msgspec
from rich.console import Console


class Row(msgspec.Struct, frozen=True):
    """One speed: its ratio, the first target and the aim, and the figures behind it."""

    what: str
    against: str
    ratio: float
    sense: str
    first_target: float
    aim: float
    detail: str

    def meets(self, target: float) -> bool:
        """Tell whether the ratio is as good as a target."""
        return self.ratio >= target if self.sense == ">=" else self.ratio <= target


def machine() -> str:
    """Describe the machine in one line."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} x {model}, {memory:.0f} GiB, Python {platform.python_version()}"


def print_rows(rows: Iterable[Row]) -> bool:
    """Print rows as they come; tells whether all first targets are met."""
    console = Console(width=120, highlight=False)
    console.print(machine())
    console.print("Durable commits on, load generator on the same machine; every figure is of this run.\n")
    good = True
    for row in rows:
        good = good and row.meets(row.first_target)
        show(console, row)
    return good


def show(console: Console, row: Row) -> None:
    """Print one row."""
    met = row.meets(row.first_target)
    word = "aim met" if row.meets(row.aim) else "first target met" if met else "FIRST TARGET MISSED"
    console.print(f"{row.what}: {row.ratio:.3g} x {row.against} — {word}", style="bold")
    console.print(f"    target {row.sense} {row.first_target:g}, aim {row.sense} {row.aim:g}")
    console.print(f"    {row.detail}")
