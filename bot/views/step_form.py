"""Forms about one step: assign, block, evidence, Stripe's answer, and what some steps ask when done."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from bot import text
from bot.domain import onboarding
from bot.domain.deadline import Skipped, reason_in
from bot.views import block, form, history, step, stripe_account
from bot.views.block import Json

CAPABILITIES: Final = (
    "issuing_virtual",
    "issuing_physical",
    "issuing_wallets",
    "treasury_accounts",
    "treasury_transfers",
)
APPROVERS: Final = ("bank", "stripe")
SCENARIOS: Final = ("online", "chip", "wallet", "decline", "refund", "lost_card")
NOTE_MOST: Final = 2000
Facts = Mapping[str, Any]


def assign(language: str, facts: Facts) -> Json:
    """Return the form that gives a step to somebody."""
    picker = form.users_select("user", initial=facts["assignee"] or None)
    return modal(language, "assign", facts, [form.input(text.say(language, "assign.user"), picker, "user")])


def obstacle(language: str, facts: Facts, look_again: date) -> Json:
    """Return the form that says why a step cannot go on."""
    return modal(
        language,
        "block",
        facts,
        [
            form.input(
                text.say(language, "block.reason"),
                form.text_input("reason", multiline=True, initial=facts["note"], most=NOTE_MOST),
                "reason",
            ),
            form.input(
                text.say(language, "block.look_again"),
                form.datepicker("look_again_on", initial=look_again),
                "look_again_on",
                hint=text.say(language, "block.look_again_hint"),
            ),
        ],
    )


def evidence(language: str, facts: Facts, private: Mapping[str, Any] | None = None) -> Json:
    """Return the form that takes files and a link."""
    blocks = []
    if facts["items"]:
        options = [
            form.option(line_of(item["title"]), item["id"], text.say(language, _there(item)))
            for item in facts["items"]
        ]
        missing = [item["title"] for item in facts["items"] if item["required"] and not item["there"]]
        listed = text.listing(language, missing)
        hint = text.say(language, "evidence.missing", items=listed) if missing else None
        first = min(facts["items"], key=lambda item: (bool(item["there"]), not item["required"]))
        blocks.append(
            form.input(
                text.say(language, "evidence.item"),
                form.select("item", options, initial=first["id"]),
                "item",
                hint=hint,
            )
        )
    blocks += [
        form.input(
            text.say(language, "evidence.files"),
            form.file_input("files", filetypes=("pdf", "png", "jpg", "jpeg")),
            "files",
            hint=text.say(language, "evidence.files_hint"),
            optional=True,
        ),
        form.input(
            text.say(language, "evidence.url"),
            form.url_input("link"),
            "link",
            hint=text.say(language, "evidence.url_hint"),
            optional=True,
        ),
    ]
    return modal(language, "evidence", facts, blocks, private)


def _there(item: Mapping[str, Any]) -> str:
    """Return the text that says whether an item has its evidence."""
    if item["there"]:
        return f"evidence.there.{item['there']}"
    return "evidence.there.missing" if item["required"] else "evidence.there.optional"


def shortcut_evidence(
    language: str, steps: Sequence[tuple[str, str, str]], names: Sequence[str], private: Mapping[str, Any]
) -> Json:
    """Return the form of *Add as evidence*: what do the files of this message show?

    Args:
        language: the reader's.
        steps: value, name of the step, and which item of which programme it is.
        names: of the files.
        private: what the form carries.
    """
    options = [form.option(line_of(title), value, line_of(which)) for value, title, which in steps]
    blocks = [
        block.section(text.mrkdwn(language, "evidence.of_message", names=text.listing(language, names))),
        form.input(text.say(language, "evidence.step"), form.select("step", options), "step"),
    ]
    return form.modal(
        text.say(language, "evidence.title"),
        blocks,
        callback_id="evidence.message",
        submit=text.say(language, "evidence.submit"),
        close=text.say(language, "form.cancel"),
        private_metadata=private,
    )


def happened_on(language: str, on: date, *, label: str = "happened.on") -> Json:
    """Return the field that asks on which day something happened."""
    picker = form.datepicker("happened_on", initial=on)
    return form.input(
        text.say(language, label), picker, "happened_on", hint=text.say(language, "happened.hint")
    )


def approved(language: str, chosen: Sequence[str]) -> Json:
    """Return the field that asks which capabilities were approved."""
    options = [form.option(text.say(language, f"capability.{value}"), value) for value in CAPABILITIES]
    boxes = form.checkboxes(
        "capabilities", options, initial=[value for value in chosen if value in CAPABILITIES]
    )
    return form.input(
        text.say(language, "answered.capabilities"),
        boxes,
        "capabilities",
        hint=text.say(language, "answered.capabilities_hint"),
        optional=True,
    )


def answered(
    language: str,
    facts: Facts,
    now: datetime,
    *,
    given: Mapping[str, Any] | None = None,
    name: str = "answered",
    private: Mapping[str, Any] | None = None,
    more: Sequence[Json] = (),
) -> Json:
    """Return the form that records what Stripe answered; `given` is what it says already, to correct it."""
    given = given or {}
    blocks = [
        form.input(
            text.say(language, "answered.when"),
            {"type": "datetimepicker", "action_id": "happened_at", "initial_date_time": int(now.timestamp())},
            "happened_at",
            hint=text.say(language, "answered.when_hint"),
        )
    ]
    if facts["outcome_form"] == "fit":
        for product in facts["products"]:
            options = [form.option(text.say(language, f"fit.{value}"), value) for value in onboarding.FIT]
            label = text.say(language, "answered.fit", product=text.say(language, f"product.{product}"))
            said = given.get("fit", {}).get(product)
            blocks.append(
                form.input(label, form.radio(f"fit_{product}", options, initial=said), f"fit_{product}")
            )
    else:
        choices = onboarding.choices(facts["outcome_form"] or "answer")
        options = [
            form.option(text.say(language, f"choice.{choice.name}"), choice.name) for choice in choices
        ]
        blocks.append(
            form.input(
                text.say(language, "answered.choice"),
                form.radio("choice", options, initial=given.get("choice")),
                "choice",
            )
        )
        if any(choice.until for choice in choices):
            until = date.fromisoformat(given["until"]) if given.get("until") else None
            blocks.append(
                form.input(
                    text.say(language, "answered.until"),
                    form.datepicker("until", initial=until),
                    "until",
                    optional=True,
                )
            )
    if facts.get("stripe") is not None:
        blocks += stripe_account.fields(language, facts["stripe"])
    if facts["outcome_form"] == "approval":
        blocks.append(approved(language, given.get("capabilities", ())))
        if facts["bank"]:
            options = [form.option(text.say(language, f"by.{value}"), value) for value in APPROVERS]
            chosen = form.radio("by", options, initial=given.get("by") or "bank")
            blocks.append(form.input(text.say(language, "answered.by"), chosen, "by"))
    blocks.append(
        form.input(
            text.say(language, "answered.note"),
            form.text_input("note", multiline=True, initial=given.get("note"), most=NOTE_MOST),
            "note",
            hint=text.say(language, "answered.note_hint"),
            optional=True,
        )
    )
    return modal(language, name, facts, [*blocks, *more], private)


def meeting(language: str, facts: Facts, today: date) -> Json:
    """Return the form of the call: when it was, and its notes."""
    return modal(
        language,
        "meeting",
        facts,
        [
            form.input(text.say(language, "meeting.on"), form.datepicker("met_on", initial=today), "met_on"),
            form.input(
                text.say(language, "meeting.notes"),
                form.text_input("note", multiline=True, most=NOTE_MOST),
                "note",
                optional=True,
            ),
        ],
    )


def duty(language: str, facts: Facts, today: date) -> Json:
    """Return the form of a lasting duty: who owns it, who stands in."""
    return modal(
        language,
        "duty",
        facts,
        [
            form.input(
                text.say(language, "duty.owner"),
                form.users_select("owner", initial=facts["assignee"] or None),
                "owner",
            ),
            form.input(
                text.say(language, "duty.deputy"),
                form.users_select("deputy"),
                "deputy",
                hint=text.say(language, "duty.hint"),
            ),
            happened_on(language, today),
        ],
    )


def employees(language: str, facts: Facts, today: date) -> Json:
    """Return the form that designates who makes the first purchases, and what they try."""
    options = [form.option(text.say(language, f"scenario.{value}"), value) for value in SCENARIOS]
    return modal(
        language,
        "employees",
        facts,
        [
            form.input(
                text.say(language, "employees.who"),
                {"type": "multi_users_select", "action_id": "employees", "max_selected_items": 20},
                "employees",
            ),
            form.input(
                text.say(language, "employees.cardholders"),
                form.text_input("cardholders", multiline=True, most=1000),
                "cardholders",
                hint=text.say(language, "employees.cardholders_hint"),
                optional=True,
            ),
            form.input(
                text.say(language, "employees.scenarios"),
                form.checkboxes("scenarios", options, initial=SCENARIOS[:3]),
                "scenarios",
            ),
            happened_on(language, today),
        ],
    )


def page(language: str, facts: Facts) -> Json:
    """Return the page of one step, opened from the board or from the list of all steps."""
    blocks = step.details(language, facts)
    if facts["program"]["state"] in {"active", "launched"} and facts["state"] in onboarding.WORKABLE:
        blocks.append(step.actions(language, facts))
    elif facts["state"] == "done":
        blocks = step.message(language, facts)["blocks"]
    blocks += [*history.act_row(language, facts), *history.lines(language, facts)]
    return form.modal(
        text.say(language, "step.page"),
        blocks,
        callback_id="step.page",
        close=text.say(language, "form.close"),
    )


def why(language: str, facts: Facts) -> Json:
    """Return the page that explains a date: rule, calendar, days skipped, source."""
    title = text.mrkdwn(language, "step.title", title=facts["title"])
    found = facts["deadline"]
    if found is None:
        blocks = [block.section(title), block.section(text.mrkdwn(language, "why.none"))]
    else:
        due = text.date(language, date.fromisoformat(found["due_on"]))
        began = text.moment(language, datetime.fromisoformat(found["started_at"]), found["zone"])
        if found["unit"] == "date":
            rule = text.mrkdwn(language, "why.named")
        else:
            rule = text.mrkdwn(language, f"why.{found['unit']}", count=found["length"])
        said = [
            text.mrkdwn(language, "why.due", date=due, zone=found["zone"]),
            text.mrkdwn(language, "why.rule", rule=rule),
            text.mrkdwn(language, "why.began", date=began),
        ]
        if found["unit"] == "business_days":
            calendar = _calendar(language, found["calendar"])
            said.append(text.mrkdwn(language, "why.calendar", calendar=calendar))
        if found["about"]:
            said.append(text.mrkdwn(language, "why.about"))
        blocks = [block.section(title), block.section(text.Mrkdwn("\n".join(said)))]
        if found["skipped"]:
            days = [
                text.mrkdwn(
                    language,
                    "why.day",
                    date=text.date(language, date.fromisoformat(day)),
                    reason=reason_in(Skipped(date.fromisoformat(day), reason), found["calendar"], language),
                )
                for day, reason in found["skipped"]
            ]
            blocks.append(block.section(text.mrkdwn(language, "why.skipped")))
            blocks.append(block.context(text.Mrkdwn("\n".join(days[:30]))))
    if found is not None and found["aim"]:
        blocks.append(block.context(text.mrkdwn(language, "why.aim")))
    else:
        link = text.link(facts["source"], text.say(language, "why.source"))
        blocks.append(block.context(text.mrkdwn(language, "why.from", link=link)))
    return form.modal(
        text.say(language, "why.title"),
        blocks,
        callback_id="step.why",
        close=text.say(language, "form.close"),
    )


def _calendar(language: str, name: str) -> str:
    if text.has(f"calendar.{name}"):
        return text.say(language, f"calendar.{name}")
    return text.territory(language, name)


def line_of(title: str) -> str:
    """Return a title that fits an option."""
    return title if len(title) <= 75 else title[:74] + "…"  # noqa: PLR2004 - Slack's limit for options


def modal(
    language: str, name: str, facts: Facts, blocks: Sequence[Json], private: Mapping[str, Any] | None = None
) -> Json:
    """Return a form about one step; `name` is that of its texts and, after `step.`, of what handles it."""
    about = text.mrkdwn(language, "form.about", title=facts["title"], name=facts["program"]["name"])
    return form.modal(
        text.say(language, f"{name}.title"),
        [block.context(about), *blocks],
        callback_id=f"step.{name}",
        submit=text.say(language, f"{name}.submit"),
        close=text.say(language, "form.cancel"),
        private_metadata={"step": facts["id"], **(private or {})},
    )
