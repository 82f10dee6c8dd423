"""The page of a complaint, the only place with a customer's words; drafts to the customer and to Stripe."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot import plans, text
from bot.domain.letter import mailto
from bot.text import Mrkdwn
from bot.views import block, complaint, form, line
from bot.views.block import Json

SHOWN_TEXT: Final = 2_500
SHOWN_ENTRIES: Final = 15
TEXT_MOST: Final = 2_900
FIELDS: Final = ("customer", "contact", "account", "bank", "regulator", "summary", "resolution", "root_cause")
REASONS: Final = ("decision_reason", "release_reason", "stripe_answer", "extension_reason", "mistake_reason")
Facts = Mapping[str, Any]


def page(language: str, facts: Facts) -> Json:
    """Return the page; who may not read customers' data sees how it stands and whom to ask."""
    said = [complaint.title(language, facts), *complaint.standing(language, facts)]
    said += complaint.date_lines(language, facts)
    said += [complaint.breached(language, facts), complaint.while_locked(language, facts)]
    blocks = [block.section(Mrkdwn("\n".join(one for one in said if one)))]
    blocks.append(block.context(complaint.about_line(language, facts)))
    if facts["reads"]:
        blocks += _read(language, facts)
        if any(one["state"] == "failed" for one in facts["entries"]):
            blocks.append(block.actions(complaint.button(language, "fetch", str(facts["id"]), facts["ref"])))
        offered = [name for name in facts["offers"] if name != "decide" or facts["proposal"] == "asked"]
        made = complaint.buttons(language, facts, offered)[1:]
        blocks += [block.actions(*made[at : at + 5]) for at in range(0, len(made), 5)]
    else:
        blocks.append(block.section(text.mrkdwn(language, "complaint.may_not_read")))
    return form.modal(
        facts["ref"],
        blocks,
        callback_id="complaint.page",
        close=text.say(language, "form.close"),
        private_metadata={"complaint": facts["id"]},
    )


def _read(language: str, facts: Facts) -> list[Json]:
    blocks: list[Json] = [block.divider()]
    if facts["redacted"]:
        blocks.append(block.context(text.mrkdwn(language, "complaint.was_redacted")))
    if facts["text"]:
        blocks.append(
            block.quote(
                line.short(facts["text"], SHOWN_TEXT) if len(facts["text"]) > SHOWN_TEXT else facts["text"]
            )
        )
    known = _known(language, facts)
    if known:
        blocks.append(block.section(Mrkdwn("\n".join(known))))
    if facts["source_link"]:
        blocks.append(block.context(text.link(facts["source_link"], text.say(language, "complaint.source"))))
    entries = facts["entries"][-SHOWN_ENTRIES:]
    if entries:
        blocks.append(block.header(text.say(language, "complaint.history")))
    blocks += [block.context(_entry(language, facts, one)) for one in entries]
    return blocks


def _known(language: str, facts: Facts) -> list[Mrkdwn]:
    book = plans.complaints()
    source, category = book.channel(facts["received_through"]), book.category(facts["category"])
    values = {name: line.short(facts[name], 300) for name in (*FIELDS, *REASONS) if facts[name]}
    values |= {"received_through": source.title[language]} if source else {}
    values |= {"category": category.title[language]} if category else {}
    if facts["product"]:
        values["product"] = text.say(language, f"product.{facts['product']}")
    if facts["refund_amount"] is not None and facts["refund_currency"]:
        values["refund"] = text.money(language, facts["refund_amount"], facts["refund_currency"])
    return [
        text.mrkdwn(
            language, "complaint.known", name=text.say(language, f"complaint.field.{name}"), value=value
        )
        for name, value in values.items()
    ]


