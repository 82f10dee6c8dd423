"""The forms of a dispute: search, reason, one page or more of evidence, the summary, the last look."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from bot import text
from bot.domain.dispute_reason import EvidenceField, Reason, Reasons
from bot.text import Mrkdwn
from bot.views import block, dispute, form, line
from bot.views.block import Json

SEARCH, FIRST, PAGE, SUMMARY = "dispute.search", "dispute.first", "dispute.page", "dispute.summary"
CHECK, TASK = "dispute.check", "dispute.task"
FILETYPES: Final = ("pdf", "jpg", "jpeg", "png")
OF_CARD: Final = frozenset({"card_active", "card_stopping"})
WORDS_MOST: Final = 1500
SHORT_MOST: Final = 500
SHOWN: Final = 300
Facts = Mapping[str, Any]
Private = Mapping[str, Any]


def search(language: str, *, private: Private) -> Json:
    """Return the form that looks for a transaction."""
    picker = form.external_select(
        "dispute.find", placeholder=text.say(language, "dispute_form.find_like"), least=1
    )
    blocks = [
        form.input(
            text.say(language, "dispute_form.find"),
            picker,
            "transaction",
            hint=text.say(language, "dispute_form.find_hint"),
        )
    ]
    return _modal(language, SEARCH, blocks, private, submit="dispute_form.next", notify=False)


def found(language: str, about: Facts) -> Json:
    """Return one transaction as a choice of the search."""
    label = text.say(
        language,
        "dispute_form.option",
        amount=text.money(language, about["amount"], about["currency"]),
        merchant=line.short(about["merchant"] or "-", 24),
        last4=about["last4"] or "????",
        date=text.short_date(language, datetime.fromisoformat(about["at"]).date()),
    )
    mode = None if about["livemode"] else text.say(language, "dispute_form.test_option")
    return form.option(label, about["transaction"], mode)


def first(
    language: str,
    reasons: Reasons,
    *,
    private: Private,
    about: Facts,
    chosen: Facts,
    problems: Sequence[str] = (),
) -> Json:
    """Return the page that asks for the reason and the amount.

    Args:
        language: the reader's.
        reasons: all there are.
        private: the transaction or the dispute, and where it was asked.
        about: the purchase.
        chosen: `reason`, `amount` (as somebody reads it) and `from_account`, as they are.
        problems: sentences shown above the fields.
    """
    options = [
        form.option(
            text.say(language, f"dispute_reason.{one.id}"),
            one.id,
            text.say(language, f"dispute_when.{one.id}"),
        )
        for one in reasons.all
    ]
    blocks = [
        *[form.alert(problem) for problem in problems],
        block.section(_purchase(language, about)),
        form.input(
            text.say(language, "dispute_form.reason"),
            form.radio("reason", options, initial=chosen.get("reason") or None),
            "reason",
        ),
        form.input(
            text.say(language, "dispute_form.amount", currency=about["currency"].upper()),
            form.text_input("amount", initial=str(chosen.get("amount") or ""), most=20),
            "amount",
            hint=text.say(language, "dispute_form.amount_hint"),
        ),
    ]
    if about.get("account"):
        box = form.option(text.say(language, "dispute_form.from_account"), "yes")
        ticked = ["yes"] if chosen.get("from_account") else []
        blocks.append(
            form.input(
                text.say(language, "dispute_form.account"),
                form.checkboxes("from_account", [box], initial=ticked),
                "from_account",
                optional=True,
            )
        )
    blocks.append(block.context(text.mrkdwn(language, "dispute_form.first_next")))
    return _modal(language, FIRST, blocks, private, submit="dispute_form.next")


def page(
    language: str,
    reason: Reason,
    number: int,
    *,
    private: Private,
    facts: Facts,
    given: Facts,
    problems: Sequence[str] = (),
) -> Json:
    """Return one page of evidence: only what this reason asks for, with what was typed before."""
    blocks: list[Json] = [form.alert(problem) for problem in problems]
    blocks.append(
        block.context(
            text.mrkdwn(
                language,
                "dispute_form.page",
                reason=text.say(language, f"dispute_reason.{reason.id}"),
                page=number,
                pages=reason.pages,
            )
        )
    )
    if number == 1:
        blocks += _of_card(language, facts, [one for one in facts["warnings"] if one["rule"] in OF_CARD], "1")
    fields = reason.on_page(number)
    if any(field.own for field in fields):
        blocks.append(block.context(text.mrkdwn(language, "dispute_form.merchant_first")))
    if any(field.group for field in fields):
        blocks.append(block.context(text.mrkdwn(language, "dispute_form.one_proof")))
    files = {one["field"]: one for one in facts["files"]}
    for field in fields:
        if facts["error_param"] == field.id:
            blocks += [form.alert(_plain(one)) for one in dispute.error(language, facts)]
        there = files.get(field.id)
        blocks.append(_input(language, field, given.get(field.id), there))
        if there:
            blocks.append(_there(language, field, there, facts["id"]))
    blocks.append(_turn(language, number - 1))
    return _modal(language, PAGE, blocks, {**private, "at": number}, submit="dispute_form.next")


def _input(language: str, field: EvidenceField, value: Any, there: Facts | None) -> Json:  # noqa: ANN401 - JSON
    label = text.say(language, f"dispute_field.{field.id}")
    hint = None
    if field.when:
        hint = text.say(language, "dispute_form.if_merchandise")
    elif field.kind == "file":
        hint = text.say(language, "dispute_form.file_hint")
    elif field.kind == "transaction":
        hint = text.say(language, "dispute_form.transaction_hint")
    elif field.id == "explanation":
        hint = text.say(language, "dispute_form.explanation_hint")
    optional = not field.required or there is not None
    return form.input(label, _element(language, field, value), field.id, hint=hint, optional=optional)


def _element(language: str, field: EvidenceField, value: Any) -> Json:  # noqa: ANN401 - JSON
    if field.kind == "date":
        return form.datepicker(field.id, initial=date.fromisoformat(value) if value else None)
    if field.kind in {"choice", "yes_no"}:
        choices = field.choices or ("yes", "no")
        options = [form.option(text.say(language, f"dispute_choice.{one}"), one) for one in choices]
        return form.radio(field.id, options, initial=value or None)
    if field.kind == "file":
        return form.file_input(field.id, filetypes=FILETYPES)
    most = WORDS_MOST if field.kind == "long" else SHORT_MOST
    return form.text_input(field.id, initial=value or None, multiline=field.kind == "long", most=most)


def _there(language: str, field: EvidenceField, there: Facts, number: int) -> Json:
    names = [line.short(name, 60) for name in there["names"]]
    words = text.lines(dispute.file_line(language, there), text.escape(text.listing(language, names)))
    remove = block.button(
        text.say(language, "dispute_form.remove"),
        f"dispute.remove:{field.id}",
        f"{number}:{field.id}",
        accessibility_label=text.say(
            language, "dispute_form.remove_label", field=text.say(language, f"dispute_field.{field.id}")
        ),
    )
    return block.section(words, accessory=remove)


def summary(language: str, reason: Reason, *, private: Private, facts: Facts, given: Facts) -> Json:
    """Return everything that would be submitted, what is missing, and what a network may reject it for."""
    blocks: list[Json] = []
    if facts["missing"]:
        fields = [text.say(language, f"dispute_field.{name}") for name in facts["missing"]]
        said = text.say(language, "dispute_form.missing", fields=text.listing(language, fields))
        blocks.append(form.alert(line.short(said, 200)))
    blocks += content(language, reason, facts, given, f"{reason.pages + 1}")
    blocks.append(_turn(language, reason.pages))
    ready = not facts["missing"]
    if ready:
        blocks.append(block.context(text.mrkdwn(language, "dispute_form.ask_next")))
    return _modal(
        language,
        SUMMARY,
        blocks,
        {**private, "at": reason.pages + 1},
        submit="dispute_form.ask" if ready else "",
    )


def content(language: str, reason: Reason, facts: Facts, given: Facts, page: str) -> list[Json]:
    """Return what is submitted, field by field, with warnings and dates; `page` is what shows it."""
    head = text.lines(dispute.title(language, facts), dispute.reason_words(language, facts))
    blocks = [block.section(head), *(block.context(one) for one in dispute.days(language, facts))]
    files = {one["field"]: one for one in facts["files"]}
    for field in reason.fields:
        label = text.strong(text.say(language, f"dispute_field.{field.id}"))
        if field.kind == "file":
            if field.id in files:
                words = text.escape(text.listing(language, files[field.id]["names"][:5]))
                blocks.append(block.section(text.lines(label, words)))
            continue
        value = given.get(field.id)
        if value:
            shown = text.escape(line.short(_value(language, field, str(value)), SHOWN))
            blocks.append(block.section(text.lines(label, shown)))
    return blocks + _of_card(language, facts, facts["warnings"], page)


def _of_card(language: str, facts: Facts, warnings: Sequence[Facts], page: str) -> list[Json]:
    """Return warnings; one that the card still works has the button that stops it."""
    return [
        _cancel_first(language, facts, page)
        if one["rule"] == "card_active" and facts["card"]
        else block.context(dispute.rule(language, one))
        for one in warnings
    ]


def _cancel_first(language: str, facts: Facts, page: str) -> Json:
    """Return that the card still works, with the button that stops it and comes back to this page."""
    offer = block.button(
        text.say(language, "dispute_button.cancel_card"),
        "lost.for_dispute",
        f"{facts['card']} {facts['id']} {page}",
        style="danger",
        accessibility_label=text.say(language, "lost.revoke_label", last4=facts["last4"] or "????"),
        confirm=block.confirm(
            text.say(language, "dispute_form.cancel_title"),
            text.say(language, "dispute_form.cancel_text"),
            text.say(language, "dispute_form.cancel_yes"),
            text.say(language, "form.cancel"),
        ),
    )
    return block.section(dispute.rule(language, {"rule": "card_active"}), accessory=offer)


def _value(language: str, field: EvidenceField, value: str) -> str:
    if field.kind == "date":
        return text.date(language, date.fromisoformat(value))
    if field.kind in {"choice", "yes_no"}:
        return text.say(language, f"dispute_choice.{value}")
    return value


def check(language: str, reason: Reason, *, private: Private, facts: Facts, given: Facts, alone: str) -> Json:
    """Return the last look before a dispute is submitted for good."""
    blocks = [
        form.alert(text.say(language, "dispute_form.once"), level="warning"),
        *content(language, reason, facts, given, "check"),
    ]
    if any(one["rule"] == "card_active" for one in facts["warnings"]) and alone != "connected":
        box = form.option(text.say(language, "dispute_form.with_card"), "yes")
        blocks.append(
            form.input(
                text.say(language, "dispute_form.card"),
                form.checkboxes("with_card", [box]),
                "with_card",
                hint=text.say(language, "dispute_form.card_hint"),
                optional=True,
            )
        )
    if alone:
        blocks.append(
            form.input(
                text.say(language, "dispute_form.alone"),
                form.text_input("alone", multiline=True, most=SHORT_MOST),
                "alone",
                hint=text.say(language, f"dispute_why_alone.{alone}"),
            )
        )
    sure = form.option(text.say(language, "dispute_form.sure"), "yes")
    blocks.append(
        form.input(text.say(language, "dispute_form.confirm"), form.checkboxes("sure", [sure]), "sure")
    )
    return _modal(language, CHECK, blocks, private, submit="dispute_form.submit", notify=False)


def task(language: str, *, private: Private, facts: Facts) -> Json:
    """Return the form that records that the cardholder was reimbursed, or the review."""
    name = facts["task"]
    blocks = [
        block.section(dispute.title(language, facts)),
        form.input(
            text.say(language, f"dispute_note.{name}"),
            form.text_input("note", multiline=True, most=SHORT_MOST),
            "note",
            optional=name == "reimburse",
        ),
    ]
    return _modal(language, TASK, blocks, private, submit="dispute_form.done", notify=False)


def _purchase(language: str, about: Facts) -> Mrkdwn:
    words = text.mrkdwn(
        language,
        "dispute_form.purchase",
        amount=text.money(language, about["amount"], about["currency"]),
        merchant=line.short(about["merchant"] or "-", 80),
        last4=about["last4"] or "????",
        date=text.date(language, datetime.fromisoformat(about["at"]).date()),
    )
    return words if about["livemode"] else text.mrkdwn(language, "dispute.test", title=words)


def _turn(language: str, page_: int) -> Json:
    return block.actions(
        block.button(text.say(language, "dispute_form.back"), "dispute.turn", str(page_)), block_id="pages"
    )


def _plain(words: Mrkdwn) -> Mrkdwn:
    return Mrkdwn(line.short(words, 200))


def _modal(
    language: str,
    callback: str,
    blocks: Sequence[Json],
    private: Private,
    *,
    submit: str,
    notify: bool = True,
) -> Json:
    labels = {
        "dispute_form.next": text.say(language, "dispute_form.next"),
        "dispute_form.ask": text.say(language, "dispute_form.ask"),
        "dispute_form.submit": text.say(language, "dispute_form.submit"),
        "dispute_form.done": text.say(language, "dispute_form.done"),
    }
    return form.modal(
        text.say(language, "dispute_form.title"),
        blocks,
        callback_id=callback,
        submit=labels.get(submit),
        close=text.say(language, "form.close"),
        private_metadata=private,
        notify_on_close=notify,
    )
