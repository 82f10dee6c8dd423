from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from bot import text
from bot.text import Mrkdwn
from bot.views import block, form
from bot.views.block import BlockError, Json
from bot.views.limits import check

if TYPE_CHECKING:
    from collections.abc import Callable

# What people type: each at least 3,000 characters, so that every limit is met.
WORST = [
    "x" * 3000,
    "<!channel> <@U1> <https://x|y> &lt; " * 100,
    "```*_~`>" * 400,
    "> quote\n" * 400,
    "👩‍👩‍👧" * 400,
    "שלום עולם " * 300,
    "\u202eabc\u2067\n" * 500,
    "é\u0301" * 1500,
    "\u2068" * 3000,
]
LONG_ID = "i" * 255


def options(typed: str, number: int, *, described: bool = True) -> list[Json]:
    return [
        form.option(typed, f"{index:03}{'v' * 147}", typed if described else None) for index in range(number)
    ]


def everything_in_a_message(typed: str) -> Json:
    safe = text.escape(typed)
    ask = block.confirm(typed, typed, typed, typed, style="danger")
    return block.message(
        safe,
        [
            block.header(typed),
            block.section(safe, accessory=block.image_element(typed, url="https://x.test/a.png")),
            block.section(
                fields=["f" * 200] * 10,
                accessory=form.overflow("more", options("x", 5, described=False), confirm=ask),
            ),
            block.context(*["c" * 50] * 9, "d", block_id=LONG_ID),
            block.divider(),
            block.actions(
                *[
                    block.button(
                        typed,
                        f"{index:02}{'a' * 253}",
                        "v" * 2000,
                        style="danger",
                        confirm=ask,
                        accessibility_label=typed,
                        url="https://x.test/",
                    )
                    for index in range(25)
                ]
            ),
            block.quote(typed),
        ],
    )


def everything_in_a_form(typed: str) -> Json:
    many = options(typed, 100)
    few = options(typed, 10)
    chosen = few[3]["value"]
    fields = [
        form.select("a", many, placeholder=typed, initial=chosen),
        form.select("a", [form.group(typed, many[:50]), form.group(typed, many[50:])], initial=chosen),
        form.multi_select("a", many, placeholder=typed, initial=[chosen]),
        form.external_select("a", placeholder=typed, initial=few[0]),
        form.users_select("a", placeholder=typed, initial="U1"),
        form.channels_select("a", placeholder=typed, initial="C1"),
        form.datepicker("a", initial=date(2026, 11, 30), placeholder=typed),
        form.checkboxes("a", few, initial=[chosen, few[0]["value"]]),
        form.radio("a", few, initial=chosen),
        form.text_input("a", initial=typed, placeholder=typed, multiline=True, least=1, most=3000),
        form.text_input("a", initial=typed, most=20),
        form.email_input("a", initial="a@b.test", placeholder=typed),
        form.url_input("a", initial="https://x.test", placeholder=typed),
        form.file_input("a", filetypes=["pdf"]),
    ]
    inputs = [
        form.input(typed, element, f"b{index}", hint=typed, optional=True)
        for index, element in enumerate(fields)
    ]
    return form.modal(
        typed,
        [form.alert(typed), *inputs],
        callback_id=LONG_ID,
        submit=typed,
        close=typed,
        private_metadata={"k": "é" * 490},
        notify_on_close=True,
    )


@pytest.mark.parametrize("typed", WORST, ids=range(len(WORST)))
def test_the_worst_message_keeps_the_limits(typed: str) -> None:
    payload = everything_in_a_message(typed)
    assert [finding for finding in check(payload, "message") if "together" not in finding] == []


@pytest.mark.parametrize("typed", WORST, ids=range(len(WORST)))
def test_the_worst_form_keeps_the_limits(typed: str) -> None:
    assert check(everything_in_a_form(typed), "modal") == []


@pytest.mark.parametrize("typed", WORST, ids=range(len(WORST)))
def test_the_worst_home_keeps_the_limits(typed: str) -> None:
    blocks = [block.section(text.escape(typed)) for _ in range(100)]
    assert check(block.home(blocks, callback_id="home"), "home") == []


