from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.views import schema
from bot.views.limits import check

Json = dict[str, Any]


def plain(words: str = "x", **more: object) -> Json:
    return {"type": "plain_text", "text": words, **more}


def section(**more: object) -> Json:
    return {"type": "section", "text": plain(), **more}


def actions(*elements: Json) -> Json:
    return {"type": "actions", "elements": list(elements)}


def button(action_id: str = "a", **more: object) -> Json:
    return {"type": "button", "text": plain(), "action_id": action_id, **more}


def option(value: str = "v", **more: object) -> Json:
    return {"text": plain(), "value": value, **more}


def options(number: int) -> list[Json]:
    return [option(str(index)) for index in range(number)]


def field(element: Json, **more: object) -> Json:
    return {"type": "input", "label": plain(), "element": element, **more}


def typed(**more: object) -> Json:
    return {"type": "plain_text_input", "action_id": "a", **more}


def menu(**more: object) -> Json:
    return {"type": "static_select", "action_id": "a", "options": [option()], **more}


def rich(*elements: Json) -> Json:
    return {"type": "rich_text", "elements": list(elements)}


def line(*leaves: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(leaves)}


def dialog(**more: object) -> Json:
    return {"title": plain(), "text": plain(), "confirm": plain(), "deny": plain(), **more}


def picture(**more: object) -> Json:
    return {"type": "image", "image_url": "https://x.test/a.png", "alt_text": "x", **more}


def modal(*blocks: Json, **more: object) -> Json:
    return {"type": "modal", "title": plain(), "submit": plain(), "blocks": list(blocks), **more}


FINE = [
    section(fields=[plain("f" * 2000)] * 10, text=plain("t" * 3000)),
    section(accessory=menu(placeholder=plain("p" * 150), initial_option=option(), confirm=dialog())),
    section(accessory=picture()),
    {"type": "header", "text": plain("h" * 150), "level": 2},
    {
        "type": "context",
        "elements": [plain(), {"type": "mrkdwn", "text": "*x*", "verbatim": True}, picture()],
    },
    actions(*[button(str(index)) for index in range(25)]),
    actions({"type": "overflow", "action_id": "a", "options": [option(url="https://x.test")]}),
    actions({"type": "datetimepicker", "action_id": "a", "initial_date_time": 1_796_000_000}),
    field(typed(min_length=1, max_length=3000, initial_value="x"), block_id="b", hint=plain(), optional=True),
    field({"type": "number_input", "action_id": "a", "is_decimal_allowed": False}),
    picture(title=plain()),
    {"type": "image", "slack_file": {"id": "F1"}, "alt_text": "x"},
    rich(
        line({"type": "text", "text": "a", "style": {"bold": True}}, {"type": "user", "user_id": "U1"}),
        {"type": "rich_text_list", "style": "bullet", "elements": [line({"type": "emoji", "name": "tada"})]},
        {"type": "rich_text_quote", "elements": [{"type": "link", "url": "https://x.test"}]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "x"}]},
    ),
    {"type": "divider", "block_id": "d"},
]


@pytest.mark.parametrize("block", FINE, ids=lambda block: block["type"])
@pytest.mark.parametrize("surface", ["message", "modal", "home"])
def test_what_slack_takes_has_no_findings(block: Json, surface: schema.Surface) -> None:
    payloads: dict[str, Json] = {
        "message": {"text": "x", "blocks": [block]},
        "modal": modal(block),
        "home": {"type": "home", "blocks": [block]},
    }
    # Ten full fields are more than a message holds altogether.
    found = [finding for finding in check(payloads[surface], surface) if "together" not in finding]
    assert found == []


