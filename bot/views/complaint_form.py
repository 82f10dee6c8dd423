"""Forms about complaints: logging one in three fields, the question, and one form for each act."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from bot import plans, text
from bot.views import block, complaint, form, line
from bot.views.block import Json

SHOWN: Final = 2_900
"""Characters of a message that the form shows; Slack's inputs take 3,000."""

WORDS_MOST: Final = 2_000
NAME_MOST: Final = 200
MOST_CHOICES: Final = 99
PRODUCTS: Final = ("issuing", "treasury")
Facts = Mapping[str, Any]

ACTS: Final[Mapping[str, tuple[str, ...]]] = {
    "acknowledge": ("at", "words"),
    "resolve": ("at", "resolution", "root_cause"),
    "contact": ("at", "words"),
    "withdraw": ("at", "reason"),
    "reopen": ("reason",),
    "mistake": ("reason",),
    "note": ("note",),
    "assign": ("owner",),
    "link": ("target",),
    "documents": ("files",),
    "notified": ("at",),
    "released": ("at", "answer"),
    "forwarded": ("at",),
    "to_executive": ("at", "reason"),
    "to_operational": ("reason",),
    "extend": ("reason",),
}
"""What the form of each act asks."""

OPTIONAL: Final = frozenset({"words"})
LONG: Final = frozenset({"words", "resolution", "root_cause", "reason", "note", "answer"})
TOUCHES_CUSTOMER: Final = frozenset({"acknowledge", "resolve", "contact"})


def log(language: str, facts: Facts, private: Mapping[str, Any]) -> Json:
    """Return the form that logs a complaint: three fields, or all of them once *More* was clicked.

    `facts`: text, customer, kind, words (why it looks executive), cut, redacted; with more also programs,
    program, owner, submitted (unix seconds) and files.
    """
    more = bool(private.get("more"))
    blocks: list[Json] = []
    if facts["redacted"]:
        blocks.append(form.alert(text.say(language, "complaint.alert_redacted"), level="warning"))
    if facts["words"]:
        words = complaint.words_of(language, facts["words"][:3])
        blocks.append(form.alert(text.say(language, "complaint.alert_words", words=words), level="warning"))
    blocks += [
        form.input(
            text.say(language, "complaint.field.text"),
            form.text_input("text", initial=facts["text"], multiline=True),
            "text",
            hint=text.say(language, "complaint.text_cut") if facts["cut"] else None,
        ),
        form.input(
            text.say(language, "complaint.field.customer"),
            form.text_input("customer", initial=facts["customer"], most=NAME_MOST),
            "customer",
            hint=text.say(language, "complaint.customer_hint"),
            optional=True,
        ),
        form.input(
            text.say(language, "complaint.field.kind"),
            form.radio("kind", _kinds(language), initial=facts["kind"]),
            "kind",
        ),
    ]
    blocks += _more(language, facts) if more else [_more_button(language)]
    return form.modal(
        text.say(language, "complaint.log_title"),
        blocks,
        callback_id="complaint.log",
        submit=text.say(language, "complaint.log_submit"),
        close=text.say(language, "form.cancel"),
        private_metadata=private,
    )


def _more_button(language: str) -> Json:
    return block.actions(block.button(text.say(language, "button.complaint_more"), "complaint.more", "more"))


def _kinds(language: str) -> list[Json]:
    return [
        form.option(
            text.say(language, f"complaint.kind.{kind}"),
            kind,
            text.say(language, f"complaint.kind_hint.{kind}"),
        )
        for kind in ("operational", "executive")
    ]


def _more(language: str, facts: Facts) -> list[Json]:
    blocks = [
        *_where(language, facts),
        _program(language, facts),
        form.input(
            text.say(language, "complaint.field.owner"),
            form.users_select("owner", initial=facts.get("owner") or None),
            "owner",
            hint=text.say(language, "complaint.owner_hint"),
            optional=True,
        ),
        _moment(language, "submitted_at", facts["submitted"]),
        form.input(
            text.say(language, "complaint.field.employee"),
            form.checkboxes("employee", [form.option(text.say(language, "complaint.employee"), "yes")]),
            "employee",
            optional=True,
        ),
    ]
    if facts.get("files"):
        options = [form.option(line.short(one["name"], 75), one["id"]) for one in facts["files"][:10]]
        boxes = form.checkboxes("files", options, initial=[one["id"] for one in facts["files"][:10]])
        blocks.append(form.input(text.say(language, "complaint.field.files"), boxes, "files", optional=True))
    return blocks


