"""What the deadlines of complaints are about, for reminders, lists and snoozes."""

from collections.abc import Mapping, Sequence
from typing import Final

from bot import text
from bot.services import complaint_case
from bot.services.subject import Act, Case, Subject
from storage import Session
from storage.queries import complaint as rows
from storage.queries import complaint_report as reports
from storage.queries import thread as threads
from storage.tables import Deadline

SUBJECTS: Final = ("complaint_acknowledge", "complaint_resolve", "complaint_notify", "complaint_forward")


def read(session: Session, deadlines: Sequence[Deadline]) -> Mapping[int, Subject]:
    """Return the complaints of these deadlines, by the number of the deadline."""
    found = rows.several(session, [row.subject_id for row in deadlines])
    programs = reports.programs(session, {row.program_id for row in found.values() if row.program_id})
    cases = {
        number: complaint_case.Case(session, row, programs.get(row.program_id or 0))
        for number, row in found.items()
    }
    roots = threads.several(session, complaint_case.SUBJECT, found)
    subjects: dict[int, Subject] = {}
    for row in deadlines:
        case = cases[row.subject_id]
        clock = row.subject.removeprefix("complaint_")
        number = str(case.row.id)
        subjects[row.id] = Case(
            session,
            ref=case.row.ref,
            kind=row.subject,
            number=case.row.id,
            owner=case.row.owner,
            program=case.program,
            titles={
                language: text.say(language, f"complaint.clock.{clock}", ref=case.row.ref)
                for language in text.LANGUAGES
            },
            thread=roots[row.subject_id],  # a clock starts once there is a thread: `Case._clock`
            spoken=case.language,
            alive=case.row.open,
            # No next step while the customer must not be answered: the page alone.
            acts=(Act("open", f"complaint.open:{number}", number, primary=True),),
        )
    return subjects
