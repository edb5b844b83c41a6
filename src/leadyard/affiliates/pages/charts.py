"""Bars for a chart that is drawn on the server (pure)."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

WIDTH, HEIGHT = 320, 96
_GAP = 2
_SMALLEST = 1.5


class Bar(msgspec.Struct, frozen=True):
    """One bar in the drawing's units; `label` says when and `value` how many."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: str
    is_negative: bool


class Chart(msgspec.Struct, frozen=True):
    """A row of bars over a line at zero; `total`, `highest` and `lowest` are words."""

    name: str
    total: str
    highest: str
    bars: list[Bar]
    zero: float
    first: str
    last: str
    is_empty: bool


def chart(name: str, labels: Sequence[str], values: Sequence[Decimal | int], unit: str = "") -> Chart:
    """Draw values; those below zero hang under the line."""
    top, bottom = max(0, *values), min(0, *values)
    height = (top - bottom) or Decimal(1)
    scale = HEIGHT / float(height)
    zero = round(float(top) * scale, 2) if top or bottom else float(HEIGHT)
    step = WIDTH / len(values)
    gap = min(_GAP, step / 4)
    bars = [
        _bar(i, step, gap, zero, float(value) * scale, label, words(value, unit))
        for i, (label, value) in enumerate(zip(labels, values, strict=True))
    ]
    return Chart(
        name, words(sum(values), unit), words(top, unit), bars, zero, labels[0], labels[-1],
        is_empty=not any(values),
    )  # fmt: skip


def words(value: Decimal | int, unit: str = "") -> str:
    """Write a number with thousands separators and its unit."""
    text = f"{value:,}"
    return f"{text} {unit}" if unit else text


def _bar(place: int, step: float, gap: float, zero: float, drop: float, label: str, value: str) -> Bar:
    size = max(abs(drop), _SMALLEST) if drop else 0.0
    return Bar(
        x=round(place * step + gap / 2, 2),
        y=round(zero if drop < 0 else zero - size, 2),
        width=round(step - gap, 2),
        height=round(size, 2),
        label=label,
        value=value,
        is_negative=drop < 0,
    )
