"""Making the monthly reports of complaints: read page by page, write two files, keep them, record it.

Everything before the last transaction can be done again: files are kept under their hash, and the row of a
report has a natural key. Whoever dies in between leaves nothing, or the same file once more.
"""

import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot import plans
from bot.clock import Clock
from bot.domain.complaint_report import Days, Figures, lacking
from bot.domain.complaint_template import Column
from bot.domain.deadline import STRIPE_CALENDARS
from bot.effects.complaint_sheet import Cell, Sheets
from bot.effects.download import Files
from bot.services import complaint_report as service
from bot.services.complaint_report import MOST_MISSING, Job, Kept, Snapshot
from bot.text.reader import EXPONENT
from storage import Database, Session
from storage.queries import complaint_report as rows
from storage.queries import person as people

PAGE: Final = 2_000
"""Complaints read at once: what a report holds in memory, however long it is."""

SUMMARY: Final = 1_000
"""Characters of a summary; without one, of what the customer said."""

LANGUAGE: Final = "en"
"""The report goes to Stripe."""

Progress = Callable[[int], object]
"""Told how many complaints were written since it was told last."""

_log: Final = logging.getLogger(__name__)


def _silent(done: int) -> None:
    del done


class Reports:
    """Makes reports. Several may work side by side: whatever they both make is kept once."""

    def __init__(self, database: Database, clock: Clock, files: Files) -> None:
        self._database = database
        self._clock = clock
        self._files = files

    def tick(self) -> int:
        """Make every report that is due, and say so; returns how many were made."""
        with self._database.reading() as session:
            jobs = service.due(session, self._clock.now())
        made = sum(self._made(one) for one in jobs)
        with self._database.reading() as session:
            untold = bool(rows.untold(session))
        if untold:
            with self._database.transaction() as session:
                service.tell(session, self._clock.now())
        return made

    def make(self, one: Job, progress: Progress = _silent) -> int:
        """Make one report; returns its number, or 0 when another process was first.

        Raises:
            OSError: the files cannot be written, or not be kept.
        """
        at = self._clock.now()
        with tempfile.TemporaryDirectory(prefix="gantry-report-") as folder:
            snapshot = self._write(one, Path(folder), at, progress)
        with self._database.transaction() as session:
            return service.keep(session, one, snapshot, self._clock.now())

    def _made(self, one: Job) -> bool:
        try:
            return bool(self.make(one))
        except Exception:  # noqa: BLE001 - the others are made; this one is tried again at the next tick
            _log.exception("the report of %s for %s cannot be made", one.ref, one.month.name)
            return False

    def _write(self, one: Job, folder: Path, at: datetime, progress: Progress) -> Snapshot:
        template = plans.complaint_report()
        found = _Reading(one, template.columns, at)
        with Sheets(folder, [column.name for column in template.columns]) as sheets:
            with self._database.reading() as session:
                for page in _pages(session, one):
                    found.links = rows.links(session, [row.id for row in page])
                    found.names |= people.names(session, one.team, found.strangers(page))
                    for row in page:
                        sheets.add(found.cells(row))
                    progress(len(page))
            written = sheets.finish(found.about())
        csv, xlsx = (
            Kept(file.sha256, file.size, self._files.keep_from(one.team, file.sha256, file.path))
            for file in written
        )
        figures = found.figures
        return Snapshot(at, figures.total, figures.facts(), found.missing_rows, found.missing, csv, xlsx)


def _pages(session: Session, one: Job) -> Iterator[Sequence[Any]]:
    first, end = one.bounds
    after = (first, -1)
    while page := rows.page(session, one.program_id, end, after=after, since=one.since, limit=PAGE):
        yield page
        after = (page[-1].submitted_at, page[-1].id)


