"""Run with `python -m benchmarks.market`."""

import secrets
import sys

import click
from rich.console import Console

from benchmarks.market.fair import EVENLY, WEIGHTED
from benchmarks.market.run import Outcome, Run, Wanted
from benchmarks.report import Row, machine, show

_MOST_SHOWN = 30


@click.command()
@click.option("--buyers", default=200, show_default=True, help="How many buyers the market has.")
@click.option("--leads", default=20_000, show_default=True, help="How many leads are posted to it.")
@click.option("--fair", default=100_000, show_default=True, help="How many leads are shared out by weight.")
@click.option("--connections", default=64, show_default=True, help="Over how many connections leads are posted.")
@click.option("--workers", default=2, show_default=True, help="How many workers sell them.")
@click.option("--web", default=2, show_default=True, help="How many web processes take them.")
@click.option("--seed", default="", help="Repeats the market and its manners.")
def main(*, buyers: int, leads: int, fair: int, connections: int, workers: int, web: int, seed: str) -> None:
    """Let a market trade over real HTTP and see that no promise is broken; exit code 1 when one is."""
    wanted = Wanted(seed or secrets.token_hex(4), buyers, leads, fair, connections, workers, web)
    console = Console(width=120, highlight=False)
    console.print(f"{machine()}\n{buyers} buyers, --seed {wanted.seed}\n")
    outcome = Run(wanted).go()
    good = report(console, wanted, outcome)
    sys.exit(0 if good else 1)


def report(console: Console, wanted: Wanted, outcome: Outcome) -> bool:
    """Print what came of a run; tells whether every promise was kept."""
    answers, watched, shares = outcome.answers, outcome.watched, outcome.shares
    console.print("The market", style="bold")
    for what, counted in (
        ("answers to suppliers", answers.codes),
        ("leads", outcome.sale_states),
        ("attempts", outcome.attempt_states),
        ("returns asked for", outcome.returns),
    ):
        console.print(f"    {what}: " + ", ".join(f"{count:,} {name}" for name, count in counted.most_common()))
    console.print(f"    unknown when the market closed: {outcome.unknown}; settled by asking buyers: {outcome.settled}")
    console.print(
        f"    {watched.looks} looks at all limits ({watched.counted:,} counters and balances), "
        f"{watched.reached} limits exactly reached\n"
    )
    for row in rows(wanted, outcome):
        show(console, row)
    if shares is not None:
        console.print("Fair shares", style="bold")
        for name in (WEIGHTED, EVENLY):
            console.print(
                f"    {name}: worst share {shares.worst_end[name]:.4%} off its weight in the end, "
                f"{shares.worst_leads[name]:.1f} leads off at worst in {shares.looks} looks"
            )
    broken = list(dict.fromkeys(outcome.broken))
    for line in broken[:_MOST_SHOWN]:
        console.print(f"BROKEN: {line}", style="bold", markup=False)
    console.print(f"\n{len(broken)} promises broken" if broken else "\nEvery promise kept")
    return not broken


def rows(wanted: Wanted, outcome: Outcome) -> list[Row]:
    """Give the speeds as ratios."""
    taken, against = outcome.accepted_per_second, "accepted leads/s"
    processes = f"{wanted.web_processes} web, {wanted.workers} workers"
    sold = (
        f"{outcome.sold_per_second:,.0f} leads/s posted, sold and booked against {taken:,.0f} accepted alone, {processes}"
    )
    market = (
        f"{len(outcome.answers.accepted):,} leads accepted and decided in {outcome.market_seconds:.1f} s, waits for "
        f"hanging buyers and repeats included"
    )
    return [
        Row("end to end, leads/s", against, outcome.sold_per_second / taken, ">=", 0.4, 0.7, sold),
        Row(f"{wanted.buyers} buyers, leads/s", against, outcome.market_per_second / taken, ">=", 0, 0.1, market),
    ]


if __name__ == "__main__":
    main()
