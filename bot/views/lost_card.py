"""A lost card in words: what is stopped where, after how many seconds, and what is to be done now."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from bot import text
from bot.domain.stripe_link import dashboard
from bot.text import Mrkdwn
from bot.views import block, line, stripe_error
from bot.views.block import Json

Facts = Mapping[str, Any]
MINUTE: Final = 60
HOUR: Final = 3600


def duration(language: str, seconds: float) -> str:
    """Return a span as people say it: "0.4 s", "3 min 12 s", "2 h 5 min"."""
    if seconds < MINUTE:
        return text.say(language, "lost.seconds", seconds=round(seconds, 1 if seconds >= 1 else 2))
    if seconds < HOUR:
        minutes, rest = divmod(int(seconds), MINUTE)
        return text.say(language, "lost.minutes", minutes=minutes, seconds=rest)
    hours, rest = divmod(int(seconds), HOUR)
    return text.say(language, "lost.hours", hours=hours, minutes=rest // MINUTE)


def since(language: str, facts: Facts, name: str) -> str:
    """Return how long it took from the report to this moment."""
    begin, end = (datetime.fromisoformat(facts[key]) for key in ("reported_at", name))
    return duration(language, max(0.0, (end - begin).total_seconds()))


def at(language: str, moment: str) -> Mrkdwn:
    """Return a moment in the reader's zone."""
    return text.when(datetime.fromisoformat(moment), language)


def title(language: str, facts: Facts) -> Mrkdwn:
    """Return what a card is called: its last four, and TEST where it is a test card."""
    found = text.mrkdwn(language, "card.title", last4=facts["last4"] or "????")
    return found if facts["livemode"] else text.mrkdwn(language, "card.test", title=found)


def link(facts: Facts) -> Mrkdwn:
    """Return the card's id as a link into the Dashboard."""
    path = f"issuing/cards/{facts['card']}"
    return text.link(dashboard(path, account=facts["account"], livemode=facts["livemode"]), facts["card"])


def who(language: str, facts: Facts, user: str) -> Mrkdwn:
    """Return who did something; Stripe, where nobody here did."""
    if not user or user == "stripe":
        return text.mrkdwn(language, "lost.at_stripe")
    return line.name(facts, user)


def state(language: str, facts: Facts) -> list[Mrkdwn]:
    """Return the lines that say how a report stands: here, at Stripe, and for good."""
    said = [
        text.mrkdwn(
            language,
            "lost.reported",
            who=who(language, facts, facts["by"]),
            at=at(language, facts["reported_at"]),
        )
    ]
    if facts["state"] == "released":
        by = who(language, facts, facts["released_by"])
        return [
            *said,
            text.mrkdwn(language, "lost.is_released", who=by, at=at(language, facts["released_at"])),
        ]
    said.append(_here(language, facts))
    if facts["stopped_at"]:
        said.append(text.mrkdwn(language, "lost.is_stopped", took=since(language, facts, "stopped_at")))
    elif facts["answered_at"]:
        said.append(text.mrkdwn(language, "lost.not_confirmed"))
    said.append(_for_good(language, facts))
    if facts["error"]:
        said.append(stripe_error.sentence(language, facts["error"], facts["request"]))
    if facts["pending"]:
        said.append(text.mrkdwn(language, "lost.pending", count=facts["pending"]))
    return said + _new(language, facts)


def _here(language: str, facts: Facts) -> Mrkdwn:
    if facts["answered_at"]:
        return text.mrkdwn(
            language,
            "lost.declined_here",
            took=since(language, facts, "declined_at"),
            at=at(language, facts["answered_at"]),
        )
    key = "lost.no_answers" if facts["stopped_at"] else "lost.not_stopped_yet"
    return text.mrkdwn(language, key, card=link(facts))


def _for_good(language: str, facts: Facts) -> Mrkdwn:
    kind = text.say(language, f"lost.as_{facts['kind']}") if text.has(f"lost.as_{facts['kind']}") else ""
    by = who(language, facts, facts["revoked_by"])
    if facts["state"] == "revoked":
        took = since(language, facts, "revoked_at")
        return text.mrkdwn(language, "lost.is_revoked", took=took, who=by, kind=kind)
    if facts["state"] == "revoking":
        return text.mrkdwn(language, "lost.is_revoking", who=by, kind=kind)
    return text.mrkdwn(language, "lost.not_revoked")


