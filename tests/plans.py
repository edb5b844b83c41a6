"""Plans of PostgreSQL, as `EXPLAIN (ANALYZE, FORMAT JSON)` tells of them."""

from collections.abc import Iterator
from typing import Any


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All nodes of a plan, from the top."""
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes_of(part)


def rows_read(node: dict[str, Any]) -> int:
    """The rows that a node looked at, those that it left out included."""
    seen = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return int(seen * node["Actual Loops"])
