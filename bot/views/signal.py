"""What Stripe shows of the way to a launch: what Gantry did about it, or the one button that confirms it."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from bot import text
from bot.domain.signal import SIGNALS
from bot.text import Mrkdwn
from bot.views import block, line
from bot.views.block import Json

Facts = Mapping[str, Any]
MOST_CARDS: Final = 10


def shown(language: str, facts: Facts) -> Mrkdwn:
    """Return what Stripe showed, with the object that shows it and the event that is the proof."""
    words = text.mrkdwn(
        language,
        f"signal.{facts['signal']}",
        source=facts["source"],
        ms=text.number(language, facts.get("ms", 0)),
        why=rejection(language, facts.get("reasons", ())),
    )
    events = [
        Mrkdwn(f"`{text.escape(one)}`") for one in facts.get("events", ()) if one and one != facts["source"]
    ]
    if not events:
        return words
    proof = text.mrkdwn(
        language, "signal_proof", events=Mrkdwn(text.listing(language, events)), count=len(events)
    )
    return Mrkdwn(f"{words} {proof}")


def rejection(language: str, codes: Iterable[str]) -> str:
    """Return why Stripe rejected a design, in plain words; a reason that is new is shown as it is.

    Args:
        language: of the reader.
        codes: `card_logo:…` and `carrier_text:…`, with the names of Stripe's `rejection_reasons`.
    """
    said = []
    for code in codes:
        part, _, reason = str(code).partition(":")
        key = f"design_reason.{reason}"
        why = text.say(language, key) if text.has(key) else reason
        said.append(text.say(language, f"design_part.{part}", why=why))
    return " ".join(said) or text.say(language, "design_no_reason")


def notice(language: str, facts: Facts) -> Json:
    """Return what Stripe shows, which step that speaks for, and the button that goes on, if one is needed."""
    step, program = facts["step"], facts["program"]
    words, (ask, act) = shown(language, facts), _ask(facts)
    about = text.mrkdwn(language, "card.program", name=program["name"], ref=program["ref"])
    if not ask:
        return block.message(Mrkdwn(f"{about}: {words}"), [block.section(words)])
    asked = text.mrkdwn(language, ask, step=step["title"])
    button = _button(language, act, step) if act else None
    said = [block.section(Mrkdwn(f"{words}\n{asked}"), accessory=button)]
    return block.message(Mrkdwn(f"{about}: {words} {asked}"), said)


def _ask(facts: Facts) -> tuple[str, str]:
    """Return what is asked, and the button; both may be empty."""
    if facts["act"] == "tell":
        return "", ""
    if facts["complete"]:
        return "signal.all_seen", "done"
    if facts["act"] == "tick":
        return "signal.ticked", ""
    return _proposed(facts)


def _proposed(facts: Facts) -> tuple[str, str]:
    signal = SIGNALS[facts["signal"]]
    if facts["step"]["actor"] == "stripe":
        return "signal.answer", "answered"
    if signal.afterwards:
        return "signal.check", "evidence"
    if signal.act == "block":
        return "signal.stuck", "block"
    return ("signal.scenario", "evidence") if facts["item"] else ("signal.finish", "done")


def _button(language: str, act: str, step: Facts) -> Json:
    number, title = str(step["id"]), line.short(step["title"], 40)
    label = text.say(language, f"button.{act}_label", title=title)
    return block.button(
        text.say(language, f"button.{act}"), f"step.{act}:{number}", number, accessibility_label=label
    )


def parcels(language: str, facts: Facts) -> Json:
    """Return how far cards on their way have come, and what to do about one that did not arrive."""
    cards = facts["cards"]
    lines = [
        text.mrkdwn(language, f"shipping_stage.{one['stage']}", last4=one["last4"], card=one["card"])
        for one in cards[:MOST_CARDS]
    ]
    if len(cards) > MOST_CARDS:
        lines.append(text.mrkdwn(language, "notice.more", count=len(cards) - MOST_CARDS))
    program = facts["program"]
    about = text.mrkdwn(language, "card.program", name=program["name"], ref=program["ref"])
    words = Mrkdwn("\n".join(lines))
    return block.message(Mrkdwn(f"{about}: {words}"), [block.section(words)])


RENDERERS: Final = {"step.signal": notice, "card.shipping": parcels}
