"""Changing a programme under way: the form, and the page that shows what the change does."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from bot import text
from bot.text import Mrkdwn
from bot.views import block, form, line, start_form
from bot.views.block import Json
from bot.views.notice import with_opened

MOST_NAMED: Final = 40
Facts = Mapping[str, Any]


def edit(language: str, facts: Facts) -> Json:
    """Return the form with a programme's answers, date and people, filled in."""

    def say(key: str) -> str:
        return text.say(language, f"start.{key}")

    def radio(name: str, group: str, values: Sequence[str]) -> Json:
        options = [form.option(text.say(language, f"{group}.{value}"), value) for value in values]
        return form.radio(name, options, initial=facts[name])

    def box(name: str) -> Json:
        chosen = ["yes"] if facts[name] else []
        return form.checkboxes(name, [form.option(say(f"{name}_yes"), "yes")], initial=chosen)

    deputies: Json = {"type": "multi_users_select", "action_id": "deputies", "max_selected_items": 10}
    if facts["deputies"]:
        deputies["initial_users"] = list(facts["deputies"])
    name, email = facts["contact_name"] or "", facts["contact_email"] or ""
    target = form.datepicker("target_on", initial=date.fromisoformat(facts["target_on"]))
    blocks = [
        block.context(text.mrkdwn(language, "form.program", name=facts["name"], ref=facts["ref"])),
        *_newer(language, facts),
        form.input(say("target"), target, "target_on"),
        form.input(say("cards"), radio("physical_cards", "cards", start_form.CARDS), "physical_cards"),
        form.input(say("wallets"), box("wallets"), "wallets", optional=True),
        *(
            [form.input(say("statements"), box("statements"), "statements", optional=True)]
            if facts["treasury"]
            else []
        ),
        form.input(say("company"), radio("company", "company", start_form.COMPANIES), "company"),
        form.input(
            text.say(language, "people.lead"), form.users_select("lead", initial=facts["lead"]), "lead"
        ),
        form.input(text.say(language, "people.deputies"), deputies, "deputies", optional=True),
        form.input(
            text.say(language, "people.manager"),
            form.users_select("manager", initial=facts["manager"] or None),
            "manager",
            optional=True,
        ),
        form.input(
            say("contact_name"),
            form.text_input("contact_name", initial=name, most=120),
            "contact_name",
            optional=True,
        ),
        form.input(
            say("contact_email"),
            form.email_input("contact_email", initial=email),
            "contact_email",
            optional=True,
        ),
    ]
    return form.modal(
        text.say(language, "edit.title"),
        blocks,
        callback_id="program.edit",
        submit=text.say(language, "edit.submit"),
        close=text.say(language, "form.cancel"),
        private_metadata={"program": facts["id"], "mark": facts["mark"]},
    )


def _newer(language: str, facts: Facts) -> list[Json]:
    if not facts["newer"]:
        return []
    number = str(facts["id"])
    button = block.button(text.say(language, "button.plan"), f"program.plan:{number}", number)
    return [block.section(text.mrkdwn(language, "edit.newer"), accessory=button)]


def difference(
    language: str,
    facts: Facts,
    lists: Mapping[str, Sequence[str]],
    *,
    private: Mapping[str, Any],
    plan: bool = False,
) -> Json:
    """Return the page that shows what happens to which steps, before it is saved."""
    said = [block.context(text.mrkdwn(language, "form.program", name=facts["name"], ref=facts["ref"]))]
    if plan:
        versions = {"before": facts["before"], "after": facts["after"]}
        said.append(block.section(text.mrkdwn(language, "plan.versions", **versions)))
    names = [name for name in ("appear", "vanish", "stay", "differ") if lists.get(name)]
    said += [block.section(_titles(language, f"edit.{name}", lists[name])) for name in names]
    if not any(lists.values()):
        said.append(block.section(text.mrkdwn(language, "edit.same_steps")))
    return form.modal(
        text.say(language, "plan.title" if plan else "edit.preview"),
        said,
        callback_id="program.adopt" if plan else "program.edit_confirm",
        submit=text.say(language, "plan.submit" if plan else "edit.save"),
        close=text.say(language, "form.cancel" if plan else "form.back"),
        private_metadata=private,
    )


def _titles(language: str, key: str, titles: Sequence[str]) -> Mrkdwn:
    shown = [Mrkdwn(f"• {text.escape(line.short(title, 60))}") for title in titles[:MOST_NAMED]]
    if len(titles) > MOST_NAMED:
        shown.append(text.mrkdwn(language, "notice.more", count=len(titles) - MOST_NAMED))
    return Mrkdwn("\n".join([text.mrkdwn(language, key, count=len(titles)), *shown]))


def _edited(key: str) -> Any:  # noqa: ANN401 - a renderer
    def render(language: str, facts: Facts) -> Json:
        versions = facts.get("versions", {"before": "", "after": ""})
        words = text.mrkdwn(
            language,
            key,
            who=line.name(facts, facts["actor"]),
            name=facts["program"]["name"],
            ref=facts["program"]["ref"],
            **({} if key == "edit.said" else versions),
        )
        details = [text.mrkdwn(language, f"edit.field.{name}") for name in facts.get("fields", ())]
        said = [text.mrkdwn(language, "edit.names", names=text.listing(language, details))] if details else []
        for name in ("appear", "vanish", "differ"):
            titles = [line.short(title, 60) for title in facts[name]]
            if titles:
                shown = text.listing(language, titles[:8])
                said.append(text.mrkdwn(language, f"edit.said_{name}", steps=shown, count=len(titles)))
        said += [
            text.mrkdwn(
                language,
                "entry.moved",
                title=one["title"],
                before=date.fromisoformat(one["before"]),
                after=date.fromisoformat(one["after"]),
            )
            for one in facts["moved"][:8]
        ]
        more = [block.context(Mrkdwn("\n".join(said)))] if said else []
        return with_opened(language, facts, words, *more, spoken=said)

    return render


RENDERERS: Final = {
    "program.edited": _edited("edit.said"),
    "program.plan_adopted": _edited("plan.said"),
}
