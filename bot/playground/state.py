"""Slack's `state.values`: what fields hold, filled in and checked as Slack's client does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.playground.errors import PlayError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.playground.identity import Json

# Element type -> (key in the state, key of its start value, value when nothing was chosen).
FIELDS: dict[str, tuple[str, str, object]] = {
    "plain_text_input": ("value", "initial_value", None),
    "email_text_input": ("value", "initial_value", None),
    "url_text_input": ("value", "initial_value", None),
    "number_input": ("value", "initial_value", None),
    "static_select": ("selected_option", "initial_option", None),
    "external_select": ("selected_option", "initial_option", None),
    "radio_buttons": ("selected_option", "initial_option", None),
    "multi_static_select": ("selected_options", "initial_options", []),
    "multi_external_select": ("selected_options", "initial_options", []),
    "checkboxes": ("selected_options", "initial_options", []),
    "users_select": ("selected_user", "initial_user", None),
    "multi_users_select": ("selected_users", "initial_users", []),
    "conversations_select": ("selected_conversation", "initial_conversation", None),
    "multi_conversations_select": ("selected_conversations", "initial_conversations", []),
    "channels_select": ("selected_channel", "initial_channel", None),
    "multi_channels_select": ("selected_channels", "initial_channels", []),
    "datepicker": ("selected_date", "initial_date", None),
    "timepicker": ("selected_time", "initial_time", None),
    "datetimepicker": ("selected_date_time", "initial_date_time", None),
    "rich_text_input": ("rich_text_value", "initial_value", None),
    "file_input": ("files", "initial_files", []),
}

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Every element people can use, with its block."""
    for block in blocks:
        if block.get("type") == "input" and isinstance(block.get("element"), dict):
            yield block, block["element"]
        elif block.get("type") in {"actions", "context_actions"}:
            for element in block.get("elements", []):
                yield block, element
        elif isinstance(block.get("accessory"), dict):
            yield block, block["accessory"]


def full(blocks: list[Json], reported: Json) -> Json:
    """`state.values` of these blocks: what was reported, else the start value, else empty; nothing more."""
    values: dict[str, dict[str, Json]] = {}
    for block, element in elements(blocks):
        kind = str(element.get("type"))
        if kind not in FIELDS:
            continue
        key, start, empty = FIELDS[kind]
        block_id, action_id = str(block.get("block_id")), str(element.get("action_id"))
        held = reported.get(block_id, {}).get(action_id)
        if isinstance(held, dict) and held.get("type", kind) == kind:
            value = held.get(key, empty)
        else:
            value = element.get(start, empty)
        values.setdefault(block_id, {})[action_id] = {"type": kind, key: value}
    return values


def complaints(blocks: list[Json], values: Json) -> dict[str, str]:
    """What Slack's own client refuses before the bot is asked: block id -> sentence."""
    found: dict[str, str] = {}
    for block in blocks:
        if block.get("type") != "input":
            continue
        element = block["element"]
        key = FIELDS.get(str(element.get("type")), ("value", "", None))[0]
        value = values.get(block["block_id"], {}).get(element["action_id"], {}).get(key)
        if value in (None, "", []):
            if not block.get("optional"):
                found[block["block_id"]] = "Please complete this required field."
        elif sentence := _unfit(element, value):
            found[block["block_id"]] = sentence
    return found


def _unfit(element: Json, value: object) -> str | None:
    kind = element.get("type")
    if kind == "email_text_input" and not _EMAIL.fullmatch(str(value)):
        return "Please enter a valid email address."
    if kind == "url_text_input" and not str(value).startswith(("http://", "https://")):
        return "Please enter a valid URL."
    if kind == "number_input" and not re.fullmatch(r"-?\d+(\.\d+)?", str(value)):
        return "Please enter a valid number."
    if kind == "plain_text_input":
        if len(str(value)) < element.get("min_length", 0):
            return f"Must be at least {element['min_length']} characters."
        if len(str(value)) > element.get("max_length", 3000):
            return f"Must be at most {element.get('max_length', 3000)} characters."
    return None


def label_of(block: Json) -> str:
    """The words above a field, or the empty string."""
    return str((block.get("label") or {}).get("text", ""))


def find_field(blocks: list[Json], name: str) -> tuple[Json, Json]:
    """The field with this block id, action id or label (its start is enough).

    Raises:
        PlayError: there is none; the sentence lists the fields there are.
    """
    fields = [(block, element) for block, element in elements(blocks) if element.get("type") in FIELDS]
    wanted = name.casefold()
    for block, element in fields:
        if name in (block.get("block_id"), element.get("action_id")) or label_of(block).casefold() == wanted:
            return block, element
    for block, element in fields:
        if label_of(block).casefold().startswith(wanted) or str(block.get("block_id")).startswith(name):
            return block, element
    there = ", ".join(f"{block.get('block_id')} “{label_of(block)}”" for block, _ in fields) or "none"
    raise PlayError(f"There is no field “{name}”. Fields: {there}.")


def options_of(element: Json) -> list[Json]:
    """All options of a select, its groups included."""
    groups = element.get("option_groups") or []
    return [*element.get("options", []), *(option for group in groups for option in group["options"])]


def find_option(options: list[Json], wanted: str) -> Json:
    """The option with this value or label (its start is enough).

    Raises:
        PlayError: there is none; the sentence lists the options there are.
    """
    small = wanted.casefold()
    for option in options:
        if option.get("value") == wanted or option["text"]["text"].casefold() == small:
            return option
    for option in options:
        if option["text"]["text"].casefold().startswith(small):
            return option
    there = ", ".join(f"{option.get('value')} “{option['text']['text']}”" for option in options) or "none"
    raise PlayError(f"There is no option “{wanted}”. Options: {there}.")


def held(element: Json, value: object, options: list[Json] | None = None) -> Json:
    """The state of an element when a person enters this value.

    Args:
        element: the Block Kit element.
        value: text, a date, a user id; for selects the value or label of an option, for several a list;
            for files a list of file ids; None empties the field.
        options: the options of an external select, already asked for.
    """
    kind = str(element.get("type"))
    key, _, empty = FIELDS[kind]
    if value is None:
        return {"type": kind, key: empty}
    choices = options if options is not None else options_of(element)
    if key == "selected_option":
        return {"type": kind, key: find_option(choices, str(value))}
    if key == "selected_options":
        chosen = value if isinstance(value, list | tuple) else [value]
        return {"type": kind, key: [find_option(choices, str(one)) for one in chosen]}
    if key == "files":
        several = value if isinstance(value, list | tuple) else [value]
        return {"type": kind, key: [{"id": str(one)} for one in several]}
    if key.endswith("s") and not isinstance(value, list):
        return {"type": kind, key: [value]}
    return {"type": kind, key: value}
