"""Builds what people fill in: choices, pickers, inputs and the modal around them.

Limits are kept as in `bot.views.block`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from bot.views import schema
from bot.views.block import BlockError, Json, exact, identifier, text_object, view_blocks, words
from bot.views.cut import cut

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date


def option(text: str, value: str, description: str | None = None) -> Json:
    """One choice: 75 characters, a value of up to 150, a line of up to 75 that says who it is for."""
    choice: Json = {
        "text": text_object(text, schema.OPTION),
        "value": exact("an option's value", value, schema.OPTION_VALUE),
    }
    if description:
        choice["description"] = text_object(description, schema.OPTION)
    return choice


def group(label: str, options: Iterable[Json]) -> Json:
    """Choices under a heading, for `select`."""
    return {"label": words(label, schema.OPTION), "options": list(options)}


def select(
    action_id: str,
    options: Sequence[Json],
    *,
    placeholder: str | None = None,
    initial: str | None = None,
    confirm: Json | None = None,
) -> Json:
    """A list of up to 100 choices or groups; `initial` is the value of the one chosen beforehand.

    Raises:
        BlockError: none or too many choices, or no choice has the value `initial`.
    """
    grouped = bool(options) and "label" in options[0]
    flat = [choice for each in options for choice in each["options"]] if grouped else list(options)
    _between("choices", options, 1, schema.OPTIONS)
    element = _element("static_select", action_id, placeholder=placeholder, confirm=confirm)
    element["option_groups" if grouped else "options"] = list(options)
    if initial is not None:
        element["initial_option"] = _chosen(flat, initial)
    return element


def multi_select(
    action_id: str,
    options: Sequence[Json],
    *,
    placeholder: str | None = None,
    initial: Iterable[str] = (),
) -> Json:
    """As `select`, for several choices at once; `initial` holds their values."""
    _between("choices", options, 1, schema.OPTIONS)
    element = _element("multi_static_select", action_id, placeholder=placeholder)
    return element | {"options": list(options)} | _several(options, initial)


def external_select(
    action_id: str,
    *,
    placeholder: str | None = None,
    least: int = 0,
    initial: Json | None = None,
) -> Json:
    """A list that we are asked for once `least` characters are typed."""
    element = _element("external_select", action_id, placeholder=placeholder)
    element["min_query_length"] = least
    if initial is not None:
        element["initial_option"] = initial
    return element


def users_select(action_id: str, *, placeholder: str | None = None, initial: str | None = None) -> Json:
    """A person; `initial` is a Slack user id."""
    element = _element("users_select", action_id, placeholder=placeholder)
    return element | ({"initial_user": initial} if initial else {})


def channels_select(action_id: str, *, placeholder: str | None = None, initial: str | None = None) -> Json:
    """A public channel; `initial` is its id."""
    element = _element("channels_select", action_id, placeholder=placeholder)
    return element | ({"initial_channel": initial} if initial else {})


def conversations_select(action_id: str, *, initial: str | None = None) -> Json:
    """A channel, public or private, that the person is in; `initial` is its id."""
    element = _element("conversations_select", action_id)
    element["filter"] = {"include": ["public", "private"], "exclude_bot_users": True}
    return element | ({"initial_conversation": initial} if initial else {})


def datepicker(action_id: str, *, initial: date | None = None, placeholder: str | None = None) -> Json:
    """A bare date, without a zone: whoever reads it binds it to one."""
    element = _element("datepicker", action_id, placeholder=placeholder)
    return element | ({"initial_date": initial.isoformat()} if initial else {})


def overflow(action_id: str, options: Sequence[Json], *, confirm: Json | None = None) -> Json:
    """Up to five rare acts behind three dots."""
    _between("overflow choices", options, 1, schema.OVERFLOW_OPTIONS)
    return _element("overflow", action_id, confirm=confirm) | {"options": list(options)}


def checkboxes(action_id: str, options: Sequence[Json], *, initial: Iterable[str] = ()) -> Json:
    """Up to ten boxes; `initial` holds the values ticked beforehand."""
    _between("boxes", options, 1, schema.FEW_OPTIONS)
    return _element("checkboxes", action_id) | {"options": list(options)} | _several(options, initial)


def radio(action_id: str, options: Sequence[Json], *, initial: str | None = None) -> Json:
    """Up to ten choices, all visible; `initial` is the value of the one chosen beforehand."""
    _between("choices", options, 1, schema.FEW_OPTIONS)
    element = _element("radio_buttons", action_id) | {"options": list(options)}
    return element | ({"initial_option": _chosen(options, initial)} if initial is not None else {})


def text_input(
    action_id: str,
    *,
    initial: str | None = None,
    placeholder: str | None = None,
    multiline: bool = False,
    least: int | None = None,
    most: int | None = None,
) -> Json:
    """A text of up to `most` characters (3,000 when not given). A longer `initial` is cut to fit."""
    element = _element("plain_text_input", action_id, placeholder=placeholder)
    if multiline:
        element["multiline"] = True
    if least is not None:
        element["min_length"] = least
    if most is not None:
        element["max_length"] = most
    return element | ({"initial_value": cut(initial, most or schema.INPUT)} if initial else {})


def email_input(action_id: str, *, initial: str | None = None, placeholder: str | None = None) -> Json:
    """An e-mail address; Slack checks its form."""
    element = _element("email_text_input", action_id, placeholder=placeholder)
    return element | ({"initial_value": initial} if initial else {})


def url_input(action_id: str, *, initial: str | None = None, placeholder: str | None = None) -> Json:
    """A web address; Slack checks its form."""
    element = _element("url_text_input", action_id, placeholder=placeholder)
    return element | ({"initial_value": initial} if initial else {})


def file_input(action_id: str, *, filetypes: Sequence[str] = (), most: int = schema.FILES) -> Json:
    """Up to ten files, in modals only. Slack's check of `filetypes` is a convenience: check again on arrival.

    Raises:
        BlockError: `most` is not between 1 and 10.
    """
    if not 1 <= most <= schema.FILES:
        raise BlockError(f"{most} files, 1 to {schema.FILES} fit")
    element = _element("file_input", action_id) | {"max_files": most}
    return element | ({"filetypes": list(filetypes)} if filetypes else {})


def input(  # noqa: A001 - Slack's own word for this block
    label: str,
    element: Json,
    block_id: str,
    *,
    hint: str | None = None,
    optional: bool = False,
    dispatch_action: bool = False,
) -> Json:
    """A labelled field. Its `block_id` is the key under which its errors are sent back.

    Raises:
        BlockError: a file input cannot report each change (`dispatch_action`).
    """
    if dispatch_action and element["type"] == "file_input":
        raise BlockError("a file input takes no dispatch_action")
    block: Json = {
        "type": "input",
        "block_id": identifier(block_id),
        "label": words(label, schema.LABEL),
        "element": element,
        "optional": optional,
    }
    if hint:
        block["hint"] = words(hint, schema.LABEL)
    if dispatch_action:
        block["dispatch_action"] = True
    return block


def alert(text: str, *, level: Literal["info", "warning", "error", "success"] = "error") -> Json:
    """A remark on the whole form, above its fields: modals only, 200 characters."""
    return {"type": "alert", "text": text_object(text, schema.ALERT), "level": level}


def modal(
    title: str,
    blocks: Iterable[Json],
    *,
    callback_id: str,
    submit: str | None = None,
    close: str | None = None,
    private_metadata: Mapping[str, object] | None = None,
    notify_on_close: bool = False,
) -> Json:
    """A form. `private_metadata` travels with it as JSON, up to 3,000 characters: ids, no text of customers.

    Raises:
        BlockError: inputs without a submit button, metadata too long, no or too many blocks.
    """
    view: Json = {
        "type": "modal",
        "title": words(title, schema.VIEW_WORDS),
        "callback_id": identifier(callback_id),
        "blocks": view_blocks(blocks),
        "notify_on_close": notify_on_close,
    }
    if submit:
        view["submit"] = words(submit, schema.VIEW_WORDS)
    elif any(block["type"] == "input" for block in view["blocks"]):
        raise BlockError("a form with inputs needs a submit button")
    if close:
        view["close"] = words(close, schema.VIEW_WORDS)
    if private_metadata is not None:
        carried = json.dumps(dict(private_metadata), separators=(",", ":"), sort_keys=True)
        view["private_metadata"] = exact("private_metadata", carried, schema.METADATA)
    return view


def _element(
    kind: str, action_id: str, *, placeholder: str | None = None, confirm: Json | None = None
) -> Json:
    element: Json = {"type": kind, "action_id": identifier(action_id)}
    if placeholder:
        element["placeholder"] = words(placeholder, schema.PLACEHOLDER)
    if confirm is not None:
        element["confirm"] = confirm
    return element


def _chosen(options: Iterable[Json], value: str) -> Json:
    for choice in options:
        if choice["value"] == value:
            return choice
    raise BlockError(f"no choice has the value {value!r}")


def _several(options: Sequence[Json], values: Iterable[str]) -> dict[str, Any]:
    chosen = [_chosen(options, value) for value in values]
    return {"initial_options": chosen} if chosen else {}


def _between(what: str, items: Sequence[object], least: int, most: int) -> None:
    if not least <= len(items) <= most:
        raise BlockError(f"{len(items)} {what}, {least} to {most} fit")
