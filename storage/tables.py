"""Every table, one class each; those of the submission and of reminders have modules of their own.

Rows that belong to people carry their Slack workspace (`team`). Moments are aware and in UTC. States are
plain text; their order lives in `bot.domain`. Columns of type `Sealed` hold what people typed, what was
rendered and event bodies: they can be emptied while the row stays.
"""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import Column, ForeignKey, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.types import BigId, Canonical, Moment, Sealed


def _id() -> Any:  # noqa: ANN401 - sqlmodel's Field has no narrower type
    return Field(default=None, sa_column=Column(BigId, primary_key=True, autoincrement=True))


def _ref(table: str, *, nullable: bool = False, index: bool = True) -> Any:  # noqa: ANN401 - the same
    return Field(
        default=None, sa_column=Column(BigId, ForeignKey(f"{table}.id"), nullable=nullable, index=index)
    )


def _sealed() -> Any:  # noqa: ANN401 - the same
    return Field(default=None, sa_column=Column(Sealed, nullable=True))


def _json(default: Any) -> Any:  # noqa: ANN401 - the same
    return Field(default_factory=default, sa_column=Column(Canonical, nullable=False))


def _moment(*, nullable: bool = True, index: bool = False) -> Any:  # noqa: ANN401 - the same
    return Field(default=None, sa_column=Column(Moment, nullable=nullable, index=index))


class Workspace(SQLModel, table=True):
    """The Slack workspace the bot is installed in, as `auth.test` last described it."""

    team: str = Field(primary_key=True)
    name: str = ""
    url: str = ""
    bot_user: str = ""
    bot_id: str = ""
    app_id: str = ""
    scopes: list[str] = _json(list)
    refreshed_at: datetime = _moment(nullable=False)


class Person(SQLModel, table=True):
    """Somebody in Slack, as `users.info` last described them; `verified` once Slack has answered."""

    __table_args__: ClassVar[Any] = (UniqueConstraint("team", "user"),)
    id: int = _id()
    team: str
    user: str
    name: str = ""
    locale: str = ""
    zone: str = ""
    mail_hash: str = ""  # SHA-256 of the e-mail address in lower case, where Slack gives it
    kind: str = "member"  # member · guest · external · bot
    deleted: bool = False
    verified: bool = False
    refreshed_at: datetime = _moment(nullable=False)


class Role(SQLModel, table=True):
    """A role given to a person. Settings plant the first rows; admins grant and withdraw in Slack."""

    __table_args__: ClassVar[Any] = (UniqueConstraint("team", "user", "role"),)
    id: int = _id()
    team: str
    user: str
    role: str
    state: str = "granted"  # granted · withdrawn
    until: date | None = None  # the last day it holds, in UTC
    by: str = ""
    at: datetime = _moment(nullable=False)


class Plan(SQLModel, table=True):
    """A whole plan as it was when a programme first used it, under the SHA-256 of its canonical text."""

    sha256: str = Field(primary_key=True)
    variant: str
    version: str
    body: str = Field(sa_column=Column(Text, nullable=False))
    stored_at: datetime = _moment(nullable=False)


class Program(SQLModel, table=True):
    """One onboarding, from the intake form to launch."""

    __table_args__: ClassVar[Any] = (UniqueConstraint("team", "ref"),)
    id: int = _id()
    team: str
    ref: str
    name: str = _sealed()
    region: str
    variant: str
    products: list[str] = _json(list)
    company: str
    physical_cards: str
    wallets: bool
    statements: bool
    purpose: str | None = _sealed()
    target_on: date
    language: str
    zone: str
    country: str
    lead: str
    manager: str = ""
    deputies: list[str] = _json(list)
    contact_name: str | None = _sealed()
    contact_email: str | None = _sealed()
    channel: str
    state: str = "active"  # active · paused · launched · canceled
    state_reason: str | None = _sealed()
    plan: str = Field(foreign_key="plan.sha256")
    earlier_plans: list[str] = _json(list)  # plans it has left; finished steps may come from them
    pauses: list[list[str]] = _json(list)  # first day that stands still, first that counts again
    started_by: str
    started_at: datetime = _moment(nullable=False)
    live_at: datetime | None = _moment()
    capabilities: list[str] = _json(list)
    launched_at: datetime | None = _moment()
    ended_at: datetime | None = _moment()


