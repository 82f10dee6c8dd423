"""Handing over: the forms, what the thread says, and what somebody hears when a person has left."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from bot import text
from bot.text import Mrkdwn
from bot.views import block, form, line, notice, schema
from bot.views.block import Json

MOST_LISTS: Final = 90
"""Lists of boxes in one form: Slack shows 100 blocks, and some are needed for the questions above them."""
MOST_LINES: Final = 20
MOST_CHARACTERS: Final = 8000  # of all programmes together in one message
MOST_BUTTONS: Final = 5
Facts = Mapping[str, Any]


def people(language: str, user: str, to: str) -> Json:
    """Return the form that asks who hands over to whom."""
    return form.modal(
        text.say(language, "handover.title"),
        [
            form.input(
                text.say(language, "handover.from"), form.users_select("from", initial=user or None), "from"
            ),
            form.input(text.say(language, "handover.to"), form.users_select("to", initial=to or None), "to"),
        ],
        callback_id="handover.people",
        submit=text.say(language, "handover.next"),
        close=text.say(language, "form.cancel"),
    )


def items(language: str, facts: Facts, to: str) -> Json:
    """Return the form that lists what somebody holds: everything goes, or what is ticked."""
    count = sum(len(group["items"]) for group in facts["groups"])
    options = [
        form.option(text.say(language, "handover.all", count=count), "all"),
        form.option(text.say(language, "handover.ticked"), "ticked"),
    ]
    what = text.mrkdwn(language, "handover.what", who=line.name(facts, facts["from"]), count=count)
    blocks = [
        block.section(what),
        form.input(text.say(language, "handover.to"), form.users_select("to", initial=to or None), "to"),
        form.input(text.say(language, "handover.which"), form.radio("what", options, initial="all"), "what"),
    ]
    for number, (label, boxes) in enumerate(_lists(language, facts)):
        element = form.checkboxes(f"items_{number}", boxes)
        blocks.append(form.input(label, element, f"items_{number}", optional=True))
    return form.modal(
        text.say(language, "handover.title"),
        blocks,
        callback_id="handover.items",
        submit=text.say(language, "handover.submit"),
        close=text.say(language, "form.cancel"),
        private_metadata={"from": facts["from"]},
    )


def _lists(language: str, facts: Facts) -> list[tuple[str, list[Json]]]:
    """Return labelled lists of at most ten boxes: one for each thing, or for each programme when many."""
    fine = [
        (_label(language, group), [_box(language, facts, item) for item in chunk])
        for group in facts["groups"]
        for chunk in _tens(group["items"])
    ]
    if len(fine) <= MOST_LISTS:
        return fine
    whole = [
        form.option(line.short(_label(language, group), 75), f"program:{group['id']}", _many(language, group))
        for group in facts["groups"]
    ]
    return [(text.say(language, "handover.programs"), chunk) for chunk in _tens(whole)][:MOST_LISTS]


def _tens(things: Sequence[Any]) -> list[list[Any]]:
    return [
        list(things[start : start + schema.FEW_OPTIONS])
        for start in range(0, len(things), schema.FEW_OPTIONS)
    ]


def _label(language: str, group: Mapping[str, Any]) -> str:
    if not group["id"]:
        return text.say(language, "handover.standing_in")
    return text.say(language, "form.program", name=group["name"], ref=group["ref"])


def _many(language: str, group: Mapping[str, Any]) -> str:
    return text.count(language, "handover.items", len(group["items"]))


def _box(language: str, facts: Facts, item: Mapping[str, Any]) -> Json:
    title = facts["names"].get(item["title"], item["title"]) if item["kind"] == "away" else item["title"]
    kind = text.say(language, f"held.{item['kind']}")
    if not title:
        return form.option(kind, item["value"])
    return form.option(line.short(title, 75), item["value"], kind)


def done(language: str, facts: Facts) -> Json:
    """Return that something was handed over, to who did it."""
    words = text.mrkdwn(
        language,
        "handover.done",
        count=facts["count"],
        who=line.name(facts, facts["from"]),
        to=line.name(facts, facts["to"]),
    )
    return block.message(words, [block.section(words)])


def _handed_over(language: str, facts: Facts) -> Json:
    to = line.name(facts, facts["to"]) if facts["to"] == facts["actor"] else text.person(facts["to"])
    if facts["actor"] == facts["holder"]:
        words = text.mrkdwn(language, "notice.handed_over_own", who=line.name(facts, facts["actor"]), to=to)
    else:
        words = text.mrkdwn(
            language,
            "notice.handed_over",
            who=line.name(facts, facts["actor"]),
            holder=line.name(facts, facts["holder"]),
            to=to,
        )
    listed = lines(language, facts, facts["items"])
    return notice.with_opened(language, facts, words, block.section(listed), spoken=[listed])


def lines(language: str, facts: Facts, things: Sequence[Mapping[str, Any]]) -> Mrkdwn:
    """Return things that somebody holds, one under the other."""
    said = [
        text.mrkdwn(
            language,
            "held.line" if thing["title"] else "held.line_alone",
            kind=text.say(language, f"held.{thing['kind']}"),
            title=facts.get("names", {}).get(thing["title"], thing["title"]),
        )
        for thing in things[:MOST_LINES]
    ]
    if len(things) > MOST_LINES:
        said.append(text.mrkdwn(language, "notice.more", count=len(things) - MOST_LINES))
    return Mrkdwn("\n".join(said))


def _left(language: str, facts: Facts) -> Json:
    """Return what has no owner now, by programme, with a button to hand it over."""
    return _without_owner(language, facts, "left.title")


def _left_alone(language: str, facts: Facts) -> Json:
    """Return the same for the operations channel: there is nobody to tell."""
    return _without_owner(language, facts, "left.alone")


def _without_owner(language: str, facts: Facts, key: str) -> Json:
    said = [text.mrkdwn(language, key, who=_people(language, facts))]
    for program in facts["programs"]:
        listed = _program(language, facts, program)
        if len(said) > 1 and sum(map(len, said)) + len(listed) > MOST_CHARACTERS:
            break
        said.append(listed)
    blocks = [block.section(one) for one in said]
    hidden = len(facts["programs"]) - (len(said) - 1)
    if hidden:
        blocks.append(block.context(text.mrkdwn(language, "notice.more", count=hidden)))
    return block.message(Mrkdwn("\n".join(said)), [*blocks, block.actions(*_buttons(language, facts))])


def _people(language: str, facts: Facts) -> Mrkdwn:
    return Mrkdwn(text.listing(language, [line.name(facts, user) for user in facts["gone"]]))


def _program(language: str, facts: Facts, program: Mapping[str, Any]) -> Mrkdwn:
    title = text.strong(text.say(language, "form.program", name=program["name"], ref=program["ref"]))
    return Mrkdwn(f"{title}\n{lines(language, facts, program['items'])}")


def _buttons(language: str, facts: Facts) -> list[Json]:
    return [
        block.button(
            text.say(language, "button.hand_over"),
            f"handover.open:{user}",
            user,
            accessibility_label=text.say(
                language, "button.hand_over_label", name=line.short(facts["names"].get(user, user), 40)
            ),
        )
        for user in facts["gone"][:MOST_BUTTONS]
    ]


RENDERERS: Final = {
    "person.left": _left,
    "person.left_alone": _left_alone,
    "handover.done": done,
    "program.handed_over": _handed_over,
}
