"""The form that starts a programme: five fields, and a second page where everything has a default."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from bot import text
from bot.views import block, form
from bot.views.block import Json

START: Final = "onboarding.start"
MORE: Final = "onboarding.start_more"
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
    name: str = "",
    problems: Sequence[str] = (),
) -> Json:
    """Return page 1.

    Args:
        language: the reader's.
        variants: id, name, and who it is for in at most 75 characters.
        private: the channel, and what page 2 held when it was left.
        target: the date proposed.
        name: typed already, after the command.
        problems: sentences shown above the fields.
    """

    def say(key: str) -> str:
        return text.say(language, f"start.{key}")

    options = [form.option(title, name, who) for name, title, who in variants]
    blocks = [
        *[form.alert(problem) for problem in problems],
        form.input(
            say("name"),
            form.text_input("name", initial=name, most=NAME_MOST, placeholder=say("name_like")),
            "name",
        ),
        form.input(
            say("region"),
            form.select("region", [_option(language, "region", region) for region in REGIONS], initial="us"),
            "region",
        ),
        form.input(
            say("products"),
            form.checkboxes(
                "products",
                [_option(language, "product", product) for product in PRODUCTS],
                initial=["issuing"],
            ),
            "products",
            hint=say("products_hint"),
        ),
        form.input(say("variant"), form.radio("variant", options, initial=variants[0][0]), "variant"),
        form.input(
            say("target"), form.datepicker("target_on", initial=target), "target_on", hint=say("target_hint")
        ),
        block.actions(block.button(say("more"), "start.more", "more"), block_id="more"),
        block.context(say("what_happens")),
    ]
    return form.modal(
        say("title"),
        blocks,
        callback_id=START,
        submit=say("submit"),
        close=text.say(language, "form.cancel"),
        private_metadata=private,
    )


def more(language: str, *, private: Mapping[str, Any], treasury: bool, channel_language: str) -> Json:
    """Return page 2: all optional, all with defaults."""

    def say(key: str) -> str:
        return text.say(language, f"start.{key}")

    blocks = [
        form.input(
            say("purpose"),
            form.text_input("purpose", multiline=True, most=2000),
            "purpose",
            hint=say("purpose_hint"),
            optional=True,
        ),
        form.input(
            say("company"),
            form.radio(
                "company", [_option(language, "company", value) for value in COMPANIES], initial="funded_team"
            ),
            "company",
        ),
        form.input(
            say("cards"),
            form.radio(
                "physical_cards", [_option(language, "cards", value) for value in CARDS], initial="none"
            ),
            "physical_cards",
            hint=say("cards_hint"),
        ),
        form.input(
            say("wallets"),
            form.checkboxes("wallets", [form.option(say("wallets_yes"), "yes")]),
            "wallets",
            optional=True,
        ),
    ]
    if treasury:
        blocks.append(
            form.input(
                say("statements"),
                form.checkboxes("statements", [form.option(say("statements_yes"), "yes")]),
                "statements",
                optional=True,
            )
        )
    blocks += [
        form.input(
            say("manager"), form.users_select("manager"), "manager", hint=say("manager_hint"), optional=True
        ),
        form.input(
            say("language"),
            form.radio(
                "language",
                [_option(language, "language", value) for value in ("en", "fr")],
                initial=channel_language,
            ),
            "language",
        ),
        form.input(
            say("contact_name"), form.text_input("contact_name", most=120), "contact_name", optional=True
        ),
        form.input(say("contact_email"), form.email_input("contact_email"), "contact_email", optional=True),
    ]
    return form.modal(
        say("title"),
        blocks,
        callback_id=MORE,
        submit=say("submit"),
        close=text.say(language, "form.back"),
        private_metadata=private,
    )


def _option(language: str, group: str, value: str) -> Json:
    return form.option(text.say(language, f"{group}.{value}"), value)
