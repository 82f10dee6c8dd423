"""What people read about Stripe's events: how a dispute ended, what is in trouble, what is to be done."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from bot import text
from bot.text import Mrkdwn
from bot.views import block, line
from bot.views.block import Json

MOST: Final = 20
Facts = Mapping[str, Any]


def dispute_closed(language: str, facts: Facts) -> Json:
    """Return how a dispute ended, and what that asks for."""
    status = facts["status"] if text.has(f"dispute.closed.{facts['status']}") else "other"
    words = text.mrkdwn(
        language,
        f"dispute.closed.{status}",
        amount=text.money(language, facts["amount"], facts["currency"]),
        last4=facts["last4"],
        status=facts["status"],
        dispute=facts["dispute"],
    )
    said = [words]
    if facts["loss_reason"]:
        said.append(text.mrkdwn(language, "dispute.closed.why", reason=facts["loss_reason"]))
    if not facts["livemode"]:
        said.append(text.mrkdwn(language, "stripe.test_mode"))
    program = facts["program"]
    spoken = Mrkdwn(f"{text.escape(program['name'])} ({program['ref']}) · {words}")
    return block.message(spoken, [block.section(words), *(block.context(one) for one in said[1:])])


def events(language: str, facts: Facts) -> Json:
    """Return how Stripe's events fare, with a button for each that failed and each task."""
    counts = facts["counts"]
    first = text.mrkdwn(
        language,
        "events.title",
        waiting=counts["pending"],
        dead=counts["dead"],
        handled=counts["handled"],
        ignored=counts["ignored"],
    )
    said, blocks = [first], [block.section(first)]
    for row in facts["dead"]:
        words = text.mrkdwn(
            language,
            "events.line",
            number=row["id"],
            kind=row["kind"],
            about=row["about"],
            count=row["attempts"],
            error=row["error"],
        )
        again = block.button(text.say(language, "button.again"), f"events.again:{row['id']}", str(row["id"]))
        said.append(words)
        blocks.append(block.section(words, accessory=again))
    if not facts["dead"]:
        blocks.append(block.context(text.mrkdwn(language, "events.fine")))
    for row in facts["tasks"]:
        words = _task_words(language, row)
        done = block.button(text.say(language, "button.done"), f"task.done:{row['id']}", str(row["id"]))
        said.append(words)
        blocks.append(block.section(words, accessory=done))
    if facts["unplaced"]:
        words = Mrkdwn("\n".join(_unplaced(language, facts)))
        said.append(words)
        blocks.append(block.section(words))
    if facts["accounts"]:
        words = Mrkdwn("\n".join(_accounts(language, facts)))
        said.append(words)
        blocks.append(block.section(words))
    return block.message(Mrkdwn("\n".join(said)), blocks)


def _unplaced(language: str, facts: Facts) -> list[Mrkdwn]:
    lines = [text.mrkdwn(language, "events.unplaced", count=facts["unplaced"])]
    lines += [
        text.mrkdwn(
            language,
            "events.card",
            card=row["id"],
            last4=row["last4"],
            currency=row["currency"].upper(),
            whose=_whose(language, row),
        )
        for row in facts["cards"]
    ]
    if facts["unplaced"] > len(facts["cards"]):
        rest = facts["unplaced"] - len(facts["cards"])
        lines.append(text.mrkdwn(language, "events.more", count=rest))
    return lines


def _accounts(language: str, facts: Facts) -> list[Mrkdwn]:
    lines = [text.mrkdwn(language, "events.accounts")]
    for row in facts["accounts"]:
        whose = _whose(language, row)
        if row["error"]:
            lines.append(text.mrkdwn(language, "events.refused", whose=whose, error=row["error"]))
        elif row["since"] and row["checked"]:
            since, checked = (
                text.when(datetime.fromisoformat(row[key]), language) for key in ("since", "checked")
            )
            lines.append(text.mrkdwn(language, "events.complete", whose=whose, since=since, checked=checked))
        else:
            lines.append(text.mrkdwn(language, "events.not_yet", whose=whose))
        if row["cards"] is not None:
            lines.append(_cards(language, row["cards"]))
    if facts["more_accounts"]:
        lines.append(text.mrkdwn(language, "events.more", count=facts["more_accounts"]))
    return lines


