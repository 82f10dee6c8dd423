"""Delivering the outbox to Slack: claim, render, send, record how it ended.

After a lost reply or a crash while sending, nobody can tell whether a message arrived. An edit is repeated;
a post is looked up where a history scope is granted, else sent once more, marked "sent again" for good; after
a second time like that it becomes a dead letter that operators see. See
docs/decisions/0004-messages-that-may-have-arrived.md.
"""

import json
import logging
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import datetime, timedelta
from typing import Any, Final

from bot.clock import Clock
from bot.effects import arrival, pace
from bot.effects.work import OUR_BUG, LoadBoard, LoadHome, LoadNotice, Message, Render, Work, content, load
from bot.outbox import REPLACES, mark_home, put_board, put_direct
from bot.services import preference
from bot.slack_api import (
    SlackApi,
    SlackBusyError,
    SlackError,
    SlackRefusedError,
    SlackUnclearError,
    SlackUnreachableError,
)
from storage import Database, Session, StorageError, after_commit
from storage.queries import home as pages
from storage.queries import lease as leases
from storage.queries import outbox as rows
from storage.queries import program as programs
from storage.queries import thread as threads
from storage.tables import OutboxMessage

LEASE: Final = timedelta(seconds=15)
OUTAGE_REST: Final = timedelta(seconds=5)
LONGEST_REST: Final = timedelta(minutes=5)
BATCH: Final = 32
TOGETHER: Final = 64
_OUTAGE: Final = ("http_5", "service_unavailable", "internal_error", "fatal_error")
_HEALS: Final = frozenset({"chat.update", "views.publish"})
_GATE: Final = "slack:"
_GONE: Final = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
_ROOT_GONE: Final = frozenset({"thread_not_found", "cannot_reply_to_message"})
_NO_ENTRY: Final = frozenset({"not_in_channel", "channel_not_found"})
_ARCHIVED: Final = frozenset({"is_archived", "is_inactive"})  # the second is what chat.update says
_SHUT_OUT: Final = frozenset(
    {"token_revoked", "account_inactive", "invalid_auth", "token_expired", "not_authed"}
)
_log: Final = logging.getLogger(__name__)