def test_plain_words_stay_plain_and_markup_stays_markup() -> None:
    assert block.section("*a* <b>")["text"] == {"type": "plain_text", "text": "*a* <b>", "emoji": True}
    marked = block.section(text.person("U1"))["text"]
    assert marked == {"type": "mrkdwn", "text": "<@U1>", "verbatim": True}
    assert type(marked["text"]) is str


def test_a_quotation_is_literal_by_its_type() -> None:
    leaf = block.quote("<!channel> *x*")["elements"][0]["elements"][0]
    assert leaf == {"type": "text", "text": "<!channel> *x*"}


def test_a_message_escapes_what_is_not_markup() -> None:
    assert block.message("<!channel>") == {"text": "&lt;!channel&gt;"}
    assert block.message(text.person("U1"), [block.divider()]) == {
        "text": "<@U1>",
        "blocks": [{"type": "divider"}],
    }


def test_a_link_button_and_a_picture_of_slack_are_built() -> None:
    assert block.button("Open", "open", url="https://x.test")["url"] == "https://x.test"
    assert block.image("A card", file_id="F1", title="Card")["slack_file"] == {"id": "F1"}


def test_metadata_travels_as_json() -> None:
    view = form.modal("T", [block.divider()], callback_id="c", private_metadata={"b": 1, "a": "é"})
    assert view["private_metadata"] == r'{"a":"\u00e9","b":1}'


PICTURE = {"type": "image", "alt_text": "x", "image_url": "https://x.test/a.png"}
BUTTON = block.button("x", "a")


@pytest.mark.parametrize(
    ("mistake", "complaint"),
    [
        (lambda: block.header(" "), "empty texts"),
        (lambda: block.header(Mrkdwn("x")), "plain words, not markup"),
        (block.section, "needs a text or fields"),
        (lambda: block.section(fields=["x"] * 11), "11 fields"),
        (block.context, "0 context elements"),
        (lambda: block.context(*["x"] * 11), "11 context elements"),
        (lambda: block.actions(*[block.button("x", str(n)) for n in range(26)]), "26 actions"),
        (lambda: block.actions(BUTTON, BUTTON), "the same action id"),
        (lambda: block.button("x", ""), "an id is empty"),
        (lambda: block.button("x", "a" * 256), "an id has 256 characters, at most 255"),
        (lambda: block.button("x", "a", "v" * 2001), "value has 2001"),
        (lambda: block.button("x", "a", url="u" * 3001), "address has 3001"),
        (lambda: block.image("x"), "either an address or a Slack file"),
        (lambda: block.image("x", url="u", file_id="F"), "either an address or a Slack file"),
        (lambda: block.image("", url="u"), "empty texts"),
        (lambda: block.message("", [block.divider()]), "empty texts"),
        (lambda: block.message("x", [block.divider()] * 51), "51 blocks in a message"),
        (lambda: block.home([]), "0 blocks in a view"),
        (lambda: block.home([block.divider()] * 101), "101 blocks in a view"),
        (lambda: form.select("a", []), "0 choices"),
        (lambda: form.select("a", options("x", 101)), "101 choices"),
        (lambda: form.select("a", options("x", 2), initial="no"), "no choice has the value 'no'"),
        (lambda: form.radio("a", options("x", 11)), "11 choices"),
        (lambda: form.checkboxes("a", options("x", 11)), "11 boxes"),
        (lambda: form.overflow("a", options("x", 6)), "6 overflow choices"),
        (lambda: form.option("x", "v" * 151), "value has 151"),
        (lambda: form.file_input("a", most=11), "11 files"),
        (
            lambda: form.input("x", form.file_input("a"), "b", dispatch_action=True),
            "takes no dispatch_action",
        ),
        (lambda: form.input("x", form.text_input("a"), ""), "an id is empty"),
        (
            lambda: form.modal("T", [form.input("x", form.text_input("a"), "b")], callback_id="c"),
            "needs a submit button",
        ),
        (
            lambda: form.modal("T", [block.divider()], callback_id="c", private_metadata={"k": "x" * 3000}),
            "private_metadata has 3008",
        ),
    ],
)
def test_a_mistake_of_ours_raises(mistake: Callable[[], Json], complaint: str) -> None:
    with pytest.raises(BlockError, match=complaint):
        mistake()
