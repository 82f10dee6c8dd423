"""One complaint under lock: its rules, its clocks, its board, and whoever must hear of it at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot import plans
from bot.domain import complaint as rules
from bot.domain.channel import no_sharing
from bot.domain.complaint_book import Book
from bot.domain.error import NotFoundError
from bot.domain.role import Asker, Relations, Right
from bot.outbox import mark_home, put_board_of, put_direct, put_notice
from bot.services import audit, case_clock, channel, preference, standing
from bot.services import person as people
from storage import Session, insert_once
from storage.queries import channel as channels
from storage.queries import complaint as rows
from storage.queries import person as person_rows
from storage.queries import program as programs
from storage.queries import thread as threads
from storage.tables import Program, Thread
from storage.tables_complaint import Complaint, ComplaintEntry

SUBJECT: Final = "complaint"
LADDERS: Final[Mapping[str, str]] = {
    "acknowledge": "complaint",
    "resolve": "complaint",
    "notify": "complaint_executive",
    "forward": "complaint",
}
"""The ladder of each clock; the subject of its deadline is `complaint_` and the name of the clock."""

SECOND: Final = timedelta(seconds=1)
MOMENTS: Final = ("acknowledge_due_at", "resolve_due_at", "notify_due_at", "forward_due_at")


@dataclass
class Case:
    """A complaint and its programme for the length of one transaction or reading."""

    session: Session
    row: Complaint
    program: Program | None
    defaults: Mapping[str, str] = field(default_factory=dict)
    default_language: str = "en"
    broke: bool = False  # what was recorded just now broke the lock

    @cached_property
    def settings(self) -> dict[str, str]:
        """What the programme does otherwise than the book."""
        return rows.settings(self.session, self.program.id) if self.program else {}

    @cached_property
    def book(self) -> Book:
        """The rules that hold for the programme."""
        return plans.complaints().with_settings(self.settings)

    @property
    def region(self) -> str:
        """The region whose calendar counts; empty where no programme is known."""
        return self.program.region if self.program else ""

    @property
    def zone(self) -> str:
        """The zone in which its days begin."""
        return self.program.zone if self.program else "UTC"

    @property
    def language(self) -> str:
        """The language of its thread."""
        return self.program.language if self.program else self.default_language

    @property
    def facts(self) -> rules.Facts:
        """What the rules ask for."""
        row = self.row
        return rules.Facts(
            submitted_at=row.submitted_at,
            kind=row.kind,
            state=row.state,
            feedback=row.feedback,
            asked=row.proposal == "asked",
            aware_at=row.executive_at,
            released_at=row.released_at,
            acknowledged_at=row.acknowledged_at,
            resolved_at=row.resolved_at,
            withdrawn_at=row.withdrawn_at,
            reopened_at=row.reopened_at,
            notified_at=row.notified_at,
            forwarded_at=row.forwarded_at,
            extended=row.extended_at is not None,
        )

    @property
    def dues(self) -> dict[str, rules.Due]:
        """Its clocks by name."""
        return rules.dues(self.facts, self.book, self.region, self.zone)

    def settle(self, now: datetime) -> None:
        """Bring everything that follows from the facts up to date: lock, clocks, breaches, board, Home."""
        row, facts, found = self.row, self.facts, self.dues
        if facts.locked and not row.locked:
            row.locked_at = now
        row.locked, row.open = facts.locked, facts.open
        for name in ("acknowledge", "resolve", "notify", "forward"):
            due = found.get(name)
            setattr(row, f"{name}_due_at", due.counted.due_at if due else None)
            self._clock(name, due, now)
        self._note_breaches(found, now)
        running = {name: due for name, due in found.items() if due.ended_at is None}
        row.due_at = rules.next_due(running)
        asked = row.proposal_until if row.proposal == "asked" else None
        ahead = [due.counted.due_at + SECOND for due in running.values() if not due.late(now)]
        row.look_at = rules.first(asked, *ahead)
        row.changed_at = now
        self.session.add(row)
        self.session.flush()
        self.show(now)

    def show(self, now: datetime) -> None:
        """Ask for the board and the Home pages of those concerned."""
        put_board_of(self.session, SUBJECT, self.row.id, language=self.language, now=now)
        mark_home(self.session, self.row.team, *filter(None, {self.row.owner, self.row.logged_by}), now=now)

    def record(self, who: str, tag: str, now: datetime, **after: Any) -> None:  # noqa: ANN401 - JSON values
        """Add an audit entry; never words that somebody typed."""
        audit.record(
            self.session,
            team=self.row.team,
            actor=who,
            tag=tag,
            subject=self.row.ref,
            now=now,
            after={name: _plain(value) for name, value in after.items()},
        )

    def say(self, act: str, who: str, now: datetime, **facts: Any) -> None:  # noqa: ANN401 - JSON values
        """Say in the thread what was done; customers' data never stand there."""
        board = threads.of(self.session, SUBJECT, self.row.id)
        if board is None:
            return
        users = {who, self.row.owner, *(str(facts[name]) for name in ("to",) if facts.get(name))} - {""}
        said = {
            "act": act,
            "actor": who,
            "ref": self.row.ref,
            "owner": self.row.owner,
            "zone": self.zone,
            "names": people.names(self.session, self.row.team, users),
            **{name: _plain(value) for name, value in facts.items()},
        }
        put_notice(self.session, board, "complaint.said", said, language=self.language, now=now)

    def tell_managers(self, act: str, now: datetime) -> None:
        """Write to whoever answers for the programme, each in one message, at once."""
        for user in self.managers(now):
            language = preference.language(self.session, self.row.team, user, self.default_language)
            put_direct(
                self.session,
                team=self.row.team,
                user=user,
                view="complaint.alert",
                facts={**self.about(), "act": act, "link": self.link()},
                language=language,
                now=now,
            )

    def managers(self, now: datetime) -> list[str]:
        """Return who hears as its manager: the programme's own, else all managers, else the admins."""
        today, team = now.date(), self.row.team
        named = [self.program.manager] if self.program and self.program.manager else []
        for users in (
            named,
            person_rows.holders(self.session, team, ["manager"], today),
            person_rows.holders(self.session, team, ["admin"], today),
        ):
            found = standing.at(self.session, team, users, now)
            acting = [found.stand_in(one) if one in found.away or one in found.gone else one for one in users]
            heard = list(dict.fromkeys(one for one in acting if one))
            if heard:
                return heard
        return []

    def about(self) -> dict[str, Any]:
        """Return what any message may say of it: no words of the customer, and not who that is."""
        program, row = self.program, self.row
        return {
            "id": row.id,
            "ref": row.ref,
            "kind": row.kind,
            "state": row.state,
            "locked": row.locked,
            "proposal": row.proposal,
            "due": row.due_at.isoformat() if row.due_at else "",
            "zone": self.zone,
            "owner": row.owner,
            "program": {"id": program.id, "ref": program.ref, "name": program.name} if program else None,
        }

    def link(self) -> str:
        """Return the address of its board, or an empty text while there is none."""
        board = threads.of(self.session, SUBJECT, self.row.id)
        known = person_rows.workspace(self.session)
        if board is None or not board.ts or known is None or not known.url:
            return ""
        return f"{known.url.rstrip('/')}/archives/{board.channel}/p{board.ts.replace('.', '')}"

    def open_board(self, now: datetime) -> None:
        """Give it a thread in the complaints channel, if it has none yet.

        Raises:
            NotFoundError: there is no channel that may know of it; the text names the setting.
        """
        place = self._channel()
        if not place:
            raise NotFoundError("complaint.no_channel")
        values = {"team": self.row.team, "subject": SUBJECT, "subject_id": self.row.id, "channel": place}
        insert_once(self.session, Thread, values, conflict=["subject", "subject_id"])
        put_board_of(self.session, SUBJECT, self.row.id, language=self.language, now=now)

    def _channel(self) -> str:
        if self.program is None:
            place = self.defaults.get("complaints", "")
            fits = place and not channel.unfit(channels.row(self.session, self.row.team, place))
            return place if fits else ""
        found = channel.usable(self.session, self.program, "complaints", self.defaults)
        if found:
            return found
        # Its own channel knows the programme anyway; the board holds nothing of the customer.
        known = channels.row(self.session, self.row.team, self.program.channel)
        shut = known is not None and no_sharing(
            external=known.external,
            archived=known.archived,
            member=known.member,
            error=known.error,
            own=False,
        )
        return "" if shut else self.program.channel

    def require(self, who: Asker, now: datetime) -> None:
        """Let a person pass who handles complaints, or has this one, or answers for its programme.

        Raises:
            RefusedError: nobody of these; the text names who may.
        """
        if who.verified and who.role != "guest" and self.concerns(who, now):
            return
        people.require(self.session, who, Right.CUSTOMER_DATA, now)

    def require_manager(self, who: Asker, now: datetime) -> None:
        """Let only a manager pass, or the manager of the programme.

        Raises:
            RefusedError: somebody else; the text names who may.
        """
        of = people.relations(self.program) if self.program else None
        people.require(self.session, who, Right.STEER_PROGRAM, now, of)

    def concerns(self, who: Asker, now: datetime) -> bool:
        """Tell whether somebody has it, logged it, answers for its programme, or stands in for these."""
        program = self.program
        of = Relations(
            lead=program.lead if program else "",
            manager=program.manager if program else "",
            deputies=frozenset({self.row.logged_by}),
            assignee=self.row.owner,
        )
        return bool(standing.relations(self.session, self.row.team, of, now).of(who.user))

    def may_read(self, who: Asker, now: datetime) -> bool:
        """Tell whether somebody may read what the customer said."""
        member = who.verified and who.role != "guest"
        return people.holds(self.session, who, Right.CUSTOMER_DATA, now) or (
            member and self.concerns(who, now)
        )

    def entry(self, kind: str, key: str, by: str, at: datetime, now: datetime, **more: Any) -> bool:  # noqa: ANN401 - columns
        """Keep something with the complaint; false when that is there already."""
        values = {
            "team": self.row.team,
            "complaint_id": self.row.id,
            "kind": kind,
            "key": key,
            "by": by,
            "at": at,
            "recorded_at": now,
            **more,
        }
        return insert_once(self.session, ComplaintEntry, values, conflict=["complaint_id", "kind", "key"])

    def breach(self, name: str, key: str, by: str, at: datetime, now: datetime) -> None:
        """Note a breach, once, for everybody to see."""
        new = self.entry("breach", f"{name}:{key}", by, at, now, target=name, breach=True)
        if not new and not rows.set_breach(self.session, self.row.id, f"{name}:{key}", stands=True):
            return
        self.row.breaches = [one for one in rules.BREACHES if one in {*self.row.breaches, name}]
        self.row.breached = True
        self.record(by, "complaint:breach:noted", now, clock=name, at=at)
        self.say(f"breach_{name}", by if name == rules.CONTACT else "", now, at=at)

    def _note_breaches(self, found: Mapping[str, rules.Due], now: datetime) -> None:
        """Note what is late; what was only recorded late, and happened in time, is no breach any more."""
        late = rules.breaches(found, now)
        for name, due in found.items():
            key = due.counted.due_on.isoformat()
            if name in late:
                self.breach(name, key, "", due.counted.due_at, now)
            elif rows.set_breach(self.session, self.row.id, f"{name}:{key}", stands=False):
                self.record("", "complaint:breach:dropped", now, clock=name)
        if self.row.breached:  # also what became no breach just now
            stored = rows.breaches(self.session, self.row.id)
            self.row.breaches = [one for one in rules.BREACHES if one in stored]
            self.row.breached = bool(stored)

    def _clock(self, name: str, due: rules.Due | None, now: datetime) -> None:
        """Bring the deadline of one clock to where its rule says."""
        subject = f"{SUBJECT}_{name}"
        before = programs.deadline_of(self.session, self.row.id, subject)
        running = before is not None and before.state == "open"
        if due is None or due.ended_at is not None:
            if running:
                case_clock.end(self.session, subject, self.row.id, "met" if due else "dropped")
            return
        if running and before is not None and before.due_at == due.counted.due_at:
            return
        if threads.of(self.session, SUBJECT, self.row.id) is None:
            return
        case_clock.start(
            self.session,
            team=self.row.team,
            subject=subject,
            subject_id=self.row.id,
            ladder=LADDERS[name],
            program=self.program,
            counted=due.counted,
            length=due.length,
            unit="business_days",
            zone=self.zone,
            source=due.source,
            at=due.started_at,
            now=now,
        )


