"""Slack's limits on Block Kit, as data: what each block and element may hold, where it may stand.

Sources: Slack's reference pages at docs.slack.dev (`/reference/block-kit/blocks`, `…/block-elements`,
`…/composition-objects`, `/reference/views`, `/reference/methods/chat.postMessage`) and the limits written in
slack_sdk 3.47 (`models/blocks`, `models/views`). Where they are silent, the comment says whose figure it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

Surface = Literal["message", "modal", "home"]

MESSAGE_BLOCKS: Final = 50
VIEW_BLOCKS: Final = 100
MESSAGE_TEXT: Final = 4_000
"""`chat.update` refuses more (`msg_too_long`); `chat.postMessage` advises it."""
COMFORTABLE_TEXT: Final = 3_000
"""What we keep top-level texts to."""
MESSAGE_CHARACTERS: Final = 13_000
"""All text in a message's blocks. Undocumented `msg_blocks_too_long`: seen near 13,200 in bolt-js 2509."""
MARKDOWN_CHARACTERS: Final = 12_000
"""All markdown blocks of a message together."""
SECTION: Final = 3_000
FIELD: Final = 2_000
HEADER: Final = 150
IDENTIFIER: Final = 255
BUTTON: Final = 75
BUTTON_VALUE: Final = 2_000
OPTION: Final = 75
OPTION_VALUE: Final = 150
PLACEHOLDER: Final = 150
LABEL: Final = 2_000
ALT: Final = 2_000
URL: Final = 3_000
VIEW_WORDS: Final = 24
METADATA: Final = 3_000
INPUT: Final = 3_000
CONFIRM_TITLE: Final = 100
CONFIRM_TEXT: Final = 300
CONFIRM_BUTTON: Final = 30
CONTEXT_ELEMENTS: Final = 10
ACTIONS: Final = 25
FIELDS: Final = 10
OPTIONS: Final = 100
FEW_OPTIONS: Final = 10
OVERFLOW_OPTIONS: Final = 5
FILES: Final = 10
ALERT: Final = 200


@dataclass(frozen=True, slots=True)
class Text:
    """A text object."""

    most: int
    kinds: tuple[str, ...] = ("plain_text",)


@dataclass(frozen=True, slots=True)
class Word:
    """A bare string: an id, an address, a value."""

    most: int = 3_000
    least: int = 1
    choices: tuple[str, ...] = ()
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""


@dataclass(frozen=True, slots=True)
class One:
    """One object of these types."""

    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Many:
    """A list of objects of these types (text objects stand under their own types)."""

    of: tuple[str, ...]
    most: int
    least: int = 1
    text: int = SECTION


@dataclass(frozen=True, slots=True)
class Free:
    """Anything: Slack checks it, we do not send it."""


Rule = Text | Word | Whole | Flag | One | Many | Free


@dataclass(frozen=True, slots=True)
class Shape:
    """One type of object: its fields, which of them must be there, and the surfaces that take it."""

    fields: dict[str, Rule]
    needs: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    surfaces: tuple[Surface, ...] = ("message", "modal", "home")
    open: bool = field(default=False)
    """True for types we only recognise: their other fields are Slack's affair."""


BOTH: Final = ("plain_text", "mrkdwn")
_ID: Final = Word(IDENTIFIER)
_PLACEHOLDER: Final = Text(PLACEHOLDER)
_DATE: Final = Word(10, pattern=r"\d{4}-\d{2}-\d{2}")
_TIME: Final = Word(5, pattern=r"\d{2}:\d{2}")
_CONFIRM: Final = One(("confirm",))
_OPTIONS: Final = Many(("plain_option",), OPTIONS)
_GROUPS: Final = Many(("option_group",), OPTIONS)

_LISTS: Final = ("static", "external", "users", "conversations", "channels")
_SINGLE: Final = tuple(f"{name}_select" for name in _LISTS)
_MULTI: Final = tuple(f"multi_{name}_select" for name in _LISTS)
_PICKED: Final = ("datepicker", "timepicker", "checkboxes", "radio_buttons")
_TYPED: Final = ("plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input")

ACCESSORY: Final = ("button", "overflow", "image", "workflow_button", *_PICKED, *_SINGLE, *_MULTI)
ACTION: Final = ("button", "overflow", "workflow_button", "datetimepicker", *_PICKED, *_SINGLE, *_MULTI)
FIELD_ELEMENT: Final = ("file_input", "datetimepicker", *_TYPED, *_PICKED, *_SINGLE, *_MULTI)


def _element(fields: dict[str, Rule], *needs: str, one_of: tuple[str, ...] = ()) -> Shape:
    base: dict[str, Rule] = {"action_id": _ID, "focus_on_load": Flag()}
    return Shape(base | fields, needs, one_of)


