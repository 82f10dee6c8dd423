"""Everything a view can be given: facts made by the real services from the worst that people type."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session, select

from bot import plans, text
from bot.domain.plan import Answers
from bot.domain.submission import STEP
from bot.services import (
    approval,
    board,
    closing_day,
    edit,
    entry,
    evidence,
    history,
    live_use,
    onboarding,
    step,
    step_answer,
    submission_page,
)
from bot.services import correction as correction_service
from bot.services.edit import Edit
from storage import Database
from storage.queries import entry as entry_rows
from storage.tables import Evidence, OutboxMessage, Program, Step
from tests.support.course import BOTH, EVERYTHING, LENA, MARC, NOOR, Course, remember
from tests.support.packing import arrived, begin, page, prepare, put, refused, send

ROOT = Path(__file__).resolve().parent.parent.parent
NASTY = "<!channel> <@U0EVIL> &amp; *x* `y` ~z~ 🙂 \u202eRTL <https://evil.example|here> "
NAME = (NASTY * 2)[:80]
WORDS = (NASTY * 60)[:3000]
STRANGERS = [f"U0UNKNOWN{number}" for number in range(20)]
FILE = {"id": "F0", "mimetype": "application/pdf", "filetype": "pdf", "size": 9 * 1024 * 1024}
CORRECTED = ("undone", "corrected", "reopened", "other words later")
Facts = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """One thing to render: a view's name and its facts."""

    view: str
    facts: Facts
    about: str = ""


@dataclass(eq=False)
class Scenery:
    """All scenes, and the facts that pages and forms are built from."""

    scenes: list[Scene] = field(default_factory=list)
    steps: list[Facts] = field(default_factory=list)
    plans: list[Facts] = field(default_factory=list)
    whys: list[Facts] = field(default_factory=list)
    programs: list[Facts] = field(default_factory=list)
    histories: list[Facts] = field(default_factory=list)
    submissions: list[Facts] = field(default_factory=list)
    approvals: list[Facts] = field(default_factory=list)
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def new(self, what: str, facts: Facts) -> bool:
        """Whether these facts are not yet there; what is the same is rendered the same."""
        found = (what, json.dumps(facts, sort_keys=True, default=str))
        fresh = found not in self._seen
        self._seen.add(found)
        return fresh

    def look(self, course: Course, about: str, *keys: str) -> None:
        """Keep what the boards of a programme and its steps would show now; only of these steps, if any is named."""
        with course.database.reading() as session:
            program = session.get(Program, course.program_id)
            assert program is not None
            facts = board.program_facts(session, program)
            self._keep("programs", facts)
            self._keep("plans", board.plan_facts(session, program))
            asked = approval.of_program(session, LENA, program, course.now)
            self._keep("approvals", {**asked, "shareable": True})
            self._keep("histories", history.of_program(session, program, "en"))
            self._see(Scene("program", {**facts, "previous": ""}, about))
            for row in session.exec(select(Step).where(Step.program_id == program.id)).all():
                if keys and row.key not in keys:
                    continue
                found = {**board.step_facts(session, row), **history.of_step(session, row, course.now)}
                self._keep("steps", found)
                self._keep("whys", board.why_facts(session, row))
                self._see(Scene("step", {**found, "previous": ""}, f"{about} {row.key}"))
                if row.key == STEP:
                    self._keep("submissions", submission_page.facts(session, row))

    def _keep(self, what: str, facts: Facts) -> None:
        if self.new(what, facts):
            getattr(self, what).append(facts)

    def _see(self, scene: Scene) -> None:
        if self.new(f"view {scene.view}", scene.facts):
            self.scenes.append(scene)

    def hear(self, database: Database) -> None:
        """Keep every notice that was put."""
        with database.reading() as session:
            rows = session.exec(select(OutboxMessage).where(OutboxMessage.kind == "notice")).all()
        heard = [Scene(row.view, json.loads(row.facts or "{}")) for row in rows]
        for number, one in enumerate(heard):
            self._see(one)
            changed = correction(CORRECTED[number % len(CORRECTED)])
            self._see(Scene(one.view, {**one.facts, "correction": changed}, "corrected"))


def correction(what: str) -> Facts:
    """What became of a notice, with the worst reason."""
    return {
        "what": what,
        "actor": LENA.user,
        "at": "2027-05-12T10:03:00+00:00",
        "reason": WORDS,
        "names": {LENA.user: NAME},
        "zone": "Europe/Paris",
    }