class Step(SQLModel, table=True):
    """One step of one programme. `number` counts the rounds of a step that was opened again."""

    __table_args__: ClassVar[Any] = (UniqueConstraint("program_id", "key"),)
    id: int = _id()
    team: str
    program_id: int = _ref("program")
    key: str
    position: int
    state: str = "waiting"  # waiting · open · blocked · done · dropped
    round: int = 1
    assignee: str = ""
    deputy: str = ""
    taken_at: datetime | None = _moment()
    opened_at: datetime | None = _moment()
    happened_at: datetime | None = _moment()
    recorded_at: datetime | None = _moment()
    done_by: str = ""
    outcome: dict[str, Any] = _json(dict)
    note: str | None = _sealed()
    look_again_on: date | None = None
    offered_by: int | None = _ref("outbox_message", nullable=True, index=False)  # the notice with its button
    added_at: datetime | None = _moment()  # joined a programme that was under way


class StepEntry(SQLModel, table=True):
    """One thing recorded about a step: its end, or an answer of Stripe's. Rows are never removed.

    `was` is the step before it (state, note, outcome, people) as JSON, to put back when it is taken back.
    """

    __tablename__ = "step_entry"
    id: int = _id()
    team: str
    program_id: int = _ref("program")
    step_id: int = _ref("step")
    key: str
    round: int = 1
    effect: str  # done · wait · block · ask_close · revise · drop_treasury
    outcome: dict[str, Any] = _json(dict)
    note: str | None = _sealed()
    happened_at: datetime = _moment(nullable=False)
    recorded_at: datetime = _moment(nullable=False)
    by: str
    state: str = "stands"  # stands · revised · undone · corrected · reopened
    corrects: int | None = _ref("step_entry", nullable=True, index=False)
    ended_at: datetime | None = _moment()
    ended_by: str = ""
    reason: str | None = _sealed()
    was: str | None = _sealed()
    notice_id: int | None = _ref("outbox_message", nullable=True, index=False)
    undo_until: datetime | None = _moment(index=True)  # empty once the button *Undo* is gone


class Draft(SQLModel, table=True):
    """What somebody has typed on the pages of a form that is not sent yet."""

    id: int = _id()
    team: str
    user: str
    form: str
    fields: str | None = _sealed()
    at: datetime = _moment(nullable=False, index=True)


class File(SQLModel, table=True):
    """Bytes kept under `FILES_URL`; the same bytes are kept once per workspace."""

    __table_args__: ClassVar[Any] = (UniqueConstraint("team", "sha256"),)
    id: int = _id()
    team: str
    sha256: str
    size: int
    mimetype: str
    location: str
    stored_at: datetime = _moment(nullable=False)


class Evidence(SQLModel, table=True):
    """A file or a link that supports a step. A file is *arriving* until the worker has stored it."""

    __table_args__: ClassVar[Any] = (UniqueConstraint("step_id", "item", "origin"),)
    id: int = _id()
    team: str
    program_id: int = _ref("program")
    step_id: int = _ref("step")
    item: str = ""
    kind: str  # file · link
    origin: str  # Slack's file id, or the SHA-256 of the link
    name: str | None = _sealed()
    link: str | None = _sealed()
    state: str  # arriving · stored · failed
    error: str = ""
    file_id: int | None = _ref("file", nullable=True)
    by: str
    at: datetime = _moment(nullable=False)
    attempts: int = 0
    next_attempt_at: datetime | None = _moment(index=True)