def _select(fields: dict[str, Rule], *needs: str, one_of: tuple[str, ...] = ()) -> Shape:
    base: dict[str, Rule] = {"placeholder": _PLACEHOLDER, "confirm": _CONFIRM}
    return _element(base | fields, *needs, one_of=one_of)


def _typed(fields: dict[str, Rule], *needs: str) -> Shape:
    base: dict[str, Rule] = {"placeholder": _PLACEHOLDER, "dispatch_action_config": Free()}
    return _element(base | fields, *needs)


def _selects(prefix: str) -> dict[str, Shape]:
    several: dict[str, Rule] = {"max_selected_items": Whole(1, 100)} if prefix else {}
    single: dict[str, Rule] = {} if prefix else {"response_url_enabled": Flag()}
    option: Rule = _OPTIONS if prefix else One(("plain_option",))
    initial = "initial_options" if prefix else "initial_option"
    plural = "s" if prefix else ""
    choices: dict[str, Rule] = {"options": _OPTIONS, "option_groups": _GROUPS, initial: option}
    users: dict[str, Rule] = {f"initial_user{plural}": Free()}
    channels: dict[str, Rule] = {f"initial_channel{plural}": Free()}
    asked: dict[str, Rule] = {"min_query_length": Whole(0, 100), initial: option}
    conversation: dict[str, Rule] = {
        f"initial_conversation{plural}": Free(),
        "default_to_current_conversation": Flag(),
        "filter": Free(),
    }
    return {
        f"{prefix}static_select": _select(several | choices, one_of=("options", "option_groups")),
        f"{prefix}external_select": _select(several | asked),
        f"{prefix}users_select": _select(several | users),
        f"{prefix}channels_select": _select(several | single | channels),
        f"{prefix}conversations_select": _select(several | single | conversation),
    }


ELEMENTS: Final[dict[str, Shape]] = {
    "button": Shape(
        {
            "text": Text(BUTTON),
            "action_id": _ID,
            "value": Word(BUTTON_VALUE, least=0),
            "url": Word(URL),
            "style": Word(7, choices=("primary", "danger")),
            "confirm": _CONFIRM,
            "accessibility_label": Word(BUTTON),
            "visible_to_user_ids": Free(),
            "agent_prompt": Word(4_000),
        },
        ("text",),
    ),
    "image": Shape(
        {"image_url": Word(URL), "slack_file": Free(), "alt_text": Word(ALT)},
        ("alt_text",),
        ("image_url", "slack_file"),
    ),
    "overflow": _element(
        {"options": Many(("plain_option",), OVERFLOW_OPTIONS), "confirm": _CONFIRM}, "options"
    ),
    "checkboxes": _element(
        {
            "options": Many(("option",), FEW_OPTIONS),
            "initial_options": Many(("option",), FEW_OPTIONS),
            "confirm": _CONFIRM,
        },
        "options",
    ),
    "radio_buttons": _element(
        {
            "options": Many(("option",), FEW_OPTIONS),
            "initial_option": One(("option",)),
            "confirm": _CONFIRM,
        },
        "options",
    ),
    "datepicker": _select({"initial_date": _DATE}),
    "timepicker": _select({"initial_time": _TIME, "timezone": Word(64)}),
    "datetimepicker": _element({"initial_date_time": Whole(10**9, 10**10 - 1), "confirm": _CONFIRM}),
    "plain_text_input": _typed(
        {
            "initial_value": Word(INPUT, least=0),
            "multiline": Flag(),
            "min_length": Whole(0, INPUT),
            "max_length": Whole(1, INPUT),
        }
    ),
    "email_text_input": _typed({"initial_value": Word(INPUT, least=0)}),
    "url_text_input": _typed({"initial_value": Word(INPUT, least=0)}),
    "number_input": _typed(
        {
            "is_decimal_allowed": Flag(),
            "initial_value": Word(INPUT),
            "min_value": Word(INPUT),
            "max_value": Word(INPUT),
        },
        "is_decimal_allowed",
    ),
    "rich_text_input": _typed({"initial_value": Free()}),
    "file_input": Shape(
        {"action_id": _ID, "filetypes": Free(), "max_files": Whole(1, FILES)},
        surfaces=("modal",),
    ),
    "workflow_button": Shape({}, open=True),
    **_selects(""),
    **_selects("multi_"),
}

