"""Lists of values: how one is normalised, kept and looked into."""

from collections.abc import Callable, Iterable
from decimal import Decimal

from leadyard.routing.rules.normal import number_of, solid_or_none, text_key, text_or_none

LONGEST_LIST = 100_000
LONGEST_ENTRY = 500

Key = str | Decimal


class ValueList:
    """A long list that rules name by its reference; `entries` are normal texts, parted by line ends."""

    __slots__ = ("_prefixes", "_sets", "digest", "entries", "reference")

    def __init__(self, reference: str, digest: str, entries: str) -> None:
        """Keep the text; a set is made of it when a rule first looks into it, one for each way of comparing."""
        self.reference = reference
        self.digest = digest
        self.entries = entries
        self._sets: dict[object, frozenset[Key]] = {}
        self._prefixes: dict[object, Prefixes] = {}

    def keys(self, key_of: Callable[[str], Key | None]) -> frozenset[Key]:
        """Give the entries as an operand compares them; those that it cannot read match nothing."""
        known = self._sets.get(key_of)
        if known is None:
            known = self._sets[key_of] = self._made(key_of)
        return known

    def prefixes(self, key_of: Callable[[str], Key | None]) -> "Prefixes":
        """Give the entries as beginnings of what an operand compares."""
        known = self._prefixes.get(key_of)
        if known is None:
            known = self._prefixes[key_of] = Prefixes(str(key) for key in self.keys(key_of))
        return known

    def _made(self, key_of: Callable[[str], Key | None]) -> frozenset[Key]:
        # The entries are normal texts already; only other kinds have to read each of them.
        if key_of is text_or_none:
            return frozenset(self.entries.split("\n")) if self.entries else frozenset()
        if key_of is solid_or_none:
            return frozenset(self.entries.replace(" ", "").split("\n")) if self.entries else frozenset()
        keys = (key_of(entry) for entry in self.entries.split("\n"))
        return frozenset(key for key in keys if key is not None)


def normal_entries(values: Iterable[object]) -> list[str]:
    """Give the entries of a list in normal form and in order, each once; numbers keep their plain digits."""
    texts = (_entry(value) for value in values)
    return sorted({text for text in texts if text})


def _entry(value: object) -> str:
    if isinstance(value, int | float):
        number = number_of(value)
        return "" if number is None else f"{number:f}"
    return text_key(str(value))


class Prefixes:
    """Beginnings of texts, kept by their length: a look-up costs one set for each length there is."""

    __slots__ = ("_by_length",)

    def __init__(self, prefixes: Iterable[str]) -> None:
        """Sort the prefixes by length."""
        by_length: dict[int, set[str]] = {}
        for prefix in prefixes:
            if prefix:
                by_length.setdefault(len(prefix), set()).add(prefix)
        self._by_length = sorted((length, frozenset(found)) for length, found in by_length.items())

    def longest(self, text: str) -> str | None:
        """Find the longest prefix that a text begins with; None when it begins with none."""
        for length, prefixes in reversed(self._by_length):
            if text[:length] in prefixes:
                return text[:length]
        return None
