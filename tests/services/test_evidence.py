from __future__ import annotations

from typing import Any

import pytest

from bot.domain.error import RefusedError, StaleError
from bot.domain.role import Asker
from bot.services import board, evidence
from storage.tables import AuditEntry, Evidence, File
from tests.support.course import GUS, NOOR, SAM, Course, times


@pytest.fixture
def backend() -> str:
    """SQLite alone: the same rules on PostgreSQL are shown by test_start and test_step."""
    return "sqlite"


PDF = {"id": "F0PLAN", "name": "plan.pdf", "mimetype": "application/pdf", "filetype": "pdf", "size": 1200}
FIRST = "supported_use_case"
LINK = "https://example.com/terms"

KINDS = [
    ({"name": "terms.pdf"}, "ok"),
    ({"filetype": "png"}, "ok"),
    ({"mimetype": "image/jpeg"}, "ok"),
    ({"name": "photo.JPG"}, "ok"),
    ({"name": "photo.heic"}, "heic"),
    ({"name": "photo", "filetype": "heif"}, "heic"),
    ({"mimetype": "image/heic", "name": "photo.jpg"}, "heic"),
    ({"name": "sheet.xlsx"}, "type"),
    ({"name": "virus.exe", "mimetype": "application/octet-stream"}, "type"),
    ({"name": "noending"}, "type"),
    ({"name": "big.pdf", "size": 10 * 1024 * 1024 + 1}, "too_large"),
    ({"name": "just.pdf", "size": 10 * 1024 * 1024}, "ok"),
]


@pytest.mark.parametrize(("file", "wanted"), KINDS)
def test_what_can_be_evidence(file: dict[str, Any], wanted: str) -> None:
    assert evidence.kind_of(file) == wanted


