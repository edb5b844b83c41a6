"""A replay's figures for people and for machines."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from leadyard.campaigns.configuration import AccountSetup
from leadyard.kit.money import from_micros, plain
from leadyard.replay.model import Figures, Outcome

NOTHING = Figures()
NO_BUYER = "no buyer"
_MONEY = ("revenue", "payout", "profit")


def document_of(outcome: Outcome, setup: AccountSetup) -> dict[str, Any]:
    """Give the figures as plain values: amounts as exact texts."""
    currencies = _currencies(outcome)
    return {
        "leads": outcome.leads,
        "other_ways": outcome.other_ways,
        "refused": outcome.refused,
        "let_in": outcome.let_in,
        "unfinished": outcome.unfinished,
        "totals": [
            {"currency": currency, **_sides(outcome.before.total(currency), outcome.after.total(currency))}
            for currency in currencies
        ],
        "buyers": [
            {"currency": currency, "buyer": _named(setup, buyer_id), **_sides(before, after)}
            for currency in currencies
            for buyer_id, before, after in _rows(outcome, currency)
        ],
    }


def print_report(console: Console, outcome: Outcome, setup: AccountSetup) -> None:
    """Print one table per currency, each with a line for every buyer and the total."""
    currencies = _currencies(outcome)
    for currency in currencies:
        table = Table(title=f"{currency}, before → after", title_justify="left")
        table.add_column("buyer")
        for name in ("sales", *_MONEY):
            table.add_column(name, justify="right", no_wrap=True)
        for buyer_id, before, after in _rows(outcome, currency):
            table.add_row(_title(setup, buyer_id), *_cells(before, after))
        table.add_section()
        total = outcome.before.total(currency), outcome.after.total(currency)
        table.add_row("total", *_cells(*total), style="bold")
        console.print(table)
        if total[1].assumed_sales:
            console.print(
                f"{total[1].assumed_sales} of the sales after, {_amount(total[1].assumed_revenue)} {currency},"
                " are assumed: deliveries that never got these leads."
            )
    for line in _lines(outcome):
        console.print(line)


def _lines(outcome: Outcome) -> list[str]:
    lines = [f"{outcome.leads} leads, {outcome.other_ways} of them on another way than the real one."]
    if outcome.refused or outcome.let_in:
        lines.append(f"{outcome.refused} would be refused, {outcome.let_in} refused ones would get in.")
    if outcome.unfinished:
        lines.append(f"{outcome.unfinished} are still on their way; what they have earned so far counts.")
    return lines


def _currencies(outcome: Outcome) -> list[str]:
    keys = [*outcome.before.by_buyer, *outcome.after.by_buyer]
    return sorted({currency for currency, _ in keys})


def _rows(outcome: Outcome, currency: str) -> list[tuple[int, Figures, Figures]]:
    sides = outcome.before.by_buyer, outcome.after.by_buyer
    buyers = sorted({buyer for side in sides for each, buyer in side if each == currency})
    rows = [
        (buyer, sides[0].get((currency, buyer), NOTHING), sides[1].get((currency, buyer), NOTHING))
        for buyer in buyers
    ]
    return [(buyer, before, after) for buyer, before, after in rows if (before, after) != (NOTHING, NOTHING)]


def _sides(before: Figures, after: Figures) -> Mapping[str, Any]:
    return {
        "before": _plain(before),
        "after": {
            **_plain(after),
            "assumed_sales": after.assumed_sales,
            "assumed_revenue": _amount(after.assumed_revenue),
        },
        "change_in_profit": _amount(after.profit - before.profit),
    }


def _plain(figures: Figures) -> dict[str, Any]:
    return {"sales": figures.sales, **{name: _amount(getattr(figures, name)) for name in _MONEY}}


def _cells(before: Figures, after: Figures) -> list[str]:
    cells = [_change(str(before.sales), str(after.sales))]
    return cells + [_change(_amount(getattr(before, n)), _amount(getattr(after, n))) for n in _MONEY]


def _change(before: str, after: str) -> str:
    return before if before == after else f"{before} → {after}"


def _amount(micros: int) -> str:
    return plain(from_micros(micros))


def _named(setup: AccountSetup, buyer_id: int) -> dict[str, Any] | None:
    buyer = setup.buyers.get(buyer_id)
    return None if buyer is None else {"id": buyer.id, "bid": buyer.bid, "company": buyer.company}


def _title(setup: AccountSetup, buyer_id: int) -> str:
    buyer = setup.buyers.get(buyer_id)
    return NO_BUYER if buyer is None else f"{buyer.company} ({buyer.bid})"