def _where(language: str, facts: Facts) -> list[Json]:
    """Return the fields that the monthly report needs, with what is known of them."""
    book = plans.complaints()
    lists = {
        "received_through": [
            form.option(one.title[language], one.id) for one in book.channels[:MOST_CHOICES]
        ],
        "category": [form.option(one.title[language], one.id) for one in book.categories[:MOST_CHOICES]],
        "product": [form.option(text.say(language, f"product.{one}"), one) for one in PRODUCTS],
    }
    blocks = []
    for name, options in lists.items():
        known = facts.get(name) or ""
        initial = known if any(one["value"] == known for one in options) else None
        blocks.append(
            form.input(
                text.say(language, f"complaint.field.{name}"),
                form.select(name, options, initial=initial),
                name,
                optional=True,
            )
        )
    blocks.append(_typed(language, "account", facts.get("account", ""), most=100))
    return blocks


def _program(language: str, facts: Facts) -> Json:
    options = [
        form.option(
            line.short(text.say(language, "form.program", name=one["name"], ref=one["ref"]), 75),
            str(one["id"]),
        )
        for one in facts["programs"][:MOST_CHOICES]
    ] or [form.option(text.say(language, "complaint.no_program"), "0")]
    known = str(facts.get("program_id") or "")
    initial = known if any(one["value"] == known for one in options) else None
    return form.input(
        text.say(language, "complaint.field.program"),
        form.select("program", options, initial=initial),
        "program",
        optional=True,
    )


def _moment(language: str, name: str, seconds: int) -> Json:
    picker = {"type": "datetimepicker", "action_id": name, "initial_date_time": seconds}
    return form.input(
        text.say(language, f"complaint.field.{name}"),
        picker,
        name,
        hint=text.say(language, f"complaint.{name}_hint"),
    )


def _typed(
    language: str, name: str, known: str = "", *, most: int = WORDS_MOST, needed: bool = False
) -> Json:
    return form.input(
        text.say(language, f"complaint.field.{name}"),
        form.text_input(name, initial=known, multiline=name in LONG, most=most),
        name,
        optional=not needed,
    )


def decide(language: str, facts: Facts) -> Json:
    """Return the question *Executive?* with what led to it."""
    words = complaint.words_of(language, facts["words"])
    options = [form.option(text.say(language, f"complaint.answer.{one}"), one) for one in ("yes", "no")]
    return form.modal(
        text.say(language, "complaint.decide_title"),
        [
            block.section(text.mrkdwn(language, "complaint.decide", ref=facts["ref"], words=words)),
            block.context(
                text.mrkdwn(
                    language,
                    "complaint.decide_until",
                    until=text.when(
                        datetime.fromisoformat(facts["proposal_until"]), language, zone=facts["zone"]
                    ),
                )
            ),
            form.input(
                text.say(language, "complaint.field.executive"), form.radio("executive", options), "executive"
            ),
            form.input(
                text.say(language, "complaint.field.reason"),
                form.text_input("reason", multiline=True, most=WORDS_MOST),
                "reason",
                hint=text.say(language, "complaint.decide_hint"),
                optional=True,
            ),
        ],
        callback_id="complaint.decide",
        submit=text.say(language, "complaint.submit"),
        close=text.say(language, "form.close"),
        private_metadata={"complaint": facts["id"]},
    )


