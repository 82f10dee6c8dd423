"""Bolt's part: signatures, kinds of payload, acknowledgements. Each kind becomes a `Request` for the desk."""

import json
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import uuid4

from slack_bolt import Ack, App, BoltContext, BoltResponse
from slack_bolt.authorization import AuthorizeResult

from bot.listeners.desk import Desk
from bot.listeners.door import Request
from bot.listeners.gate import measured
from bot.listeners.values import plain, without_card_numbers
from bot.slack_api import SlackApi
from storage import after_commit
from storage.queries import person as people
from storage.tables import SlackEvent, Workspace
from storage.types import canonical
from storage.upsert import insert_once

INBOX: Final = "inbox"
"""What `Database.on_commit` is told when an event was recorded."""

_CLICKS: Final = frozenset(
    {"block_actions", "view_submission", "view_closed", "block_suggestion", "shortcut", "message_action"}
)
_ANY: Final = re.compile(r"[\s\S]*")
_log: Final = logging.getLogger(__name__)


def build(desk: Desk, slack: SlackApi, *, signing_secret: str, token: str) -> App:
    """Return the Bolt app; building it and answering a click make no call to Slack.

    Without a signing secret (Socket Mode) requests over HTTP are not accepted at all.
    """
    learned: list[Workspace] = []

    def authorize(**_: object) -> AuthorizeResult:
        # Read until it is known; after that an app's ids in a workspace stay as they are.
        if not learned:
            with desk.database.reading() as session:
                learned.extend(filter(None, [people.workspace(session)]))
        known = learned[0] if learned else Workspace(team="", refreshed_at=desk.clock.now())
        return AuthorizeResult(
            enterprise_id=None,
            team_id=known.team or None,
            bot_user_id=known.bot_user or None,
            bot_id=known.bot_id or None,
            bot_token=token,
        )

    app = App(
        name="gantry",
        signing_secret=signing_secret,
        client=slack.client(),
        authorize=authorize,
        process_before_response=True,
        raise_error_for_unhandled_request=False,
        attaching_conversation_kwargs_enabled=False,
    )
    # Bolt would write a refused request's signature and body into the log.
    for name in ("slack_bolt.RequestVerification", "slack_bolt.middleware"):
        logging.getLogger(name).setLevel(logging.ERROR)
    app.middleware(_own_workspace)
    app.middleware(_recorder(desk))
    # Bolt asks them in this order, and clicks are the most frequent.
    app.action(_ANY)(_click(desk, lambda body: body["actions"][0]["action_id"], desk.button))
    app.command(_ANY)(_command(desk))
    app.shortcut(_ANY)(_click(desk, lambda body: body["callback_id"], desk.shortcut))
    app.view(_ANY)(_form(desk))
    app.view_closed(_ANY)(_closed(desk))
    app.options(_ANY)(_options(desk))
    return app


def team_of(body: Mapping[str, Any]) -> str:
    """Return the workspace a payload belongs to: where the app is installed, not where the person is from."""
    view = body.get("view") or {}
    installed = view.get("app_installed_team_id")
    team = body.get("team") or {}
    found = installed or body.get("team_id") or (team.get("id") if isinstance(team, Mapping) else "")
    return str(found or (body.get("user") or {}).get("team_id") or "")


def _own_workspace(
    body: dict[str, Any],
    context: BoltContext,
    next: Callable[[], None],  # noqa: A002 - Bolt's name
) -> BoltResponse | None:
    """Refuse what is meant for another workspace; a click from a shared channel comes from an outsider."""
    ours = context.authorize_result.team_id if context.authorize_result else None
    if ours and team_of(body) not in {"", ours}:
        granted = {entry.get("team_id") for entry in body.get("authorizations") or ()}
        if body.get("type") in _CLICKS:
            body["team"] = {"id": ours}
        elif ours in granted:
            body["team_id"] = ours
        else:
            return BoltResponse(status=401, body="")
    next()
    return None


def _recorder(desk: Desk) -> Callable[..., Any]:
    """Record an event before the 200; a second delivery finds the row, a failure makes Slack repeat it."""

    def record(body: dict[str, Any], next: Callable[[], None]) -> BoltResponse | None:  # noqa: A002 - Bolt's name
        if body.get("type") != "event_callback":
            next()
            return None
        event = body.get("event") or {}
        kept = without_card_numbers(body)
        kept.pop("token", None)
        text = canonical(kept)
        with desk.database.transaction() as session:
            new = insert_once(
                session,
                SlackEvent,
                {
                    "team": team_of(body),
                    "event_id": str(body.get("event_id") or ""),
                    "kind": str(event.get("type") or ""),
                    "body": text,
                    "received_at": desk.clock.now(),
                    "next_attempt_at": desk.clock.wall(),
                },
                conflict=["event_id"],
            )
            if new:
                after_commit(session, INBOX)
        return BoltResponse(status=200, body="")

    return record