def paint(database: Database) -> Scenery:
    """Play every turn a programme can take, with the worst words, and keep what views are given."""
    found = Scenery()
    with database.transaction() as session:
        # Whoever acts has been met; whoever is only chosen in a form may not.
        remember(session, LENA, MARC, NOOR, *(replace(LENA, user=STRANGERS[number]) for number in (0, 3)))
    for answers in (
        EVERYTHING,
        Answers("eu", frozenset({"issuing"}), "b2b_payments", "custom", True),
        Answers("uk", frozenset({"issuing"}), "expense_management", "standard"),
    ):
        course = Course(database)
        course.start(answers, name=NAME, purpose=WORDS, manager=MARC.user)
        found.look(course, "start")
        course.walk(until="agreements")
        found.look(course, "middle")
        course.walk(until="live_access")
        found.look(course, "before live")
        course.walk()
        found.look(course, "launched")
    _troubled(found, Course(database))
    _refused(found, Course(database))
    _corrected(found, Course(database))
    _submitted(found, Course(database))
    found.hear(database)
    return found


def _troubled(found: Scenery, course: Course) -> None:
    """A programme of strangers in which everything is blocked, late, failed or paused."""
    course.start(EVERYTHING, name=NAME, manager=STRANGERS[1])
    lead = replace(LENA, user=STRANGERS[0])
    people = {"lead": lead.user, "deputies": STRANGERS, "manager": STRANGERS[5]}
    course.do(onboarding.reassign, LENA, course.program_id, **people, now=course.now)
    course.lead = lead
    course.walk(until="call")
    course.finish("call", note=WORDS, outcome={"met_on": course.now.date().isoformat()})
    course.do(closing_day.add, MARC, date(2026, 12, 1), course.now)
    course.answer("supportability", "needs_longer", note=WORDS, until=date(2027, 2, 1))
    course.answer("supportability", "declined", note=WORDS)
    course.answer("supportability", "more_asked", note=WORDS)
    course.answer("supportability", note=WORDS)
    course.walk(until="agreements")
    for one in course.open():
        course.do(step.assign, lead, course.id(one.id), STRANGERS[3], course.now)
        course.do(step.block, lead, course.id(one.id), WORDS, date(2027, 1, 4), course.now)
        course.do(
            step.take,
            replace(LENA, user=STRANGERS[3]),
            course.id(one.id),
            course.now,
        )
    _attached(course, course.open()[0].id)
    found.look(course, "blocked")
    course.do(step.unblock, lead, course.id("agreements"), course.now)
    course.finish("agreements", note=WORDS)
    course.walk(until="review")
    course.answer("review", "revision", note=WORDS)
    found.look(course, "revision")
    course.walk(until="live_access")
    listed = (
        "issuing_virtual",
        "issuing_physical",
        "issuing_wallets",
        "treasury_accounts",
        "treasury_transfers",
    )
    course.answer("live_access", note=WORDS, capabilities=listed, by="bank")
    course.do(onboarding.pause, MARC, course.program_id, WORDS[:1000], course.now)
    found.look(course, "paused")
    course.do(onboarding.resume, MARC, course.program_id, course.now)
    course.do(onboarding.cancel, MARC, course.program_id, WORDS[:1000], course.now)
    found.look(course, "canceled")
    course.do(onboarding.reopen, MARC, course.program_id, course.now)


def _corrected(found: Scenery, course: Course) -> None:
    """A programme in which everything was entered late, taken back, corrected and opened again."""
    course.start(EVERYTHING, name=NAME, manager=MARC.user)
    course.walk(until="call")
    course.now += timedelta(days=30)
    course.finish("call", happened_at=course.now - timedelta(days=9), note=WORDS)
    course.answer("supportability", "more_asked", note=WORDS, happened_at=course.now - timedelta(days=5))
    _newest(course, "supportability", entry.undo, course.now)
    course.answer("supportability", note=WORDS, happened_at=course.now - timedelta(days=5))
    moved = course.now - timedelta(days=6)
    longer = step_answer.Answer(moved, "needs_longer", until=date(2027, 6, 1))
    for answer in (step_answer.Answer(moved, "supportable"), longer):
        given = correction_service.Correction(moved, WORDS, WORDS[:1000], answer)
        _newest(course, "supportability", correction_service.correct, given, course.now)
    found.look(course, "corrected")
    course.walk(until="live_access")
    course.now += timedelta(days=9)
    _newest(course, "supportability", entry.reopen, WORDS[:1000], course.now)
    found.look(course, "reopened")
    _edited(found, course)
    course.walk(until="live_access")


