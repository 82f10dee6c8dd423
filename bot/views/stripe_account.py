"""The form that asks for the Stripe account of a programme and what tells its cards apart."""

from collections.abc import Mapping
from typing import Any

from bot import text
from bot.domain.stripe_match import TELLS
from bot.views import block, form
from bot.views.block import Json

Facts = Mapping[str, Any]


def fields(language: str, facts: Facts) -> list[Json]:
    """Return the fields, also for the form of the step in which Stripe configures the programme."""
    options = [form.option(text.say(language, f"account.tell.{value}"), value) for value in TELLS]
    return [
        form.input(
            text.say(language, "account.account"),
            form.text_input("stripe_account", initial=facts["account"] or None, most=100),
            "stripe_account",
            hint=text.say(language, "account.account_hint"),
            optional=True,
        ),
        form.input(
            text.say(language, "account.tell"), form.select("tell", options, initial=facts["tell"]), "tell"
        ),
        form.input(
            text.say(language, "account.value"),
            form.text_input("tell_value", initial=facts["value"] or None, most=150),
            "tell_value",
            hint=text.say(language, "account.value_hint"),
            optional=True,
        ),
    ]


def ask(language: str, facts: Facts) -> Json:
    """Return the form of its own."""
    program = facts["program"]
    return form.modal(
        text.say(language, "account.title"),
        [
            block.context(text.mrkdwn(language, "form.program", name=program["name"], ref=program["ref"])),
            *fields(language, facts),
        ],
        callback_id="stripe.account",
        submit=text.say(language, "account.submit"),
        close=text.say(language, "form.cancel"),
        private_metadata={"program": program["id"]},
    )
