"""The page of duties that last after launch, its forms, and what the thread says."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from bot import text
from bot.text import Mrkdwn
from bot.views import block, form, line, notice
from bot.views.block import Json

NOTE_MOST: Final = 1000
Facts = Mapping[str, Any]


def page(language: str, facts: Facts) -> Json:
    """Return the page: each duty with owner, deputy, last done and next due, and two buttons."""
    blocks: list[Json] = [
        block.context(text.mrkdwn(language, "form.program", name=facts["name"], ref=facts["ref"]))
    ]
    for duty in facts["duties"]:
        blocks.append(block.section(_duty(language, facts, duty)))
        number, title = str(duty["id"]), line.short(duty["title"], 40)
        blocks.append(
            block.actions(
                block.button(
                    text.say(language, "button.duty_done"),
                    f"duty.done:{number}",
                    number,
                    style="primary" if duty["late"] else None,
                    accessibility_label=text.say(language, "button.duty_done_label", title=title),
                ),
                block.button(
                    text.say(language, "button.duty_people"),
                    f"duty.people:{number}",
                    number,
                    accessibility_label=text.say(language, "button.duty_people_label", title=title),
                ),
            )
        )
    return form.modal(
        text.say(language, "duties.title"),
        blocks,
        callback_id="duty.page",
        close=text.say(language, "form.close"),
    )


def _duty(language: str, facts: Facts, duty: Mapping[str, Any]) -> Mrkdwn:
    said = [
        text.strong(duty["title"]),
        text.mrkdwn(
            language,
            "duties.people",
            owner=line.standing(language, facts, duty["owner"]),
            deputy=line.standing(language, facts, duty["deputy"]),
        ),
    ]
    if duty["last_on"]:
        done = text.mrkdwn(
            language,
            "duties.last",
            date=_day(language, duty["last_on"]),
            who=line.name(facts, duty["last_by"]),
        )
        if duty["last_note"]:
            done = Mrkdwn(
                f"{done} {text.mrkdwn(language, 'duties.note', note=line.short(duty['last_note'], 140))}"
            )
    else:
        done = text.mrkdwn(language, "duties.never")
    return Mrkdwn("\n".join([*said, done, _next(language, duty)]))


def _next(language: str, duty: Mapping[str, Any]) -> Mrkdwn:
    source = text.link(duty["source"], text.say(language, "duties.source"))
    if not duty["next_due"]:
        return text.mrkdwn(language, "duties.no_period", source=source)
    period = text.say(language, f"duties.every_{duty['repeats']['unit']}", count=duty["repeats"]["length"])
    key = "duties.late" if duty["late"] else "duties.next"
    return text.mrkdwn(language, key, date=_day(language, duty["next_due"]), period=period, source=source)


def done(language: str, facts: Facts) -> Json:
    """Return the form that records a duty: when it was done, and a note."""
    today = date.fromisoformat(facts["today"])
    return _modal(
        language,
        "duty_done",
        facts,
        [
            form.input(text.say(language, "duty_done.on"), form.datepicker("on", initial=today), "on"),
            form.input(
                text.say(language, "duty_done.note"),
                form.text_input("note", multiline=True, most=NOTE_MOST),
                "note",
                hint=text.say(language, "duty_done.note_hint"),
                optional=True,
            ),
        ],
    )


def people(language: str, facts: Facts) -> Json:
    """Return the form that changes owner and deputy of a duty."""
    return _modal(
        language,
        "duty_people",
        facts,
        [
            form.input(
                text.say(language, "duty.owner"),
                form.users_select("owner", initial=facts["owner"] or None),
                "owner",
            ),
            form.input(
                text.say(language, "duty.deputy"),
                form.users_select("deputy", initial=facts["deputy"] or None),
                "deputy",
                hint=text.say(language, "duty.hint"),
            ),
        ],
    )


def _modal(language: str, name: str, facts: Facts, blocks: list[Json]) -> Json:
    about = text.mrkdwn(language, "form.about", title=facts["title"], name=facts["program"]["name"])
    return form.modal(
        text.say(language, f"{name}.title"),
        [block.context(about), *blocks],
        callback_id=name.replace("_", "."),
        submit=text.say(language, f"{name}.submit"),
        close=text.say(language, "form.cancel"),
        private_metadata={"step": facts["id"]},
    )


def _was_done(language: str, facts: Facts) -> Json:
    duty = facts["duty"]
    words = text.mrkdwn(
        language,
        "notice.duty_done",
        who=line.name(facts, facts["actor"]),
        title=duty["title"],
        date=_day(language, duty["on"]),
    )
    if duty["next_due"]:
        due = text.mrkdwn(language, "notice.duty_next", date=_day(language, duty["next_due"]))
        words = Mrkdwn(f"{words} {due}")
    quotes, typed = notice.typed(facts, "note")
    return notice.with_opened(language, facts, words, *quotes, spoken=typed)


def _has_people(language: str, facts: Facts) -> Json:
    told = {facts["actor"]}
    words = text.mrkdwn(
        language,
        "notice.duty_people",
        who=line.name(facts, facts["actor"]),
        title=facts["duty"]["title"],
        owner=line.addressed(language, facts, facts["owner"], told),
        deputy=line.addressed(language, facts, facts["deputy"], told),
    )
    return notice.with_opened(language, facts, words)


def _day(language: str, day: str) -> str:
    return text.date(language, date.fromisoformat(day))


RENDERERS: Final = {"duty.done": _was_done, "duty.people": _has_people}