BROKEN: list[tuple[Json, str]] = [
    ({"type": "marquee"}, "/blocks/0/type: unknown block 'marquee'"),
    ({"type": []}, "/blocks/0/type: unknown block []"),
    ("text", "/blocks/0: must be an object"),
    ({"type": "section"}, "/blocks/0: needs text or fields"),
    (section(text=plain("")), "/blocks/0/text/text: empty"),
    (section(text=plain("x" * 3001)), "/blocks/0/text/text: 3,001 characters, at most 3,000"),
    (section(text=plain("👍" * 1501)), "/blocks/0/text/text: 3,002 characters, at most 3,000"),
    (section(text="x"), "/blocks/0/text: must be a text object"),
    (section(text={"type": "markdown", "text": "x"}), "/blocks/0/text/type: 'markdown', must be plain_text or mrkdwn"),
    (section(text=plain(verbatim=True)), "/blocks/0/text/verbatim: unknown field of plain_text"),
    (section(text={"type": "mrkdwn", "text": "x", "emoji": True}), "/blocks/0/text/emoji: unknown field of mrkdwn"),
    (section(fields=[plain()] * 11), "/blocks/0/fields: 11 items, must be 1 to 10"),
    (section(fields=[]), "/blocks/0/fields: 0 items, must be 1 to 10"),
    (section(fields={}), "/blocks/0/fields: must be a list"),
    (section(fields=[plain("x" * 2001)]), "/blocks/0/fields/0/text: 2,001 characters, at most 2,000"),
    (section(colour="red"), "/blocks/0/colour: unknown field"),
    (section(block_id="b" * 256), "/blocks/0/block_id: 256 characters, at most 255"),
    (section(block_id=""), "/blocks/0/block_id: empty"),
    (section(block_id=7), "/blocks/0/block_id: must be a string"),
    (section(expand="yes"), "/blocks/0/expand: must be true or false"),
    (section(accessory=typed()), "/blocks/0/accessory/type: 'plain_text_input' is not allowed here"),
    (section(accessory={"type": "knob"}), "/blocks/0/accessory/type: 'knob' is no known element"),
    (section(accessory="x"), "/blocks/0/accessory: must be an object"),
    (section(accessory=picture(alt_text="")), "/blocks/0/accessory/alt_text: empty"),
    ({"type": "header", "text": plain("x" * 151)}, "/blocks/0/text/text: 151 characters, at most 150"),
    ({"type": "header", "text": {"type": "mrkdwn", "text": "x"}}, "/blocks/0/text/type: 'mrkdwn', must be plain_text"),
    ({"type": "header", "text": plain(), "level": 5}, "/blocks/0/level: 5, must be 1 to 4"),
    ({"type": "header", "text": plain(), "level": True}, "/blocks/0/level: must be a whole number"),
    ({"type": "context", "elements": [plain()] * 11}, "/blocks/0/elements: 11 items, must be 1 to 10"),
    ({"type": "context", "elements": [button()]}, "/blocks/0/elements/0/type: 'button' is not allowed here"),
    ({"type": "image", "image_url": "https://x.test"}, "/blocks/0/alt_text: missing"),
    ({"type": "image", "alt_text": "x"}, "/blocks/0: needs image_url or slack_file"),
    (picture(slack_file={"id": "F"}), "/blocks/0: image_url and slack_file exclude each other"),
    (picture(alt_text="x" * 2001), "/blocks/0/alt_text: 2,001 characters, at most 2,000"),
    (picture(image_url="x" * 3001), "/blocks/0/image_url: 3,001 characters, at most 3,000"),
    (actions(), "/blocks/0/elements: 0 items, must be 1 to 25"),
    (actions(*[button(str(index)) for index in range(26)]), "/blocks/0/elements: 26 items, must be 1 to 25"),
    (actions(button(), button()), "/blocks/0: 2 elements have the action_id 'a'"),
    (actions(button(text=plain("x" * 76))), "/blocks/0/elements/0/text/text: 76 characters, at most 75"),
    (actions(button(value="x" * 2001)), "/blocks/0/elements/0/value: 2,001 characters, at most 2,000"),
    (actions(button(url="x" * 3001)), "/blocks/0/elements/0/url: 3,001 characters, at most 3,000"),
    (actions(button(style="default")), "/blocks/0/elements/0/style: 'default', must be one of primary, danger"),
    (actions(button(accessibility_label="x" * 76)), "/blocks/0/elements/0/accessibility_label: 76 characters, at most 75"),
    (actions(button("a" * 256)), "/blocks/0/elements/0/action_id: 256 characters, at most 255"),
    (actions(button(confirm=dialog(title=plain("x" * 101)))), "/blocks/0/elements/0/confirm/title/text: 101 characters, at most 100"),
    (actions(button(confirm=dialog(text=plain("x" * 301)))), "/blocks/0/elements/0/confirm/text/text: 301 characters, at most 300"),
    (actions(button(confirm=dialog(deny=plain("x" * 31)))), "/blocks/0/elements/0/confirm/deny/text: 31 characters, at most 30"),
    (actions(button(confirm={"title": plain(), "text": plain(), "confirm": plain()})), "/blocks/0/elements/0/confirm/deny: missing"),
    (actions({"type": "overflow", "action_id": "a", "options": options(6)}), "/blocks/0/elements/0/options: 6 items, must be 1 to 5"),
    (actions({"type": "overflow", "action_id": "a"}), "/blocks/0/elements/0/options: missing"),
    (actions({"type": "radio_buttons", "action_id": "a", "options": options(11)}), "/blocks/0/elements/0/options: 11 items, must be 1 to 10"),
    (actions({"type": "checkboxes", "action_id": "a", "options": options(2), "initial_options": [option("z")]}), "/blocks/0/elements/0/initial_options: equals none of the options"),
    (actions(menu(options=options(101))), "/blocks/0/elements/0/options: 101 items, must be 1 to 100"),
    (actions(menu(options=[])), "/blocks/0/elements/0/options: 0 items, must be 1 to 100"),
    (actions(menu(option_groups=[{"label": plain(), "options": options(2)}])), "/blocks/0/elements/0: options and option_groups exclude each other"),
    (actions({"type": "static_select", "action_id": "a"}), "/blocks/0/elements/0: needs options or option_groups"),
    (actions(menu(initial_option=option("z"))), "/blocks/0/elements/0/initial_option: equals none of the options"),
    (actions(menu(placeholder=plain("x" * 151))), "/blocks/0/elements/0/placeholder/text: 151 characters, at most 150"),
    (actions(menu(options=[option("x" * 151)])), "/blocks/0/elements/0/options/0/value: 151 characters, at most 150"),
    (actions(menu(options=[option(text=plain("x" * 76))])), "/blocks/0/elements/0/options/0/text/text: 76 characters, at most 75"),
    (actions(menu(options=[option(description=plain("x" * 76))])), "/blocks/0/elements/0/options/0/description/text: 76 characters, at most 75"),
    (actions(menu(options=[option(text={"type": "mrkdwn", "text": "x"})])), "/blocks/0/elements/0/options/0/text/type: 'mrkdwn', must be plain_text"),
    (actions({"type": "datepicker", "action_id": "a", "initial_date": "30.11.2026"}), "/blocks/0/elements/0/initial_date: '30.11.2026' has the wrong form"),
    (field(button()), "/blocks/0/element/type: 'button' is not allowed here"),
    (field({"type": "overflow", "action_id": "a", "options": options(1)}), "/blocks/0/element/type: 'overflow' is not allowed here"),
    ({"type": "input", "element": typed()}, "/blocks/0/label: missing"),
    (field(typed(), label=plain("x" * 2001)), "/blocks/0/label/text: 2,001 characters, at most 2,000"),
    (field(typed(), hint=plain("x" * 2001)), "/blocks/0/hint/text: 2,001 characters, at most 2,000"),
    (field(typed(max_length=3001)), "/blocks/0/element/max_length: 3001, must be 1 to 3000"),
    (field(typed(min_length=5, max_length=4)), "/blocks/0/element/min_length: 5 is more than max_length 4"),
    (field(typed(initial_value="xxxxx", max_length=4)), "/blocks/0/element/initial_value: 5 characters, more than max_length 4"),
    (field({"type": "number_input", "action_id": "a"}), "/blocks/0/element/is_decimal_allowed: missing"),
    (rich(), "/blocks/0/elements: must be a list with at least one element"),
    (rich({"type": "section"}), "/blocks/0/elements/0/type: 'section' is no known part of rich text"),
    (rich(line({"type": "text", "text": ""})), "/blocks/0/elements/0/elements/0/text: empty"),
    (rich(line({"type": "blink"})), "/blocks/0/elements/0/elements/0/type: 'blink' is no known element of rich text"),
    (rich({"type": "rich_text_quote", "elements": "x"}), "/blocks/0/elements/0/elements: must be a list"),
]  # fmt: skip


