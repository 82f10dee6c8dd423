"""`chat.*` and `reactions.add`."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from bot.playground import checks, shapes
from bot.playground.errors import SlackError
from bot.playground.identity import BOT_USER, TEAM_DOMAIN
from bot.playground.modals import name_blocks
from bot.playground.workspace import Message

if TYPE_CHECKING:
    from bot.playground.args import Args
    from bot.playground.identity import Json
    from bot.playground.slack import Slack
    from bot.playground.workspace import Channel

UNREADABLE = "This content can't be displayed."


def place_named(slack: Slack, name: str) -> Channel:
    """The conversation with this id, or of this person with the bot, as the bot may know it.

    Raises:
        SlackError: `channel_not_found`.
    """
    found = slack.workspace.channels.get(name)
    if found is None and name.startswith("#"):
        found = next(
            (c for c in slack.workspace.channels.values() if c.name == name[1:] and not c.is_im), None
        )
    if found is None or (found.private and BOT_USER not in found.members):
        raise SlackError("channel_not_found")
    return found


def writable(slack: Slack, name: str) -> Channel:
    """Where the bot may post: a user id stands for the direct message.

    Raises:
        SlackError: `channel_not_found`, `is_archived` or `not_in_channel`.
    """
    person = slack.workspace.people.get(name)
    if person is not None:
        if person.is_bot or person.deleted:
            raise SlackError("channel_not_found")
        return slack.workspace.direct(name)
    place = place_named(slack, name)
    if place.archived:
        raise SlackError("is_archived")
    if BOT_USER not in place.members and "chat:write.public" not in slack.scopes:
        raise SlackError("not_in_channel")
    return place


def content(args: Args) -> tuple[str, list[Json] | None, list[Json]]:
    """Text, blocks and attachments of a call, judged and named.

    Raises:
        SlackError: Slack's name for what is wrong with them.
    """
    text = args.text("text")
    markdown = args.text("markdown_text")
    blocks = args.objects("blocks", "invalid_blocks_format")
    attachments = args.objects("attachments", "invalid_attachments") or []
    if markdown:
        if text or blocks:
            raise SlackError("markdown_text_conflict")
        text, blocks = markdown, [{"type": "markdown", "text": markdown}]
    checks.message(text, blocks, attachments)
    if not blocks:
        return text, None, attachments
    return text or UNREADABLE, name_blocks(copy.deepcopy(blocks)), attachments


def post_message(slack: Slack, args: Args) -> Json:
    """`chat.postMessage`."""
    place = writable(slack, args.needed("channel"))
    text, blocks, attachments = content(args)
    metadata = checks.metadata(args.json("metadata", "invalid_metadata_format"))
    slack.rates.post(place.id)
    message = Message(
        place.id,
        "",
        BOT_USER,
        text[: checks.POST_TEXT],
        slack.clock.now(),
        blocks=blocks,
        attachments=attachments,
        bot=True,
        thread_ts=_thread(slack, place, args.text("thread_ts")),
        broadcast=args.flag("reply_broadcast"),
        metadata=metadata,
    )
    if message.broadcast and message.thread_ts:
        message.subtype = "thread_broadcast"
    slack.workspace.post(message)
    slack.events.said(message)
    shape = shapes.message(slack.workspace, message, slack.origin)
    return {"channel": place.id, "ts": message.ts, "message": shape}


def update(slack: Slack, args: Args) -> Json:
    """`chat.update`; text without blocks takes the blocks away."""
    place, message = _own(slack, args, "cant_update_message")
    if place.archived:
        raise SlackError("is_inactive")
    if len(args.text("text")) > checks.UPDATE_TEXT:
        raise SlackError("msg_too_long")
    text, blocks, attachments = content(args)
    if "metadata" in args.values:
        message.metadata = checks.metadata(args.json("metadata", "invalid_metadata_format"))
    message.text, message.blocks, message.attachments = text, blocks, attachments
    if blocks is None:
        # Slack marks only plain texts of apps as edited.
        message.edited_ts = slack.workspace.timestamps.next()
    slack.workspace.changed(message)
    shape = shapes.message(slack.workspace, message, slack.origin)
    return {"channel": place.id, "ts": message.ts, "text": text, "message": shape}


def delete(slack: Slack, args: Args) -> Json:
    """`chat.delete`."""
    place, message = _own(slack, args, "cant_delete_message")
    slack.workspace.delete(message)
    return {"channel": place.id, "ts": message.ts}


def post_ephemeral(slack: Slack, args: Args) -> Json:
    """`chat.postEphemeral`: for one member, gone after a reload."""
    place = writable(slack, args.needed("channel"))
    person = args.needed("user")
    if person not in place.members:
        raise SlackError("user_not_in_channel")
    text, blocks, attachments = content(args)
    message = Message(
        place.id,
        "",
        BOT_USER,
        text[: checks.POST_TEXT],
        slack.clock.now(),
        blocks=blocks,
        attachments=attachments,
        bot=True,
        thread_ts=args.text("thread_ts") or None,
        ephemeral_for=person,
    )
    slack.workspace.whisper(message)
    return {"message_ts": message.ts}


def get_permalink(slack: Slack, args: Args) -> Json:
    """`chat.getPermalink`."""
    place = place_named(slack, args.needed("channel"))
    message = slack.workspace.find(place.id, args.needed("message_ts"))
    if message is None:
        raise SlackError("message_not_found")
    link = f"https://{TEAM_DOMAIN}.slack.com/archives/{place.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={place.id}"
    return {"channel": place.id, "permalink": link}


def add_reaction(slack: Slack, args: Args) -> Json:
    """`reactions.add`."""
    place = place_named(slack, args.needed("channel"))
    message = slack.workspace.find(place.id, args.needed("timestamp"))
    if message is None:
        raise SlackError("message_not_found")
    if place.archived:
        raise SlackError("is_archived")
    users = message.reactions.setdefault(args.needed("name").strip(":"), [])
    if BOT_USER in users:
        raise SlackError("already_reacted")
    users.append(BOT_USER)
    slack.workspace.changed(message)
    return {}


def _thread(slack: Slack, place: Channel, ts: str) -> str | None:
    """The root of the thread to answer in; a reply's own ts leads to its root."""
    if not ts:
        return None
    root = slack.workspace.root(place.id, ts)
    if root is None:
        raise SlackError("cannot_reply_to_message")
    return root.thread_ts if root.is_reply else root.ts


def _own(slack: Slack, args: Args, foreign: str) -> tuple[Channel, Message]:
    place = place_named(slack, args.needed("channel"))
    message = slack.workspace.find(place.id, args.needed("ts"))
    if message is None:
        raise SlackError("message_not_found")
    if not message.bot:
        raise SlackError(foreign)
    return place, message
