"""Answering a request: who is it, may they, was it seen before; one transaction; then the acknowledgement."""

import json
import logging
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from bot.clock import Clock
from bot.domain.error import FormError, GantryError
from bot.domain.role import Asker, Right
from bot.effects import channel as channels
from bot.listeners.door import (
    Button,
    Defaults,
    Doors,
    Form,
    Options,
    Reply,
    Request,
    Shortcut,
    Verb,
    say,
)
from bot.listeners.field import fields, lenient
from bot.listeners.line import Line
from bot.listeners.values import channels_in, refuse_card_numbers, users_in
from bot.listeners.words import meant
from bot.outbox import put_private
from bot.services import home
from bot.services import person as people
from bot.slack_api import PERSON_TIMEOUT_SECONDS, TIMEOUT_SECONDS, SlackApi, SlackError, SlackRefusedError
from bot.views import answer
from bot.views.failure import failure, form_errors
from storage import Database, Session, StorageError
from storage.tables import Interaction
from storage.upsert import insert_once

Render = Callable[[str, str, Mapping[str, Any]], dict[str, Any]]
Answer = dict[str, Any]
"""The arguments of Bolt's `ack()`"""

_log: Final = logging.getLogger(__name__)
STRIPE_SECONDS: Final = 2.0
"""For how long the options of a menu wait for Stripe; Slack waits three seconds for them."""