@pytest.mark.parametrize(("block", "finding"), BROKEN)
def test_what_slack_refuses_is_found_and_nothing_else(block: Json, finding: str) -> None:
    assert check({"text": "x", "blocks": [block]}, "message") == [finding]


@pytest.mark.parametrize(
    ("payload", "finding"),
    [
        ({"blocks": [section()]}, "/text: missing; phones and screen readers tell only this"),
        ({"text": " "}, "/text: missing; phones and screen readers tell only this"),
        ({"text": "x" * 4001}, "/text: 4,001 characters, at most 4,000"),
        ({"text": "x", "blocks": "x"}, "/blocks: must be a list"),
        ({"text": "x", "blocks": [section()] * 51}, "/blocks: 51 blocks, at most 50"),
        ({"text": "x", "blocks": [section(block_id="b")] * 2}, "/blocks: 2 blocks have the block_id 'b'"),
        ({"text": "x", "blocks": [section(text=plain("x" * 2700))] * 5}, "/blocks: 13,500 characters of text together, at most 13,000"),
        ({"text": "x", "blocks": [{"type": "markdown", "text": "x" * 6400}] * 2}, "/blocks: 12,800 characters of markdown, at most 12,000"),
        ({"text": "x", "blocks": [{"type": "alert", "text": plain()}]}, "/blocks/0/type: alert is not allowed in a message, only in: modal"),
        ({"text": "x", "blocks": [field({"type": "file_input", "action_id": "a"})]}, "/blocks/0/element/type: file_input is not allowed in a message, only in: modal"),
    ],
)  # fmt: skip
def test_a_message_has_limits_of_its_own(payload: Json, finding: str) -> None:
    assert check(payload, "message") == [finding]