class _Reading:
    """Turns rows into cells, and counts them. `at`: how they stand at this moment."""

    def __init__(self, one: Job, columns: Sequence[Column], at: datetime) -> None:
        book = plans.complaints()
        self.figures = Figures()
        self.missing: list[tuple[str, str, list[str]]] = []
        self.missing_rows = 0
        self._job, self._columns, self._at = one, columns, at
        self._zone = ZoneInfo(one.zone)
        self._days = Days(STRIPE_CALENDARS[one.region])
        self._channels = {choice.id: choice.title[LANGUAGE] for choice in book.channels}
        self._categories = {choice.id: choice.title[LANGUAGE] for choice in book.categories}
        self.links: Mapping[int, Sequence[str]] = {}
        self.names: dict[str, str] = {}

    def strangers(self, page: Sequence[Any]) -> set[str]:
        """Return the people in rows whose names are not known yet."""
        return {row.received_by for row in page} - {"", *self.names}

    def cells(self, row: Any) -> list[Cell]:  # noqa: ANN401 - a plain row
        """Return the cells of a complaint, and count it."""
        submitted = self._day(row.submitted_at)
        ended = row.resolved_at if row.state == "resolved" else None
        ended = row.withdrawn_at if row.state == "withdrawn" else ended
        values: dict[str, Any] = {
            "ref": row.ref,
            "program": f"{self._job.name} ({self._job.ref})",
            "account": row.account,
            "customer": _line(row.customer),
            "contact": _line(row.contact),
            "product": row.product,
            "bank": row.bank,
            "submitted_on": submitted.isoformat(),
            "received_by": self.names.get(row.received_by, row.received_by),
            "channel": self._channels.get(row.received_through, row.received_through),
            "class": row.kind,
            "category": self._categories.get(row.category, row.category),
            "summary": _line(row.summary) or _line(row.text)[:SUMMARY],
            "regulator": _line(row.regulator),
            "acknowledged_at": self._moment(row.acknowledged_at),
            "notified_at": self._moment(row.notified_at),
            "resolved_at": self._moment(row.resolved_at if row.state == "resolved" else None),
            "resolution": _line(row.resolution),
            "root_cause": _line(row.root_cause),
            "refund": _amount(row.refund_amount, row.refund_currency),
            "status": "logged by mistake" if row.state == "mistake" else row.state,
            "days_open": (self._day(ended or self._at) - submitted).days,
            "breaches": ", ".join(row.breaches),
            "related": ", ".join(self.links.get(row.id, ())),
        }
        took = self._days.between(submitted, self._day(ended)) if ended else None
        self.figures.add(
            kind=row.kind, state=row.state, category=row.category, breaches=row.breaches, took=took
        )
        self._lacks(row, values)
        return [values[column.value] for column in self._columns]

    def about(self) -> dict[str, str]:
        """Return what stands in the sheet about the list itself."""
        one = self._job
        return {
            "Program": f"{one.name} ({one.ref})",
            "Month": one.month.name,
            "Days begin in": one.zone,
            "Addendum": f"{one.addendum}" if one.addendum else "none",
            "Complaints": f"{self.figures.total}",
            "Note": "" if self.figures.total else "No complaint was received in this month.",
        }

    def _lacks(self, row: Any, values: Mapping[str, Any]) -> None:  # noqa: ANN401 - a plain row
        if row.state == "mistake":
            return
        found = lacking(self._columns, values, {"kind": row.kind, "state": row.state})
        if not found:
            return
        self.missing_rows += 1
        if len(self.missing) < MOST_MISSING:
            self.missing.append((row.ref, row.owner or row.received_by or row.logged_by, found))

    def _day(self, at: datetime) -> date:
        return at.astimezone(self._zone).date()

    def _moment(self, at: datetime | None) -> str:
        return at.astimezone(self._zone).isoformat(timespec="minutes") if at else ""


def _line(said: str | None) -> str:
    return " ".join(said.split()) if said else ""


def _amount(amount: int | None, currency: str) -> str:
    if amount is None:
        return ""
    value = Decimal(amount).scaleb(-EXPONENT.get(currency, 2))
    return f"{value} {currency.upper()}".strip()
