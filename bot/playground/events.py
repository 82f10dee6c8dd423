"""Events of the workspace for the bot: only what the manifest subscribes to and has the scope for."""

from __future__ import annotations

import secrets
import uuid
from typing import TYPE_CHECKING

from bot.playground import manifest, shapes
from bot.playground.identity import APP_ID, BOT_USER, TEAM_ID, VERIFICATION_TOKEN

if TYPE_CHECKING:
    from bot.playground.identity import Json
    from bot.playground.slack import Slack
    from bot.playground.workspace import Channel, Message


class Events:
    """Turns what happened into event callbacks."""

    def __init__(self, slack: Slack) -> None:
        self._slack = slack

    def send(self, inner: Json, subscription: str | None = None) -> str | None:
        """Sends an inner event when the app is subscribed to it; gives the event id.

        Args:
            inner: the event itself, with its `type`.
            subscription: the name in the manifest when it is not the type (`message.im`).
        """
        if (subscription or inner["type"]) not in manifest.events(self._slack.manifest):
            return None
        inner.setdefault("event_ts", self._slack.workspace.timestamps.next())
        event_id = f"Ev0{secrets.token_hex(5).upper()}"
        self._slack.dispatcher.event(
            {
                "token": VERIFICATION_TOKEN,
                "team_id": TEAM_ID,
                "context_team_id": TEAM_ID,
                "context_enterprise_id": None,
                "api_app_id": APP_ID,
                "event": inner,
                "type": "event_callback",
                "event_id": event_id,
                "event_time": int(self._slack.clock.wall()),
                "authorizations": [
                    {
                        "enterprise_id": None,
                        "team_id": TEAM_ID,
                        "user_id": BOT_USER,
                        "is_bot": True,
                        "is_enterprise_install": False,
                    }
                ],
                "is_ext_shared_channel": False,
                "event_context": f"4-{secrets.token_hex(24)}",
            }
        )
        return event_id

    def said(self, message: Message) -> None:
        """A message was written: `message.*` where the bot is, and `app_mention` when a person names it."""
        place = self._slack.workspace.channels[message.channel]
        if BOT_USER not in place.members:
            return
        shape = shapes.message(self._slack.workspace, message, self._slack.origin)
        inner = {**shape, "channel": place.id, "event_ts": message.ts}
        if not message.bot:
            inner["client_msg_id"] = str(uuid.uuid4())
        if message.files and not message.bot:
            inner |= {"subtype": "file_share", "upload": False, "display_as_bot": False}
        self.send({**inner, "channel_type": _kind(place)}, _subscription(place))
        if not message.bot and not place.is_im and f"<@{BOT_USER}>" in message.text:
            mention = {key: value for key, value in inner.items() if key not in {"subtype", "upload"}}
            self.send({**mention, "type": "app_mention"})

    def removed(self, message: Message) -> None:
        """A message was deleted: `message_deleted` where the bot is."""
        place = self._slack.workspace.channels[message.channel]
        if BOT_USER not in place.members:
            return
        inner: Json = {
            "type": "message",
            "subtype": "message_deleted",
            "hidden": True,
            "deleted_ts": message.ts,
            "channel": place.id,
            "previous_message": shapes.message(self._slack.workspace, message, self._slack.origin),
            "ts": self._slack.workspace.timestamps.next(),
            "channel_type": _kind(place),
        }
        self.send(inner, _subscription(place))

    def home_opened(self, person: str, tab: str = "home") -> None:
        """A person opened the app's Home or Messages tab."""
        inner: Json = {
            "type": "app_home_opened",
            "user": person,
            "channel": self._slack.workspace.direct(person).id,
            "tab": tab,
        }
        view = self._slack.modals.homes.get(person)
        if tab == "home" and view is not None:
            inner["view"] = view.shape()
        self.send(inner)

    def joined(self, person: str, channel: str, inviter: str | None = None) -> None:
        """Somebody (also the bot) came into a channel."""
        place = self._slack.workspace.channels[channel]
        inner: Json = {
            "type": "member_joined_channel",
            "user": person,
            "channel": channel,
            "channel_type": "G" if place.private else "C",
            "team": TEAM_ID,
        }
        self.send({**inner, "inviter": inviter} if inviter else inner)

    def archived(self, channel: str, person: str, *, on: bool) -> None:
        """A channel was archived, or is back."""
        group = self._slack.workspace.channels[channel].private
        kind = ("group_" if group else "channel_") + ("archive" if on else "unarchive")
        self.send({"type": kind, "channel": channel, "user": person, "is_moved": 0})

    def shared(self, channel: str, *, on: bool) -> None:
        """A channel was shared with another company, or is ours alone again."""
        kind = "channel_shared" if on else "channel_unshared"
        self.send({"type": kind, "channel": channel, "connected_team_id": "T0HARBOUR"})

    def user_changed(self, person: str) -> None:
        """A person's profile, language or standing changed."""
        shape = shapes.user(self._slack.workspace.people[person])
        self.send({"type": "user_change", "user": shape, "cache_ts": int(self._slack.clock.wall())})


def _kind(place: Channel) -> str:
    if place.is_im:
        return "im"
    return "group" if place.private else "channel"


def _subscription(place: Channel) -> str:
    return {"im": "message.im", "group": "message.groups", "channel": "message.channels"}[_kind(place)]
