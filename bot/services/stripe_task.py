"""Tasks about capabilities: opened and dropped by what the rows say, done by people."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.domain.error import StaleError
from bot.domain.role import Asker, Right
from bot.domain.stripe_task import KINDS, State, due
from bot.outbox import put_channel
from bot.services import audit, channel
from bot.services import person as people
from storage import Session, insert_once
from storage.queries import person as person_rows
from storage.queries import stripe_mirror as rows
from storage.tables_stripe_event import StripeCapability, StripeTask


def changed(session: Session, now: datetime) -> list[dict[str, Any]]:
    """Return the tasks that have to be opened or dropped: account, livemode, capability and kind of each."""
    states = {tuple(_key(task).values()): task.state for task in rows.tasks(session)}
    found = []
    for row, used_at in rows.capabilities(session):
        wanted = due(_state(row, used_at), now)
        for kind in KINDS:
            key = {
                "account": row.account,
                "livemode": row.livemode,
                "capability": row.capability,
                "kind": kind,
            }
            state = states.get(tuple(key.values()), "dropped")
            if (kind in wanted) == (state == "dropped"):
                found.append(key)
    return found


def settle(
    session: Session, key: Mapping[str, Any], defaults: Mapping[str, str], language: str, now: datetime
) -> None:
    """Open or drop one task, as its capability is now, and tell the operations channel of one that opens.

    A task that somebody has done stays done until its reason went away and came back.
    """
    workspace = person_rows.workspace(session)
    found = rows.capability(session, key)
    if workspace is None or found is None:
        return
    row, used_at = found
    since = due(_state(row, used_at), now).get(key["kind"])
    task = rows.task(session, key)
    if since is None:
        _drop(session, task, now)
        return
    if task is not None and task.state != "dropped":
        return
    values = {**key, "team": workspace.team, "since": since, "opened_at": now}
    if task is not None:
        task.state, task.since, task.opened_at = "open", since, now
        task.ended_at, task.by = None, ""
        session.add(task)
    elif not insert_once(session, StripeTask, values, conflict=list(key)):
        return  # another process was first
    _record(session, workspace.team, "worker", "capability:task:open", key, now)
    for place, words in _channels(session, row, defaults, language).items():
        put_channel(
            session,
            team=workspace.team,
            channel=place,
            view="stripe.task",
            facts={**key, "since": since.isoformat()},
            language=words,
            now=now,
        )


def _state(row: StripeCapability, used_at: datetime | None) -> State:
    return State(
        row.capability,
        row.livemode,
        row.status,
        row.disabled_reason,
        row.completed_at,
        row.active_at,
        used_at,
    )


def finish(session: Session, who: Asker, task_id: int, now: datetime) -> None:
    """Mark a task as done.

    Raises:
        StaleError: it is not open any more.
        RefusedError: the person is no operator.
    """
    people.require(session, who, Right.EVENTS, now)
    task = rows.numbered_task(session, task_id)
    if task is None or task.team != who.team or task.state != "open":
        raise StaleError("task.not_open")
    task.state, task.ended_at, task.by = "done", now, who.user
    session.add(task)
    _record(session, who.team, who.user, "capability:task:done", _key(task), now)


def _drop(session: Session, task: StripeTask | None, now: datetime) -> None:
    if task is None or task.state == "dropped":
        return
    was_open = task.state == "open"
    task.state, task.ended_at = "dropped", now
    session.add(task)
    if was_open:
        _record(session, task.team, "worker", "capability:task:dropped", _key(task), now)


def _key(task: StripeTask) -> dict[str, object]:
    return {
        "account": task.account,
        "livemode": task.livemode,
        "capability": task.capability,
        "kind": task.kind,
    }


def _record(
    session: Session, team: str, actor: str, tag: str, key: Mapping[str, object], now: datetime
) -> None:
    subject = f"{key['account'] or 'platform'}/{key['capability']}"
    audit.record(session, team=team, actor=actor, tag=tag, subject=subject, now=now, after=key)


def _channels(
    session: Session, row: StripeCapability, defaults: Mapping[str, str], language: str
) -> dict[str, str]:
    """Return the operations channels of the programmes on an account, else the default; with the language."""
    programs = [program for _, program in rows.rules(session, row.platform, row.account)]
    found = {
        channel.usable(session, program, "operations", defaults): program.language for program in programs
    }
    found.pop("", None)
    if not found and defaults.get("operations"):
        return {defaults["operations"]: language}
    return dict(sorted(found.items()))