def act(language: str, name: str, facts: Facts, now: datetime) -> Json:
    """Return the form of one act."""
    blocks: list[Json] = []
    if facts["locked"] and name in TOUCHES_CUSTOMER:
        blocks.append(form.alert(text.say(language, "complaint.alert_locked"), level="error"))
    blocks.append(
        block.context(
            text.mrkdwn(language, f"complaint.about_act.{name}", ref=facts["ref"]),
        )
    )
    blocks += [_field(language, field, facts, now) for field in ACTS[name]]
    return form.modal(
        text.say(language, f"complaint.title.{name}"),
        blocks,
        callback_id=f"complaint.{name}",
        submit=text.say(language, "complaint.submit"),
        close=text.say(language, "form.cancel"),
        private_metadata={"complaint": facts["id"]},
    )


def _field(language: str, name: str, facts: Facts, now: datetime) -> Json:
    if name == "at":
        return _moment(language, "at", int(now.timestamp()))
    label = text.say(language, f"complaint.field.{name}")
    if name == "owner":
        return form.input(label, form.users_select("owner", initial=facts["owner"] or None), "owner")
    if name == "files":
        return form.input(label, form.file_input("files"), "files")
    if name == "target":
        hint = text.say(language, "complaint.target_hint")
        return form.input(label, form.text_input("target", most=100), "target", hint=hint)
    return _typed(language, name, needed=name not in OPTIONAL)


def details(language: str, facts: Facts) -> Json:
    """Return the form of everything the monthly report asks for."""
    submitted = int(datetime.fromisoformat(facts["submitted_at"]).timestamp())
    refund = ""
    if facts["refund_amount"] is not None and facts["refund_currency"]:
        refund = text.money(language, facts["refund_amount"], facts["refund_currency"])
    return form.modal(
        text.say(language, "complaint.title.details"),
        [
            _typed(language, "customer", facts["customer"], most=NAME_MOST),
            _typed(language, "contact", facts["contact"], most=NAME_MOST),
            *_where(language, facts),
            _program(language, facts),
            _typed(language, "bank", facts["bank"], most=NAME_MOST),
            _typed(language, "regulator", facts["regulator"], most=NAME_MOST),
            _typed(language, "summary", facts["summary"], most=WORDS_MOST),
            form.input(
                text.say(language, "complaint.field.refund"),
                form.text_input("refund", initial=refund, most=40),
                "refund",
                hint=text.say(language, "complaint.refund_hint"),
                optional=True,
            ),
            _moment(language, "submitted_at", submitted),
        ],
        callback_id="complaint.details",
        submit=text.say(language, "complaint.submit"),
        close=text.say(language, "form.cancel"),
        private_metadata={"complaint": facts["id"]},
    )


def settings(language: str, facts: Facts) -> Json:
    """Return the form of what one programme does otherwise: owner, lengths, the older rule."""
    numbers = [
        form.input(
            text.say(language, f"complaint.setting.{name}"),
            form.text_input(
                name,
                initial=facts["settings"].get(name, ""),
                placeholder=str(facts["defaults"][name]),
                most=4,
            ),
            name,
            optional=True,
        )
        for name in ("acknowledge", "resolve", "notify")
    ]
    switch = [form.option(text.say(language, f"complaint.switch.{one}"), one) for one in ("on", "off")]
    return form.modal(
        text.say(language, "complaint.settings_title"),
        [
            block.context(text.mrkdwn(language, "form.program", name=facts["name"], ref=facts["ref"])),
            form.input(
                text.say(language, "complaint.setting.owner"),
                form.users_select("owner", initial=facts["settings"].get("owner") or None),
                "owner",
                optional=True,
            ),
            *numbers,
            form.input(
                text.say(language, "complaint.setting.forward"),
                form.radio("forward", switch, initial=facts["settings"].get("forward") or facts["forward"]),
                "forward",
                hint=text.say(language, "complaint.setting.forward_hint"),
            ),
        ],
        callback_id="complaint.settings",
        submit=text.say(language, "complaint.submit"),
        close=text.say(language, "form.cancel"),
        private_metadata={"program": facts["id"]},
    )


def chosen(names: Sequence[str]) -> list[str]:
    """Return the acts that have a form of this kind."""
    return [name for name in names if name in ACTS]
