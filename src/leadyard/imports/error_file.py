"""The error file: one line for each row that did not get in, with what the row held, to be mended and imported again."""

import csv
import io
from collections.abc import Iterable, Sequence

from leadyard.imports.model import Refusal
from leadyard.kit.spreadsheets import defused

FIRST_COLUMNS = ("line", "code", "reasons")


class ErrorLines:
    """Writes refusals as CSV text; no cell can become a formula in a spreadsheet."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._text = io.StringIO(newline="")
        self._csv = csv.writer(self._text, lineterminator="\n")

    def heading(self, header: Sequence[str]) -> str:
        """Write the heading: our three columns and the file's own."""
        self._csv.writerow([*FIRST_COLUMNS, *map(defused, header)])
        return self._taken()

    def lines(self, refusals: Iterable[Refusal]) -> str:
        """Write a line for each refusal."""
        for one in refusals:
            code = "" if one.code is None else one.code
            self._csv.writerow([one.number, code, defused("; ".join(one.reasons)), *map(defused, one.cells)])
        return self._taken()

    def _taken(self) -> str:
        text = self._text.getvalue()
        self._text.seek(0)
        self._text.truncate()
        return text