BYTES = [
    (b"%PDF-1.7 ...", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n...", "image/png"),
    (b"\xff\xd8\xff\xe0...", "image/jpeg"),
    (b"<html>", ""),
    (b"", ""),
    (b" %PDF-1.7", ""),
]


@pytest.mark.parametrize(("content", "wanted"), BYTES)
def test_the_bytes_say_what_they_are(content: bytes, wanted: str) -> None:
    assert evidence.sniff(content) == wanted


def add(course: Course, who: Asker = NOOR, key: str = FIRST, **more: Any) -> None:
    given: dict[str, Any] = {"item": "", "files": (), "link": "", "now": course.now, **more}
    course.do(evidence.add, who, course.id(key), **given)


def test_any_member_adds_files_and_links(course: Course) -> None:
    course.start()
    add(course, files=[PDF], link=LINK)
    file, link = course.rows(Evidence)
    assert (file.kind, file.state, file.name, file.origin, file.by) == (
        "file",
        "arriving",
        "plan.pdf",
        "F0PLAN",
        NOOR.user,
    )
    assert (link.kind, link.state, link.link) == ("link", "stored", LINK)
    assert course.tags()[1:] == ["evidence:add:arriving", "evidence:add:stored"]
    assert [row.view for row in course.outbox("notice")][1:] == ["evidence.added"], "one message for both"


def test_the_same_evidence_twice_is_one_piece(course: Course) -> None:
    course.start()
    for _ in range(2):
        add(course, files=[PDF], link=LINK)
    assert len(course.rows(Evidence)) == 2
    assert len(course.outbox("notice")) == 2


def test_a_guest_adds_nothing(course: Course) -> None:
    course.start()
    with pytest.raises(RefusedError):
        add(course, GUS, link=LINK)
    assert not course.rows(Evidence)


def test_an_address_of_evidence_is_not_in_the_audit(course: Course) -> None:
    course.start()
    add(course, files=[PDF], link=LINK)
    said = str([entry.after for entry in course.rows(AuditEntry)])
    assert "example.com" not in said
    assert "plan.pdf" not in said


def _arrived(course: Course, **more: Any) -> None:
    row = course.rows(Evidence)[0]
    given = {"sha256": "a" * 64, "size": 9, "mimetype": "application/pdf", "location": "T0PLAY/aa/aaa"}
    course.do(evidence.stored, row, **{**given, **more}, now=course.now)


def test_a_file_that_arrived_is_kept_with_its_hash(course: Course) -> None:
    course.start()
    add(course, files=[PDF])
    _arrived(course)
    row, file = course.rows(Evidence)[0], course.rows(File)[0]
    assert (row.state, row.file_id, row.next_attempt_at) == ("stored", file.id, None)
    entry = course.rows(AuditEntry)[-1]
    assert (entry.tag, entry.actor, entry.after["sha256"]) == ("evidence:fetch:stored", "worker", "a" * 64)


def test_the_same_bytes_are_kept_once(course: Course) -> None:
    course.start()
    add(course, files=[PDF, {**PDF, "id": "F0COPY"}])
    for row in course.rows(Evidence):
        given = {"sha256": "a" * 64, "size": 9, "mimetype": "application/pdf", "location": "x"}
        course.do(evidence.stored, row, **given, now=course.now)
    assert len(course.rows(File)) == 1
    assert {row.state for row in course.rows(Evidence)} == {"stored"}


def test_a_file_that_failed_is_said_and_can_be_tried_again(course: Course) -> None:
    course.start()
    add(course, files=[PDF])
    course.do(evidence.failed, course.rows(Evidence)[0], code="too_large", now=course.now)
    row = course.rows(Evidence)[0]
    assert (row.state, row.error) == ("failed", "too_large")
    assert [one.view for one in course.outbox("notice")][-1] == "evidence.failed"
    course.do(evidence.retry, SAM, row.id, course.now)
    row = course.rows(Evidence)[0]
    assert (row.state, row.error, row.attempts) == ("arriving", "", 0)
    assert course.tags()[-2:] == ["evidence:fetch:failed", "evidence:retry:arriving"]
    course.do(evidence.retry, SAM, row.id, course.now)
    assert times(course.tags())["evidence:retry:arriving"] == 1, "a second click has no effect"


def test_a_step_that_wants_evidence_is_not_finished_without(course: Course) -> None:
    from bot.services import step

    course.start()
    course.walk(until="evidence_emails")
    number = course.id("evidence_emails")
    with pytest.raises(StaleError) as stale:
        course.do(step.finish, course.lead, number, course.now)
    assert stale.value.key == "step.needs_evidence"
    assert stale.value.values["items"]
    course.attach("evidence_emails", "emails")
    course.do(step.finish, course.lead, number, course.now)
    assert course.step("evidence_emails").state == "done"


def test_a_failed_file_is_no_evidence(course: Course) -> None:
    from bot.services import step

    course.start()
    course.walk(until="evidence_emails")
    add(course, key="evidence_emails", item="emails", files=[PDF])
    row = next(row for row in course.rows(Evidence) if row.kind == "file")
    course.do(evidence.failed, row, code="refused", now=course.now)
    with pytest.raises(StaleError):
        course.do(step.finish, course.lead, course.id("evidence_emails"), course.now)


def test_each_required_item_needs_a_piece_of_its_own(course: Course) -> None:
    from bot.services import step

    key, needed = "evidence_disclosures", ["sign_up", "afterwards"]
    course.start()
    course.walk(until=key)
    titles = {item.id: item.title.en for one in course.open() if one.id == key for item in one.evidence}

    def missing() -> list[str]:
        with pytest.raises(StaleError) as stale:
            course.do(step.finish, course.lead, course.id(key), course.now)
        assert stale.value.key == "step.needs_evidence"
        found: Any = stale.value.values["items"]
        return [item["en"] for item in found]

    assert missing() == [titles[item] for item in needed]
    course.attach(key, "sign_up", count=3)
    assert missing() == [titles["afterwards"]]
    add(course, key=key, item="nothing we know", files=[PDF])
    assert missing() == [titles["afterwards"]], "a piece of no item stands for none"
    add(course, key=key, item="afterwards", files=[PDF])
    assert course.rows(Evidence)[-1].state == "arriving"
    course.do(step.finish, course.lead, course.id(key), course.now)
    assert course.step(key).state == "done"


def test_what_a_step_shows_about_its_items_follows_their_evidence(course: Course) -> None:
    key = "evidence_disclosures"
    course.start()
    course.walk(until=key)

    def there() -> dict[str, str]:
        with course.seen() as (session, walk):
            facts = board.step_facts(session, walk.rows[key])
        return {item["id"]: item["there"] for item in facts["items"] if item["required"]}

    assert there() == {"sign_up": "", "afterwards": ""}
    course.attach(key, "sign_up")
    add(course, key=key, item="afterwards", files=[PDF])
    assert there() == {"sign_up": "stored", "afterwards": "arriving"}
    row = next(row for row in course.rows(Evidence) if row.kind == "file" and row.item == "afterwards")
    course.do(evidence.failed, row, code="refused", now=course.now)
    assert there() == {"sign_up": "stored", "afterwards": ""}


def test_a_step_with_one_item_takes_everything_for_it(course: Course) -> None:
    course.start()
    course.walk(until="evidence_emails")
    add(course, key="evidence_emails", item="", files=[PDF])
    assert course.rows(Evidence)[-1].item == "emails"