def _cards(language: str, row: Facts) -> Mrkdwn:
    """Return how far the cards of an account were read at first start, so that one is found by a search."""
    counts = {"cards": row["count"], "holders": row["holders"]}
    if row["done"]:
        at = text.when(datetime.fromisoformat(row["done"]), language)
        return text.mrkdwn(language, "events.cards_read", at=at, **counts)
    if row["error"]:
        return text.mrkdwn(language, "events.cards_refused", error=row["error"], **counts)
    return text.mrkdwn(language, "events.cards_reading", **counts)


def _whose(language: str, row: Facts) -> str:
    mode = _mode(language, row)
    if not row["account"]:
        return text.say(language, "events.platform", mode=mode)
    return text.say(language, "events.connected", account=row["account"], mode=mode)


def _mode(language: str, row: Facts) -> str:
    return text.say(language, "events.mode.live" if row["livemode"] else "events.mode.test")


def _task_words(language: str, row: Facts) -> Mrkdwn:
    return text.mrkdwn(
        language,
        f"task.{row['kind']}",
        account=row["account"] or text.say(language, "task.platform"),
        capability=row["capability"],
        mode=_mode(language, row),
        date=text.when(datetime.fromisoformat(row["since"]), language, style="day"),
    )


def task(language: str, facts: Facts) -> Json:
    """Return what a capability asks for."""
    words = _task_words(language, facts)
    return block.message(words, [block.section(words), block.context(text.mrkdwn(language, "task.where"))])


def revived(language: str, facts: Facts) -> Json:
    """Return that an event is handled once more."""
    words = text.mrkdwn(language, "events.revived", number=facts["id"])
    return block.message(words, [block.section(words)])


def done(language: str, facts: Facts) -> Json:
    """Return that a task is done."""
    del facts
    words = text.mrkdwn(language, "task.done")
    return block.message(words, [block.section(words)])


def accounts(language: str, facts: Facts) -> Json:
    """Return the accounts of programmes, each with the button that changes it."""
    title = text.mrkdwn(language, "account.heading")
    said, blocks = [title], [block.section(title)]
    for one in facts["programs"][:MOST]:
        program = one["program"]
        name = text.strong(text.say(language, "form.program", name=program["name"], ref=program["ref"]))
        account = one["account"] or text.say(language, "account.platform")
        tell = text.say(language, f"account.tell.{one['tell']}")
        value = line.short(one["value"], 60)
        line_ = text.mrkdwn(language, "account.line", account=account, tell=f"{tell} {value}".strip())
        words = Mrkdwn(f"{name}\n{line_}")
        said.append(words)
        change = block.button(
            text.say(language, "button.change"),
            f"stripe.account:{program['id']}",
            str(program["id"]),
            accessibility_label=text.say(
                language, "button.change_label", name=line.short(program["name"], 40)
            ),
        )
        blocks.append(block.section(words, accessory=change))
    return block.message(Mrkdwn("\n".join(said)), blocks)


def dead(language: str, facts: Facts) -> Json:
    """Return that an event could not be handled, and where to look."""
    words = text.mrkdwn(
        language,
        "events.dead",
        kind=facts["kind"],
        about=facts["about"],
        count=facts["attempts"],
        error=facts["error"],
    )
    return block.message(words, [block.section(words)])


RENDERERS: Final = {
    "events.dead": dead,
    "dispute.closed": dispute_closed,
    "events": events,
    "events.revived": revived,
    "stripe.task": task,
    "stripe.accounts": accounts,
    "task.done": done,
}