FILE = {"type": "file_input", "action_id": "a"}


@pytest.mark.parametrize(
    ("view", "finding"),
    [
        (modal(section(), title=plain("x" * 25)), "/title/text: 25 characters, at most 24"),
        (modal(section(), submit=plain("x" * 25)), "/submit/text: 25 characters, at most 24"),
        (modal(section(), close=plain("x" * 25)), "/close/text: 25 characters, at most 24"),
        (modal(section(), title={"type": "mrkdwn", "text": "x"}), "/title/type: 'mrkdwn', must be plain_text"),
        ({"type": "modal", "blocks": [section()]}, "/title: missing"),
        ({"type": "modal", "title": plain(), "blocks": [field(typed())]}, "/submit: missing; a view with input blocks needs it"),
        (modal(section(), private_metadata="x" * 3001), "/private_metadata: 3,001 characters, at most 3,000"),
        (modal(section(), callback_id="x" * 256), "/callback_id: 256 characters, at most 255"),
        (modal(section(), external_id="x" * 256), "/external_id: 256 characters, at most 255"),
        (modal(section(), notify_on_close="yes"), "/notify_on_close: must be true or false"),
        (modal(section(), text="x"), "/text: unknown field"),
        (modal(*[section()] * 101), "/blocks: 101 blocks, at most 100"),
        (modal(section(), type="home"), "/type: 'home', must be 'modal'"),
        (modal(field(FILE, dispatch_action=True)), "/blocks/0/dispatch_action: a file_input takes none"),
        (modal(field(FILE | {"max_files": 11})), "/blocks/0/element/max_files: 11, must be 1 to 10"),
        (modal(field(FILE | {"initial_value": "x"})), "/blocks/0/element/initial_value: unknown field"),
        (modal(field(typed(focus_on_load=True)), field(typed(focus_on_load=True))), "/blocks/1/element/focus_on_load: only one element of a view may have it, /blocks/0/element has it already"),
        (modal({"type": "markdown", "text": "x"}), "/blocks/0/type: markdown is not allowed in a modal, only in: message"),
        (modal({"type": "alert", "text": plain("x" * 201)}), "/blocks/0/text/text: 201 characters, at most 200"),
    ],
)  # fmt: skip
def test_a_modal_has_limits_of_its_own(view: Json, finding: str) -> None:
    assert check(view, "modal") == [finding]


@pytest.mark.parametrize(
    ("view", "finding"),
    [
        ({"type": "home", "blocks": [section()] * 101}, "/blocks: 101 blocks, at most 100"),
        ({"type": "home", "blocks": [section()], "title": plain()}, "/title: unknown field"),
        ({"type": "home", "blocks": [field(FILE)]}, "/blocks/0/element/type: file_input is not allowed in a home, only in: modal"),
        ({"type": "home", "blocks": [{"type": "plan", "title": "x"}]}, "/blocks/0/type: plan is not allowed in a home, only in: message"),
    ],
)  # fmt: skip
def test_home_has_limits_of_its_own(view: Json, finding: str) -> None:
    assert check(view, "home") == [finding]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "text", "elements", "element", "options", "initial_option", "blocks"]),
            inner | st.sampled_from([*schema.BLOCKS, *schema.ELEMENTS, *schema.RICH_PARTS]),
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JUNK, st.sampled_from(["message", "modal", "home"]))
def test_no_junk_breaks_the_check(junk: object, surface: schema.Surface) -> None:
    payload = junk if isinstance(junk, dict) else {"blocks": junk}
    assert all(finding.startswith("/") for finding in check(payload, surface))
