"""What people read of a dispute in the channel: its board, and what is said in its thread.

No merchant, no name and nothing that was typed: those open in forms, for the roles that may see them.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from bot import text
from bot.domain.dispute import WITHDRAW_DAYS
from bot.domain.stripe_link import dashboard
from bot.text import Mrkdwn
from bot.views import block, line, stripe_error
from bot.views.block import Json

Facts = Mapping[str, Any]


def title(language: str, facts: Facts) -> Mrkdwn:
    """Return what a dispute is called: its reference, the card, the amount."""
    words = text.mrkdwn(
        language,
        "dispute.title",
        ref=facts["ref"],
        last4=facts["last4"] or "????",
        amount=text.money(language, facts["amount"], facts["currency"]),
    )
    return words if facts["livemode"] else text.mrkdwn(language, "dispute.test", title=words)


def reason(language: str, facts: Facts) -> str:
    """Return the reason in words; one that Stripe added since is shown as it is."""
    name = facts["reason"]
    if not name:
        return text.say(language, "dispute.reason_open")
    return text.say(language, f"dispute_reason.{name}") if text.has(f"dispute_reason.{name}") else name


def rule(language: str, finding: Facts) -> Mrkdwn:
    """Return what speaks against a dispute, in one sentence."""
    values = {name: value for name, value in finding.items() if name != "rule"}
    if "date" in values:
        values["date"] = text.date(language, date.fromisoformat(values["date"]))
    return text.mrkdwn(language, f"dispute_rule.{finding['rule']}", **values)


def loss(language: str, code: str) -> Mrkdwn:
    """Return why a dispute was lost, in plain words; a code that Stripe added since is shown as it is."""
    if text.has(f"dispute_loss.{code}"):
        return text.mrkdwn(language, f"dispute_loss.{code}")
    return text.mrkdwn(language, "dispute.loss_other", code=code or "-")


def status(language: str, facts: Facts) -> Mrkdwn:
    """Return how a dispute stands, who did what, and what comes next."""
    by = line.name(facts, facts["by"]) if facts["by"] else text.mrkdwn(language, "dispute.by_stripe")
    second = line.name(facts, facts["second"]) if facts["second"] else Mrkdwn("")
    asked = line.name(facts, facts["asked_by"]) if facts["asked_by"] else Mrkdwn("")
    return text.mrkdwn(
        language,
        f"dispute_state.{facts['state']}",
        by=by,
        second=second,
        asked=asked,
        ref=facts["ref"],
    )


def days(language: str, facts: Facts) -> list[Mrkdwn]:
    """Return until when it can be submitted, by the network's rule and by Stripe's."""
    if facts["state"] not in {"draft", "asked", "submitting"} or not facts["due_on"]:
        return []
    shown = {
        name: text.date(language, date.fromisoformat(facts[name]))
        for name in ("due_on", "network_on", "stripe_on", "started_on")
    }
    first = text.mrkdwn(language, "dispute.due", date=shown["due_on"])
    why = text.mrkdwn(
        language,
        "dispute.windows",
        network=shown["network_on"],
        count=facts["network_days"],
        start=text.say(language, f"dispute_start.{facts['started_by']}"),
        started=shown["started_on"],
        stripe=shown["stripe_on"],
    )
    return [first, why]


def error(language: str, facts: Facts) -> list[Mrkdwn]:
    """Return why Stripe did not take what it was asked."""
    if not facts["error"]:
        return []
    words = stripe_error.sentence(language, facts["error"], facts["error_request"])
    field = facts["error_param"]
    if field and text.has(f"dispute_field.{field}"):
        named = text.say(language, f"dispute_field.{field}")
        return [text.mrkdwn(language, "dispute.error_field", field=named, why=words)]
    return [words]


def details(language: str, facts: Facts) -> list[Json]:
    """Return the lines of a dispute that a board and a private answer share."""
    lines = [
        text.mrkdwn(language, "dispute.reason_line", reason=reason(language, facts)),
        status(language, facts),
    ]
    blocks = [block.section(text.lines(title(language, facts), *lines))]
    blocks += [block.context(one) for one in days(language, facts)]
    if facts["state"] == "lost":
        blocks.append(block.section(loss(language, facts["loss_reason"])))
    if facts["task_state"]:
        key = f"dispute_task.{facts['task']}_{facts['task_state']}"
        who = line.name(facts, facts["task_by"]) if facts["task_by"] else Mrkdwn("")
        blocks.append(block.section(text.mrkdwn(language, key, who=who)))
    blocks += [block.context(one) for one in moved(language, facts)]
    blocks += [block.section(one) for one in error(language, facts)]
    if facts["state"] in {"draft", "asked"}:
        found = [rule(language, one) for one in facts["warnings"]]
        blocks += [block.context(one) for one in found]
        blocks += [block.context(file_line(language, one)) for one in facts["files"]]
    blocks.append(block.context(*where(language, facts)))
    return blocks


def file_line(language: str, file: Facts) -> Mrkdwn:
    """Return what became of the files of one field."""
    key = f"dispute_file.{file['state']}"
    why = unfit(language, file["error"])
    return text.mrkdwn(
        language,
        key,
        field=text.say(language, f"dispute_field.{file['field']}"),
        count=len(file["names"]),
        why=why,
    )


def unfit(language: str, code: str) -> str:
    """Return why files cannot be evidence; nothing where they can."""
    return text.say(language, f"dispute_paper.{code}") if text.has(f"dispute_paper.{code}") else code


def where(language: str, facts: Facts) -> list[Mrkdwn]:
    """Return the small line: its programme, and Stripe's ids as links into the Dashboard."""
    parts = []
    if facts["program"]:
        parts.append(
            text.mrkdwn(
                language, "dispute.program", name=facts["program"]["name"], ref=facts["program"]["ref"]
            )
        )
    kind, number = (
        ("disputes", facts["dispute"]) if facts["dispute"] else ("transactions", facts["transaction"])
    )
    url = dashboard(f"issuing/{kind}/{number}", account=facts["account"], livemode=facts["livemode"])
    parts.append(text.link(url, number))
    if facts["account"]:
        parts.append(text.mrkdwn(language, "dispute.account", account=facts["account"]))
    return parts


