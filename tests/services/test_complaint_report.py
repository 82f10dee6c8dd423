"""The monthly report on a real database: made once whatever dies, signed as seen, sent, added to."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.clock import Clock
from bot.domain.error import FormError, RefusedError, StaleError
from bot.effects.complaint_ask import Asks
from bot.effects.complaint_report import Reports
from bot.effects.complaint_sheet import Sheets
from bot.effects.download import Files
from bot.services import complaint_report, complaint_report_page, complaint_sign, person
from bot.views.registry import render
from storage import Database, Session
from storage.queries import complaint as complaints
from storage.tables import Deadline, DutyRecord, OutboxMessage
from storage.tables_complaint import Complaint, ComplaintEntry
from storage.tables_complaint_report import ComplaintReport, ReportFile
from storage.tables_picture import Picture
from tests.support.complaints import complaint
from tests.support.course import ADA, LENA, MARC, SAM, TEAM, USUAL, Course, remember

DECEMBER = datetime(2026, 12, 10, 12, tzinfo=UTC)
JANUARY = datetime(2027, 1, 4, 15, tzinfo=UTC)
"""The first business day of January in New York, where the programme is live since November."""


class EndedError(BaseException):
    """The process ends here: nothing that would have followed happens."""


@pytest.fixture
def course(database: Database) -> Course:
    """A launched programme whose manager is Marc, and whose November was reported already."""
    found = Course(database)

    def begin() -> None:
        with database.transaction() as session:
            remember(session, LENA, MARC, SAM, ADA)
            person.plant_roles(session, team=TEAM, wanted={"admin": [ADA.user]}, now=found.now)
        found.start(USUAL, manager=MARC.user)
        found.walk()

    found.once(("reports",), begin)
    return found


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A store of files."""
    return Files(str(tmp_path / "files"))


def add(course: Course, *rows: Complaint) -> None:
    with course.database.transaction() as session:
        session.add_all(rows)


def change(course: Course, ref: str, at: datetime, **values: Any) -> None:
    with course.database.transaction() as session:
        row = complaints.by_ref(session, TEAM, ref)
        assert row is not None
        row.sqlmodel_update({**values, "changed_at": at})
        session.add(row)


def number_of(course: Course, ref: str) -> int:
    return next(row.id for row in course.rows(Complaint) if row.ref == ref)


def reports(course: Course, files: Files, now: datetime = JANUARY) -> Reports:
    return Reports(course.database, Clock.fixed(now), files)


def made(course: Course, month: str = "2026-12", addendum: int = 0) -> ComplaintReport:
    [found] = [row for row in course.rows(ComplaintReport) if (row.month, row.addendum) == (month, addendum)]
    return found  # type: ignore[no-any-return]


def lines(files: Files, row: ComplaintReport) -> list[dict[str, str]]:
    content = files.read(f"{TEAM}/{row.sha256[:2]}/{row.sha256}")
    assert hashlib.sha256(content).hexdigest() == row.sha256
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def direct(course: Course, view: str) -> list[OutboxMessage]:
    return [row for row in course.outbox("direct") if row.view == view]


def sign(course: Course, note: str = "", who: Any = MARC, now: datetime = JANUARY) -> ComplaintReport:
    row = made(course)
    course.do(complaint_sign.sign, who, row.id, row.sha256, note, now)
    return made(course)


def test_what_the_running_month_lacks_is_asked_for_once_before_it_ends(course: Course) -> None:
    number = course.program_id
    morning = datetime(2026, 12, 28, 14, tzinfo=UTC)  # 09:00 in New York, three business days before the 31st
    add(
        course,
        complaint(number, 1, DECEMBER),
        complaint(number, 2, DECEMBER, customer=None, owner=LENA.user),
        complaint(number, 3, DECEMBER, category="", feedback=True),
        complaint(number, 4, DECEMBER, category="", state="mistake", open=False),
        complaint(number, 5, DECEMBER - timedelta(days=20), category=""),
        complaint(number, 6, DECEMBER, product="", logged_at=morning),  # its agent was told an hour ago
        complaint(None, 7, DECEMBER),
        complaint(number, 8, DECEMBER, state="resolved", open=False),
    )

    def tick(now: datetime) -> int:
        return Asks(course.database, Clock.fixed(now)).tick()

    assert tick(morning - timedelta(seconds=1)) == 0
    assert tick(morning) == 2
    asked = {row.person: row for row in direct(course, "report.asks")}
    assert asked.keys() == {LENA.user, SAM.user}
    lines = json.loads(asked[SAM.user].facts)["lines"]
    assert [line[:2] for line in lines] == [
        ["C-2", ["customer"]],
        ["C-8", ["resolution", "root_cause"]],
        ["C-7", ["program"]],
    ]
    assert [line[0] for line in json.loads(asked[LENA.user].facts)["lines"]] == ["C-2"]
    shown = f"{render('report.asks', 'en', json.loads(asked[SAM.user].facts))}"
    assert f"complaint.details:{number_of(course, 'C-2')}" in shown
    assert [tick(later) for later in (morning, morning + timedelta(days=2), JANUARY)] == [0, 0, 0]


