"""A whole Gantry in this process: its web application, its rows, and a Slack that answers without a network."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import sqlite3
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.event import listen
from sqlmodel import select

from bot import app
from bot.listeners import bolt, event
from bot.listeners.socket import Envelopes
from bot.services import board, home, notice
from bot.settings import load
from bot.slack_api import SlackApi, SlackRefusedError
from bot.views import limits
from bot.views.registry import render
from bot.web import build
from storage import Database, connect
from storage.tables import OutboxMessage, SlackEvent, Thread
from storage.tables_home import HomePage
from tests.support import rows
from tests.support.databases import memory
from tests.support.migrated import lay

Json = dict[str, Any]
TEAM = "T0PLAY"
SECRET = "fuzz-signing-secret"
PEOPLE = ("U0LENA", "U0MARC", "U0SAM", "U0OLGA", "U0CLAIRE", "U0NOOR")


class QuietSlack(SlackApi):
    """Answers at once: knows the people, keeps the forms it is asked to show, and refuses wrong ones."""

    def __init__(self) -> None:
        super().__init__("xoxb-fuzz", "http://127.0.0.1:9/api/")
        self.views: list[Json] = []

    def auth_test(self) -> Json:
        return {"team_id": TEAM, "team": "Quayside", "url": "https://quayside.slack.com/", "user_id": "U0GANTRY",
                "bot_id": "B0GANTRY", "scopes": ["chat:write"]}  # fmt: skip

    def call(self, method: str, *, timeout: float | None = None, **arguments: Any) -> Json:
        json.dumps(arguments, allow_nan=False).encode()
        if "view" in arguments:
            view = checked(method, arguments["view"])
            self.views.append(view)
        return {"ok": True}

    def read(self, method: str, *, timeout: float | None = None, **arguments: Any) -> Json:
        if method == "conversations.info":
            kind = {"is_private": True, "is_member": True, "name": "complaints"}
            return {"ok": True, "channel": {"id": arguments.get("channel"), **kind}}
        user = f"{arguments.get('user')}"
        if user not in PEOPLE:
            raise SlackRefusedError(method, "user_not_found")
        locale = "fr-FR" if user in {"U0MARC", "U0CLAIRE", "U0NOOR"} else "en-US"
        return {
            "ok": True,
            "user": {"id": user, "name": user, "team_id": TEAM, "locale": locale, "tz": "UTC"},
        }

    def respond(self, url: str, message: Mapping[str, Any], *, thread_ts: str = "") -> None:
        json.dumps(message).encode()


def checked(method: str, view: Json) -> Json:
    """The view, once it is found to be within Slack's limits."""
    found = limits.check(view, "modal")
    if found:
        raise SlackRefusedError(method, f"invalid_arguments {found}")
    return view


class AtOnce(Executor):
    """Runs what it is given before it returns, so that a form has opened when the request has ended."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


class Errors(logging.Handler):
    """What was logged as an error: with garbage there is nothing to log."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(self.format(record))


@dataclass(frozen=True)
class Sent:
    """A request on its way: what travels, and how."""

    kind: str
    payload: Any
    body: bytes
    content_type: str = "application/x-www-form-urlencoded"


def encoded(kind: str, payload: Any) -> Sent:
    """A payload as Slack sends it: commands are forms, events are JSON, the rest is JSON in a form."""
    if kind == "event":
        return Sent(kind, payload, json.dumps(payload).encode(), "application/json")
    form = payload if kind == "command" and isinstance(payload, dict) else {"payload": json.dumps(payload)}
    return Sent(kind, payload, urlencode(form, errors="surrogatepass").encode())