def buttons(language: str, facts: Facts) -> list[Json]:
    """Return what can be done with a dispute now."""
    number, state = str(facts["id"]), facts["state"]
    found = []
    if state == "asked":
        found.append(_button(language, "check", number, primary=True))
    if state in {"draft", "asked"}:
        found.append(_button(language, "resume", number, primary=state == "draft"))
    if (
        state in {"draft", "asked"}
        and facts["reason"] == "fraudulent"
        and facts["card"]
        and facts["card_status"] != "canceled"
    ):
        found.append(
            block.button(
                text.say(language, "dispute_button.freeze"), f"lost.freeze:{facts['card']}", facts["card"]
            )
        )
    if facts["task_state"] == "open":
        found.append(_button(language, facts["task"], number, primary=True, action="task"))
    if state in {"draft", "asked"}:
        drop = block.confirm(
            text.say(language, "dispute_drop.title"),
            text.say(language, "dispute_drop.text", ref=facts["ref"]),
            text.say(language, "dispute_drop.yes"),
            text.say(language, "dispute_drop.no"),
            style="danger",
        )
        found.append(
            block.button(
                text.say(language, "dispute_button.drop"), f"dispute.drop:{number}", number, confirm=drop
            )
        )
    return [block.actions(*found)] if found else []


def _button(language: str, name: str, number: str, *, primary: bool = False, action: str = "") -> Json:
    return block.button(
        text.say(language, f"dispute_button.{name}"),
        f"dispute.{action or name}:{number}",
        number,
        style="primary" if primary else None,
    )


def board(language: str, facts: Facts) -> Json:
    """Return the board of a dispute."""
    spoken = text.lines(
        title(language, facts),
        reason_words(language, facts),
        status(language, facts),
        *days(language, facts)[:1],
    )
    return block.message(spoken, [*details(language, facts), *buttons(language, facts)])


def reason_words(language: str, facts: Facts) -> Mrkdwn:
    """Return the line with the reason."""
    return text.mrkdwn(language, "dispute.reason_line", reason=reason(language, facts))


def asked(language: str, facts: Facts) -> Json:
    """Return that a second person is wanted, and who may be it."""
    who = line.name(facts, facts["actor"])
    users = Mrkdwn(text.listing(language, [text.person(user) for user in facts["seconds"]]))
    key = "dispute.asked" if facts["seconds"] else "dispute.asked_nobody"
    words = text.mrkdwn(language, key, who=who, users=users, title=title(language, facts))
    more = [text.mrkdwn(language, "dispute.asked_alone", who=who)] if facts["alone_possible"] else []
    check = _button(language, "check", str(facts["id"]), primary=True)
    return _said([words, *more], block.actions(check))


def submitted(language: str, facts: Facts) -> Json:
    """Return that Stripe has submitted it, that nothing can be changed, and how to withdraw."""
    who = line.name(facts, facts["second"]) if facts["second"] else text.mrkdwn(language, "dispute.by_stripe")
    words = text.mrkdwn(language, "dispute.submitted", title=title(language, facts), who=who)
    return _said([words, text.mrkdwn(language, "dispute.withdraw", count=WITHDRAW_DAYS)])


def elsewhere(language: str, facts: Facts) -> Json:
    """Return that a dispute was submitted elsewhere, in the Dashboard or by the connected account."""
    return _said([text.mrkdwn(language, "dispute.elsewhere", title=title(language, facts))])


def refused(language: str, facts: Facts) -> Json:
    """Return what Stripe refused, and the way to the field at fault."""
    words = text.mrkdwn(language, "dispute.refused", title=title(language, facts))
    resume = _button(language, "resume", str(facts["id"]), primary=True)
    return _said([words, *error(language, facts)], block.actions(resume))


