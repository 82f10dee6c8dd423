"""What deadlines are about, by the name of their subject. Whoever has deadlines of their own adds a line.

A reader takes deadlines of its subjects and returns what each is about, by the number of the deadline; it
reads what many need at once, not one by one.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bot.services import (
    complaint_report_subject,
    complaint_subject,
    dispute_clock,
    lost_case,
    lost_subject,
    shipping,
    step_subject,
)
from bot.services.subject import Subject
from storage import Session
from storage.tables import Deadline

Read = Callable[[Session, Sequence[Deadline]], Mapping[int, Subject]]

READERS: Final[Mapping[str, Read]] = {
    "step": step_subject.read,
    "duty": step_subject.read,
    "look_again": step_subject.read,
    "complaint_report": complaint_report_subject.read,
    **dict.fromkeys(complaint_subject.SUBJECTS, complaint_subject.read),
    "dispute": dispute_clock.read,
    "dispute_task": dispute_clock.read,
    lost_case.FROZEN: lost_subject.read,
    lost_case.NOT_STOPPED: lost_subject.read,
    lost_case.DELIVERY: lost_subject.read,
    shipping.SUBJECT: shipping.read,
}


def read(session: Session, deadlines: Sequence[Deadline]) -> dict[int, Subject]:
    """Return what these deadlines are about, by the number of the deadline."""
    groups: dict[Read, list[Deadline]] = {}
    for row in deadlines:
        groups.setdefault(READERS[row.subject], []).append(row)
    return {
        number: found for reader, rows in groups.items() for number, found in reader(session, rows).items()
    }
