"""What a person does with blocks: click, fill in and send a form, leave it, look for options."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from bot.playground import payloads, shapes, state
from bot.playground.errors import PlayError, SlackError
from bot.playground.gestures import person_named, place_of, trouble

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.playground.ack import Ack
    from bot.playground.identity import Json
    from bot.playground.modals import View
    from bot.playground.slack import Slack
    from bot.playground.workspace import Message

CONNECTING: Final = "We had some trouble connecting. Try again?"


async def act(slack: Slack, person: str, container: Json, action: Json, values: Json | None = None) -> Ack:
    """A person uses an element of a message, modal or Home tab.

    Args:
        slack: the workspace.
        person: who.
        container: `{"type": "message", "channel", "ts"}`, or `{"type": "view"|"home", "view_id"}`.
        action: the element as Slack sends it: type, block_id, action_id and what was chosen.
        values: `state.values` of the container as the client sees it.

    Raises:
        PlayError: the message or view is gone.
    """
    person_named(slack, person)
    used = {**action, "action_ts": slack.workspace.timestamps.next()}
    if container.get("type") == "message":
        message = message_at(slack, person, str(container.get("channel")), str(container.get("ts")))
        payload = payloads.message_action(slack, person, message, [used], expanded(slack, values or {}))
    else:
        view = _view(slack, person, str(container.get("view_id", "")), container.get("type") == "home")
        if values is not None:
            view.values = state.full(view.blocks, expanded(slack, values))
        payload = payloads.view_action(slack, person, view, [used])
    ack = await slack.dispatcher.interact("block_actions", payload)
    if not ack.ok:
        slack.error(
            person, "That did not work", trouble(slack, ack), "Slack shows a warning sign beside the button."
        )
    return ack


async def submit(slack: Slack, person: str, view_id: str, values: Json) -> Json:
    """A person sends a form: `{"ok": True}`, `{"errors": {block_id: text}}` or `{"error": text}`.

    Raises:
        PlayError: the form is not open any more.
    """
    view = _view(slack, person, view_id, home=False)
    view.values = state.full(view.blocks, expanded(slack, values))
    if refused := state.complaints(view.blocks, view.values):
        return {"errors": refused}
    slack.modals.busy(view, on=True)
    # Before the bot hears of it: its worker may ask for a file while the acknowledgement is on its way.
    for fields in view.values.values():
        for held in fields.values():
            for file in held.get("files", []) if held["type"] == "file_input" else []:
                slack.workspace.files[file["id"]].submitted = True
    ack = await slack.dispatcher.interact("view_submission", payloads.submission(slack, view))
    # A lost submission leaves the form open with what was typed, as Slack's client does.
    if not ack.ok:
        if slack.modals.find(view.id) is view:
            slack.modals.busy(view, on=False)
        slack.error(person, CONNECTING, trouble(slack, ack))
        return {"error": CONNECTING}
    try:
        return _respond(slack, view, ack.json)
    except SlackError as refusal:
        slack.modals.busy(view, on=False)
        slack.error(person, CONNECTING, f"{refusal.error}: {refusal.extra.get('errors', '')}")
        return {"error": CONNECTING}


def _respond(slack: Slack, view: View, told: Json) -> Json:
    """Does what the acknowledgement of a submission asks."""
    act_name = told.get("response_action")
    still_open = slack.modals.find(view.id) is view
    if act_name == "errors":
        errors = {str(key): str(text) for key, text in (told.get("errors") or {}).items()}
        inputs = {block["block_id"] for block in view.blocks if block.get("type") == "input"}
        if not errors or not set(errors) <= inputs:
            raise SlackError("invalid_arguments", errors=[f"errors name no input block: {sorted(errors)}"])
        slack.modals.busy(view, on=False)
        return {"errors": errors}
    if act_name == "update":
        if still_open:
            slack.modals.update(view, told.get("view"))
    elif act_name == "push":
        view.busy = False
        slack.modals.push(view.person, told.get("view"))
    elif act_name == "clear":
        slack.modals.clear(view.person)
    elif act_name is not None:
        raise SlackError("invalid_arguments", errors=[f"unknown response_action {act_name!r}"])
    elif still_open:
        slack.modals.close(view)
    return {"ok": True}


async def close(
    slack: Slack, person: str, view_id: str, *, everything: bool = False, values: Json | None = None
) -> None:
    """A person leaves a modal (or all of the stack); the bot hears of those that asked for it.

    `values` is what its fields hold then.
    """
    view = _view(slack, person, view_id, home=False)
    if values is not None:
        view.values = state.full(view.blocks, expanded(slack, values))
    stack = slack.modals.stacks.get(person, [])
    left = list(stack) if everything or view.payload.get("clear_on_close") else stack[stack.index(view) :]
    cleared = len(left) == len(stack) and (everything or bool(view.payload.get("clear_on_close")))
    if len(left) == len(stack):
        slack.modals.clear(person)
    else:
        slack.modals.close(left[0])
    for gone in reversed(left):
        if gone.payload.get("notify_on_close"):
            payload = payloads.closed(slack, gone, cleared=cleared)
            slack.dispatcher.background(slack.dispatcher.interact("view_closed", payload))
    await asyncio.sleep(0)


async def suggest(slack: Slack, person: str, where: Json, block_id: str, action_id: str, value: str) -> Json:
    """The options of an external select: `{"options": […]}`, and `option_groups` when there are some."""
    view: View | None = None
    message: Message | None = None
    if where.get("view_id"):
        view = _view(slack, person, str(where["view_id"]), home=False)
    else:
        message = message_at(slack, person, str(where.get("channel")), str(where.get("ts")))
    payload = payloads.suggestion(slack, person, block_id, action_id, value, view=view, message=message)
    ack = await slack.dispatcher.interact("block_suggestion", payload)
    if not ack.ok:
        slack.error(person, "The options could not be loaded", trouble(slack, ack))
        return {"options": []}
    found: Json = {"options": list(ack.json.get("options") or [])}
    if groups := ack.json.get("option_groups"):
        found["option_groups"] = groups
    return found


def message_at(slack: Slack, person: str, channel: str, ts: str) -> Message:
    """A message that a person sees, also one only for them.

    Raises:
        PlayError: it is gone.
    """
    hidden = slack.workspace.ephemerals.get(ts)
    if hidden is not None and hidden.ephemeral_for == person:
        return hidden
    place = place_of(slack, person, channel)
    message = slack.workspace.find(place.id, ts)
    if message is None:
        raise PlayError("This message is gone.")
    return message


def expanded(slack: Slack, values: Json) -> Json:
    """State values with the full objects of the files in them."""
    made: Json = {}
    for block_id, fields in values.items():
        made[block_id] = {}
        for action_id, held in (fields or {}).items():
            if isinstance(held, dict) and held.get("files"):
                known = [slack.workspace.files.get(str(file.get("id"))) for file in held["files"]]
                full = [shapes.file(file, slack.origin) for file in known if file is not None]
                made[block_id][action_id] = {**held, "type": "file_input", "files": full}
            else:
                made[block_id][action_id] = held
    return made


def _view(slack: Slack, person: str, view_id: str, home: bool) -> View:  # noqa: FBT001 - private, named at each call
    view = slack.modals.homes.get(person) if home and not view_id else slack.modals.find(view_id)
    if view is None or view.person != person:
        raise PlayError("This form is not open any more.")
    return view


async def filled(slack: Slack, person: str, fields: Mapping[str, object]) -> Json:
    """`state.values` of a person's open modal with these fields entered; external selects ask the bot.

    Args:
        slack: the workspace.
        person: whose modal.
        fields: block id, action id or label (its start is enough) -> text, option value or label, date,
            user id, a list of those, or file ids.

    Raises:
        PlayError: no modal is open, or a field or option does not exist.
    """
    top = slack.modals.top(person)
    if top is None:
        raise PlayError(f"{person} has no form open.")
    values = state.full(top.blocks, top.values)
    for name, value in fields.items():
        block, element = state.find_field(top.blocks, name)
        options = None
        if "external_select" in element["type"] and value is not None:
            first = value[0] if isinstance(value, list | tuple) else value
            names = (block["block_id"], element["action_id"])
            found = await suggest(slack, person, {"view_id": top.id}, *names, str(first))
            options = state.options_of(found)
        values[block["block_id"]][element["action_id"]] = state.held(element, value, options)
    return values