OBJECTS: Final[dict[str, Shape]] = {
    "confirm": Shape(
        {
            "title": Text(CONFIRM_TITLE),
            "text": Text(CONFIRM_TEXT, BOTH),
            "confirm": Text(CONFIRM_BUTTON),
            "deny": Text(CONFIRM_BUTTON),
            "style": Word(7, choices=("primary", "danger")),
        },
        ("title", "text", "confirm", "deny"),
    ),
    "option": Shape(
        {
            "text": Text(OPTION, BOTH),
            "value": Word(OPTION_VALUE, least=0),
            "description": Text(OPTION, BOTH),
            "url": Word(URL),
        },
        ("text", "value"),
    ),
    "plain_option": Shape(
        {
            "text": Text(OPTION),
            "value": Word(OPTION_VALUE, least=0),
            "description": Text(OPTION),
            "url": Word(URL),
        },
        ("text", "value"),
    ),
    "option_group": Shape({"label": Text(OPTION), "options": _OPTIONS}, ("label", "options")),
}


def _block(
    fields: dict[str, Rule],
    *needs: str,
    one_of: tuple[str, ...] = (),
    surfaces: tuple[Surface, ...] = ("message", "modal", "home"),
) -> Shape:
    return Shape({"block_id": _ID} | fields, needs, one_of, surfaces)


def _known(*surfaces: Surface) -> Shape:
    return Shape({"block_id": _ID}, surfaces=surfaces, open=True)


BLOCKS: Final[dict[str, Shape]] = {
    "section": _block(
        {
            "text": Text(SECTION, BOTH),
            "fields": Many(BOTH, FIELDS, text=FIELD),
            "accessory": One(ACCESSORY),
            "expand": Flag(),
        },
        one_of=("text", "fields"),
    ),
    "header": _block({"text": Text(HEADER), "level": Whole(1, 4)}, "text"),
    "divider": _block({}),
    "context": _block({"elements": Many(("image", *BOTH), CONTEXT_ELEMENTS)}, "elements"),
    "actions": _block({"elements": Many(ACTION, ACTIONS)}, "elements"),
    "input": _block(
        {
            "label": Text(LABEL),
            "element": One(FIELD_ELEMENT),
            "hint": Text(LABEL),
            "optional": Flag(),
            "dispatch_action": Flag(),
        },
        "label",
        "element",
    ),
    "image": _block(
        {"image_url": Word(URL), "slack_file": Free(), "alt_text": Word(ALT), "title": Text(ALT)},
        "alt_text",
        one_of=("image_url", "slack_file"),
    ),
    "rich_text": _block({"elements": Free()}, "elements"),
    "markdown": _block({"text": Word(MARKDOWN_CHARACTERS)}, "text", surfaces=("message",)),
    # A third-party reference of 2026 that tried a live workspace: 200 characters, modals only.
    "alert": _block(
        {
            "text": Text(ALERT, BOTH),
            "level": Word(choices=("default", "info", "warning", "error", "success")),
        },
        "text",
        surfaces=("modal",),
    ),
    "table": _known("message", "home"),
    "video": _known("message", "modal", "home"),
    "file": _known("message"),
    "call": _known("message"),
    "context_actions": _known("message"),
    "plan": _known("message"),
    "task_card": _known("message"),
    "card": _known("message", "modal", "home"),
    "carousel": _known("message", "home"),
    "container": _known("message", "home"),
    "data_table": _known("message", "home"),
    "data_visualization": _known("message"),
}

VIEWS: Final[dict[str, Shape]] = {
    "modal": Shape(
        {
            "title": Text(VIEW_WORDS),
            "submit": Text(VIEW_WORDS),
            "close": Text(VIEW_WORDS),
            "blocks": Free(),
            "private_metadata": Word(METADATA, least=0),
            "callback_id": Word(IDENTIFIER, least=0),
            "external_id": Word(IDENTIFIER, least=0),
            "clear_on_close": Flag(),
            "notify_on_close": Flag(),
            "submit_disabled": Flag(),
        },
        ("title", "blocks"),
    ),
    "home": Shape(
        {
            "blocks": Free(),
            "private_metadata": Word(METADATA, least=0),
            "callback_id": Word(IDENTIFIER, least=0),
            "external_id": Word(IDENTIFIER, least=0),
        },
        ("blocks",),
    ),
}

RICH_PARTS: Final[dict[str, tuple[str, ...]]] = {
    "rich_text_section": ("elements",),
    "rich_text_quote": ("elements", "border"),
    "rich_text_preformatted": ("elements", "border", "language"),
    "rich_text_list": ("elements", "style", "indent", "offset", "border"),
}
RICH_LEAVES: Final[dict[str, str]] = {
    "text": "text",
    "link": "url",
    "user": "user_id",
    "channel": "channel_id",
    "usergroup": "usergroup_id",
    "emoji": "name",
    "date": "timestamp",
    "broadcast": "range",
    "color": "value",
    "team": "team_id",
}