@dataclass
class World:
    """Requests in, answers and rows out."""

    path: Path
    database: Database
    slack: QuietSlack
    gantry: app.Gantry
    desk: Any
    web: Any
    loop: asyncio.AbstractEventLoop
    aside: sqlite3.Connection
    errors: Errors = field(default_factory=Errors)
    kept: sqlite3.Connection | None = None
    kept_facts: tuple[Any, ...] = ()

    def send(self, sent: Sent, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        """Send a request, correctly signed unless headers say otherwise; gives status and body."""
        signed = {"content-type": sent.content_type, **signature(sent.body), **(headers or {})}
        return self.loop.run_until_complete(ask(self.web, sent.body, signed))

    def hear(self, envelope: Json) -> list[Json]:
        """Let an envelope come in through a socket; gives the acknowledgements."""
        told: list[Json] = []

        class Client:
            logger = logging.getLogger("client")

            def send_socket_mode_response(self, response: Any) -> None:
                told.append(json.loads(json.dumps(response.to_dict(), allow_nan=False)))

        Envelopes(self.gantry.bolt, self.desk).hear(Client(), envelope)
        return told

    def work(self, most: int = 30) -> None:
        """Handle recorded events, again and again, until none is due however long one waits."""
        for _ in range(most):
            self.raw(
                "update slack_event set next_attempt_at = '1970-01-01 00:00:00.000000' where state = 'pending'"
            )
            claimed = event.claim(self.desk)
            if not claimed:
                return
            for row in claimed:
                event.handle(self.desk, row)
        raise AssertionError("an event is handled for ever")

    def raw(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows by plain SQL, past everything that could be wrong."""
        return self.aside.execute(statement).fetchall()

    @property
    def version(self) -> int:
        """Another number after each commit of the bot."""
        number: int = self.raw("pragma data_version")[0][0]
        return number

    def facts(self) -> tuple[Any, ...]:
        """All that matters, as one value: unchanged means that nothing was done."""
        tables = ("program", "step", "evidence", "audit_entry", "role", "thread", "interaction", "away",
                  "program_channel", "duty_record", "preference", "snooze")  # fmt: skip
        # When a deadline is looked at is none: Slack's word on a person's zone already moves that.
        dates = "select id, subject, subject_id, round, ladder, due_at, state from deadline order by 1"
        return (
            *(tuple(self.raw(f"select * from {table} order by 1")) for table in tables),  # noqa: S608 - named above
            tuple(self.raw(dates)),
        )

    def keep(self) -> None:
        """Remember the rows as they are now."""
        self.raw("update outbox_message set state = 'sent'")
        self.kept = rows.copy(self.aside)
        self.kept_facts = self.facts()

    def restore(self) -> None:
        """Put the remembered rows back."""
        assert self.kept is not None
        rows.put_back(self.kept, self.aside)

    def close(self) -> None:
        """Let go of everything."""
        self.aside.close()
        self.loop.close()
        self.database.close()
        if self.kept is not None:
            self.kept.close()

    def whole(self) -> list[str]:
        """What is half-written or cannot be shown, in words; empty when all is well."""
        wrong = [f"foreign key: {row}" for row in self.raw("pragma foreign_key_check")]
        for query, said in HALVES:
            wrong += [f"{said}: {row}" for row in self.raw(query)]
        with self.database.reading() as session:
            messages = session.exec(select(OutboxMessage).where(OutboxMessage.state == "pending")).all()
            for message in messages:
                try:
                    facts: Any
                    if message.kind in {"notice", "amend"}:
                        said_first = session.get(OutboxMessage, message.amends or message.id)
                        assert said_first is not None
                        facts = notice.facts_of(session, said_first)
                    elif message.kind == "home":
                        page = session.get(HomePage, (message.team, message.person))
                        assert page is not None
                        facts = home.load(session, page, self.gantry.clock.now(), language="en")
                    elif message.kind != "board":
                        facts = json.loads(message.facts or "{}")
                    else:
                        thread = session.get(Thread, message.thread_id)
                        assert thread is not None
                        facts = board.LOADERS[thread.subject](session, thread)
                    if facts is not None:
                        language = message.language or facts["language"]
                        said = render(message.view, language, {**facts, "previous": ""})
                        json.dumps(said, allow_nan=False).encode()
                        wrong += [
                            f"message {message.view}: {one}"
                            for one in limits.check(said, "home" if said.get("type") == "home" else "message")
                        ]
                except Exception as error:  # noqa: BLE001 - whatever it is, the message cannot be delivered
                    wrong.append(f"message {message.view}: {type(error).__name__}: {error}")
            stuck = session.exec(select(SlackEvent).where(SlackEvent.state == "pending")).all()
            wrong += [f"event {row.kind} waits" for row in stuck]
        return wrong


HALVES = (
    ("select id from program p where not exists (select 1 from step where program_id = p.id)", "no steps"),
    ("select id from program p where not exists (select 1 from thread where subject = 'program' and subject_id = p.id)", "no board"),
    ("select id from program p where not exists (select 1 from audit_entry where subject = p.ref)", "no audit"),
    ("select id from step where state not in ('waiting', 'open', 'blocked', 'done', 'dropped')", "state"),
    ("select id from step where state = 'done' and (done_by = '' or happened_at is null)", "done by nobody"),
    ("select id from program where state not in ('active', 'paused', 'launched', 'canceled')", "state"),
    ("select id from program where lead = '' or name is null or name = ''", "nobody leads, or no name"),
    ("select id from evidence where origin = ''", "evidence of nothing"),
)  # fmt: skip


def signature(body: bytes, *, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    """The headers with which Slack signs."""
    stamp = f"{int(time.time() if at is None else at)}"
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={digest}"}


async def ask(web: Any, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """One request straight into the ASGI application."""
    raw = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
             "path": "/slack/events", "raw_path": b"/slack/events", "query_string": b"", "root_path": "",
             "headers": raw, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}  # fmt: skip
    status, parts = 0, []

    async def receive() -> Json:
        return {"type": "http.request", "body": body, "more_body": False}

    async def answer(message: Any) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        else:
            parts.append(message.get("body", b""))

    await web(scope, receive, answer)
    return status, b"".join(parts)


def make(folder: Path, migrated: Path) -> World:
    """A Gantry on an empty database, with the settings of an ordinary installation."""
    path = memory("fuzz")
    settings = load(
        {
            "SLACK_BOT_TOKEN": "xoxb-fuzz",
            "SLACK_SIGNING_SECRET": SECRET,
            "DATABASE_URL": f"sqlite:///{path}",
            "FILES_URL": f"{folder}/files",
            "GANTRY_ADMINS": "U0OLGA",
            "GANTRY_MANAGERS": "U0MARC",
            "GANTRY_OPERATIONS_CHANNEL": "C0OPS",
        },
        env_file=None,
    )
    lay(settings.database_url, migrated)
    gantry = app.build(settings)
    slack = QuietSlack()
    database = connect(settings.database_url)
    # Nothing is lost with this database: no need to wait for the disk.
    listen(database._writer, "connect", lambda made, _: made.execute("pragma synchronous = off"))
    desk = replace(gantry.desk, slack=slack, views=AtOnce(), database=database)
    gantry = replace(
        gantry,
        bolt=bolt.build(desk, slack, signing_secret=SECRET, token="xoxb-fuzz"),
        slack=slack,
        database=database,
    )
    app.workspace.refresh(database, slack, gantry.clock, gantry.roles)
    aside = sqlite3.connect(path, isolation_level=None)
    aside.execute("pragma synchronous = off")
    web = build(dispatch=gantry._dispatch, pool=AtOnce(), ready=gantry.missing, registry=gantry.registry)
    return World(
        path,
        database,
        slack,
        gantry,
        desk,
        web,
        asyncio.new_event_loop(),
        aside,
    )
