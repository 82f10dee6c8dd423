"""Writing to Stripe's representative: a draft with the facts filled in, to copy or to open as an e-mail."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot import text
from bot.domain.letter import mailto
from bot.views import block, form, line
from bot.views.block import Json

TEXT_MOST: Final = 2000
NAME_MOST: Final = 100
Facts = Mapping[str, Any]


def page(
    language: str,
    facts: Facts,
    written: str,
    now: datetime,
    words: str = "",
    before: Mapping[str, str] | None = None,
) -> Json:
    """Return the page. `written` is the language of the draft; `words` are what somebody made of it.

    With the contact as it was `before`, words that are still the old draft give way to the new one.
    """
    step = next((one for one in facts["steps"] if one["id"] == facts["about"]), None)
    if before is not None and words == draft(written, {**facts, **before}, step, now):
        words = ""
    body = words or draft(written, facts, step, now)
    options = [form.option(line.short(one["title"], 75), str(one["id"])) for one in facts["steps"][:99]] + [
        form.option(text.say(language, "letter.whole"), "0")
    ]
    languages = [form.option(text.say(language, f"language.{name}"), name) for name in text.LANGUAGES]
    number = facts["id"]
    blocks = [
        block.context(text.mrkdwn(language, "form.program", name=facts["name"], ref=facts["ref"])),
        form.input(
            text.say(language, "letter.about"),
            form.select(f"letter.about:{number}", options, initial=str(facts["about"])),
            "about",
            dispatch_action=True,
        ),
        form.input(
            text.say(language, "letter.language"),
            form.radio(f"letter.language:{number}", languages, initial=written),
            "language",
            dispatch_action=True,
        ),
        form.input(
            text.say(language, "letter.name"),
            form.text_input("contact_name", initial=facts["contact_name"], most=NAME_MOST),
            "contact_name",
            optional=True,
        ),
        form.input(
            text.say(language, "letter.email"),
            form.email_input("contact_email", initial=facts["contact_email"]),
            "contact_email",
            hint=text.say(language, "letter.email_hint"),
            optional=True,
        ),
        # Slack keeps what is in a field with the same action id: another draft needs another one.
        form.input(
            text.say(language, "letter.text"),
            form.text_input(f"text_{facts['about']}_{written}", initial=body, multiline=True, most=TEXT_MOST),
            "text",
            hint=text.say(language, "letter.text_hint"),
        ),
        *_mail(language, facts, written, step, body),
    ]
    return form.modal(
        text.say(language, "letter.title"),
        blocks,
        callback_id="letter.write",
        submit=text.say(language, "letter.submit"),
        close=text.say(language, "form.close"),
        private_metadata={"program": facts["id"]},
    )


def _mail(language: str, facts: Facts, written: str, step: Mapping[str, Any] | None, body: str) -> list[Json]:
    """Return the link that opens the draft in a mail program.

    Slack documents `mailto:` in text (docs.slack.dev, formatting message text), not on buttons.
    """
    found = mailto(facts["contact_email"], subject(written, facts, step), body)
    label = text.say(language, "letter.open")
    key = "letter.mail" if facts["contact_email"] else "letter.mail_nobody"
    words = text.mrkdwn(language, key, link=text.link(found.address, label), to=facts["contact_email"])
    blocks = [block.section(words)]
    if found.cut:
        blocks.append(block.context(text.mrkdwn(language, "letter.cut")))
    return blocks


def subject(written: str, facts: Facts, step: Mapping[str, Any] | None) -> str:
    """Return the subject of the e-mail."""
    if step is None:
        return text.plain(written, "letter.subject_whole", name=facts["name"])
    return text.plain(written, "letter.subject", name=facts["name"], title=step["titles"][written])


def draft(written: str, facts: Facts, step: Mapping[str, Any] | None, now: datetime) -> str:
    """Return the draft: what we wait for, since when, until when, and what we ask."""
    about = {
        "name": facts["name"],
        "variant": text.say(written, f"variant.{facts['variant']}"),
        "region": text.say(written, f"region.{facts['region']}"),
    }
    if facts["contact_name"]:
        hello = text.say(written, "letter.hello", name=facts["contact_name"])
    else:
        hello = text.say(written, "letter.hello_nobody")
    if step is None:
        said = [text.say(written, "letter.of_program", **about)]
        asked = text.say(written, "letter.ask.program")
    else:
        said = [text.say(written, "letter.waiting", title=step["titles"][written], **about)]
        zone = ZoneInfo(facts["zone"])
        if step["since"]:
            since = datetime.fromisoformat(step["since"]).astimezone(zone).date()
            said.append(text.say(written, "letter.since", date=since))
        if step["due"]:
            due = datetime.fromisoformat(step["due"])
            key = "letter.due_past" if due < now else "letter.due"
            said.append(text.say(written, key, date=due.astimezone(zone).date()))
        asked = text.say(written, f"letter.ask.{step['outcome']}")
    thanks = text.say(written, "letter.thanks")
    return "\n\n".join(
        [hello, " ".join(said), asked, "\n".join(part for part in (thanks, facts["writer"]) if part)]
    )
