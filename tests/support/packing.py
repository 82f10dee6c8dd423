"""A programme at its submission, with files that have arrived."""

from __future__ import annotations

from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

from sqlmodel import select

from bot.domain.plan import Answers
from bot.services import evidence, submission, submission_page
from storage.queries import submission as rows
from storage.queries import upload as uploads
from storage.tables import Evidence, Step
from storage.tables_submission import Packet, Submission, SubmissionItem
from tests.support.course import NOOR, USUAL, Course

STEP = "submission"
DISCLOSURES, COMPLAINTS = "evidence_disclosures", "evidence_complaints_disputes"
SIGN_UP, ACCOUNT = f"{DISCLOSURES}/sign_up", f"{DISCLOSURES}/afterwards"
SENT = date(2026, 11, 23)


def begin(course: Course, answers: Answers = USUAL, **more: Any) -> Course:
    """A programme whose submission is open; required items hold links so far."""

    def work() -> None:
        course.start(answers, **more)
        course.walk(until=STEP)

    course.once(("begin", answers, *sorted(more.items())), work)
    return course


def put(course: Course, key: str, *files: str, arrived: bool = True) -> None:
    """Add files for an item, each known by its content."""
    step, _, item = key.partition("/")
    for content in files:
        file = {"id": f"F{content.upper()}", "name": f"{content}.pdf", "mimetype": "application/pdf"}
        course.do(evidence.add, NOOR, course.id(step), item=item, files=[file], link="", now=course.now)
        if arrived:
            arrive(course, content)


def arrive(course: Course, content: str) -> None:
    """Let a file arrive."""
    row = next(one for one in course.rows(Evidence) if one.origin == f"F{content.upper()}")
    digest = sha256(content.encode()).hexdigest()
    kept = {"sha256": digest, "size": 9, "mimetype": "application/pdf", "location": f"T0PLAY/{digest}"}
    course.do(evidence.stored, row, **kept, now=course.now)


def only_files(course: Course) -> None:
    """Replace the links of the required items with files, as most teams add them."""
    course.once(("only_files",), lambda: _only_files(course))


def _only_files(course: Course) -> None:
    with course.database.transaction() as session:
        for row in session.exec(select(Evidence).where(Evidence.kind == "link")).all():
            row.state = "failed"
            session.add(row)
    for number, key in enumerate(required(course)):
        put(course, key, f"first{number}")


def required(course: Course) -> list[str]:
    """The items without which nothing is sent."""
    return [item["key"] for item in page(course)["items"] if item["required"]]


def page(course: Course) -> dict[str, Any]:
    """What the pages of the submission say."""
    with course.seen() as (session, walk):
        return submission_page.facts(session, walk.rows[STEP])


def states(course: Course) -> dict[str, str]:
    """The state of each item."""
    return {item["key"]: item["state"] for item in page(course)["items"]}


def prepare(course: Course, **more: Any) -> Any:
    """Have a round packed, without what is missing."""
    who = more.pop("who", course.lead)
    given = {"without": True, **more}
    return course.do(submission.prepare, who, course.id(STEP), course.now, **given)


def arrived(course: Course) -> None:
    """Let every packet arrive in the thread, as the worker records it."""
    from bot.services import packet

    wall = datetime(2100, 1, 1, tzinfo=UTC)
    for row in [one for one in course.rows(Packet) if one.state in rows.UNSETTLED]:
        with course.database.transaction() as session:
            assert uploads.claim(session, Packet, row.id, owner="w", wall=wall, until=wall)
            assert packet.uploaded(session, row.id, owner="w", sha256="f" * 64, size=9, now=course.now)


def refused(course: Course, code: str) -> None:
    """Let the first packet that waits fail, as the worker records it; people try it again."""
    from bot.services import packet

    wall = datetime(2100, 1, 1, tzinfo=UTC)
    row = next(one for one in course.rows(Packet) if one.state in rows.UNSETTLED)
    with course.database.transaction() as session:
        assert uploads.claim(session, Packet, row.id, owner="w", wall=wall, until=wall)
        assert packet.failed(session, row.id, owner="w", code=code, now=course.now)
    course.do(packet.again, course.lead, row.id, course.now)


def send(course: Course, on: date = SENT, reference: str = "", **more: Any) -> Any:
    """Record that the round was sent."""
    who = more.pop("who", course.lead)
    return course.do(submission.sent, who, course.id(STEP), on, reference, course.now)


def reopen(course: Course, key: str) -> None:
    """Open a step again, as undoing what was recorded does."""
    step_id = course.id(key)
    with course.database.transaction() as session:
        row = session.get(Step, step_id)
        assert row is not None
        row.state = "open"
        session.add(row)


def rounds(course: Course) -> list[Submission]:
    """Every round."""
    return course.rows(Submission)


def held(course: Course, number: int = -1) -> list[SubmissionItem]:
    """What a round holds."""
    wanted = rounds(course)[number].id
    return [row for row in course.rows(SubmissionItem) if row.submission_id == wanted]