_UPDATES: Final = frozenset({"update", "page", "root"})
_LETTERS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True)
class Desk:
    """Everything a request needs; made once, used by many threads."""

    database: Database
    slack: SlackApi
    clock: Clock
    doors: Doors
    render: Render
    views: Executor
    defaults: Defaults
    line: Line = field(default_factory=lambda: Line(16))
    lookup: Callable[[str], bool] | None = None
    """Asks Stripe about the card that words mean; tells whether it learned of one."""

    def attending(self, payload: Mapping[str, Any]) -> AbstractContextManager[None]:
        """Answer what Slack sent in this block: nobody else is let in meanwhile, if it is urgent."""
        return self.line.urgent() if self.doors.urgent(payload) else nullcontext()

    def who(self, team: str, user: str, *, external: bool = False) -> Asker:
        """Return who asks. At first contact Slack is asked, for at most one second."""
        now = self.clock.now()
        language = self.defaults.language
        with self.database.reading() as session:
            found = people.asker(session, team=team, user=user, now=now, language=language, external=external)
        if found.verified:
            return found
        self.meet(team, user, timeout=PERSON_TIMEOUT_SECONDS)
        with self.database.reading() as session:
            return people.asker(session, team=team, user=user, now=now, language=language, external=external)

    def meet(self, team: str, user: str, *, timeout: float) -> None:
        """Ask Slack who somebody is and remember it; a silent Slack leaves them unverified."""
        try:
            found = self.slack.person(user, timeout=timeout)
        except SlackError as error:
            _log.warning("users.info for %s: %s", user, error.code)
            return
        try:
            with self.database.transaction() as session:
                people.remember(session, team=team, user=user, found=found, now=self.clock.now())
        except StorageError:
            _log.exception("%s cannot be remembered now", user)

    def look(self, team: str, channel: str, *, timeout: float = TIMEOUT_SECONDS) -> None:
        """Ask Slack what kind of channel this is and remember it; a silent Slack changes nothing."""
        channels.look(
            self.database,
            self.slack,
            self.clock,
            team=team,
            channel=channel,
            defaults=self.defaults.channels,
            timeout=timeout,
        )

    def _meet_chosen(self, request: Request) -> None:
        """Learn the names of people who were chosen in a form, so that boards can name them."""
        for user in sorted(users_in(request.values)):
            with self.database.reading() as session:
                unknown = people.missing(session, request.who.team, user)
            if unknown:
                self.meet(request.who.team, user, timeout=TIMEOUT_SECONDS)

    def _ask_slack(self, door: Form, request: Request) -> None:
        """Ask Slack about what a form is judged by, before its transaction and outside the line, all at once.

        What Slack does not answer in time stays unknown; the service then refuses it at its field.
        """
        chosen = {name: request.values.get(name) for name in door.asks}
        with self.database.reading() as session:
            strangers = [
                user for user in sorted(users_in(chosen)) if people.missing(session, request.who.team, user)
            ]
        asked = [
            self.views.submit(self.meet, request.who.team, user, timeout=PERSON_TIMEOUT_SECONDS)
            for user in strangers
        ]
        asked += [
            self.views.submit(self.look, request.who.team, channel, timeout=PERSON_TIMEOUT_SECONDS)
            for channel in sorted(channels_in(chosen))
        ]
        wait(asked, timeout=PERSON_TIMEOUT_SECONDS * 2)

    def command(self, request: Request, command: str) -> Answer:
        """Answer a slash command; the private answer travels in the acknowledgement."""
        return self._guarded(request, lambda: self._words(request, command), self._command_ack)

    def mention(self, session: Session, request: Request) -> None:
        """Answer a mention inside the inbox's transaction; forms need a click, so they become a button."""
        reply = self._mention_reply(session, request)
        if reply.say:
            self._whisper(session, request, reply.say, reply.facts)

    def button(self, request: Request, action_id: str) -> Answer:
        """Answer a click; the effect is committed before the acknowledgement."""
        door = self.doors.button(action_id)
        if door is None:
            return {}
        request = replace(request, others=self.doors.verbs)
        if door.asks_here and request.channel and not request.channel.startswith("D"):
            self.look(request.who.team, request.channel, timeout=PERSON_TIMEOUT_SECONDS)
        work = partial(self._through, door, request)
        return self._guarded(request, work, self._click_ack, urgent=door.urgent)

    def form(self, request: Request, callback_id: str) -> Answer:
        """Answer a form: closed means saved; errors come back at their fields."""
        door = self.doors.form(callback_id)
        if door is None:
            return {}
        if door.asks:
            self._ask_slack(door, request)
        self.views.submit(self._meet_chosen, request)
        work = partial(self._through, door, request)
        return self._guarded(request, work, self._form_ack, urgent=door.urgent)

    def closed(self, request: Request, callback_id: str) -> None:
        """Take notice that somebody left a form: what was typed may be kept."""
        door = self.doors.form(callback_id)
        if door is None or door.closed is None:
            return
        left = Button(callback_id, door.right, door.closed)
        request = replace(request, values=lenient(door.shape(), request.values))
        self._guarded(request, lambda: self._through(left, request), lambda _request, _reply: {})

    def shortcut(self, request: Request, callback_id: str) -> Answer:
        """Answer a shortcut, which opens a form."""
        door = self.doors.shortcut(callback_id)
        if door is None:
            return {}
        return self._guarded(request, lambda: self._through(door, request), self._click_ack)

    def suggest(self, request: Request, action_id: str) -> Answer:
        """Answer with options for what somebody is typing; an error gives none."""
        door = self.doors.option(action_id)
        if door is None:
            return {"options": []}
        try:
            options = self._suggested(door, request)
            if options or not door.asks_stripe or self.lookup is None:
                return {"options": options}
            asked = self.views.submit(self.lookup, request.text)
            done, _ = wait([asked], timeout=STRIPE_SECONDS)
            if done:
                return {"options": self._suggested(door, request) if asked.result() else []}
        except GantryError:
            return {"options": []}
        asked.add_done_callback(lambda found: self._found_late(door, request, learned=found.result()))
        return {"options": [door.searching(request)] if door.searching else []}

    def _suggested(self, door: Options, request: Request) -> list[dict[str, Any]]:
        with self.database.reading() as session:
            self._pass(session, door, request)
            return door.run(session, request)

    def _found_late(self, door: Options, request: Request, *, learned: bool) -> None:
        """Show in the form what Stripe answered after Slack had stopped waiting for the options."""
        if not learned or door.form is None or not request.view_id:
            return
        with self.database.reading() as session:
            view = door.form(session, request)
        self._show(request, lambda: view, "update")

    def _words(self, request: Request, command: str) -> Reply:
        found = meant(self.doors.verbs, command, request.text)
        if found.verb is None:
            refuse_card_numbers({"text": request.text})
            return say("help.unknown", typed=request.text, nearest=list(found.nearest), command=command)
        return self._through(found.verb, replace(request, text=found.rest, others=self.doors.verbs))

    def _mention_reply(self, session: Session, request: Request) -> Reply:
        found = meant(self.doors.verbs, "/gantry", request.text)
        if found.verb is None:
            return say("help.unknown", typed=request.text, nearest=list(found.nearest), command="/gantry")
        asked = replace(request, text=found.rest, others=self.doors.verbs)
        try:
            self._pass(session, found.verb, asked)
            if found.verb.opens_form:
                return say("door.open_form", verb=found.verb.name, text=found.rest)
            return found.verb.run(session, asked)
        except GantryError as error:
            return say("failure", key=error.key, values=_frozen(error.values))

    def _through(self, door: Verb | Button | Form | Shortcut, request: Request) -> Reply:
        """Check, then run the door in the session it needs; a repeated request has no second effect."""
        refuse_card_numbers({**request.values, **({"text": request.text} if request.text else {})})
        if isinstance(door, Form):
            request = replace(request, values=fields(door.shape(), request.values))
            door.check(request)
        if not getattr(door, "writes", False):
            with self.database.reading() as session:
                self._pass(session, door, request)
                reply = door.run(session, request)
            if reply.say and request.door != "slash" and not request.sees_no_message:
                with self.database.transaction() as session:
                    self._whisper(session, request, reply.say, reply.facts, reply.how)
            return reply
        with self.database.transaction(priority=getattr(door, "urgent", False)) as session:
            self._pass(session, door, request)
            values = {
                "team": request.who.team,
                "key": request.key,
                "person": request.who.user,
                "at": request.now,
            }
            if not insert_once(session, Interaction, values, conflict=["team", "key"]):
                return Reply(how="again")
            reply = door.run(session, request)
            if request.in_home:
                home.clicked(session, request.who.team, request.who.user, request.now)
            if reply.say and request.door != "slash" and not request.sees_no_message:
                self._whisper(session, request, reply.say, reply.facts, reply.how)
        return reply

    def _pass(self, session: Session, door: Any, request: Request) -> None:  # noqa: ANN401 - any kind of door
        # Rights that depend on a programme or a card are checked by its service, which knows its people.
        right: Right = door.right
        if right in {Right.STEP, Right.CHANGE_PROGRAM, Right.STEER_PROGRAM, Right.REVOKE}:
            right = Right.SEE
        people.require(session, request.who, right, request.now)

    def _guarded(
        self,
        request: Request,
        work: Callable[[], Reply],
        ack: Callable[[Request, Reply], Answer],
        *,
        urgent: bool = False,
    ) -> Answer:
        """Turn whatever happens into an answer the person can use; the log gets the cause."""
        try:
            with nullcontext() if urgent else self.line.place():
                return ack(request, work())
        except FormError as error:
            if request.door == "form":
                return self._form_refused(request, error)
            key, values = next(iter(error.fields.values()))
            return self._told(request, key, values)
        except GantryError as error:
            return self._told(request, error.key, error.values)
        except Exception:  # noqa: BLE001 - the person gets an id, the log the cause
            number = error_number()
            _log.exception("%s: %s by %s failed", number, request.door, request.who.user)
            return self._told(request, "error.unexpected", {"number": number})

    def _told(self, request: Request, key: str, values: Mapping[str, Any]) -> Answer:
        """Tell the person what went wrong, where they are looking."""
        facts = {"key": key, "values": _frozen(values)}
        if request.door == "slash":
            return {"response_type": "ephemeral", **self.render("failure", request.language, facts)}
        if request.door == "form":
            return {"response_action": "push", "view": failure(request.language, facts)}
        if (request.in_view and request.trigger_id) or request.sees_no_message:
            how = "push" if request.in_view else "open"
            self._show(request, lambda: failure(request.language, facts), how)
            return {}
        try:
            with self.database.transaction() as session:
                self._whisper(session, request, "failure", facts)
        except Exception:  # noqa: BLE001 - the person must hear something
            # The database itself may be the cause: say it by the only road left.
            _log.exception("the answer to %s cannot be stored", request.who.user)
            self.views.submit(self._last_resort, request, facts)
        return {}

    def _last_resort(self, request: Request, facts: Mapping[str, Any]) -> None:
        if request.response_url:
            try:
                self.slack.respond(request.response_url, self.render("failure", request.language, facts))
            except SlackError as error:
                _log.error("nobody could be told: %s", error)

    def _form_refused(self, request: Request, error: FormError) -> Answer:
        return {"response_action": "errors", "errors": form_errors(request.language, error.fields)}

    def _command_ack(self, request: Request, reply: Reply) -> Answer:
        if reply.form is not None:
            self._show(request, reply.form, "open")
        if not reply.say:
            return {}
        return {"response_type": "ephemeral", **self.render(reply.say, request.language, reply.facts)}

    def _click_ack(self, request: Request, reply: Reply) -> Answer:
        if reply.form is not None:
            self._show(request, reply.form, reply.how or _above_what(request))
        elif reply.say and request.sees_no_message:
            said = partial(self.render, reply.say, request.language, reply.facts)
            self._show(request, lambda: answer.page(request.language, said()), _above_what(request))
        self._follow(request, reply)
        return {}

    def _form_ack(self, request: Request, reply: Reply) -> Answer:
        if reply.form is not None and reply.how == "page":
            self._show(request, reply.form, "page")
            self._follow(request, reply)
            return {}
        if reply.form is not None:
            return {"response_action": "push" if reply.how == "push" else "update", "view": reply.form()}
        del request
        return {"response_action": "clear"} if reply.how == "clear" else {}

    def _follow(self, request: Request, reply: Reply) -> None:
        if reply.root is not None and request.lies_on_more(reply.how):
            self._show(request, reply.root, "root")

    def _show(self, request: Request, render: Callable[[], dict[str, Any]], how: str) -> None:
        """Open a form at once, on another thread: the acknowledgement never waits for Slack."""
        self.views.submit(self._open, request, render, how)

    def _open(self, request: Request, render: Callable[[], dict[str, Any]], how: str) -> None:
        try:
            if how in _UPDATES:
                below = {"page": str(request.private.get("page", "")), "root": request.root_view_id}
                view_id = below.get(how, request.view_id)
                self.slack.call("views.update", view_id=view_id, view=render())
            else:
                view = _above(render(), request.view_id) if how == "push" else render()
                self.slack.call(f"views.{how}", trigger_id=request.trigger_id, view=view)
        except SlackRefusedError as error:
            repeated = error.code == "exchanged_trigger_id"  # the first request has opened it
            left = how in _UPDATES and error.code in {"not_found", "view_not_found"}
            if repeated or left:
                return
            self._not_opened(request, error)
        except SlackError as error:
            self._not_opened(request, error)
        except Exception:  # noqa: BLE001 - the acknowledgement is out; the person must hear of it
            _log.exception("a form for %s cannot be shown", request.who.user)
            self._not_opened(request, None)

    def _not_opened(self, request: Request, error: SlackError | None) -> None:
        number = error_number()
        _log.error("%s: a form did not open (%s)", number, error)
        try:
            with self.database.transaction() as session:
                self._whisper(
                    session, request, "failure", {"key": "error.not_opened", "values": {"number": number}}
                )
        except Exception:  # noqa: BLE001 - nothing is left to try
            _log.exception("%s: and nobody could be told", number)

    def _whisper(
        self, session: Session, request: Request, view: str, facts: Mapping[str, Any], how: str = ""
    ) -> None:
        put_private(
            session,
            request.who,
            view,
            facts,
            channel=request.channel,
            reply_ts=request.thread_ts,
            response_url=request.response_url,
            replaces=how == "replace" and request.hidden,
            now=request.now,
        )


def error_number() -> str:
    """Return the id under which a person finds their trouble in the log."""
    return "E-" + "".join(secrets.choice(_LETTERS) for _ in range(6))


def _above_what(request: Request) -> str:
    """Return how a form opens after a click: on top of the page that asked, or in the place of an answer."""
    if request.private.get("answer"):
        return "update"
    return "push" if request.in_view else "open"


def _above(view: dict[str, Any], page: str) -> dict[str, Any]:
    """Return a form that knows the page it lies on, so that the page can follow what the form does."""
    carried = json.loads(view.get("private_metadata") or "{}")
    return {**view, "private_metadata": json.dumps({**carried, "page": page}, separators=(",", ":"))}


def _frozen(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as JSON: moments become ISO text."""
    return {
        name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()
    }
