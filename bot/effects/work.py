"""One message as it is to be delivered: its rows, the facts it says now, where it goes, its words."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bot.effects import arrival, pace
from storage import Database, Session
from storage.queries import home as pages
from storage.queries import outbox as rows
from storage.queries import person as people
from storage.tables import OutboxMessage, Thread
from storage.tables_home import HomePage

Message = dict[str, Any]
Render = Callable[[str, str, Mapping[str, Any]], Message]
"""view, language, facts → message"""
LoadBoard = Callable[[Session, Thread], dict[str, Any] | None]
"""reads the facts of a board; None when there is nothing to show any more"""
LoadNotice = Callable[[Session, OutboxMessage], Mapping[str, Any]]
"""reads what a notice says now: its frozen facts, and what became of them since"""
LoadHome = Callable[[Session, HomePage, datetime], Mapping[str, Any]]
"""reads what the Home page of somebody says at this moment (business time), with `language`, `touches` and
`next_at`: the programmes it follows, and when time alone changes it"""

OUR_BUG: Final = (
    "invalid_blocks",
    "invalid_arguments",  # what views.publish says of wrong blocks
    "msg_blocks_too_long",
    "msg_too_long",
    "block_mismatch",
)
"""How Slack refuses blocks that are wrong; the text alone may still be said."""


@dataclass(frozen=True)
class Work:
    """One message as it was when it was claimed, with what its delivery needs."""

    message: OutboxMessage
    thread: Thread | None
    facts: Mapping[str, Any] | None
    version: int = 0
    root_ts: str = ""
    original: OutboxMessage | None = None  # the notice that an amendment edits
    hash: str = ""  # Slack's word for the Home page that it replaces
    look_after: str | None = None  # it may have arrived, after the message of this `ts`: look before sending

    @property
    def method(self) -> str:
        """The method of Slack that it goes through."""
        return pace.method_of(self.message, self.thread.ts if self.thread else "")


def load(
    database: Database,
    message_id: int,
    *,
    owner: str,
    boards: Mapping[str, LoadBoard],
    notice: LoadNotice,
    home: LoadHome,
    now: datetime,
) -> Work | None:
    """Return a message with what its delivery needs; None when its owner has lost it."""
    with database.reading() as session:
        message = rows.message(session, message_id)
        if message is None or message.state != "sending" or message.owner != owner:
            return None
        if message.kind == "home":
            return _load_home(session, message, home, now)
        return _load(session, message, boards, notice)


def _load_home(session: Session, message: OutboxMessage, home: LoadHome, now: datetime) -> Work:
    page = pages.page(session, message.team, message.person)
    if page is None:
        return Work(message, None, None)  # put before Home was a board
    return Work(message, None, home(session, page, now), page.wanted, hash=page.hash)


def _load(
    session: Session, message: OutboxMessage, boards: Mapping[str, LoadBoard], notice: LoadNotice
) -> Work:
    thread = session.get(Thread, message.thread_id) if message.thread_id else None
    if message.kind == "amend":
        original = rows.message(session, message.amends or 0)
        if original is None or original.facts is None or not original.ts:
            return Work(message, thread, None)  # it never arrived, or its words were removed
        return Work(message, thread, notice(session, original), original.amended, original=original)
    root_ts = _root_ts(session, thread, message)
    look = _look_after(session, message, thread, root_ts)
    if message.kind == "board":
        assert thread is not None, "a board has a thread row"  # noqa: S101 - the table says so
        facts: Mapping[str, Any] | None = boards[thread.subject](session, thread)
        return Work(message, thread, facts, thread.wanted, root_ts, look_after=look)
    facts = notice(session, message) if message.kind == "notice" else json.loads(message.facts or "{}")
    return Work(message, thread, facts, root_ts=root_ts, look_after=look)


def content(work: Work, render: Render) -> Message | None:
    """Return the words of a message, None when there is nothing to show."""
    message, thread = work.message, work.thread
    if work.facts is None:
        return None
    if message.kind == "home":
        # Slack refused it once as wrong: the plain page at least says so, and how to go on.
        view = "home.plain" if message.error.startswith(OUR_BUG) else message.view
        return render(view, work.facts["language"], work.facts)
    found = render(message.view, message.language, work.facts)
    edited = work.original or (thread if message.kind == "board" and thread and thread.ts else None)
    if message.again or (edited is not None and edited.again):
        found = marked(found, render("outbox.again", message.language, {}))
    return {"text": found["text"]} if message.error.startswith(OUR_BUG) else found


def marked(message: Message, mark: Message) -> Message:
    """Return a message with a line below it."""
    blocks = message.get("blocks")
    found = {**message, "text": f"{message['text']}\n{mark['text']}"}
    if blocks:
        found["blocks"] = [*blocks[:49], *mark["blocks"]]
    return found


def _root_ts(session: Session, thread: Thread | None, message: OutboxMessage) -> str:
    """Return the `ts` of the thread a post belongs to; an edit and the root itself need none."""
    if thread is None:
        return message.reply_ts
    if message.kind == "notice":
        return thread.ts
    if thread.ts or thread.parent_id is None:
        return ""
    parent = session.get(Thread, thread.parent_id)
    return parent.ts if parent else ""


def _look_after(session: Session, message: OutboxMessage, thread: Thread | None, root_ts: str) -> str | None:
    """Return the message after which this one has arrived, if it has; None when there is no looking."""
    if not message.again or thread is None or pace.method_of(message, thread.ts) != "chat.postMessage":
        return None
    workspace = people.workspace(session)
    if workspace is None or not arrival.possible(workspace.scopes):
        return None
    return (message.kind == "notice" and rows.newest_before(session, message)) or root_ts
