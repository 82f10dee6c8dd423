"""Forms and pages about a programme as a whole."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from bot import text
from bot.text import Mrkdwn
from bot.views import block, form, line, step_form
from bot.views.block import Json

REASON_MOST: Final = 1000
SECTION_MOST: Final = 2800
Facts = Mapping[str, Any]


def steps(language: str, facts: Facts) -> Json:
    """Return the page of all steps, part by part, each with its state; a menu opens one."""
    blocks: list[Json] = []
    options: list[Json] = []
    for part in facts["parts"]:
        lines = [text.mrkdwn(language, "steps.part", title=part["title"])]
        for step in part["steps"]:
            lines.append(_line(language, facts, step))
            options.append(form.option(step_form.line_of(step["title"]), str(step["id"])))
        blocks.extend(block.section(chunk) for chunk in _chunks(lines))
    picker = form.select("step.open:all", options[:100], placeholder=text.say(language, "board.open_step"))
    number = str(facts["id"])
    forecast = block.button(text.say(language, "button.forecast"), f"forecast.page:{number}", number)
    blocks.insert(0, block.actions(picker, forecast))
    return form.modal(
        text.say(language, "steps.title"),
        blocks,
        callback_id="program.steps",
        close=text.say(language, "form.close"),
    )


def _line(language: str, facts: Facts, step: Mapping[str, Any]) -> Mrkdwn:
    waits = step["state"] == "waiting" and step["needs"]
    said = [] if waits else [text.mrkdwn(language, f"stepstate.{step['state']}")]
    if step["state"] == "done" and step["happened_at"]:
        said.append(
            text.when(datetime.fromisoformat(step["happened_at"]), language, style="day", zone=facts["zone"])
        )
    elif step["state"] in {"open", "blocked"}:
        said += [line.acting(language, facts, step), line.due(language, step)]
    elif step["needs"]:
        said.append(text.mrkdwn(language, "steps.after", needs=line.titles(language, step["needs"][:2])))
    return text.mrkdwn(
        language, "steps.line", title=step["title"], said=Mrkdwn(" · ".join(part for part in said if part))
    )


def _chunks(lines: Sequence[Mrkdwn]) -> list[Mrkdwn]:
    chunks: list[list[Mrkdwn]] = [[]]
    for words in lines:
        if sum(len(said) + 1 for said in chunks[-1]) + len(words) > SECTION_MOST:
            chunks.append([])
        chunks[-1].append(words)
    return [Mrkdwn("\n".join(chunk)) for chunk in chunks if chunk]


def people(language: str, facts: Facts) -> Json:
    """Return the form that changes who leads, who stands in, and who the manager is."""
    deputies: Json = {"type": "multi_users_select", "action_id": "deputies", "max_selected_items": 10}
    if facts["deputies"]:
        deputies["initial_users"] = list(facts["deputies"])
    return form.modal(
        text.say(language, "people.title"),
        [
            block.context(text.mrkdwn(language, "form.program", name=facts["name"], ref=facts["ref"])),
            form.input(
                text.say(language, "people.lead"), form.users_select("lead", initial=facts["lead"]), "lead"
            ),
            form.input(
                text.say(language, "people.deputies"),
                deputies,
                "deputies",
                hint=text.say(language, "people.deputies_hint"),
                optional=True,
            ),
            form.input(
                text.say(language, "people.manager"),
                form.users_select("manager", initial=facts["manager"] or None),
                "manager",
                optional=True,
            ),
        ],
        callback_id="program.people",
        submit=text.say(language, "people.submit"),
        close=text.say(language, "form.cancel"),
        private_metadata={"program": facts["id"]},
    )


def reason(language: str, name: str, facts: Facts) -> Json:
    """Return the form that asks why a programme is paused or canceled."""
    return form.modal(
        text.say(language, f"{name}.title"),
        [
            block.section(text.mrkdwn(language, f"{name}.what", name=facts["name"], ref=facts["ref"])),
            form.input(
                text.say(language, f"{name}.reason"),
                form.text_input("reason", multiline=True, most=REASON_MOST),
                "reason",
            ),
        ],
        callback_id=f"program.{name}",
        submit=text.say(language, f"{name}.submit"),
        close=text.say(language, "form.cancel"),
        private_metadata={"program": facts["id"]},
    )


def summary(language: str, facts: Facts) -> Json:
    """Return one programme as a private answer: the board, with the link to it and *bring it here*."""
    from bot.views.board import board

    shown = board(language, {**facts, "state": facts["state"], "previous": ""})
    number = str(facts["id"])
    link = Mrkdwn("")
    if facts.get("permalink"):
        link = text.mrkdwn(
            language, "show.link", link=text.link(facts["permalink"], text.say(language, "show.board"))
        )
    blocks = list(shown["blocks"])
    if link:
        blocks.append(block.context(link))
    blocks.append(
        block.actions(
            block.button(text.say(language, "button.forecast"), f"forecast.page:{number}", number),
            block.button(text.say(language, "button.bring"), f"program.bring:{number}", number),
        )
    )
    return {"text": shown["text"], "blocks": blocks}


def listing(language: str, facts: Facts) -> Json:
    """Return all programmes, one line each."""
    if not facts["programs"]:
        words = text.mrkdwn(language, "list.none")
        start = block.button(
            text.say(language, "button.start"), "verb.run", "onboarding.start", style="primary"
        )
        return block.message(words, [block.section(words, accessory=start)])
    said = [text.mrkdwn(language, "list.title", count=len(facts["programs"]))]
    blocks = [block.section(said[0])]
    for program in facts["programs"][:40]:
        words = line.program(language, facts, program)
        said.append(words)
        number = str(program["id"])
        blocks.append(
            block.section(
                words,
                accessory=block.button(
                    text.say(language, "button.show"),
                    f"program.show:{number}",
                    number,
                    accessibility_label=text.say(
                        language, "button.show_label", name=line.short(program["name"], 40)
                    ),
                ),
            )
        )
    if len(facts["programs"]) > 40:  # noqa: PLR2004 - a message holds 50 blocks
        blocks.append(block.context(text.mrkdwn(language, "notice.more", count=len(facts["programs"]) - 40)))
    return block.message(Mrkdwn("\n".join(said)), blocks)


def acted(language: str, facts: Facts) -> Json:
    """Return that something was done to a programme."""
    words = text.mrkdwn(language, facts["key"], name=facts["name"], ref=facts["ref"])
    return block.message(words, [block.section(words)])


RENDERERS: Final = {"program.summary": summary, "program.list": listing, "program.acted": acted}
