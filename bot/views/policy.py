"""The policy in Slack: what is obeyed, what a text would flip, and the forms that change it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from bot import text
from bot.domain.policy import RULES
from bot.text import Mrkdwn
from bot.views import block, forecast, form, line
from bot.views.block import Json

Facts = Mapping[str, Any]
MOST_BODY: Final = 3000


def page(language: str, facts: Facts) -> Json:
    """Return the policy that is obeyed, the state of each rule, and what can be done."""
    if facts["at"]:
        at = text.when(datetime.fromisoformat(facts["at"]), language)
        who = facts["names"].get(facts["by"], "") or text.say(language, "policy.command_line")
        first = text.mrkdwn(language, "policy.title", version=facts["version"], at=at, who=who)
    else:
        first = text.mrkdwn(language, "policy.shipped")
    rules = [
        text.mrkdwn(language, f"policy.{state}", rules=Mrkdwn(", ".join(f"`{one}`" for one in named)))
        for state in ("enforced", "shadow")
        if (named := [one["rule"] for one in facts["rules"] if one["state"] == state])
    ]
    words = Mrkdwn("\n".join([first, *rules]))
    buttons = [
        block.button(text.say(language, "policy.button_load"), "policy.ask", "load"),
        block.button(text.say(language, "policy.button_rule"), "policy.rule", "rule"),
        block.button(text.say(language, "policy.button_replay"), "policy.replay", "now"),
    ]
    how = text.mrkdwn(language, "policy.how")
    return block.message(words, [block.section(words), block.actions(*buttons), block.context(how)])


def replayed(language: str, facts: Facts) -> Json:
    """Return what a text would flip, as a table, and the buttons that load or drop it."""
    words, table = _figures(language, facts), _table(language, facts)
    number = str(facts["draft"])
    buttons = [block.button(text.say(language, "policy.button_rule"), "policy.rule", number)]
    if not facts["same"]:
        buttons = [
            block.button(
                text.say(language, "policy.button_obey"), f"policy.load:{number}", number, style="primary"
            ),
            block.button(text.say(language, "policy.button_drop"), f"policy.drop:{number}", number),
            *buttons,
        ]
    last = text.mrkdwn(language, "policy.states_stay" if not facts["same"] else "policy.same")
    return block.message(
        words, [block.section(words), block.section(table), block.actions(*buttons), block.context(last)]
    )


def picture(language: str, facts: Facts) -> Json:
    """Return what is said beside the picture of a replay."""
    words = _figures(language, facts)
    return block.message(words, [block.section(words)])


def alt(language: str, facts: Facts) -> str:
    """Return what the picture of a replay shows, in plain words."""
    counted = [f"{one['rule']} {one['declines']}" for one in facts["rules"] if one["declines"]]
    listed = ", ".join(counted or ["0"])
    said = text.say(language, "policy.alt", count=facts["decisions"], rules=listed)
    return line.short(said, forecast.ALT_MOST)


def _figures(language: str, facts: Facts) -> Mrkdwn:
    if not facts["decisions"]:
        return text.mrkdwn(language, "policy.nothing", days=facts["days"])
    return text.mrkdwn(
        language,
        "policy.figures",
        days=facts["days"],
        decisions=facts["decisions"],
        declined=facts["newly_declined"],
        approved=facts["newly_approved"],
    )


def _table(language: str, facts: Facts) -> Mrkdwn:
    """Return the rules with what each would decline, and how much of that was approved at the time."""
    heads = [text.say(language, f"policy.head_{name}") for name in ("rule", "declines", "flips")]
    rows = [(one["rule"], str(one["declines"]), str(one["approved_before"])) for one in facts["rules"]]
    wide = [max(len(row[n]) for row in [heads, *rows]) for n in range(len(heads))]
    lines = [f"{row[0]:<{wide[0]}} {row[1]:>{wide[1]}} {row[2]:>{wide[2]}}" for row in [heads, *rows]]
    return Mrkdwn("\n".join(["```", *lines, "```"]))


def changed(language: str, facts: Facts) -> Json:
    """Return what became of the policy or of a rule."""
    words = text.mrkdwn(language, f"policy.did_{facts['what']}", version=facts["version"], rule=facts["rule"])
    return block.message(words, [block.section(words)])


def replaying(language: str, facts: Facts) -> Json:
    """Return that a replay is on its way."""
    del facts
    words = text.mrkdwn(language, "policy.replaying")
    return block.message(words, [block.section(words)])


def ask(language: str, body: str, days: tuple[int, ...], channel: str = "") -> Json:
    """Return the form that takes a text and how far back it is replayed; it is answered in the channel."""
    options = [form.option(text.say(language, "policy.days", count=one), str(one)) for one in days]
    initial = body if len(body) <= MOST_BODY else None
    return form.modal(
        text.say(language, "policy.form_load"),
        [
            form.input(
                text.say(language, "policy.body"),
                form.text_input("body", initial=initial, multiline=True, most=MOST_BODY),
                "body",
                hint=text.say(language, "policy.body_hint"),
            ),
            form.input(
                text.say(language, "policy.since"),
                form.select("days", options, initial=str(days[-1])),
                "days",
            ),
        ],
        callback_id="policy.propose",
        submit=text.say(language, "policy.submit_load"),
        close=text.say(language, "form.cancel"),
        private_metadata={"channel": channel},
    )


def ask_rule(language: str, states: Mapping[str, str], channel: str = "") -> Json:
    """Return the form that enforces a rule or puts it into shadow."""
    rules = [
        form.option(f"{name} · {text.say(language, f'policy.is_{states[name]}')}", name) for name in RULES
    ]
    choices = [form.option(text.say(language, f"policy.state_{one}"), one) for one in ("enforced", "shadow")]
    return form.modal(
        text.say(language, "policy.form_rule"),
        [
            form.input(text.say(language, "policy.rule"), form.select("rule", rules), "rule"),
            form.input(
                text.say(language, "policy.state"), form.select("state", choices, initial="enforced"), "state"
            ),
            form.input(
                text.say(language, "policy.cards"),
                form.text_input("cards", most=9),
                "cards",
                hint=text.say(language, "policy.cards_hint"),
                optional=True,
            ),
        ],
        callback_id="policy.set",
        submit=text.say(language, "policy.submit_rule"),
        close=text.say(language, "form.cancel"),
        private_metadata={"channel": channel},
    )


RENDERERS: Final = {
    "policy": page,
    "policy.replayed": replayed,
    "policy.picture": picture,
    "policy.changed": changed,
    "policy.replaying": replaying,
}
