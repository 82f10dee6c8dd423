"""What a person does in Slack outside forms: write, type a command, use a shortcut, open the Home tab."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.playground import manifest, payloads, reply_url, typing_box
from bot.playground.errors import PlayError, SlackError
from bot.playground.identity import BOT_NAME, BOT_USER
from bot.playground.triggers import ReplyUrl
from bot.playground.workspace import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.playground.ack import Ack
    from bot.playground.identity import Json
    from bot.playground.slack import Slack
    from bot.playground.workspace import Channel, Person

_TROUBLE = {
    "http_timeout": "operation_timeout",
    "connection_failed": "dispatch_failed",
    "http_error": "dispatch_failed",
}


def person_named(slack: Slack, name: str) -> Person:
    """A person of the workspace.

    Raises:
        PlayError: nobody has this id.
    """
    person = slack.workspace.people.get(name)
    if person is None or person.is_bot:
        raise PlayError(f"Nobody here has the id {name}.")
    return person


def place_of(slack: Slack, person: str, name: str, *, write: bool = False) -> Channel:
    """A channel that a person may read, or write in.

    Raises:
        PlayError: there is none, it is private, or it is archived.
    """
    person_named(slack, person)
    if name in ("dm", f"D{person[1:]}"):
        return slack.workspace.direct(person)
    place = slack.workspace.channels.get(name)
    if place is None or (
        person not in place.members and (place.private or slack.workspace.people[person].guest)
    ):
        raise PlayError(f"There is no channel {name} for {person}.")
    if write and place.archived:
        raise PlayError(f"#{place.name} is archived: nobody can write there.")
    if write and person not in place.members:
        raise PlayError(f"{slack.workspace.people[person].name} is not in #{place.name}.")
    return place


def say(
    slack: Slack,
    person: str,
    channel: str,
    text: str,
    *,
    thread_ts: str | None = None,
    files: Sequence[str] = (),
) -> Message:
    """A person writes a message, with files they have uploaded; the bot hears what it is subscribed to.

    Raises:
        PlayError: the person cannot write there.
    """
    place = place_of(slack, person, channel, write=True)
    if not text.strip() and not files:
        raise PlayError("An empty message is not sent.")
    if unknown := [name for name in files if name not in slack.workspace.files]:
        raise PlayError(f"There is no file {unknown[0]}.")
    if thread_ts:
        root = slack.workspace.root(place.id, thread_ts)
        if root is None:
            raise PlayError("This thread is gone.")
        thread_ts = root.thread_ts if root.is_reply else root.ts
    message = slack.workspace.post(
        Message(
            place.id,
            "",
            person,
            typing_box.message(slack.workspace, text),
            slack.clock.now(),
            files=list(files),
            thread_ts=thread_ts,
        )
    )
    slack.unread.read(person, place.id, message.ts)
    slack.events.said(message)
    return message


async def command(
    slack: Slack, person: str, channel: str, text: str, thread_ts: str | None = None
) -> Ack | None:
    """A person types a slash command; what goes wrong is shown to them as Slack shows it.

    Raises:
        PlayError: Slack itself refuses: an unknown command, or one typed in a thread.
    """
    place = place_of(slack, person, channel, write=True)
    word, _, rest = text.strip().partition(" ")
    if word in ("/invite", "/remove"):
        _invite(slack, person, place, rest, leave=word == "/remove")
        return None
    known = next((one for one in manifest.commands(slack.manifest) if one["command"] == word), None)
    if known is None:
        raise PlayError(f"{word} is not a valid command.")
    if thread_ts:
        raise PlayError(f"{word} is not supported in threads. Sorry!")
    sent = typing_box.command(slack.workspace, rest.strip(), escaped=bool(known.get("should_escape")))
    ack = await slack.dispatcher.interact(
        "slash_commands", payloads.command(slack, person, place.id, word, sent)
    )
    if not ack.ok:
        name = _TROUBLE[str(ack.problem)]
        slack.error(
            person,
            f'{word} failed with the error "{name}"',
            trouble(slack, ack),
            "Slack shows this when an app does not acknowledge a command in time.",
        )
    elif ack.body:
        told = ack.body if isinstance(ack.body, dict) else {"text": str(ack.body)}
        reply(slack, ReplyUrl(place.id, person, slack.clock.wall()), told)
    return ack


async def shortcut(
    slack: Slack, person: str, callback_id: str, channel: str | None = None, ts: str | None = None
) -> Ack:
    """A person uses a global shortcut, or with channel and ts one in the menu of a message.

    Raises:
        PlayError: the manifest has no such shortcut, or the message is not there.
    """
    wanted = "message" if ts else "global"
    known = [one for one in manifest.shortcuts(slack.manifest) if one["callback_id"] == callback_id]
    if not any(one["type"] == wanted for one in known):
        raise PlayError(f"There is no {wanted} shortcut {callback_id}.")
    if ts:
        place = place_of(slack, person, channel or "")
        message = slack.workspace.find(place.id, ts)
        if message is None:
            raise PlayError("This message is gone.")
        kind, payload = "message_action", payloads.message_shortcut(slack, person, callback_id, message)
    else:
        person_named(slack, person)
        kind, payload = "shortcut", payloads.global_shortcut(slack, person, callback_id)
    ack = await slack.dispatcher.interact(kind, payload)
    if not ack.ok:
        title = f"{known[0]['name']} did not work"
        slack.error(person, title, trouble(slack, ack), "Try again in a moment.")
    return ack


def open_home(slack: Slack, person: str, tab: str = "home") -> None:
    """A person opens the app's Home (or Messages) tab."""
    person_named(slack, person)
    slack.workspace.direct(person)
    slack.events.home_opened(person, tab)


def reply(slack: Slack, url: ReplyUrl, told: Json) -> None:
    """Shows the answer that came in the body of an acknowledgement."""
    try:
        reply_url.answer(slack, url, told)
    except SlackError as refusal:
        slack.error(
            url.person, "The app's answer could not be shown", refusal.error, str(refusal.extra or "")
        )


def trouble(slack: Slack, ack: Ack) -> str:
    """One sentence for what was wrong with an acknowledgement."""
    if ack.problem == "http_timeout":
        return (
            f"{BOT_NAME} did not answer within {slack.dispatcher.ack_seconds:g} seconds (operation_timeout)."
        )
    if ack.problem == "connection_failed":
        return f"{BOT_NAME} could not be reached (dispatch_failed)."
    return f"{BOT_NAME} answered with status code {ack.status}."


def _invite(slack: Slack, person: str, place: Channel, rest: str, *, leave: bool) -> None:
    names = re.findall(r"<@([UW][A-Z0-9]+)", typing_box.command(slack.workspace, rest, escaped=True))
    if not names:
        raise PlayError("Whom? Name somebody with @.")
    for name in names:
        if leave and name in place.members:
            place.members.remove(name)
        elif not leave and name not in place.members:
            place.members.append(name)
            slack.events.joined(name, place.id, person)
        if name == BOT_USER or name in slack.workspace.people:
            verb = "was removed from" if leave else "was added to"
            text = f"<@{name}> {verb} #{place.name}."
            slack.workspace.whisper(
                Message(
                    place.id,
                    "",
                    person,
                    text,
                    slack.clock.now(),
                    ephemeral_for=person,
                    subtype="channel_join",
                )
            )
    slack.hub.tell({"type": "state"})
