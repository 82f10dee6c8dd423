"""The form that starts a programme: five fields; a page where all has a default; a page of what is done."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from bot import text
from bot.domain.onboarding import LIVE_ACCESS
from bot.domain.plan import Step, Text
from bot.views import block, form, step_form
from bot.views.block import Json

START: Final = "onboarding.start"
MORE: Final = "onboarding.start_more"
PAST: Final = "onboarding.start_past"
FIELD: Final = "past_"  # before the id of a step, as the service names it in its errors
NAME_MOST: Final = 80
REGIONS: Final = ("us", "uk", "eu")
PRODUCTS: Final = ("issuing", "treasury")
COMPANIES: Final = ("funded_team", "one_developer")
CARDS: Final = ("none", "standard", "custom")


def first(
    language: str,
    variants: Sequence[tuple[str, str, str]],
    *,
    private: Mapping[str, Any],
    target: date,
    typed: Mapping[str, Any],
    problems: Sequence[str] = (),
    asks_channel: bool = False,
) -> Json:
    """Return page 1.

    Args:
        language: the reader's.
        variants: id, name, and who it is for in at most 75 characters.
        private: the channel, and the draft that keeps what the pages hold.
        target: the date proposed.
        typed: what this page held when it was left, or the name typed after the command.
        problems: sentences shown above the fields.
        asks_channel: the form was not opened in a channel, so it asks for one.
    """

    def say(key: str) -> str:
        return text.say(language, f"start.{key}")

    options = [form.option(title, name, who) for name, title, who in variants]
    blocks = [
        *[form.alert(problem) for problem in problems],
        form.input(
            say("name"),
            form.text_input("name", initial=typed.get("name"), most=NAME_MOST, placeholder=say("name_like")),
            "name",
        ),
        *([_channel(language, typed)] if asks_channel else []),
        form.input(
            say("region"),
            form.select(
                "region",
                [_option(language, "region", region) for region in REGIONS],
                initial=typed.get("region") or "us",
            ),
            "region",
        ),
        form.input(
            say("products"),
            form.checkboxes(
                "products",
                [_option(language, "product", product) for product in PRODUCTS],
                initial=typed.get("products", ["issuing"]),
            ),
            "products",
            hint=say("products_hint"),
        ),
        form.input(
            say("variant"),
            form.radio("variant", options, initial=typed.get("variant") or variants[0][0]),
            "variant",
        ),
        form.input(
            say("target"), form.datepicker("target_on", initial=target), "target_on", hint=say("target_hint")
        ),
        block.context(say("what_happens")),
    ]
    return _page(language, START, "first", blocks, private)


def _channel(language: str, typed: Mapping[str, Any]) -> Json:
    return form.input(
        text.say(language, "start.channel"),
        form.conversations_select("channel", initial=typed.get("channel")),
        "channel",
        hint=text.say(language, "start.channel_hint"),
    )


def more(
    language: str,
    *,
    private: Mapping[str, Any],
    treasury: bool,
    channel_language: str,
    typed: Mapping[str, Any],
) -> Json:
    """Return page 2: all optional, all with defaults; `typed` is what it held when it was left."""

    def say(key: str) -> str:
        return text.say(language, f"start.{key}")

    blocks = [
        form.input(
            say("purpose"),
            form.text_input("purpose", multiline=True, initial=typed.get("purpose"), most=2000),
            "purpose",
            hint=say("purpose_hint"),
            optional=True,
        ),
        form.input(
            say("company"),
            form.radio(
                "company",
                [_option(language, "company", value) for value in COMPANIES],
                initial=typed.get("company") or "funded_team",
            ),
            "company",
        ),
        form.input(
            say("cards"),
            form.radio(
                "physical_cards",
                [_option(language, "cards", value) for value in CARDS],
                initial=typed.get("physical_cards") or "none",
            ),
            "physical_cards",
            hint=say("cards_hint"),
        ),
        form.input(
            say("wallets"),
            form.checkboxes(
                "wallets", [form.option(say("wallets_yes"), "yes")], initial=typed.get("wallets", ())
            ),
            "wallets",
            optional=True,
        ),
    ]
    if treasury:
        blocks.append(
            form.input(
                say("statements"),
                form.checkboxes(
                    "statements",
                    [form.option(say("statements_yes"), "yes")],
                    initial=typed.get("statements", ()),
                ),
                "statements",
                optional=True,
            )
        )
    blocks += [
        form.input(
            say("manager"),
            form.users_select("manager", initial=typed.get("manager")),
            "manager",
            hint=say("manager_hint"),
            optional=True,
        ),
        form.input(
            say("language"),
            form.radio(
                "language",
                [_option(language, "language", value) for value in ("en", "fr")],
                initial=typed.get("language") or channel_language,
            ),
            "language",
        ),
        form.input(
            say("contact_name"),
            form.text_input("contact_name", initial=typed.get("contact_name"), most=120),
            "contact_name",
            optional=True,
        ),
        form.input(
            say("contact_email"),
            form.email_input("contact_email", initial=typed.get("contact_email")),
            "contact_email",
            optional=True,
        ),
    ]
    return _page(language, MORE, "more", blocks, private)


def past(
    language: str,
    *,
    private: Mapping[str, Any],
    steps: Sequence[tuple[Text, Sequence[Step]]],
    typed: Mapping[str, Any],
) -> Json:
    """Return the page of a programme that is already under way: a day for each step that is done.

    Args:
        language: the reader's.
        private: as for page 1.
        steps: the steps that a day can record, by the title of their part.
        typed: what this page held when it was left.
    """
    blocks = [block.context(text.mrkdwn(language, "start.past_how"))]
    for title, found in steps:
        blocks.append(block.header(title[language]))
        for step in found:
            name = f"{FIELD}{step.id}"
            initial = date.fromisoformat(typed[name]) if typed.get(name) else None
            picker = form.datepicker(name, initial=initial, placeholder=text.say(language, "start.past_day"))
            blocks.append(form.input(step.title[language], picker, name, optional=True))
            if step.id == LIVE_ACCESS:
                blocks.append(step_form.approved(language, typed.get("capabilities", ())))
    return _page(language, PAST, "past", blocks, private)


def _page(language: str, callback: str, at: str, blocks: Sequence[Json], private: Mapping[str, Any]) -> Json:
    """Return one page, with the buttons that turn to the others; *Start* works on each."""
    buttons = [
        block.button(text.say(language, f"turn.{page}"), f"start.{page}", page)
        for page in ("first", "more", "past")
        if page != at
    ]
    turn = block.actions(*buttons, block_id="pages")
    return form.modal(
        text.say(language, "start.title"),
        [*blocks, turn] if at == "first" else [turn, *blocks],
        callback_id=callback,
        submit=text.say(language, "start.submit"),
        close=text.say(language, "form.cancel"),
        private_metadata={**private, "at": at},
    )


def _option(language: str, group: str, value: str) -> Json:
    return form.option(text.say(language, f"{group}.{value}"), value)
