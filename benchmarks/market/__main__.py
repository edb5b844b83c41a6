"""Run with `python -m benchmarks.market`."""

import secrets
import sys

import click
from rich.console import Console

from benchmarks.market.fair import EVENLY, WEIGHTED, worst_share
from benchmarks.market.run import Outcome, Run, Wanted
from benchmarks.report import Row, machine, show

_MOST_SHOWN = 30


@click.command()
@click.option("--buyers", default=200, show_default=True, help="How many buyers the market has.")
@click.option("--leads", default=20_000, show_default=True, help="How many leads are posted to it.")
@click.option("--fair", default=100_000, show_default=True, help="How many leads are shared out by weight.")
@click.option(
    "--connections", default=64, show_default=True, help="Over how many connections leads are posted."
)
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
        console.print(
            f"    {what}: " + ", ".join(f"{count:,} {name}" for name, count in counted.most_common())
        )
    console.print(
        f"    unknown when the market closed: {outcome.unknown}; settled by asking buyers: {outcome.settled}"
    )
    console.print(
        f"    {watched.looks} looks at all limits ({watched.counted:,} counters and balances), "
        f"{watched.reached} limits exactly reached\n"
    )
    show(console, end_to_end(wanted, outcome))
    console.print(
        f"    {wanted.buyers} buyers with bad manners: {outcome.market_per_second:,.0f} leads/s decided, "
        f"{outcome.market_per_second / outcome.accepted_per_second:.3g} x accepted leads/s, {outcome.market_seconds:.1f} s "
        "with all waits for hanging buyers and repeats\n"
    )
    if shares is not None:
        console.print("Fair shares", style="bold")
        for name in (WEIGHTED, EVENLY):
            console.print(
                f"    {name}: the worst share is {worst_share(shares, name):.4%} of itself off in the end, "
                f"{shares.worst[name]:.1f} leads at worst in {shares.looks} looks"
            )
    broken = list(dict.fromkeys(outcome.broken))
    for line in broken[:_MOST_SHOWN]:
        console.print(f"BROKEN: {line}", style="bold", markup=False)
    console.print(f"\n{len(broken)} promises broken" if broken else "\nEvery promise kept")
    return not broken


def end_to_end(wanted: Wanted, outcome: Outcome) -> Row:
    """Give the speed of selling as a ratio; it decides nothing here, `make bench` holds it to its target."""
    sold, taken = outcome.sold_per_second, outcome.accepted_per_second
    detail = (
        f"{sold:,.0f} leads/s posted, sold and booked against {taken:,.0f} leads/s accepted alone, "
        f"{wanted.web_processes} web processes, {wanted.workers} workers"
    )
    return Row("end to end, leads/s", "accepted leads/s", sold / taken, ">=", 0.4, 0.7, detail)


if __name__ == "__main__":
    main()