def _edited(found: Scenery, course: Course) -> None:
    """Every answer changed, and a newer plan whose steps are all said otherwise."""
    given = Edit(date(2028, 1, 1), "none", False, False, "one_developer", LENA.user, STRANGERS[:9], MARC.user, NAME, "ann@example.com")  # fmt: skip
    course.do(edit.edit, MARC, course.program_id, given, "", course.now)
    plan = plans.load("embedded_finance")
    steps = tuple(replace(one, title=replace(one.title, en=f"{one.title.en} 2")) for one in plan.steps)
    newest = replace(plan, version="2099-01-01", steps=steps)
    course.do(edit.adopt, MARC, course.program_id, newest, "", course.now)
    found.look(course, "edited")


def _newest(course: Course, key: str, act: Any, *args: Any) -> None:
    with course.database.reading() as session:
        newest = entry_rows.last(session, course_step(course, session, key), "stands")
    assert newest is not None
    course.do(act, MARC, newest.id, *args)


def course_step(course: Course, session: Session, key: str) -> int:
    """The number of a step, in a session that is open already."""
    return session.exec(select(Step.id).where(Step.program_id == course.program_id, Step.key == key)).one()


def _attached(course: Course, key: str) -> None:
    """200 files and some links, stored, arriving and failed."""
    files = [{**FILE, "id": f"F{number}", "name": f"{NASTY}{number}.pdf"} for number in range(200)]
    number = course.id(key)
    course.do(
        evidence.add,
        NOOR,
        number,
        item="",
        files=files,
        link=f"https://example.com/{'x' * 900}",
        now=course.now,
    )
    kept = {"sha256": "a" * 64, "size": FILE["size"], "mimetype": "application/pdf", "location": "x"}
    rows = [row for row in course.rows(Evidence) if row.kind == "file" and row.step_id == number]
    for row in rows[:3]:
        course.do(evidence.stored, row, **kept, now=course.now)
    for row, code in zip(
        rows[-5:], ("too_large", "type", "refused", "unreachable", "other_host"), strict=True
    ):
        course.do(evidence.failed, row, code=code, now=course.now)


def _refused(found: Scenery, course: Course) -> None:
    """Stripe refuses Treasury, then is asked again; another programme is refused altogether."""
    course.start(BOTH, name=NAME, manager=MARC.user, language="fr")
    course.walk(until="first_contact")
    course.answer("first_contact", fit={"issuing": "fits", "treasury": "other"}, note=WORDS)
    found.look(course, "treasury dropped")
    course.do(onboarding.reopen, MARC, course.program_id, course.now)
    course.start(BOTH, name=NAME)
    course.walk(until="first_contact")
    course.answer("first_contact", fit={"issuing": "no", "treasury": "other"}, note=WORDS)
    found.look(course, "refused")