def _command(desk: Desk) -> Callable[..., None]:
    def command(body: dict[str, Any], ack: Ack) -> None:
        request = Request(
            who=desk.who(team_of(body), str(body["user_id"])),
            door="slash",
            now=desk.clock.now(),
            clock=desk.clock.now,
            key=_key(body),
            channel=str(body.get("channel_id", "")),
            text=str(body.get("text") or ""),
            trigger_id=str(body.get("trigger_id", "")),
            response_url=str(body.get("response_url", "")),
            defaults=desk.defaults,
        )
        ack(**desk.command(request, str(body["command"])))

    return command


def _click(
    desk: Desk, name: Callable[[Mapping[str, Any]], str], answer: Callable[[Request, str], dict[str, Any]]
) -> Callable[..., None]:
    def click(body: dict[str, Any], ack: Ack) -> None:
        answer(_clicked(desk, body), name(body))
        ack()

    return click


def _clicked(desk: Desk, body: Mapping[str, Any]) -> Request:
    container = body.get("container") or {}
    message = body.get("message") or {}
    view = body.get("view") or {}
    action = (body.get("actions") or [{}])[0]
    channel = (body.get("channel") or {}).get("id") or container.get("channel_id") or ""
    fields = plain(view.get("state") or {}) if view.get("type") == "modal" else {}
    return Request(
        who=desk.who(team_of(body), str(body["user"]["id"]), external=_external(body)),
        door="shortcut" if body.get("type") in {"shortcut", "message_action"} else "button",
        now=desk.clock.now(),
        clock=desk.clock.now,
        key=_key(body),
        channel=str(channel),
        thread_ts=_thread(message, container),
        value=_chosen(action),
        trigger_id=str(body.get("trigger_id", "")),
        response_url=str(body.get("response_url", "")),
        values=fields,
        private=_private(view),
        view_id=str(view.get("id", "")),
        view_hash=str(view.get("hash", "")),
        root_view_id=str(view.get("root_view_id") or ""),
        in_view=view.get("type") == "modal",
        in_home=view.get("type") == "home",
        hidden=bool(container.get("is_ephemeral")),
        message=message,
        defaults=desk.defaults,
    )


def _form(desk: Desk) -> Callable[..., None]:
    def form(body: dict[str, Any], ack: Ack) -> None:
        request = _sent(desk, body, "form")
        ack(**desk.form(request, str(body["view"].get("callback_id", ""))))

    return form


def _sent(desk: Desk, body: Mapping[str, Any], door: str) -> Request:
    """Return what somebody did with a form: sent it, or left it."""
    view = body["view"]
    private = _private(view)
    return Request(
        who=desk.who(team_of(body), str(body["user"]["id"]), external=_external(body)),
        door=door,
        now=desk.clock.now(),
        clock=desk.clock.now,
        key=f"{'view' if door == 'form' else door}:{view['id']}:{view.get('hash', '')}",
        channel=str(private.get("channel", "")),
        thread_ts=str(private.get("thread_ts", "")),
        trigger_id=str(body.get("trigger_id", "")),
        values=plain(view.get("state") or {}),
        private=private,
        view_id=str(view["id"]),
        view_hash=str(view.get("hash", "")),
        root_view_id=str(view.get("root_view_id") or ""),
        in_view=door == "form",
        defaults=desk.defaults,
    )


def _options(desk: Desk) -> Callable[..., None]:
    def options(body: dict[str, Any], ack: Ack) -> None:
        request = Request(
            who=desk.who(team_of(body), str(body["user"]["id"])),
            door="button",
            now=desk.clock.now(),
            key="",
            text=str(body.get("value") or ""),
            private=_private(body.get("view") or {}),
            view_id=str((body.get("view") or {}).get("id", "")),
            in_view=True,
            defaults=desk.defaults,
        )
        ack(**desk.suggest(request, str(body.get("action_id", ""))))

    return options


def _closed(desk: Desk) -> Callable[..., None]:
    def closed(body: dict[str, Any], ack: Ack) -> None:
        request = _sent(desk, body, "closed")
        desk.closed(request, str(body["view"].get("callback_id", "")))
        ack()

    return closed


def _key(body: Mapping[str, Any]) -> str:
    """Return Slack's own key of a request; one that comes without a trigger can never be a repetition."""
    return f"trigger:{body.get('trigger_id') or uuid4().hex}"


def _thread(message: Mapping[str, Any], container: Mapping[str, Any]) -> str:
    """Return the thread a click was made in; who clicks at the root of one looks at the channel."""
    found = str(message.get("thread_ts") or container.get("thread_ts") or "")
    return "" if found == str(message.get("ts") or container.get("message_ts") or "") else found


def _external(body: Mapping[str, Any]) -> bool:
    """Tell whether the request itself says that the person is of another workspace (Slack Connect)."""
    home = (body.get("user") or {}).get("team_id")
    return bool(home and not str(home).startswith("E") and home != team_of(body))


def _private(view: Mapping[str, Any]) -> dict[str, Any]:
    try:
        found = json.loads(view.get("private_metadata") or "{}")
        measured(found)  # a text for the gate, which does not look into it
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _chosen(action: Mapping[str, Any]) -> str:
    option = action.get("selected_option")
    if isinstance(option, Mapping):
        return str(option.get("value", ""))
    for name in ("value", "selected_user", "selected_date", "selected_channel", "selected_conversation"):
        if action.get(name):
            return str(action[name])
    return ""