def _entry(language: str, facts: Facts, one: Facts) -> Mrkdwn:
    kind = one["kind"]
    if kind == "breach":
        words = text.say(language, f"complaint.breach.{one['target']}")
        key = "complaint.entry.breach" if one["breach"] else "complaint.entry.no_breach"
    else:
        words = line.short(one["words"], 200) if one["words"] else "…"
        key = "complaint.entry.broke" if one["breach"] else f"complaint.entry.{kind}"
        if one["target"] == "locked" and not one["breach"]:
            key = "complaint.entry.while_locked"
    if kind == "document" and one["state"] != "stored":
        key = f"complaint.entry.document_{one['state']}"
    why = text.say(language, f"evidence.error.{one['error']}") if one["error"] else ""
    at = text.when(datetime.fromisoformat(one["at"]), language, zone=facts["zone"])
    who = line.name(facts, one["by"]) if one["by"] else Mrkdwn("Gantry")
    return text.mrkdwn(language, key, at=at, who=who, words=words, why=why)


def letter(language: str, facts: Facts, now: datetime) -> Json:
    """Return a draft for the customer, to copy into the channel in which they are answered."""
    del now
    zone = ZoneInfo(facts["zone"])
    submitted = datetime.fromisoformat(facts["submitted_at"]).astimezone(zone).date()
    due = facts["resolve_due"]
    written = facts["language"]
    body = "\n\n".join(
        (
            text.say(written, "complaint.letter.hello", name=facts["customer"] or "…"),
            text.say(written, "complaint.letter.received", ref=facts["ref"], on=submitted),
            text.say(
                written, "complaint.letter.until", on=datetime.fromisoformat(due).astimezone(zone).date()
            )
            if due
            else text.say(written, "complaint.letter.soon"),
            text.say(written, "complaint.letter.bye", name=facts["writer"] or "…"),
        )
    )
    return form.modal(
        text.say(language, "complaint.letter_title"),
        [
            block.section(text.mrkdwn(language, "complaint.letter_how", ref=facts["ref"])),
            block.preformatted(body),
        ],
        callback_id="complaint.letter",
        submit=text.say(language, "complaint.letter_sent"),
        close=text.say(language, "form.close"),
        private_metadata={"complaint": facts["id"]},
    )


def notice(language: str, facts: Facts) -> Json:
    """Return the notice to Stripe about an executive complaint, to copy or to open as an e-mail."""
    written = facts["language"]
    book, zone = plans.complaints(), ZoneInfo(facts["zone"])
    source = book.channel(facts["received_through"])
    none = text.say(written, "complaint.notice.unknown")
    program = facts["program"]
    submitted = datetime.fromisoformat(facts["submitted_at"]).astimezone(zone).date()
    hello = (
        text.say(written, "letter.hello", name=facts["contact_name"])
        if facts["contact_name"]
        else text.say(written, "letter.hello_nobody")
    )
    subject = text.plain(
        written, "complaint.notice.subject", ref=facts["ref"], program=program["name"] if program else none
    )
    body = "\n\n".join(
        (
            hello,
            text.say(written, "complaint.notice.first", ref=facts["ref"], on=submitted),
            text.say(
                written,
                "complaint.notice.facts",
                program=program["name"] if program else none,
                account=facts["account"] or none,
                product=text.say(written, f"product.{facts['product']}") if facts["product"] else none,
                source=source.title[written] if source else none,
                regulator=facts["regulator"] or none,
                words=complaint.words_of(written, facts["words"]),
            ),
            text.say(
                written, "complaint.notice.said", text=line.short(facts["summary"] or facts["text"], 900)
            ),
            text.say(written, "complaint.notice.stopped"),
            text.say(written, "complaint.letter.bye", name=facts["writer"] or "…"),
        )
    )
    found = mailto(facts["contact_email"], subject, body)
    label = text.say(language, "letter.open")
    key = "letter.mail" if facts["contact_email"] else "complaint.mail_nobody"
    blocks = [
        block.section(text.mrkdwn(language, "complaint.notice_how", ref=facts["ref"])),
        block.preformatted(f"{subject}\n\n{body}"),
        block.section(
            text.mrkdwn(language, key, link=text.link(found.address, label), to=facts["contact_email"])
        ),
    ]
    if found.cut:
        blocks.append(block.context(text.mrkdwn(language, "letter.cut")))
    return form.modal(
        text.say(language, "complaint.notice_title"),
        blocks,
        callback_id="complaint.notice",
        submit=text.say(language, "complaint.notice_sent"),
        close=text.say(language, "form.close"),
        private_metadata={"complaint": facts["id"]},
    )
