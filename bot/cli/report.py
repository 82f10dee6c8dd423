"""`gantry report complaints`: make the monthly reports, as the worker does, and write their files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.clock import Clock
from bot.domain.complaint_report import Month, month_from
from bot.effects.complaint_report import Reports
from bot.effects.download import Files
from bot.services import complaint_report as service
from bot.services.complaint_sign import name_of
from storage import connect
from storage.queries import complaint_report as rows
from storage.tables import File

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from bot.services.complaint_report import Job
    from bot.settings import Settings
    from storage import Database

    Bar = Callable[[str, int], AbstractContextManager[Callable[[int], object]]]
    """label, number of complaints → a bar, which is told how many more were written"""

_WRONG: Final = 2
_NAMED: Final = 20


def complaints(
    settings: Settings, say: Callable[[str], None], bar: Bar, *, month: str, program: str, out: Path
) -> int:
    """Write the reports of a month; one that was signed is written as it was signed.

    Returns:
        The exit code: 0, 1 when there is none, 2 when the month cannot be read.
    """
    try:
        wanted = month_from(month)
    except ValueError as error:
        say(f"--month: {error}")
        return _WRONG
    database = connect(settings.database_url)
    try:
        return _Writing(database, settings, say, bar, out).write(wanted, program)
    finally:
        database.close()


class _Writing:
    """Makes what is missing, and copies files out of the store."""

    def __init__(
        self, database: Database, settings: Settings, say: Callable[[str], None], bar: Bar, out: Path
    ) -> None:
        self._database, self._say, self._bar, self._out = database, say, bar, out
        self._clock = Clock(settings.gantry_clock_file)
        self._files = Files(settings.files_url)
        self._reports = Reports(database, self._clock, self._files)

    def write(self, month: Month, program: str) -> int:
        with self._database.reading() as session:
            due = [one for one in service.due(session, self._clock.now()) if _wanted(one, month, program)]
            counts = [rows.count(session, one.program_id, *one.bounds) for one in due]
        for one, count in zip(due, counts, strict=True):
            with self._bar(f"{one.ref} {one.month.name}", count) as update:
                self._reports.make(one, update)
        return self._copy(month, program)

    def _copy(self, month: Month, program: str) -> int:
        with self._database.reading() as session:
            found = [
                (row, about, [session.get(File, one) for one in (row.file_id, row.xlsx_file_id)])
                for row in rows.of_month_all(session, month.name)
                for about in [rows.programs(session, {row.program_id})[row.program_id]]
                if program in {"", about.ref}
            ]
        if not found:
            self._say(
                f"There is no report for {month.name}. One is made for each programme that reports, from the"
                " first business day after a month with live access on."
            )
            return 1
        self._out.mkdir(parents=True, exist_ok=True)
        for row, about, files in found:
            for kind, file in zip(("csv", "xlsx"), files, strict=True):
                if file is None:
                    continue
                target = self._out / name_of(row, about, kind)
                self._files.copy_to(file.location, target)
                self._say(f"{target}  {row.rows} complaints  {row.state}  sha256 {file.sha256}")
            if row.state == "open":
                self._say(f"  {row.missing_rows} complaints are not complete:")
                for ref, user, lacks in row.missing[:_NAMED]:
                    self._say(f"  {ref}  {', '.join(lacks)}  ({user} can fill it in)")
                if row.missing_rows > _NAMED:
                    self._say(f"  and {row.missing_rows - _NAMED} more")
        return 0


def _wanted(one: Job, month: Month, program: str) -> bool:
    return one.month == month and program in {"", one.ref}
