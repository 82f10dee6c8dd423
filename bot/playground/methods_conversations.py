"""`conversations.*`."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, TypeVar

from bot.playground import shapes
from bot.playground.errors import SlackError
from bot.playground.identity import BOT_USER
from bot.playground.methods_chat import place_named

if TYPE_CHECKING:
    from bot.playground.args import Args
    from bot.playground.identity import Json
    from bot.playground.slack import Slack
    from bot.playground.workspace import Channel, Message

Item = TypeVar("Item")
_TYPES = {"public_channel", "private_channel", "im", "mpim"}


def page(items: list[Item], args: Args, most: int = 1000) -> tuple[list[Item], Json]:
    """One page of a list and the `response_metadata` that leads to the next.

    Raises:
        SlackError: `invalid_cursor`.
    """
    start = 0
    if cursor := args.text("cursor"):
        try:
            start = int(base64.b64decode(cursor.encode(), validate=True).decode().removeprefix("next:"))
        except (ValueError, binascii.Error):
            raise SlackError("invalid_cursor") from None
    end = start + max(1, min(args.number("limit", 100), most))
    cursor = base64.b64encode(f"next:{end}".encode()).decode() if end < len(items) else ""
    return items[start:end], {"next_cursor": cursor}


def open_direct(slack: Slack, args: Args) -> Json:
    """`conversations.open` with one person, or of a direct message that exists."""
    if channel := args.text("channel"):
        place = place_named(slack, channel)
    else:
        users = [name for name in args.text("users").replace(" ", "").split(",") if name]
        if not users:
            raise SlackError("users_list_not_supplied")
        if len(users) > 1:
            raise SlackError("method_not_supported_for_channel_type")
        person = slack.workspace.people.get(users[0])
        if person is None or person.is_bot:
            raise SlackError("user_not_found")
        if person.deleted:
            raise SlackError("user_disabled")
        place = slack.workspace.direct(person.id)
    return {"channel": shapes.channel(place) if args.flag("return_im") else {"id": place.id}}


def info(slack: Slack, args: Args) -> Json:
    """`conversations.info`."""
    place = place_named(slack, args.needed("channel"))
    require(slack, place, "read")
    shape = shapes.channel(place)
    if not args.flag("include_num_members"):
        shape.pop("num_members", None)
    return {"channel": shape}


def members(slack: Slack, args: Args) -> Json:
    """`conversations.members`."""
    place = place_named(slack, args.needed("channel"))
    require(slack, place, "read")
    found, cursor = page(list(place.members), args)
    return {"members": found, "response_metadata": cursor}


def listing(slack: Slack, args: Args) -> Json:
    """`conversations.list`."""
    wanted = set((args.text("types") or "public_channel").replace(" ", "").split(","))
    if wanted - _TYPES:
        raise SlackError("invalid_types")
    everything = [
        shapes.channel(place)
        for place in slack.workspace.channels.values()
        if _type(place) in wanted
        and not (args.flag("exclude_archived") and place.archived)
        and (not place.private or BOT_USER in place.members)
    ]
    found, cursor = page(everything, args)
    return {"channels": found, "response_metadata": cursor}


def history(slack: Slack, args: Args) -> Json:
    """`conversations.history`, newest first."""
    place = _readable(slack, args)
    everything = [m for m in slack.workspace.messages(place.id) if not m.is_reply or m.broadcast]
    return _messages(slack, args, everything[::-1])


def replies(slack: Slack, args: Args) -> Json:
    """`conversations.replies`, oldest first with the root."""
    place = _readable(slack, args)
    thread = slack.workspace.thread(place.id, args.needed("ts"))
    if not thread:
        raise SlackError("thread_not_found")
    return _messages(slack, args, thread)


def join(slack: Slack, args: Args) -> Json:
    """`conversations.join`, public channels only."""
    place = place_named(slack, args.needed("channel"))
    if place.is_im or place.private:
        raise SlackError("method_not_supported_for_channel_type")
    if place.archived:
        raise SlackError("is_archived")
    if BOT_USER in place.members:
        warning = "already_in_channel"
        return {
            "channel": shapes.channel(place),
            "warning": warning,
            "response_metadata": {"warnings": [warning]},
        }
    place.members.append(BOT_USER)
    slack.events.joined(BOT_USER, place.id)
    slack.hub.tell({"type": "state"})
    return {"channel": shapes.channel(place)}


def require(slack: Slack, place: Channel, act: str) -> None:
    """Checks the scope of this kind of conversation.

    Raises:
        SlackError: `missing_scope`.
    """
    kind = "groups" if place.private else "channels"
    needed = f"im:{act}" if place.is_im else f"{kind}:{act}"
    if needed not in slack.scopes:
        raise SlackError("missing_scope", needed=needed, provided=",".join(slack.scopes))


def _readable(slack: Slack, args: Args) -> Channel:
    place = place_named(slack, args.needed("channel"))
    require(slack, place, "history")
    if BOT_USER not in place.members:
        raise SlackError("not_in_channel")
    return place


def _messages(slack: Slack, args: Args, messages: list[Message]) -> Json:
    oldest, latest, inclusive = args.text("oldest"), args.text("latest"), args.flag("inclusive")
    kept = [
        message
        for message in messages
        if (not oldest or message.ts > oldest or (inclusive and message.ts == oldest))
        and (not latest or message.ts < latest or (inclusive and message.ts == latest))
    ]
    found, cursor = page(kept, args)
    shown = [shapes.message(slack.workspace, message, slack.origin) for message in found]
    if not args.flag("include_all_metadata"):
        for shape in shown:
            shape.pop("metadata", None)
    more = bool(cursor["next_cursor"])
    return {"messages": shown, "has_more": more, "pin_count": 0, "response_metadata": cursor if more else {}}


def _type(place: Channel) -> str:
    if place.is_im:
        return "im"
    return "private_channel" if place.private else "public_channel"