class Deadline(SQLModel, table=True):
    """A counted date with all that explains it. `next_at` is the earliest moment at which a rung can be due.

    What belongs to no programme (a card nobody could place) has deadlines as well. Its owner is whoever has
    its subject at that moment, so that nothing is kept twice.
    """

    __table_args__: ClassVar[Any] = (UniqueConstraint("subject", "subject_id", "round"),)
    id: int = _id()
    team: str
    subject: str  # step · duty · look_again · and others of `bot.services.reminder_subject`
    subject_id: int = Field(sa_column=Column(BigId, nullable=False))
    program_id: int | None = _ref("program", nullable=True)
    round: int = 1
    ladder: str = "aim"  # which reminders it has: a name of `bot/plans/ladders.toml`
    rule: str
    length: int
    unit: str
    about: bool = False
    started_at: datetime = _moment(nullable=False)
    calendar: str
    zone: str
    due_on: date
    due_at: datetime = _moment(nullable=False)
    skipped: list[Any] = _json(list)
    source: str
    state: str = "open"  # open · stopped · met · dropped
    next_at: datetime | None = _moment(index=True)
    noted_at: datetime | None = _moment()  # when the row was made: what is due that day is said at once
    reminded_to: datetime | None = _moment()  # what was due until then has been said
    woken: int = 0  # counts what changed who hears of it, so that a look from before does not put it away


class ClosingDay(SQLModel, table=True):
    """A day on which nobody works, beyond weekends and holidays; business-day clocks skip it."""

    __tablename__ = "closing_day"
    team: str = Field(primary_key=True)
    on: date = Field(primary_key=True)
    by: str
    at: datetime = _moment(nullable=False)


class Channel(SQLModel, table=True):
    """A Slack channel as `conversations.info` last described it; `error` is what Slack said instead."""

    team: str = Field(primary_key=True)
    channel: str = Field(primary_key=True)
    name: str = ""
    private: bool = False
    external: bool = False  # shared with another workspace, or about to be
    archived: bool = False
    member: bool = False
    error: str = ""
    checked_at: datetime = _moment(nullable=False)


class ProgramChannel(SQLModel, table=True):
    """The channel that a programme uses for one purpose instead of the one in the settings."""

    __tablename__ = "program_channel"
    program_id: int = Field(
        sa_column=Column(BigId, ForeignKey("program.id"), primary_key=True, autoincrement=False)
    )
    purpose: str = Field(primary_key=True)  # operations · complaints · managers
    team: str
    channel: str
    by: str
    at: datetime = _moment(nullable=False)


class Away(SQLModel, table=True):
    """Somebody is away from the first to the last day, counted in their own zone, and who stands in."""

    id: int = _id()
    team: str
    user: str
    starts_on: date
    ends_on: date
    zone: str
    deputy: str
    state: str = Field(default="planned", index=True)  # planned · begun · ended · canceled
    by: str
    at: datetime = _moment(nullable=False)


class DutyRecord(SQLModel, table=True):
    """A lasting duty was done on that day; `by` recorded it."""

    __tablename__ = "duty_record"
    __table_args__: ClassVar[Any] = (UniqueConstraint("step_id", "on"),)
    id: int = _id()
    team: str
    program_id: int = _ref("program")
    step_id: int = _ref("step", index=False)
    on: date
    by: str
    note: str | None = _sealed()
    at: datetime = _moment(nullable=False)


class Thread(SQLModel, table=True):
    """A message of ours that is edited in place: a board (root of a thread) or a step inside it.

    `ts` is Slack's id of the message, empty until it is posted. `wanted` counts the changes asked for,
    `shown` the last one people can see. `again`: it was sent a second time, and the first may be there too.
    """

    __table_args__: ClassVar[Any] = (UniqueConstraint("subject", "subject_id"),)
    id: int = _id()
    team: str
    subject: str  # program · step · card · and others of `bot.services.board.LOADERS`
    subject_id: int = Field(sa_column=Column(BigId, nullable=False))
    channel: str
    parent_id: int | None = _ref("thread", nullable=True)
    ts: str = ""
    again: bool = False
    previous: str = ""  # channel and ts of the message this one replaces, as C0…/1700000000.000100
    wanted: int = 0
    shown: int = 0


