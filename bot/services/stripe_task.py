"""Tasks about capabilities: opened and dropped by what the rows say, done by people."""

from collections.abc import Mapping
from datetime import datetime

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


def look(session: Session, defaults: Mapping[str, str], language: str, now: datetime) -> int:
    """Open what capabilities ask for now and drop what they no longer ask for; returns how many changed.

    A task that somebody has done stays done until its reason went away and came back.
    """
    workspace = person_rows.workspace(session)
    if workspace is None:
        return 0
    changed = 0
    for row, used_at in rows.capabilities(session):
        state = State(
            row.capability,
            row.livemode,
            row.status,
            row.disabled_reason,
            row.completed_at,
            row.active_at,
            used_at,
        )
        wanted = due(state, now)
        for kind in KINDS:
            key = {
                "account": row.account,
                "livemode": row.livemode,
                "capability": row.capability,
                "kind": kind,
            }
            task = rows.task(session, key)
            since = wanted.get(kind)
            if since is None:
                changed += _drop(session, task, now)
            elif task is None or task.state == "dropped":
                changed += 1
                values = {**key, "team": workspace.team, "since": since, "opened_at": now}
                if task is None:
                    insert_once(session, StripeTask, values, conflict=list(key))
                else:
                    task.state, task.since, task.opened_at, task.ended_at, task.by = (
                        "open",
                        since,
                        now,
                        None,
                        "",
                    )
                    session.add(task)
                _record(session, workspace.team, "worker", "capability:task:open", key, now)
                facts = {**key, "since": since.isoformat()}
                for place, words in _channels(session, row, defaults, language).items():
                    put_channel(
                        session,
                        team=workspace.team,
                        channel=place,
                        view="stripe.task",
                        facts=facts,
                        language=words,
                        now=now,
                    )
    return changed


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


def _drop(session: Session, task: StripeTask | None, now: datetime) -> int:
    if task is None or task.state == "dropped":
        return 0
    was_open = task.state == "open"
    task.state, task.ended_at = "dropped", now
    session.add(task)
    if was_open:
        _record(session, task.team, "worker", "capability:task:dropped", _key(task), now)
    return int(was_open)


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
