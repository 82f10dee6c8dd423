"""Checks a message or a view against Slack's limits (`bot.views.schema`) and says precisely what is wrong.

Our tests render every view through it; the playground answers `invalid_blocks` with its findings.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, assert_never

from bot.views import schema
from bot.views.cut import length
from bot.views.schema import BLOCKS, ELEMENTS, OBJECTS, VIEWS, Flag, Free, Many, One, Shape, Text, Whole, Word

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.views.schema import Rule, Surface

Json = dict[str, Any]


def check(payload: Json, surface: Surface) -> list[str]:
    """What Slack would refuse, each finding with its JSON pointer: `/blocks/0/text/text: 3,001 characters …`.

    Args:
        payload: a message (`text`, `blocks`) or a whole view.
        surface: where it goes. Modals and Home tabs are views.
    """
    return list(_message(payload) if surface == "message" else _view(payload, surface))


def _message(payload: Json) -> Iterator[str]:
    text = payload.get("text")
    if not isinstance(text, str) or not text.strip():
        yield "/text: missing; phones and screen readers tell only this"
    else:
        yield from _size("/text", text, schema.MESSAGE_TEXT)
    blocks = payload.get("blocks", [])
    yield from _blocks(blocks, "message", schema.MESSAGE_BLOCKS)
    together = sum(length(words) for words in _texts(blocks))
    if together > schema.MESSAGE_CHARACTERS:
        yield f"/blocks: {together:,} characters of text together, at most {schema.MESSAGE_CHARACTERS:,}"


def _view(view: Json, surface: Surface) -> Iterator[str]:
    if view.get("type") != surface:
        yield f"/type: {view.get('type')!r}, must be {surface!r}"
    yield from _fields(view, "", VIEWS[surface], surface)
    blocks = view.get("blocks")
    yield from _blocks(blocks, surface, schema.VIEW_BLOCKS)
    if not isinstance(blocks, list):
        return
    inputs = [block for block in blocks if isinstance(block, dict) and block.get("type") == "input"]
    if surface == "modal" and inputs and "submit" not in view:
        yield "/submit: missing; a view with input blocks needs it"
    focused = [path for path, thing in _objects(blocks, "/blocks") if thing.get("focus_on_load") is True]
    for path in focused[1:]:
        yield f"{path}/focus_on_load: only one element of a view may have it, {focused[0]} has it already"


def _blocks(blocks: object, surface: Surface, most: int) -> Iterator[str]:
    if not isinstance(blocks, list):
        yield "/blocks: must be a list"
        return
    if len(blocks) > most:
        yield f"/blocks: {len(blocks)} blocks, at most {most}"
    for index, block in enumerate(blocks):
        yield from _block(block, f"/blocks/{index}", surface)
    dicts = [block for block in blocks if isinstance(block, dict)]
    seen = Counter(str(block["block_id"]) for block in dicts if block.get("block_id"))
    for block_id, times in seen.items():
        if times > 1:
            yield f"/blocks: {times} blocks have the block_id {block_id!r}"
    markdown = sum(length(str(block.get("text", ""))) for block in dicts if block.get("type") == "markdown")
    if markdown > schema.MARKDOWN_CHARACTERS:
        yield f"/blocks: {markdown:,} characters of markdown, at most {schema.MARKDOWN_CHARACTERS:,}"


def _block(block: object, path: str, surface: Surface) -> Iterator[str]:
    if not isinstance(block, dict):
        yield f"{path}: must be an object"
        return
    kind = block.get("type")
    if not isinstance(kind, str) or kind not in BLOCKS:
        yield f"{path}/type: unknown block {kind!r}"
        return
    yield from _fields(block, path, BLOCKS[kind], surface)
    if kind == "rich_text":
        yield from _rich(block.get("elements"), f"{path}/elements", schema.RICH_PARTS)
    if kind == "input":
        element = block.get("element")
        if isinstance(element, dict) and element.get("type") == "file_input" and block.get("dispatch_action"):
            yield f"{path}/dispatch_action: a file_input takes none"
    ids = Counter(
        str(thing["action_id"])
        for _, thing in _objects(block, path)
        if isinstance(thing.get("action_id"), str)
    )
    for action_id, times in ids.items():
        if times > 1:
            yield f"{path}: {times} elements have the action_id {action_id!r}"


def _fields(thing: Json, path: str, shape: Shape, surface: Surface) -> Iterator[str]:
    if surface not in shape.surfaces:
        kind, where = thing.get("type"), ", ".join(shape.surfaces)
        yield f"{path}/type: {kind} is not allowed in a {surface}, only in: {where}"
    for name in shape.needs:
        if name not in thing:
            yield f"{path}/{name}: missing"
    if shape.one_of and not any(name in thing for name in shape.one_of):
        yield f"{path}: needs {' or '.join(shape.one_of)}"
    for name, value in thing.items():
        rule = shape.fields.get(name)
        if rule is not None:
            yield from _value(value, f"{path}/{name}", rule, surface)
        elif name != "type" and not shape.open:
            yield f"{path}/{name}: unknown field"
    yield from _agreement(thing, path)


def _value(value: object, path: str, rule: Rule, surface: Surface) -> Iterator[str]:
    match rule:
        case Text():
            yield from _text(value, path, rule.most, rule.kinds)
        case Word():
            yield from _word(value, path, rule)
        case Whole():
            yield from _whole(value, path, rule)
        case Flag():
            if not isinstance(value, bool):
                yield f"{path}: must be true or false"
        case One():
            yield from _object(value, path, rule.of, schema.SECTION, surface)
        case Many():
            yield from _many(value, path, rule, surface)
        case Free():
            pass
        case _:
            assert_never(rule)


def _whole(value: object, path: str, rule: Whole) -> Iterator[str]:
    if isinstance(value, bool) or not isinstance(value, int):
        yield f"{path}: must be a whole number"
    elif not rule.least <= value <= rule.most:
        yield f"{path}: {value}, must be {rule.least} to {rule.most}"


def _many(value: object, path: str, rule: Many, surface: Surface) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path}: must be a list"
        return
    if not rule.least <= len(value) <= rule.most:
        yield f"{path}: {len(value)} items, must be {rule.least} to {rule.most}"
    for index, item in enumerate(value):
        yield from _object(item, f"{path}/{index}", rule.of, rule.text, surface)


def _object(value: object, path: str, of: tuple[str, ...], text: int, surface: Surface) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: must be an object"
    elif of[0] in OBJECTS:
        yield from _fields(value, path, OBJECTS[of[0]], surface)
    elif (kind := str(value.get("type"))) not in of:
        known = kind in ELEMENTS or kind in schema.BOTH
        yield f"{path}/type: {kind!r} is {'not allowed here' if known else 'no known element'}"
    elif kind in schema.BOTH:
        yield from _text(value, path, text, schema.BOTH)
    else:
        yield from _fields(value, path, ELEMENTS[kind], surface)


def _text(value: object, path: str, most: int, kinds: tuple[str, ...]) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: must be a text object"
        return
    kind = value.get("type")
    if kind not in kinds:
        yield f"{path}/type: {kind!r}, must be {' or '.join(kinds)}"
    allowed = {"type", "text", "emoji" if kind == "plain_text" else "verbatim"}
    for name in value:
        if name not in allowed:
            yield f"{path}/{name}: unknown field of {kind}"
    words = value.get("text")
    if not isinstance(words, str) or not words.strip():
        yield f"{path}/text: empty"
    else:
        yield from _size(f"{path}/text", words, most)


def _word(value: object, path: str, rule: Word) -> Iterator[str]:
    if not isinstance(value, str):
        yield f"{path}: must be a string"
    elif rule.choices and value not in rule.choices:
        yield f"{path}: {value!r}, must be one of {', '.join(rule.choices)}"
    elif rule.pattern and not re.fullmatch(rule.pattern, value):
        yield f"{path}: {value!r} has the wrong form"
    elif len(value) < rule.least:
        yield f"{path}: empty"
    else:
        yield from _size(path, value, rule.most)


def _size(path: str, text: str, most: int) -> Iterator[str]:
    if (size := length(text)) > most:
        yield f"{path}: {size:,} characters, at most {most:,}"


def _agreement(thing: Json, path: str) -> Iterator[str]:
    """What one field says about another."""
    choices = [option for group in _lists(thing, "option_groups") for option in _lists(group, "options")]
    choices += _lists(thing, "options")
    # External lists have no options of their own to compare with.
    if choices:
        chosen = [("initial_option", thing[key]) for key in ("initial_option",) if key in thing]
        chosen += [("initial_options", each) for each in _lists(thing, "initial_options")]
        for name, option in chosen:
            if option not in choices:
                yield f"{path}/{name}: equals none of the options"
    least, most = thing.get("min_length"), thing.get("max_length")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        yield f"{path}/min_length: {least} is more than max_length {most}"
    start = thing.get("initial_value")
    if isinstance(start, str) and isinstance(most, int) and length(start) > most:
        yield f"{path}/initial_value: {length(start):,} characters, more than max_length {most}"
    for one, other in (("options", "option_groups"), ("image_url", "slack_file")):
        if one in thing and other in thing:
            yield f"{path}: {one} and {other} exclude each other"


def _rich(elements: object, path: str, kinds: dict[str, tuple[str, ...]]) -> Iterator[str]:
    if not isinstance(elements, list) or not elements:
        yield f"{path}: must be a list with at least one element"
        return
    for index, element in enumerate(elements):
        here = f"{path}/{index}"
        kind = element.get("type") if isinstance(element, dict) else None
        if not isinstance(kind, str) or kind not in kinds:
            yield f"{here}/type: {kind!r} is no known part of rich text"
            continue
        for name in element:
            if name != "type" and name not in kinds[kind]:
                yield f"{here}/{name}: unknown field of {kind}"
        if kind == "rich_text_list":
            yield from _rich(element.get("elements"), f"{here}/elements", _LIST_PARTS)
        else:
            yield from _leaves(element.get("elements"), f"{here}/elements")


_LIST_PARTS = {"rich_text_section": schema.RICH_PARTS["rich_text_section"]}


def _leaves(leaves: object, path: str) -> Iterator[str]:
    if not isinstance(leaves, list):
        yield f"{path}: must be a list"
        return
    for index, leaf in enumerate(leaves):
        kind = leaf.get("type") if isinstance(leaf, dict) else None
        if not isinstance(kind, str) or kind not in schema.RICH_LEAVES:
            yield f"{path}/{index}/type: {kind!r} is no known element of rich text"
        elif not leaf.get(schema.RICH_LEAVES[kind]):
            yield f"{path}/{index}/{schema.RICH_LEAVES[kind]}: empty"


def _lists(thing: object, name: str) -> list[Any]:
    value = thing.get(name) if isinstance(thing, dict) else None
    return value if isinstance(value, list) else []


def _objects(thing: object, path: str) -> Iterator[tuple[str, Json]]:
    """Every object inside, with its pointer."""
    if isinstance(thing, dict):
        yield path, thing
        for name, value in thing.items():
            yield from _objects(value, f"{path}/{name}")
    elif isinstance(thing, list):
        for index, value in enumerate(thing):
            yield from _objects(value, f"{path}/{index}")


def _texts(blocks: object) -> Iterator[str]:
    """Every text people read in these blocks."""
    for _, thing in _objects(blocks, ""):
        words = thing.get("text")
        if isinstance(words, str):
            yield words