def test_the_report_holds_what_belongs_to_its_month_and_says_what_is_missing(
    course: Course, files: Files
) -> None:
    number = course.program_id
    late = datetime(2027, 1, 1, 4, 59, tzinfo=UTC)  # still December in New York
    add(
        course,
        complaint(number, 1, datetime(2026, 12, 1, 5, tzinfo=UTC), text="=HYPERLINK(1)", summary=None),
        complaint(number, 2, late, kind="executive", locked=True, customer=None, category=""),
        complaint(number, 3, DECEMBER, state="withdrawn", withdrawn_at=DECEMBER + timedelta(days=2), open=False),
        complaint(number, 4, DECEMBER, feedback=True),
        complaint(number, 5, DECEMBER, state="mistake", open=False),
        complaint(number, 6, datetime(2026, 12, 1, 4, 59, tzinfo=UTC)),
        complaint(number, 7, datetime(2027, 1, 1, 5, tzinfo=UTC)),
        complaint(number, 8, DECEMBER, refund_amount=1250, refund_currency="usd", state="resolved",
                  resolved_at=DECEMBER + timedelta(days=5), resolution="Paid back", root_cause="A fee", open=False),
    )  # fmt: skip
    with course.database.transaction() as session:
        session.flush()
        row = complaints.by_ref(session, TEAM, "C-8")
        assert row is not None
        session.add(ComplaintEntry(team=TEAM, complaint_id=row.id, kind="link", key="x", target="ic_1", at=DECEMBER,
                                   recorded_at=DECEMBER, by=SAM.user))  # fmt: skip
    assert reports(course, files).tick() == 2
    row_ = made(course)
    found = lines(files, row_)
    assert [one["complaint_id"] for one in found] == ["C-1", "C-3", "C-8", "C-2"]
    assert found[0]["summary"] == "'=HYPERLINK(1)"
    assert found[0]["submission_date"] == "2026-12-01"
    assert (found[1]["status"], found[1]["days_open"]) == ("withdrawn", "2")
    assert (found[2]["refund_amount"], found[2]["stripe_ids"]) == ("12.50 USD", "ic_1")
    assert (found[3]["class"], found[3]["submission_date"]) == ("executive", "2026-12-31")
    assert (row_.state, row_.rows, row_.missing_rows) == ("open", 4, 1)
    assert row_.missing == [["C-2", SAM.user, ["customer", "category"]]]
    assert row_.figures["kinds"] == {"operational": 3, "executive": 1}
    assert row_.figures["times"] == [2, 0, 0, 0]
    assert row_.due_on == date(2027, 1, 8)
    assert made(course, "2026-11").rows == 1
    [asked] = direct(course, "report.missing")
    assert asked.person == SAM.user
    assert (
        f"complaint.details:{number_of(course, 'C-2')}"
        in f"{render(asked.view, 'en', json.loads(asked.facts))}"
    )
    assert [row.person for row in direct(course, "report.ready")] == [MARC.user, MARC.user]


POINTS = [
    *(f"{when} file {number}" for number in (1, 2) for when in ("before", "after")),
    *(f"{when} transaction {number}" for number in (1, 2, 3) for when in ("in", "after")),
]


class Stopping:
    """Counts files and transactions, and ends the process at one of them."""

    def __init__(self, point: str) -> None:
        self.point, self.at = point, {"file": 0, "transaction": 0}

    def pass_(self, when: str, what: str) -> None:
        if self.point == f"{when} {what} {self.at[what]}":
            raise EndedError


class StoppingFiles(Files):
    """Files of a process that ends."""

    stopping: Stopping

    def keep_from(self, team: str, sha256: str, source: Path) -> str:
        self.stopping.at["file"] += 1
        self.stopping.pass_("before", "file")
        place = super().keep_from(team, sha256, source)
        self.stopping.pass_("after", "file")
        return place


