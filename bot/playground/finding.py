"""Finds buttons by what people see, and builds the action that Slack sends for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.playground import state
from bot.playground.errors import PlayError
from bot.playground.gestures import place_of

if TYPE_CHECKING:
    from bot.playground.identity import Json
    from bot.playground.slack import Slack


def button_in(
    slack: Slack,
    person: str,
    button: str,
    *,
    channel: str | None = None,
    ts: str | None = None,
    home: bool = False,
) -> tuple[Json, Json, Json]:
    """Container, block and element of a button, by the start of its action id or by its words.

    In a channel the newest message that has it wins, the person's ephemeral ones first.

    Raises:
        PlayError: it is not there; the sentence names what is.
    """
    seen: list[str] = []
    for container, blocks in _containers(slack, person, channel, ts, home=home):
        for block, element in state.elements(blocks):
            if matches(element, button):
                return container, block, element
            seen.append(f"{element.get('action_id')} “{words(element)}”")
    where = "the Home tab" if home else (channel or "the open form")
    there = ", ".join(seen[:12]) or "none"
    raise PlayError(f"{person} sees no button “{button}” in {where}. There: {there}.")


def matches(element: Json, button: str) -> bool:
    """True when the element's action id starts with this, or it carries these words."""
    return (
        str(element.get("action_id", "")).startswith(button) or words(element).casefold() == button.casefold()
    )


def words(element: Json) -> str:
    """The words on an element."""
    label = element.get("text") or element.get("placeholder") or {}
    return str(label.get("text", "")) if isinstance(label, dict) else ""


def choose(block: Json, element: Json, value: object = None) -> Json:
    """The action Slack sends when this element is used.

    Args:
        block: the block it is in.
        element: the element.
        value: the option's value or label, the date, the user …; not for buttons.
    """
    kind = str(element["type"])
    action: Json = {"type": kind, "block_id": block["block_id"], "action_id": element["action_id"]}
    if kind == "button":
        action["text"] = element["text"]
        for key in ("value", "style", "url"):
            if key in element:
                action[key] = element[key]
    elif kind == "overflow":
        action["selected_option"] = state.find_option(element["options"], str(value))
    elif kind in state.FIELDS:
        action |= state.held(element, value)
    return action


def _containers(
    slack: Slack, person: str, channel: str | None, ts: str | None, *, home: bool
) -> list[tuple[Json, list[Json]]]:
    if home:
        view = slack.modals.homes.get(person)
        return [({"type": "home", "view_id": view.id}, view.blocks)] if view else []
    if channel is None:
        top = slack.modals.top(person)
        return [({"type": "view", "view_id": top.id}, top.blocks)] if top else []
    place = place_of(slack, person, channel)
    hidden = [
        message
        for message in slack.workspace.ephemerals.values()
        if message.ephemeral_for == person and message.channel == place.id
    ]
    shown = [message for message in slack.workspace.messages(place.id) if not message.deleted]
    both = sorted([*hidden, *shown], key=lambda message: message.ts, reverse=True)
    return [
        ({"type": "message", "channel": place.id, "ts": message.ts}, message.blocks)
        for message in both
        if message.blocks and ts in (None, message.ts)
    ]