def ended(language: str, facts: Facts) -> Json:
    """Return how a dispute ended, and what that asks for."""
    words = text.mrkdwn(language, f"dispute_end.{facts['state']}", title=title(language, facts))
    more = [loss(language, facts["loss_reason"])] if facts["state"] == "lost" else []
    below = []
    if facts["task_state"] == "open":
        below = [
            block.actions(_button(language, facts["task"], str(facts["id"]), primary=True, action="task"))
        ]
    return _said([words, *more], *below)


def funds(language: str, facts: Facts) -> Json:
    """Return that funds came to the Issuing balance, or were taken back, and whether the amount is right."""
    old = {"amount": facts.get("moved"), "currency": facts.get("moved_currency")}  # of an older Gantry
    one = {"amount": facts["amount"], "currency": facts["currency"], "check": "agrees"}
    one |= {name: value for name, value in {**old, **facts.get("one", {})}.items() if value}
    words = text.mrkdwn(
        language,
        f"dispute_funds.{facts['what']}",
        amount=text.money(language, one["amount"], one["currency"]),
        title=title(language, facts),
    )
    return _said([words, *_doubt(language, facts, one)])


def _doubt(language: str, facts: Facts, one: Facts) -> list[Mrkdwn]:
    """Return what is wrong with a movement of funds, if anything is, and where to look."""
    if not text.has(f"dispute_check.{one['check']}"):
        return []
    path = f"issuing/disputes/{facts['dispute']}"
    page = dashboard(path, account=facts["account"], livemode=facts["livemode"])
    amount = text.money(language, facts["amount"], facts["currency"])
    link = text.link(page, facts["dispute"] or "Dashboard")
    return [text.mrkdwn(language, f"dispute_check.{one['check']}", amount=amount, link=link)]


def moved(language: str, facts: Facts) -> list[Mrkdwn]:
    """Return the movements of funds in short, or that none was seen where one is due."""
    lines = []
    for one in facts["funds"]:
        amount = text.money(language, one["amount"], one["currency"])
        said = text.mrkdwn(language, f"dispute_moved.{one['what']}", amount=amount)
        lines.append(Mrkdwn(" ".join([said, *_doubt(language, facts, one)])))
    if facts["state"] == "won" and not facts["reinstated"]:
        lines.append(text.mrkdwn(language, "dispute_moved.nothing"))
    return lines


def dropped(language: str, facts: Facts) -> Json:
    """Return that somebody gave up a draft."""
    who = line.name(facts, facts["actor"])
    return _said([text.mrkdwn(language, "dispute.dropped", who=who, title=title(language, facts))])


def task_done(language: str, facts: Facts) -> Json:
    """Return that what an ended dispute asked for is done."""
    who = line.name(facts, facts["actor"])
    return _said(
        [text.mrkdwn(language, f"dispute_done.{facts['task']}", who=who, title=title(language, facts))]
    )


def bad_file(language: str, facts: Facts) -> Json:
    """Return that a file cannot be evidence, why, and what to do."""
    why = unfit(language, facts["code"])
    words = text.mrkdwn(
        language,
        "dispute.bad_paper",
        who=text.person(facts["user"]),
        field=text.say(language, f"dispute_field.{facts['field']}"),
        title=title(language, facts),
        why=why,
    )
    return _said([words], block.actions(_button(language, "resume", str(facts["id"]), primary=True)))


def alone(language: str, facts: Facts) -> Json:
    """Return, to a manager, that one person submitted a dispute alone, and why."""
    words = text.mrkdwn(
        language,
        f"dispute_alone.{facts['alone']}",
        who=line.name(facts, facts["actor"]),
        title=title(language, facts),
    )
    spoken = text.lines(words, text.escape(line.short(facts["words"], 300)))
    return block.message(spoken, [block.section(words), block.quote(facts["words"])])


def kept(language: str, facts: Facts) -> Json:
    """Return, to who left the form, that a draft is kept and how to go on."""
    words = text.mrkdwn(language, "dispute.kept", title=title(language, facts))
    return _said([words], block.actions(_button(language, "resume", str(facts["id"]), primary=True)))


def show(language: str, facts: Facts) -> Json:
    """Return a private answer with everything a board says."""
    return board(language, facts)


def _said(words: Sequence[Mrkdwn], *below: Json) -> Json:
    return block.message(text.lines(*words), [*(block.section(one) for one in words), *below])


def moment(language: str, iso: str) -> Mrkdwn:
    """Return a moment in the reader's zone."""
    return text.when(datetime.fromisoformat(iso), language)


RENDERERS: Final = {
    "dispute": board,
    "dispute.asked": asked,
    "dispute.submitted": submitted,
    "dispute.elsewhere": elsewhere,
    "dispute.refused": refused,
    "dispute.ended": ended,
    "dispute.funds": funds,
    "dispute.dropped": dropped,
    "dispute.task_done": task_done,
    "dispute.bad_file": bad_file,
    "dispute.alone": alone,
    "dispute.kept": kept,
    "dispute.show": show,
}