class StoppingDatabase:
    """The database of a process that ends."""

    def __init__(self, database: Database, stopping: Stopping) -> None:
        self._database, self.stopping = database, stopping

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        self.stopping.at["transaction"] += 1
        with self._database.transaction() as session:
            yield session
            session.flush()
            self.stopping.pass_("in", "transaction")
        self.stopping.pass_("after", "transaction")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_any_point_there_is_one_snapshot_and_one_report(
    course: Course, tmp_path: Path, point: str
) -> None:
    add(course, complaint(course.program_id, 1, DECEMBER))
    stopping, files = Stopping(point), StoppingFiles(str(tmp_path / "files"))
    files.stopping = stopping
    database: Any = StoppingDatabase(course.database, stopping)
    with pytest.raises(EndedError):
        Reports(database, Clock.fixed(JANUARY), files).tick()
    fresh = Files(str(tmp_path / "files"))
    for _ in range(2):
        reports(course, fresh).tick()
    assert [(row.month, row.rows, row.version) for row in course.rows(ComplaintReport)] == [
        ("2026-11", 0, 1),
        ("2026-12", 1, 1),
    ]
    assert len(lines(fresh, made(course))) == 1
    assert len(direct(course, "report.ready")) == 2  # one for each month
    deadlines = [row for row in course.rows(Deadline) if row.subject == "complaint_report"]
    assert len(deadlines) == 2
    assert course.tags().count("complaint_report:make:made") == 2


