"""Writing the rows of a report into a CSV and an XLSX at the same time, in constant memory.

The same rows give the same bytes: no clock and no random name goes into the files, so that a hash says which
list it was. No text can become a formula (https://owasp.org/www-community/attacks/CSV_Injection).
"""

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bot.domain.complaint_report import neutral

SHEET_ROWS: Final = 1_048_576
"""Rows of an XLSX sheet, its headings included; what is more goes into the next sheet."""

CELL: Final = 32_000
"""Characters of a cell; Excel takes 32,767 and refuses a file with more."""

WIDTHS: Final = 18
MADE: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""When every XLSX says it was made: the moment of the snapshot stands in the sheet *Report*."""

_READ: Final = 1024 * 1024

Cell = str | int


@dataclass(frozen=True)
class Written:
    """A finished file with its SHA-256 and its size in bytes."""

    path: Path
    sha256: str
    size: int


class Sheets:
    """Two files that grow row by row."""

    def __init__(self, folder: Path, headings: Sequence[str], *, rows: int = SHEET_ROWS) -> None:
        import xlsxwriter

        self._csv, self._xlsx = folder / "report.csv", folder / "report.xlsx"
        self._headings, self._rows = headings, rows
        self._file = io.TextIOWrapper(self._csv.open("wb"), encoding="utf-8", newline="", write_through=False)
        self._lines = csv.writer(self._file, lineterminator="\r\n")
        self._book = xlsxwriter.Workbook(
            str(self._xlsx), {"constant_memory": True, "tmpdir": str(folder), "use_zip64": True}
        )
        self._book.set_properties({"created": MADE.replace(tzinfo=None)})
        self._bold = self._book.add_format({"bold": True})
        self._lines.writerow(headings)
        self._sheet()

    def add(self, cells: Sequence[Cell]) -> None:
        """Add a row; texts lose what a spreadsheet would take for a formula."""
        if self._at == self._rows:
            self._sheet()
        safe = [one if isinstance(one, int) else neutral(one[:CELL]) for one in cells]
        self._lines.writerow(safe)
        sheet, at = self._now, self._at
        for number, one in enumerate(safe):
            if isinstance(one, int):
                sheet.write_number(at, number, one)
            elif one:
                sheet.write_string(at, number, one)
        self._at += 1

    def finish(self, about: Mapping[str, str]) -> tuple[Written, Written]:
        """Say in a last sheet what the list is, close both files, and return the CSV and the XLSX."""
        self._about(about)
        self.close()
        return _written(self._csv), _written(self._xlsx)

    def close(self) -> None:
        """Close what is open; a second time does nothing."""
        if not self._file.closed:
            self._file.close()
            self._book.close()

    def _about(self, about: Mapping[str, str]) -> None:
        sheet = self._book.add_worksheet("Report")
        sheet.set_column(0, 1, WIDTHS * 2)
        for number, (name, value) in enumerate(about.items()):
            sheet.write_string(number, 0, name, self._bold)
            sheet.write_string(number, 1, neutral(value))

    def _sheet(self) -> None:
        number = len(self._book.worksheets()) + 1
        self._now = self._book.add_worksheet("Complaints" if number == 1 else f"Complaints {number}")
        self._now.set_column(0, len(self._headings) - 1, WIDTHS)
        self._now.freeze_panes(1, 0)
        for place, name in enumerate(self._headings):
            self._now.write_string(0, place, name, self._bold)
        self._at = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _written(path: Path) -> Written:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(_READ):
            found.update(part)
    return Written(path, found.hexdigest(), path.stat().st_size)
