"""The monthly report of complaints as what a deadline is about: reminders name it until it is sent."""

from collections.abc import Mapping, Sequence

from bot import text
from bot.domain.complaint_report import month_from
from bot.services.live_use import managers
from bot.services.subject import Act, Case, Subject
from storage import Session
from storage.queries import complaint_report as rows
from storage.queries import thread as threads
from storage.tables import Deadline


def read(session: Session, deadlines: Sequence[Deadline]) -> Mapping[int, Subject]:
    """Return the reports of these deadlines, by the number of the deadline."""
    reports = rows.by_ids(session, {row.subject_id for row in deadlines})
    programs = rows.programs(session, {row.program_id for row in reports.values()})
    found: dict[int, Subject] = {}
    for row in deadlines:
        report = reports[row.subject_id]
        program = programs[report.program_id]
        thread = threads.of(session, "program", program.id)
        assert thread is not None, "a programme has a board"  # noqa: S101 - it is put when it starts
        titles: dict[str, str] = {
            language: text.say(
                language,
                "report.title_addendum" if report.addendum else "report.title",
                month=text.month(language, month_from(report.month).first),
                number=report.addendum,
            )
            for language in text.LANGUAGES
        }
        number = str(report.id)
        found[row.id] = Case(
            session,
            ref=f"{program.ref}/{report.month}",
            kind=row.subject,
            number=report.id,
            owner=managers(session, program, row.started_at)[0],
            program=program,
            titles=titles,
            thread=thread,
            spoken=program.language,
            acts=(Act("report_open", f"report.page:{number}", number, primary=True),),
        )
    return found