def test_two_workers_at_once_make_one_report(course: Course, files: Files) -> None:
    add(course, complaint(course.program_id, 1, DECEMBER))
    workers = [threading.Thread(target=reports(course, files).tick) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(course.rows(ComplaintReport)) == 2
    assert len(direct(course, "report.ready")) == 2


def test_what_is_filled_in_makes_the_list_again_until_it_is_signed(course: Course, files: Files) -> None:
    add(course, complaint(course.program_id, 1, DECEMBER, customer=None))
    reports(course, files).tick()
    before = made(course)
    later = JANUARY + timedelta(hours=1)
    change(course, "C-1", later, customer="Ada")
    with pytest.raises(StaleError) as refused:
        course.do(complaint_sign.sign, MARC, before.id, before.sha256, "", later)
    assert refused.value.key == "report.changed"
    assert reports(course, files, later + timedelta(minutes=5)).tick() == 1
    after = made(course)
    assert (after.state, after.version, after.missing_rows) == ("ready", 2, 0)
    with pytest.raises(StaleError):  # what is signed is what was seen
        course.do(complaint_sign.sign, MARC, before.id, before.sha256, "", later)
    signed = sign(course, now=later + timedelta(minutes=6))
    assert (signed.state, signed.sha256) == ("signed", after.sha256)
    change(course, "C-1", later + timedelta(days=1), customer="Bea")
    assert reports(course, files, later + timedelta(days=2)).tick() == 0
    assert made(course).sha256 == after.sha256


def test_a_manager_signs_what_is_missing_only_with_a_reason_and_gets_the_files(
    course: Course, files: Files
) -> None:
    add(course, complaint(course.program_id, 1, DECEMBER, customer=None))
    reports(course, files).tick()
    row = made(course)
    with pytest.raises(FormError):
        course.do(complaint_sign.sign, MARC, row.id, row.sha256, "", JANUARY)
    with pytest.raises(RefusedError):
        course.do(complaint_sign.sign, SAM, row.id, row.sha256, "x", JANUARY)
    sign(course, "Cannot be reached.")
    with pytest.raises(StaleError) as second:
        course.do(complaint_sign.sign, ADA, row.id, row.sha256, "x", JANUARY)
    assert second.value.key == "report.signed_already"
    assert [(one.kind, one.person, one.name) for one in course.rows(ReportFile)] == [
        ("csv", MARC.user, "P-1-complaints-2026-12.csv"),
        ("xlsx", MARC.user, "P-1-complaints-2026-12.xlsx"),
    ]
    assert [one.kind for one in course.rows(Picture)] == ["complaints"]
    assert "complaint_report:sign:signed" in course.tags()


def test_sent_is_recorded_once_with_its_day_and_ends_the_deadline_and_the_duty(
    course: Course, files: Files
) -> None:
    add(course, complaint(course.program_id, 1, DECEMBER))
    reports(course, files).tick()
    row, today = made(course), JANUARY.date()
    with pytest.raises(StaleError):
        course.do(complaint_sign.sent, MARC, [row.id], today, "", JANUARY)
    sign(course)
    for wrong in (today + timedelta(days=1), today - timedelta(days=1)):
        with pytest.raises(FormError):
            course.do(complaint_sign.sent, MARC, [row.id], wrong, "", JANUARY)
    assert course.do(complaint_sign.sent, MARC, [row.id], today, "by e-mail", JANUARY) == 1
    with pytest.raises(StaleError):
        course.do(complaint_sign.sent, ADA, [row.id], today, "", JANUARY)
    found = made(course)
    assert (found.state, found.sent_on, found.sent_by, found.reference) == (
        "sent",
        today,
        MARC.user,
        "by e-mail",
    )
    [deadline] = [
        one for one in course.rows(Deadline) if (one.subject, one.subject_id) == ("complaint_report", row.id)
    ]
    assert deadline.state == "met"
    assert [one.on for one in course.rows(DutyRecord)] == [today]


def test_all_nil_reports_are_signed_in_one_confirmation_and_others_are_not(
    course: Course, files: Files
) -> None:
    add(course, complaint(course.program_id, 1, DECEMBER))
    reports(course, files).tick()
    facts = course.do(complaint_report_page.listed, MARC, JANUARY)
    assert [one["month"] for one in facts["nil"]] == ["2026-11"]
    everything = [row.id for row in course.rows(ComplaintReport)]
    assert course.do(complaint_sign.sign_nil, MARC, everything, JANUARY) == 1
    assert [row.state for row in course.rows(ComplaintReport)] == ["signed", "ready"]
    with pytest.raises(StaleError):
        course.do(complaint_sign.sign_nil, MARC, everything, JANUARY)


def test_later_corrections_become_an_addendum(course: Course, files: Files) -> None:
    number = course.program_id
    add(course, *(complaint(number, one, DECEMBER) for one in (1, 2, 3)))
    reports(course, files).tick()
    row = sign(course)
    with pytest.raises(StaleError) as nothing:
        course.do(complaint_sign.add, MARC, row.id, JANUARY)
    assert nothing.value.key == "report.nothing_changed"
    later = JANUARY + timedelta(days=3)
    change(course, "C-2", later, category="wallet")
    change(course, "C-3", later, state="mistake", open=False)
    add(course, complaint(number, 4, DECEMBER, logged_at=later, changed_at=later))
    assert course.do(complaint_report_page.shown, MARC, row.id, later)["addable"]
    course.do(complaint_sign.add, MARC, row.id, later)
    with pytest.raises(StaleError):  # one at a time
        course.do(complaint_sign.add, ADA, row.id, later)
    reports(course, files, later + timedelta(minutes=1)).tick()
    found = lines(files, made(course, addendum=1))
    assert [(one["complaint_id"], one["status"]) for one in found] == [
        ("C-2", "received"),
        ("C-3", "logged by mistake"),
        ("C-4", "received"),
    ]
    assert made(course).sha256 == row.sha256


@pytest.mark.parametrize(
    ("variant", "switched", "expected"),
    [
        ("embedded_finance", "", True),
        ("expense_management", "", True),
        ("b2b_payments", "", False),
        ("b2b_payments", "on", True),
        ("embedded_finance", "off", False),
    ],
)
def test_a_variant_reports_unless_somebody_switched_it(
    course: Course, *, variant: str, switched: str, expected: bool
) -> None:
    program = course.program
    program.variant = variant
    assert complaint_report.reports(program, switched) is expected
    since = (switched, JANUARY - timedelta(days=40)) if switched else None
    found = [one.name for one in complaint_report.months(program, since, JANUARY)]
    assert bool(found) is expected
    if (variant, switched) == ("b2b_payments", "on"):
        assert found == ["2026-11", "2026-12"]


def test_a_manager_switches_the_report_of_one_programme(course: Course, files: Files) -> None:
    program = course.program
    course.do(complaint_sign.switch, MARC, program, JANUARY, on=False)
    assert reports(course, files).tick() == 0
    course.do(complaint_sign.switch, MARC, program, JANUARY, on=False)
    assert course.tags().count("complaint_report:switch:changed") == 1
    with pytest.raises(RefusedError):
        course.do(complaint_sign.switch, SAM, program, JANUARY, on=True)
    course.do(complaint_sign.switch, MARC, program, JANUARY, on=True)
    assert reports(course, files).tick() == 2


def written(folder: Path, add_rows: Callable[[Sheets], object], rows: int = 10) -> tuple[bytes, bytes]:
    folder.mkdir()
    with Sheets(folder, ["complaint_id", "days"], rows=rows) as sheets:
        add_rows(sheets)
        made_ = sheets.finish({"Month": "2026-12"})
    return made_[0].path.read_bytes(), made_[1].path.read_bytes()


def test_the_same_rows_give_the_same_bytes_and_no_formula(tmp_path: Path) -> None:
    def fill(sheets: Sheets) -> None:
        for number in range(25):
            sheets.add([f"=1+{number}", number])

    first, second = written(tmp_path / "a", fill), written(tmp_path / "b", fill)
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first[1])) as book:
        sheets = [book.read(name).decode() for name in sorted(book.namelist()) if "worksheets/" in name]
    assert len(sheets) == 4  # three for 25 rows of at most nine, and one about the list
    assert not any("<f>" in sheet for sheet in sheets)
    assert "<t>'=1+0</t>" in sheets[0]
    assert first[0].startswith(b"complaint_id,days\r\n'=1+0,0\r\n")