def _new(language: str, facts: Facts) -> list[Mrkdwn]:
    if not facts["replace_asked_at"]:
        return []
    stage = facts["new_state"] if text.has(f"lost_stage.{facts['new_state']}") else "ordered"
    words = text.mrkdwn(
        language,
        "lost.new",
        who=who(language, facts, facts["replaced_by"]),
        stage=text.say(language, f"lost_stage.{stage}"),
        card=facts["new_card"],
    )
    return [words]


def board_part(language: str, facts: Facts) -> tuple[Mrkdwn, list[Json]]:
    """Return what the board of a card says about its newest report, and its buttons."""
    found = facts.get("lost")
    if found is None:
        return Mrkdwn(""), [block.actions(*card_buttons(language, facts))]
    words = Mrkdwn("\n".join(state(language, found)))
    return words, [block.section(words), block.actions(*buttons(language, found))]


def freeze_button(language: str, facts: Facts) -> Json:
    """Return the button that stops a card with one click."""
    name = facts.get("last4") or facts["card"]
    return block.button(
        text.say(language, "button.freeze_card"),
        f"lost.freeze:{facts['card']}",
        facts["card"],
        style="danger",
        accessibility_label=text.say(language, "lost.freeze_label", last4=name),
    )


def card_buttons(language: str, facts: Facts) -> list[Json]:
    """Return what can be done about a card that nobody has reported; who may is decided at the click."""
    details = _plain(language, "card_details", "lost.open", {"id": facts["card"]})
    return [details] if facts.get("status") == "canceled" else [freeze_button(language, facts), details]


def revoke_button(language: str, facts: Facts) -> Json:
    """Return the button that opens the form to revoke a card."""
    return block.button(
        text.say(language, "button.revoke_card"),
        f"lost.ask_revoke:{facts['id']}",
        str(facts["id"]),
        style="danger",
        accessibility_label=text.say(language, "lost.revoke_label", last4=facts["last4"]),
    )


def release_button(language: str, facts: Facts) -> Json:
    """Return the button that takes a freeze back, after a question."""
    return block.button(
        text.say(language, "button.unfreeze"),
        f"lost.release:{facts['id']}",
        str(facts["id"]),
        confirm=block.confirm(
            text.say(language, "lost.release_title"),
            text.say(language, "lost.release_text", last4=facts["last4"]),
            text.say(language, "button.unfreeze"),
            text.say(language, "form.cancel"),
        ),
    )


def _plain(language: str, name: str, action: str, facts: Facts) -> Json:
    return block.button(text.say(language, f"button.{name}"), f"{action}:{facts['id']}", str(facts["id"]))


def buttons(language: str, facts: Facts) -> list[Json]:
    """Return what can be done about a report; who may is decided at the click."""
    if facts["state"] == "released":
        return [freeze_button(language, facts), _plain(language, "card_details", "lost.open", facts)]
    found = []
    if facts["state"] == "frozen":
        found = [revoke_button(language, facts), release_button(language, facts)]
    elif not facts["replace_asked_at"]:
        found = [_plain(language, "new_card", "lost.ask_replace", facts)]
    return [*found, _plain(language, "card_details", "lost.open", facts)]


def mine(language: str, facts: Facts) -> Json:
    """Return what one person reads about a report, with what they may do."""
    head = text.mrkdwn(
        language, f"lost.head_{_headline(facts)}", card=title(language, facts), ref=facts["ref"]
    )
    said = [head, *state(language, facts)]
    found = []
    if facts["may_revoke"]:
        found.append(revoke_button(language, facts))
    if facts["may_release"]:
        found.append(release_button(language, facts))
    if facts["may_replace"] and not facts["replace_asked_at"]:
        found.append(_plain(language, "new_card", "lost.ask_replace", facts))
    if facts["may_see"]:
        found.append(_plain(language, "card_details", "lost.open", facts))
    words = Mrkdwn("\n".join(said))
    blocks = [block.section(words)]
    if facts["thread"]:
        blocks.append(
            block.context(text.mrkdwn(language, "lost.thread_in", channel=text.channel(facts["thread"][0])))
        )
    elif facts.get("threadless"):
        blocks.append(block.context(text.mrkdwn(language, "lost.no_thread")))
    return block.message(words, [*blocks, *([block.actions(*found)] if found else [])])