class Interaction(SQLModel, table=True):
    """One click, command or form that took effect, under Slack's own key, with the answer it got."""

    __table_args__: ClassVar[Any] = (UniqueConstraint("team", "key"),)
    id: int = _id()
    team: str
    key: str
    person: str
    answer: dict[str, Any] = _json(dict)
    at: datetime = _moment(nullable=False, index=True)


class SlackEvent(SQLModel, table=True):
    """An event as Slack sent it, recorded before the 200. Recorded is not handled."""

    __tablename__ = "slack_event"
    __table_args__: ClassVar[Any] = (Index("ix_slack_event_due", "state", "next_attempt_at"),)
    id: int = _id()
    team: str
    event_id: str = Field(unique=True)
    kind: str
    body: str | None = _sealed()
    received_at: datetime = _moment(nullable=False)
    state: str = "pending"  # pending · handled · dead
    attempts: int = 0
    next_attempt_at: datetime = _moment(nullable=False)  # wall time
    handled_at: datetime | None = _moment()
    error: str = ""


class OutboxMessage(SQLModel, table=True):
    """Something to say in Slack, committed with the facts that cause it.

    Messages of one `stream` leave in the order of `position`, which is the order of commit. `view` names the
    words, `facts` the frozen values; a board keeps no facts, it is rendered from the rows at delivery. An
    *amend* edits the notice it `amends`; that notice keeps its facts, counts in `amended` how often an edit
    was asked for, and holds the `correction` that people read above it.
    """

    __tablename__ = "outbox_message"
    __table_args__: ClassVar[Any] = (
        UniqueConstraint("stream", "position"),
        Index("ix_outbox_message_due", "state", "next_attempt_at"),
    )
    id: int = _id()
    team: str
    kind: str  # notice · amend · board · private · direct · home
    stream: str
    position: int
    channel: str
    person: str = ""
    thread_id: int | None = _ref("thread", nullable=True)
    view: str
    facts: str | None = _sealed()
    amends: int | None = _ref("outbox_message", nullable=True, index=False)
    amended: int = 0
    correction: str | None = _sealed()
    language: str
    response_url: str | None = _sealed()
    reply_ts: str = ""
    state: str = "pending"  # pending · sending · ambiguous · sent · dead
    attempts: int = 0
    again: bool = False
    next_attempt_at: datetime = _moment(nullable=False)  # wall time
    lease_until: datetime | None = _moment()  # wall time
    owner: str = ""
    error: str = ""
    ts: str = ""
    put_at: datetime = _moment(nullable=False)
    sent_at: datetime | None = _moment()


class AuditEntry(SQLModel, table=True):
    """Who did what, when: append-only. `before` and `after` hold states, ids, dates and amounts, no words."""

    __tablename__ = "audit_entry"
    id: int = _id()
    team: str = Field(index=True)
    at: datetime = _moment(nullable=False)
    actor: str
    tag: str = Field(index=True)
    subject: str = Field(index=True)
    before: dict[str, Any] = _json(dict)
    after: dict[str, Any] = _json(dict)


class Lease(SQLModel, table=True):
    """Who may do a thing that only one process may do, until when (wall time)."""

    name: str = Field(primary_key=True)
    owner: str
    until: datetime = _moment(nullable=False)


class Counter(SQLModel, table=True):
    """Numbers people quote (`P-7`) and positions in a stream, taken in the caller's transaction."""

    team: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    value: int = Field(sa_column=Column(BigId, nullable=False))