def _submitted(found: Scenery, course: Course) -> None:
    """Rounds with the worst names and words: prepared, failed, sent, sent by hand, and asked to change."""
    begin(course, EVERYTHING, name=NAME, manager=MARC.user)
    for number, item in enumerate(page(course)["items"]):
        put(course, item["key"], *(f"{number}x{each}" for each in range(1 + number % 7)))
    found.look(course, "ready")
    turns = (STEP, "review", "evidence_disclosures")  # the other steps stay as they are
    prepare(course)
    found.look(course, "packing", *turns)
    for code in ("missing_scope files:write", "unclear", "file_gone", NASTY[:60]):
        refused(course, code)
        found.look(course, f"failed: {code}", *turns)
    arrived(course)
    found.look(course, "prepared", *turns)
    send(course, reference=WORDS[:200])
    found.look(course, "sent", *turns)
    for round_ in range(14):
        keys = [item["key"] for item in page(course)["items"]][: 12 if round_ < 2 else 1]
        course.answer("review", "revision", note=WORDS, changes=dict.fromkeys(keys, WORDS[:500]))
        found.look(course, f"revision {round_}", *turns)
        put(course, keys[0], f"again{round_}")
        if round_ % 2:
            prepare(course)
            found.look(course, f"prepared {round_}", *turns)
            arrived(course)
        send(course)
    course.answer("review", note=WORDS)
    found.look(course, "approved")
    with course.database.transaction() as session:
        program = session.get(Program, course.program_id)
        assert program is not None
        for capability in ("issuing_virtual", "treasury_transfers", NASTY[:60]):
            live_use.observe(session, program, capability, course.now, "evt_1")
    found.look(course, "live")
    said = {"name": NAME, "ref": "P-1", "id": 1}
    for count in (1, 5):
        zipped = {"ref": "S-1", "round": 1, "packet": 1, "packets": count, "files": count, "program": said}
        found.scenes.append(Scene("submission.zip", zipped, f"{count} files"))
    for approved in ([], ["issuing_virtual", NASTY]):
        facts = {"capability": NASTY, "capabilities": approved, "program": said}
        found.scenes.append(Scene("live.unapproved", facts))
    out = {"reason": "OperationalError", "at": course.now.isoformat()}
    found.scenes.append(Scene("authorization.outage", out))
    until = course.now.isoformat()
    for kind, count in (("merchant", 0), ("category", 1), ("country", 25)):
        brakes = [{"kind": kind, "value": NASTY[:80], "until": until, "by": STRANGERS[0]}] * count
        found.scenes.append(Scene("brake", {"brakes": brakes, "names": {STRANGERS[0]: NASTY}}, kind))
    brakes = [{"kind": "merchant", "value": "9900112233", "until": until, "by": "command line"}]
    found.scenes.append(Scene("brake", {"brakes": brakes, "names": {}}, "by nobody in Slack"))
    for what in ("set", "lifted"):
        changed = {"what": what, "kind": "country", "value": NASTY[:80], "until": until, "share": []}
        found.scenes.append(Scene("brake.changed", changed, what))


def crowded(facts: Facts, count: int) -> Facts:
    """The board of a programme with so many open steps, all of different people."""
    line = facts["steps"][0]
    steps = [
        {**line, "id": number, "title": NAME, "owner": STRANGERS[number % 20], "taken": True, "actor": actor,
         "state": state, "note": WORDS if state == "blocked" else ""}
        for number in range(count)
        for actor, state in [(("us", "open"), ("stripe", "open"), ("us", "blocked"))[number % 3]]
    ]  # fmt: skip
    duties = [{"title": NAME, "owner": STRANGERS[0], "deputy": STRANGERS[0]}] * 5
    return {
        **facts,
        "steps": steps,
        "duties": duties,
        "previous": "https://quayside.slack.com/archives/C0CARDS/p1700000000000100",
    }


def long_plan(facts: Facts, count: int) -> Facts:
    """The page of a programme with so many steps."""
    part, one = facts["parts"][0], facts["parts"][0]["steps"][0]
    steps = [
        {**one, "id": number, "title": NAME, "state": "waiting", "needs": [NAME] * 9}
        for number in range(count)
    ]
    return {**facts, "parts": [{**part, "steps": steps}]}


VALUES: Facts = {
    "users": STRANGERS[:5],
    "who": STRANGERS[0],
    "at": datetime(2026, 11, 23, 15, 0, tzinfo=UTC).isoformat(),
    "date": "2026-12-24",
    "before_on": "2026-12-22",
    "now_on": "2026-12-23",
    "after": NAME,
    "role": "admin",
    "needs": [NAME] * 12,
    "items": [NAME] * 5,
    "step": NAME,
    "ref": "P-1",
    "refs": [f"P-{number} {NAME}" for number in range(5)],
    "nearest": [f"P-{number} {NAME}" for number in range(5)],
    "typed": WORDS,
    "channel": "C0CARDS",
    "number": 7,
}


def errors() -> Iterator[tuple[str, Facts]]:
    """Every error that services and verbs raise, with the values it is raised with."""
    for folder in ("bot/services", "bot/listeners", "bot/effects", "commands"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
                    continue
                if node.func.id in {"RefusedError", "StaleError", "NotFoundError"}:
                    names = [keyword.arg or "" for keyword in node.keywords]
                    for key in _keys(node.args[0]):
                        yield key, {name: VALUES.get(name, NAME) for name in names}


def _keys(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from _keys(node.body)
        yield from _keys(node.orelse)
    elif isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.JoinedStr):
        wanted = "".join(
            re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"\w+" for part in node.values
        )
        yield from (key for key in sorted(text.keys("en")) if re.fullmatch(wanted, key))