def _headline(facts: Facts) -> str:
    if facts["state"] == "frozen" and not facts["answered_at"] and not facts["stopped_at"]:
        return "not_stopped"
    return str(facts["state"])


def found(language: str, facts: Facts) -> Json:
    """Return the cards that somebody can mean, each with the button that stops it."""
    said = [text.mrkdwn(language, "lost.which" if len(facts["cards"]) > 1 else "lost.this")]
    blocks: list[Json] = [block.section(said[0])]
    for one in facts["cards"]:
        words = about(language, one)
        said.append(words)
        stop = None if one["status"] == "canceled" or one["reported"] else freeze_button(language, one)
        blocks.append(block.section(words, accessory=stop))
    if facts["more"]:
        blocks.append(block.context(text.mrkdwn(language, "lost.more", count=facts["more"])))
    return block.message(Mrkdwn("\n".join(said)), blocks)


def none(language: str, facts: Facts) -> Json:
    """Return that no card fits, at Stripe either if it was asked, and what to try instead."""
    key = "lost.only_tests" if facts["tests"] else _nothing(facts)
    said = [text.mrkdwn(language, key, typed=facts["typed"], count=facts["tests"])]
    if facts.get("stripe") == "away":
        where = text.link(dashboard("issuing/cards", account="", livemode=True), "Dashboard")
        said.append(text.mrkdwn(language, "lost.none_away", dashboard=where))
    if facts["reading"]:
        said.append(text.mrkdwn(language, "lost.reading"))
    words = Mrkdwn("\n".join(said))
    found = [block.button(text.say(language, "button.search_card"), "lost.search", facts["typed"])]
    if facts["tests"]:
        show = block.button(text.say(language, "button.test_cards"), "lost.tests", facts["typed"])
        found.insert(0, show)
    return block.message(words, [block.section(words), block.actions(*found)])


def _nothing(facts: Facts) -> str:
    if facts.get("stripe") == "nothing":
        return "lost.none_at_stripe"
    if facts.get("stripe") == "away":
        return "lost.none_here"
    return "lost.none_by_name" if facts.get("by") else "lost.none"


def asked(language: str, facts: Facts) -> Json:
    """Return that Stripe is being asked about a card."""
    said = [text.mrkdwn(language, "lost.asked", typed=facts["typed"])]
    if facts["reading"]:
        said.append(text.mrkdwn(language, "lost.reading"))
    words = Mrkdwn("\n".join(said))
    return block.message(words, [block.section(words)])


def about(language: str, one: Facts) -> Mrkdwn:
    """Return one line about a card: holder, kind, how it stands, last use."""
    parts = [text.strong(title(language, one))]
    if one["holder"]:
        parts.append(text.escape(one["holder"]))
    parts.append(kind(language, one))
    if one["used"]:
        parts.append(text.mrkdwn(language, "lost.used", at=at(language, one["used"])))
    else:
        parts.append(text.mrkdwn(language, "lost.never_used"))
    return Mrkdwn(" · ".join(parts))


def kind(language: str, one: Facts) -> Mrkdwn:
    """Return the type of a card and how it stands."""
    if one["status"] == "canceled":
        return text.mrkdwn(language, "lost.kind_canceled")
    if one["reported"]:
        return text.mrkdwn(language, "lost.kind_reported")
    known = one["type"] if text.has(f"lost_type.{one['type']}") else "other"
    return text.mrkdwn(language, f"lost_type.{known}")


RENDERERS: Final = {"lost.mine": mine, "lost.found": found, "lost.none": none, "lost.asked": asked}
