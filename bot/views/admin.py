"""Private answers for administrators and operators: roles and the outbox."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from bot import text
from bot.text import Mrkdwn
from bot.views import block
from bot.views.block import Json
from bot.views.program_form import RENDERERS as PROGRAM

MOST: Final = 20
Facts = Mapping[str, Any]


def roles(language: str, facts: Facts) -> Json:
    """Return who holds which role, with a button to withdraw each, and how to grant one."""
    first = text.mrkdwn(language, "roles.title")
    said, blocks = [first], [block.section(first)]
    for row in facts["roles"][:MOST]:
        key = "roles.line_until" if row["until"] else "roles.line"
        words = text.mrkdwn(
            language,
            key,
            person=text.person(row["user"]),
            role=text.say(language, f"role.{row['role']}"),
            date=text.date(language, date.fromisoformat(row["until"])) if row["until"] else "",
        )
        said.append(words)
        value = f"{row['user']} {row['role']}"
        confirm = block.confirm(
            text.say(language, "roles.withdraw"),
            text.say(
                language,
                "roles.withdraw_sure",
                name=facts["names"].get(row["user"], row["user"]),
                role=text.say(language, f"role.{row['role']}"),
            ),
            text.say(language, "roles.withdraw_yes"),
            text.say(language, "form.cancel"),
            style="danger",
        )
        blocks.append(
            block.section(
                words,
                accessory=block.button(
                    text.say(language, "roles.withdraw"), f"role.withdraw:{row['id']}", value, confirm=confirm
                ),
            )
        )
    last = text.mrkdwn(language, "roles.how")
    return block.message(Mrkdwn("\n".join([*said, last])), [*blocks, block.context(last)])


def role_changed(language: str, facts: Facts) -> Json:
    """Return what was granted or withdrawn."""
    key = {"granted": "roles.granted", "until": "roles.granted_until", "withdrawn": "roles.withdrawn"}[
        facts["what"]
    ]
    words = text.mrkdwn(
        language,
        key,
        person=text.person(facts["user"]),
        role=text.say(language, f"role.{facts['role']}"),
        date=text.date(language, date.fromisoformat(facts["until"])) if facts.get("until") else "",
    )
    return block.message(words, [block.section(words)])


def outbox(language: str, facts: Facts) -> Json:
    """Return how many messages wait, and those in trouble with their reason."""
    first = text.mrkdwn(
        language, "outbox.title", waiting=facts["waiting"], dead=facts["dead"], sent=facts["sent"]
    )
    said, blocks = [first], [block.section(first)]
    for row in facts["rows"][:MOST]:
        words = text.mrkdwn(
            language,
            "outbox.line",
            number=row["id"],
            view=row["view"],
            channel=text.person(row["person"]) if row["person"] else text.channel(row["channel"]),
            state=text.say(language, f"outbox.state.{row['state']}"),
            error=row["error"],
            count=row["attempts"],
        )
        said.append(words)
        again = (
            block.button(text.say(language, "button.again"), f"outbox.again:{row['id']}", str(row["id"]))
            if row["state"] == "dead"
            else None
        )
        blocks.append(block.section(words, accessory=again))
    if not facts["rows"]:
        blocks.append(block.context(text.mrkdwn(language, "outbox.fine")))
    return block.message(Mrkdwn("\n".join(said)), blocks)


def outbox_again(language: str, facts: Facts) -> Json:
    """Return that a dead letter is on its way again."""
    words = text.mrkdwn(language, "outbox.revived", number=facts["id"])
    return block.message(words, [block.section(words)])


def closing_days(language: str, facts: Facts) -> Json:
    """Return the closing days, and how to add or remove one."""
    days = [text.date(language, date.fromisoformat(day)) for day in facts["days"]]
    said = [text.mrkdwn(language, "closing.title")]
    if days:
        said += [text.mrkdwn(language, "closing.day", date=day) for day in days]
    else:
        said.append(text.mrkdwn(language, "closing.none"))
    last = text.mrkdwn(language, "closing.how")
    words = Mrkdwn("\n".join(said))
    return block.message(Mrkdwn(f"{words}\n{last}"), [block.section(words), block.context(last)])


def closing_changed(language: str, facts: Facts) -> Json:
    """Return that a day was closed or opened, and how many deadlines moved."""
    day = text.date(language, date.fromisoformat(facts["on"]))
    words = text.mrkdwn(language, f"closing.{facts['what']}", date=day)
    if facts["moved"]:
        words = Mrkdwn(f"{words} {text.mrkdwn(language, 'closing.moved', count=facts['moved'])}")
    return block.message(words, [block.section(words)])


RENDERERS: Final = {
    "closing": closing_days,
    "closing.changed": closing_changed,
    "roles": roles,
    "role.changed": role_changed,
    "outbox": outbox,
    "outbox.revived": outbox_again,
    **PROGRAM,
}