class Delivery:
    """Delivers the outbox of one database. Several may work side by side, in one process or many."""

    def __init__(
        self,
        database: Database,
        slack: SlackApi,
        clock: Clock,
        *,
        owner: str,
        render: Render,
        boards: Mapping[str, LoadBoard],
        notice: LoadNotice,
        home: LoadHome,
        place: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """Deliver with these parts; `place` lets few threads work at once, however many wait for Slack."""
        self._database = database
        self._slack = slack
        self._clock = clock
        self._owner = owner
        self._render = render
        self._boards = boards
        self._notice = notice
        self._home = home
        self._place = place
        self._outages: dict[str, int] = {}  # how often in a row a method found Slack down
        self._answered: deque[tuple[Work, Mapping[str, Any]]] = deque()  # sent, and not yet recorded
        self._in_hand: set[int] = set()  # claimed and not finished: late is not the same as vanished

    def claim(self, limit: int = BATCH) -> list[int]:
        """Take messages that may leave now; rates of channels and methods are kept here."""
        wall = self._clock.wall()
        with self._database.reading() as session:
            held = set(leases.held(session, _GATE, wall))
            candidates = rows.due(session, wall, limit * 2, held)
            stranded = rows.abandoned(session, wall)
        free = pace.free(candidates, held)[:limit]
        if not free and not stranded:
            return []  # a transaction with nothing to write would still make everybody else wait
        with self._database.transaction() as session:
            for message in stranded:
                if message.id not in self._in_hand:
                    self._recover(session, message)
            found = rows.claim(
                session, [message.id for message in free], owner=self._owner, until=wall + LEASE
            )
            taken = [message for message in free if message.id in found]
            gates = [pace.gate_of(message, message.root_ts or "") for message in taken]
            leases.hold(session, {f"{_GATE}{gate}": wall + rest for gate, rest in gates if gate})
        self._in_hand.update(found)
        return [message.id for message in taken]

    def deliver(self, message_id: int) -> None:
        """Send one claimed message and record how it ended."""
        try:
            self._deliver(message_id)
        finally:
            self._in_hand.discard(message_id)

    def _deliver(self, message_id: int) -> None:
        # When Slack was slow, many answers come at once: people who click must not wait behind all of them.
        with self._place():
            prepared = self._prepared(message_id)
        if prepared is None:
            return
        work, words = prepared
        outcome: Mapping[str, Any] | Exception
        try:
            outcome = self._send(work, words) if words else {}
        except Exception as error:  # noqa: BLE001 - one bad message must not stop the others
            outcome = error
        if isinstance(outcome, Exception):
            with self._place():
                self._record(work, outcome)
            return
        self._outages.pop(work.method, None)
        self._answered.append((work, outcome))
        with self._place():
            self._settle_answered()

    def _prepared(self, message_id: int) -> tuple[Work, Message | None] | None:
        """Return a message as it is to be sent, None instead of its words when there is nothing to show."""
        try:
            work = load(
                self._database,
                message_id,
                owner=self._owner,
                boards=self._boards,
                notice=self._notice,
                home=self._home,
                now=self._clock.now(),
            )
            if work is None:
                return None
            return work, content(work, self._render)
        except Exception as error:  # noqa: BLE001 - the same
            _log.exception("message %s cannot be read or rendered", message_id)
            self._give_up(message_id, error)
            return None

    def _record(self, work: Work, error: Exception) -> None:
        if isinstance(error, SlackError):
            self._failed(work, error)
        else:
            _log.error("message %s cannot be sent", work.message.id, exc_info=error)
            self._give_up(work.message.id, error)

    def _settle_answered(self) -> None:
        """Record what Slack answered by now, all in one commit; whoever comes later finds nothing left."""
        # Elsewhere two such transactions could wait for each other's boards: there each message has its own.
        most = TOGETHER if self._database.dialect == "sqlite" else 1
        batch: list[tuple[Work, Mapping[str, Any]]] = []
        with suppress(IndexError):  # nothing left
            while len(batch) < most:
                batch.append(self._answered.popleft())
        if not batch:
            return
        try:
            with self._database.transaction() as session:
                for work, answer in batch:
                    self._sent(session, work, answer)
                after_commit(session, "outbox")
        except StorageError:
            self._answered.extend(batch)  # nothing was written: the next one to come records it
            raise

    def _give_up(self, message_id: int, error: Exception) -> None:
        """A mistake of ours: trying again would not help, operators must see it."""
        with self._database.transaction() as session:
            rows.settle(
                session, message_id, owner=self._owner, state="dead", error=f"bug:{type(error).__name__}"
            )
            after_commit(session, "outbox")

    def _send(self, work: Work, words: Message) -> dict[str, Any]:
        message, thread = work.message, work.thread
        if work.original is not None:
            return self._slack.update(work.original.channel, work.original.ts, words)
        if message.kind == "board" and thread is not None and thread.ts:
            return self._slack.update(thread.channel, thread.ts, words)
        if message.kind in {"home", "private"}:
            return self._answer(work, words)
        root_ts = work.root_ts
        if work.look_after is not None:
            ts = arrival.find(
                self._slack, message.id, message.channel, root_ts=root_ts, after=work.look_after
            )
            if ts:
                return {"ts": ts, "found": True}
        return self._slack.post(message.channel, words, thread_ts=root_ts, number=message.id)

    def _answer(self, work: Work, words: Message) -> dict[str, Any]:
        message = work.message
        if message.kind == "home":
            return self._slack.publish(message.person, words, hash_=work.hash)
        if message.response_url and message.error != "expired_url":
            replaces = bool(work.facts and work.facts.get(REPLACES))
            self._slack.respond(message.response_url, words, thread_ts=message.reply_ts, replaces=replaces)
            return {}
        return self._slack.whisper(message.channel, message.person, words, thread_ts=message.reply_ts)

    def _sent(self, session: Session, work: Work, answer: Mapping[str, Any]) -> None:
        message, thread = work.message, work.thread
        ts, found = str(answer.get("ts", "")), "found" in answer
        behind = False  # something changed while this was on its way: the same row shows it next
        rest = pace.EDIT_PACE
        if message.kind == "board" and thread is not None:
            # What was found shows an earlier moment than the one just read.
            seen, new = 0 if found else work.version, "" if thread.ts else ts
            wanted = threads.shown(session, thread.id, seen, ts=new, again=message.again and not found)
            behind = found or wanted > work.version
        elif work.original is not None:
            behind = rows.amended(session, work.original.id) > work.version
            ts = ""  # the message is the notice's
        elif message.kind == "home" and work.facts is not None:
            behind, rest = self._page_shown(session, work, answer), pace.HOME_PACE
        if behind:
            rows.settle(
                session,
                message.id,
                owner=self._owner,
                state="pending",
                next_attempt_at=self._clock.wall() + rest,
                attempts=0,
                again=False,
                error="",
            )
            return
        kept = rows.settle(
            session,
            message.id,
            owner=self._owner,
            state="sent",
            ts=ts or message.ts,
            sent_at=self._clock.now(),
            again=message.again and not found,
            error="",
        )
        if not kept and message.kind == "home":
            # Another worker took over while we were slow, and we may have covered what it showed.
            mark_home(session, message.team, message.person, now=self._clock.now())

    def _page_shown(self, session: Session, work: Work, answer: Mapping[str, Any]) -> bool:
        """Record which page Slack holds now; tell whether there is more to show already."""
        message, facts = work.message, work.facts or {}
        hash_ = str((answer.get("view") or {}).get("hash") or "")
        of = message.team, message.person
        next_at = datetime.fromisoformat(facts["next_at"]) if facts["next_at"] else None
        wanted = pages.shown(session, *of, work.version, hash_, facts["touches"], next_at)
        return wanted > work.version

    def _failed(self, work: Work, error: SlackError) -> None:
        message = work.message
        wait = pace.backoff(message.attempts)
        if isinstance(error, SlackBusyError):
            self._hold_back(work, error.method, error.retry_after)
        elif isinstance(error, SlackUnreachableError):
            self._settle(work, state="pending", error=error.code, wait=wait)
        elif isinstance(error, SlackUnclearError):
            self._unclear(work, error, wait)
        elif isinstance(error, SlackRefusedError):
            self._refused(work, error, wait)
        _log.warning("outbox message %s: %s", message.id, error)

    def _unclear(self, work: Work, error: SlackError, wait: timedelta) -> None:
        message = work.message
        if error.code.startswith(_OUTAGE):
            wait = self._outage(work.method)
        if work.method in _HEALS:
            self._settle(work, state="pending", error=error.code, wait=wait)
        elif message.again:
            self._settle(work, state="dead", error=error.code)
        else:
            self._settle(work, state="pending", error=error.code, wait=wait, again=True)

    def _outage(self, method: str) -> timedelta:
        """Slack itself is down: rest this method, longer each time, so that few messages come into doubt.

        Returns how long the message in doubt waits for its second try.
        """
        times = self._outages.get(method, 0)
        self._outages[method] = times + 1
        rest: timedelta = min(OUTAGE_REST * 2 ** min(times, 6), LONGEST_REST)
        with self._database.transaction() as session:
            leases.hold(session, {f"{_GATE}{method}": self._clock.wall() + rest})
        return rest * 2

    def _refused(self, work: Work, error: SlackRefusedError, wait: timedelta) -> None:
        message, code = work.message, error.code
        if code in _SHUT_OUT:
            self._hold_back(work, "workspace", pace.LONGEST_WAIT.total_seconds() / 2, code)
        elif message.kind == "amend" and code in _GONE | _ROOT_GONE | _NO_ENTRY | _ARCHIVED:
            self._settle(work, state="sent", error=code)  # nobody sees that notice; boards tell the lead
        elif (code in _GONE or code in _ROOT_GONE) and work.thread is not None:
            self._post_afresh(work, code)
        elif code.startswith(OUR_BUG) and not message.error.startswith(OUR_BUG):
            _log.error("Slack refused the blocks of %s (%s): sending its text", message.view, code)
            self._settle(work, state="pending", error=code)
        elif code == "expired_url" and message.error != code:
            self._settle(work, state="pending", error=code)
        elif message.kind == "private":
            self._to_direct(work, code)
        elif code == "hash_conflict" and message.kind == "home":
            self._publish_afresh(work)
        elif code in _NO_ENTRY or code in _ARCHIVED:
            self._no_entry(work, "is_archived" if code in _ARCHIVED else code)
        else:
            self._settle(work, state="dead", error=f"{code} {error.needed}".strip(), wait=wait)

    def _settle(
        self, work: Work, *, state: str, error: str, wait: timedelta = timedelta(), again: bool = False
    ) -> None:
        with self._database.transaction() as session:
            rows.settle(
                session,
                work.message.id,
                owner=self._owner,
                state=state,
                error=error,
                again=again or work.message.again,
                next_attempt_at=self._clock.wall() + wait,
            )
            after_commit(session, "outbox")

    def _hold_back(self, work: Work, gate: str, seconds: float, code: str = "ratelimited") -> None:
        """Make every message behind this gate wait; it does not count as an attempt."""
        until = self._clock.wall() + timedelta(seconds=seconds)
        with self._database.transaction() as session:
            leases.hold(session, {f"{_GATE}{gate}": until})
            rows.settle(
                session,
                work.message.id,
                owner=self._owner,
                state="pending",
                error=code,
                next_attempt_at=until,
                attempts=max(0, work.message.attempts - 1),
            )

    def _post_afresh(self, work: Work, code: str) -> None:
        """A board was deleted in Slack: post it again; what belongs to its thread follows it."""
        thread = work.thread
        assert thread is not None  # noqa: S101 - the caller looked
        now = self._clock.now()
        with self._database.transaction() as session:
            # The thread itself is gone when its root is, whatever message found out.
            above = work.message.kind == "board" and thread.parent_id is not None and code in _ROOT_GONE
            lost = threads.lock(session, (above and thread.parent_id) or thread.id)
            ours = lost.id == thread.id and work.message.kind == "board"
            if threads.lose(session, lost.id, ts=lost.ts):
                others = [lost] if not ours else []
                others += [child for child in threads.children(session, lost.id) if child.id != thread.id]
                for other in others:
                    put_board(session, other, language=work.message.language, now=now)
            rows.settle(
                session,
                work.message.id,
                owner=self._owner,
                state="pending",
                error=code,
                next_attempt_at=self._clock.wall(),
            )
            after_commit(session, "outbox")

    def _publish_afresh(self, work: Work) -> None:
        """Slack holds another page than the one we knew: show what the rows say now, whatever it is."""
        message = work.message
        with self._database.transaction() as session:
            pages.forget_hash(session, message.team, message.person, work.hash)
            wall = self._clock.wall()
            rows.settle(session, message.id, owner=self._owner, state="pending", next_attempt_at=wall)
            after_commit(session, "outbox")

    def _to_direct(self, work: Work, code: str) -> None:
        """The person is not where they asked: answer in their conversation with the bot."""
        message = work.message
        with self._database.transaction() as session:
            put_direct(
                session,
                team=message.team,
                user=message.person,
                view=message.view,
                facts=json.loads(message.facts or "{}"),
                language=message.language,
                now=self._clock.now(),
            )
            rows.settle(session, message.id, owner=self._owner, state="sent", error=f"direct:{code}")

    def _no_entry(self, work: Work, code: str) -> None:
        """We may not write there: a dead letter, and one note to the owner with the line that helps."""
        message = work.message
        now, wall = self._clock.now(), self._clock.wall()
        with self._database.transaction() as session:
            rows.settle(session, message.id, owner=self._owner, state="dead", error=code)
            if message.person not in {"", message.channel}:
                self._tell_sharer(session, message, code)
                return
            program = programs.of_thread(session, work.thread) if work.thread else None
            told = f"told:{message.team}:{message.channel}:{code}"
            if program is None or not leases.take(
                session, told, owner=str(message.id), now=wall, until=wall + timedelta(hours=1)
            ):
                return
            put_direct(
                session,
                team=message.team,
                user=program.lead,
                view="outbox.no_entry",
                facts={
                    "channel": message.channel,
                    "code": code,
                    "program": program.ref,
                    "name": program.name,
                },
                language=preference.language(session, message.team, program.lead, program.language),
                now=now,
            )

    def _tell_sharer(self, session: Session, message: OutboxMessage, code: str) -> None:
        """Somebody shared an answer where we may not write: they hear it, with the line that helps."""
        put_direct(
            session,
            team=message.team,
            user=message.person,
            view="approval.not_shared",
            facts={"channel": message.channel, "code": code},
            language=preference.language(session, message.team, message.person, message.language),
            now=self._clock.now(),
        )

    def _recover(self, session: Session, message: rows.Due) -> None:
        """A sender vanished while sending: nobody knows whether the message arrived."""
        heals = pace.method_of(message, message.root_ts or "") in _HEALS
        state = "dead" if message.again and not heals else "pending"
        rows.settle(
            session,
            message.id,
            owner=message.owner,
            state=state,
            again=message.again or not heals,
            error="interrupted",
            next_attempt_at=self._clock.wall(),
        )