def locked(session: Session, complaint_id: int, team: str, defaults: Mapping[str, str] | None = None) -> Case:
    """Return a complaint that nobody else can change until the commit.

    Raises:
        NotFoundError: there is none, or it belongs to another workspace.
    """
    found = rows.one(session, complaint_id)
    if found is None or found.team != team:
        raise NotFoundError("complaint.not_found", ref=f"#{complaint_id}")
    return of(session, rows.lock(session, complaint_id), defaults)


def of(session: Session, row: Complaint, defaults: Mapping[str, str] | None = None) -> Case:
    """Return a complaint with its programme, as they are."""
    program = session.get(Program, row.program_id) if row.program_id else None
    return Case(session, row, program, defaults or {})


def by_ref(session: Session, team: str, words: str) -> Case:
    """Return a complaint by what people quote: `C-7`, `c7`, `7`.

    Raises:
        NotFoundError: there is none.
    """
    digits = words.strip().upper().removeprefix("C").removeprefix("-").strip()
    found = rows.by_ref(session, team, f"C-{digits}") if digits.isdecimal() else None
    if found is None:
        raise NotFoundError("complaint.not_found", ref=words.strip()[:40])
    return of(session, found)


def _plain(value: object) -> object:
    return value.astimezone(ZoneInfo("UTC")).isoformat() if isinstance(value, datetime) else value
