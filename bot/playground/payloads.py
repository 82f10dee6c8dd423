"""The bodies of commands, clicks, submissions and shortcuts, field by field as Slack's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.playground import shapes, state
from bot.playground.identity import APP_ID, TEAM_DOMAIN, TEAM_ID, VERIFICATION_TOKEN

if TYPE_CHECKING:
    from bot.playground.identity import Json
    from bot.playground.modals import View
    from bot.playground.slack import Slack
    from bot.playground.workspace import Message


def envelope(slack: Slack, kind: str, person: str) -> Json:
    """What all interactive payloads have in common."""
    handle = slack.workspace.people[person].handle
    return {
        "type": kind,
        "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
        "user": {"id": person, "username": handle, "name": handle, "team_id": TEAM_ID},
        "api_app_id": APP_ID,
        "token": VERIFICATION_TOKEN,
        "enterprise": None,
        "is_enterprise_install": False,
    }


def channel(slack: Slack, name: str) -> Json:
    """The short form of a channel in payloads."""
    place = slack.workspace.channels[name]
    return {"id": place.id, "name": "privategroup" if place.private and not place.is_im else place.name}


def command(slack: Slack, person: str, place: str, word: str, text: str) -> Json:
    """The form of a slash command."""
    return {
        "token": VERIFICATION_TOKEN,
        "team_id": TEAM_ID,
        "team_domain": TEAM_DOMAIN,
        "channel_id": place,
        "channel_name": channel(slack, place)["name"],
        "user_id": person,
        "user_name": slack.workspace.people[person].handle,
        "command": word,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": slack.origin + slack.reply_urls.issue(place, person),
        "trigger_id": slack.triggers.issue(person),
    }


def message_action(slack: Slack, person: str, message: Message, actions: list[Json], values: Json) -> Json:
    """A click in a message; an ephemeral one comes without the message, as in Slack."""
    hidden = message.ephemeral_for is not None
    url = slack.reply_urls.issue(message.channel, person, message.ts, message.thread_ts)
    container: Json = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": hidden,
    }
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    body = {
        **envelope(slack, "block_actions", person),
        "container": container,
        "trigger_id": slack.triggers.issue(person),
        "channel": channel(slack, message.channel),
        "state": {"values": state.full(message.blocks or [], values)},
        "response_url": slack.origin + url,
        "actions": actions,
    }
    if not hidden:
        body["message"] = shapes.message(slack.workspace, message, slack.origin)
    return body


def view_action(slack: Slack, person: str, view: View, actions: list[Json]) -> Json:
    """A click in a modal or Home tab."""
    shape = view.shape()
    return {
        **envelope(slack, "block_actions", person),
        "container": {"type": "view", "view_id": view.id},
        "trigger_id": slack.triggers.issue(person, view.id if view.kind == "modal" else None),
        "view": shape,
        "state": {"values": shape["state"]["values"]},
        "actions": actions,
    }


def submission(slack: Slack, view: View) -> Json:
    """A modal was sent."""
    return {
        **envelope(slack, "view_submission", view.person),
        "trigger_id": slack.triggers.issue(view.person, view.id),
        "view": view.shape(),
        "response_urls": [],
    }


def closed(slack: Slack, view: View, *, cleared: bool) -> Json:
    """A modal was left."""
    return {
        **envelope(slack, "view_closed", view.person),
        "view": view.shape(),
        "is_cleared": cleared,
    }


def message_shortcut(slack: Slack, person: str, callback_id: str, message: Message) -> Json:
    """A shortcut in the menu of a message; it carries the whole message, also where the bot is not."""
    return {
        **envelope(slack, "message_action", person),
        "action_ts": slack.workspace.timestamps.next(),
        "channel": channel(slack, message.channel),
        "callback_id": callback_id,
        "trigger_id": slack.triggers.issue(person),
        "response_url": slack.origin + slack.reply_urls.issue(message.channel, person),
        "message_ts": message.ts,
        "message": shapes.message(slack.workspace, message, slack.origin),
    }


def global_shortcut(slack: Slack, person: str, callback_id: str) -> Json:
    """A shortcut from anywhere: no channel, no response URL."""
    return {
        **envelope(slack, "shortcut", person),
        "action_ts": slack.workspace.timestamps.next(),
        "callback_id": callback_id,
        "trigger_id": slack.triggers.issue(person),
    }


def suggestion(
    slack: Slack,
    person: str,
    block_id: str,
    action_id: str,
    value: str,
    *,
    view: View | None,
    message: Message | None,
) -> Json:
    """The question for the options of an external select."""
    body = {
        **envelope(slack, "block_suggestion", person),
        "action_id": action_id,
        "block_id": block_id,
        "value": value,
    }
    if view is not None:
        body |= {"container": {"type": "view", "view_id": view.id}, "view": view.shape()}
    elif message is not None:
        body |= {
            "container": {
                "type": "message",
                "message_ts": message.ts,
                "channel_id": message.channel,
                "is_ephemeral": message.ephemeral_for is not None,
            },
            "channel": channel(slack, message.channel),
            "message": shapes.message(slack.workspace, message, slack.origin),
        }
    return body
