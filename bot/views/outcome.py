"""How a step ended, in words: Stripe's answer, and what some of our own steps asked."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from bot import text
from bot.text import Mrkdwn
from bot.views import line


def answer(language: str, outcome: Mapping[str, Any]) -> Mrkdwn:
    """Return what Stripe answered, or nothing when it was no step of Stripe's."""
    if "fit" in outcome:
        said = [
            text.mrkdwn(
                language,
                "notice.fit",
                product=text.say(language, f"product.{product}"),
                answer=text.say(language, f"fit.{value}"),
            )
            for product, value in sorted(outcome["fit"].items())
        ]
        return Mrkdwn(" · ".join(said))
    if "choice" in outcome:
        return text.mrkdwn(language, f"choice.{outcome['choice']}")
    return Mrkdwn("")


def details(language: str, facts: Mapping[str, Any], outcome: Mapping[str, Any]) -> list[Mrkdwn]:
    """Return the rest of what was recorded: dates, what was approved and by whom, who was named."""
    said = []
    for name, key in (("met_on", "step.met_on"), ("sent_on", "step.sent_on"), ("until", "notice.until")):
        if outcome.get(name):
            said.append(
                text.mrkdwn(language, key, date=text.date(language, date.fromisoformat(outcome[name])))
            )
    if outcome.get("capabilities"):
        listed = capabilities(language, outcome["capabilities"])
        said.append(text.mrkdwn(language, "notice.capabilities", listed=listed))
    if outcome.get("by"):
        said.append(text.mrkdwn(language, "notice.approved_by", by=text.say(language, f"by.{outcome['by']}")))
    if outcome.get("owner"):
        owner, deputy = line.name(facts, outcome["owner"]), line.name(facts, outcome["deputy"])
        said.append(text.mrkdwn(language, "step.duty", owner=owner, deputy=deputy))
    if outcome.get("employees"):
        people = [line.name(facts, user) for user in outcome["employees"]]
        said.append(text.mrkdwn(language, "step.employees", people=text.listing(language, people)))
    return said


def capabilities(language: str, names: Sequence[str]) -> str:
    """Return what Stripe approved in one phrase; a name we do not know is shown as it is."""
    known = [
        text.say(language, f"capability.{item}") if text.has(f"capability.{item}") else item for item in names
    ]
    return text.listing(language, known)
