"""Pages of the compliance submission: its items, the round to send, and the day it was sent."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from bot import text
from bot.text import Mrkdwn
from bot.views import block, form, line
from bot.views.block import Json

REFERENCE_MOST: Final = 200
MOST_ITEMS: Final = 24
"""More than any plan has; a form that asks about each has as many fields."""

MOST_FILES: Final = 30
Facts = Mapping[str, Any]


def items(language: str, facts: Facts) -> Json:
    """Return the page of all items: state, what a good file shows, who collects it, and *add*."""
    found = facts["items"]
    ready = sum(item["state"] in {"ready", "sent", "approved"} for item in found)
    blocks = [
        block.context(about(language, facts)),
        block.section(
            text.mrkdwn(language, "submission.summary", ready=ready, total=len(found), round=facts["next"])
            if found
            else text.mrkdwn(language, "submission.no_items")
        ),
        *_prepared(language, facts),
        block.actions(*_acts(language, facts)),
        block.divider(),
    ]
    for item in found[:MOST_ITEMS]:
        blocks.append(block.section(_item(language, item), accessory=_add(language, facts, item)))
        blocks.append(block.context(_shown(language, facts, item)))
        if item["words"]:
            blocks.append(block.context(text.mrkdwn(language, "submission.to_change")))
            blocks.append(block.quote(item["words"]))
    return form.modal(
        text.say(language, "submission.items_title"),
        blocks,
        callback_id="submission.items",
        close=text.say(language, "form.close"),
    )


def submit(language: str, facts: Facts) -> Json:
    """Return the form that has a round packed: what it holds, what changed, and what is left out."""
    blocks: list[Json] = [block.context(about(language, facts))]
    if facts["open"]:
        blocks.append(block.section(text.mrkdwn(language, "submission.replaces", ref=facts["open"])))
    for number, names in enumerate(facts["packets"], 1):
        title = text.mrkdwn(
            language, "submission.packet_of", packet=number, packets=len(facts["packets"]), count=len(names)
        )
        blocks.append(block.section(Mrkdwn("\n".join([title, *(file(name) for name in names)]))))
    if facts["links"]:
        title = text.mrkdwn(language, "submission.links")
        shown = [bullet(language, one) for one in facts["links"][:MOST_FILES]]
        blocks.append(block.section(Mrkdwn("\n".join([title, *shown]))))
    if facts["next"] > 1:
        blocks += _comparison(language, facts["items"])
    if facts["left_out"]:
        listed = text.listing(language, facts["left_out"])
        key = "submission.still_same" if facts["next"] > 1 else "submission.left_out"
        blocks.append(block.section(text.mrkdwn(language, key, items=listed)))
        box = form.checkboxes("without", [form.option(text.say(language, "submission.without_yes"), "yes")])
        blocks.append(form.input(text.say(language, "submission.without"), box, "without", optional=True))
    blocks.append(block.context(text.mrkdwn(language, "submission.what_happens")))
    return form.modal(
        text.say(language, "submission.submit_title"),
        blocks,
        callback_id="submission.submit",
        submit=text.say(language, "submission.pack"),
        close=text.say(language, "form.cancel"),
        private_metadata={"step": facts["id"]},
    )


def sent(language: str, facts: Facts, today: date) -> Json:
    """Return the form that records on which day a round was sent, and Stripe's reference."""
    key = "submission.sent_what" if facts["open"] else "submission.sent_alone"
    return form.modal(
        text.say(language, "submission.sent_title"),
        [
            block.context(about(language, facts)),
            block.section(text.mrkdwn(language, key, ref=facts["open"], round=facts["next"])),
            form.input(
                text.say(language, "submission.sent_on"),
                form.datepicker("sent_on", initial=today),
                "sent_on",
                hint=text.say(language, "submission.sent_hint"),
            ),
            form.input(
                text.say(language, "submission.reference"),
                form.text_input("reference", most=REFERENCE_MOST),
                "reference",
                hint=text.say(language, "submission.reference_hint"),
                optional=True,
            ),
        ],
        callback_id="submission.sent",
        submit=text.say(language, "submission.sent_save"),
        close=text.say(language, "form.cancel"),
        private_metadata={"step": facts["id"]},
    )


def kind(language: str, item: Mapping[str, Any]) -> str:
    """Return the type of material: what it proves, and which screens it shows."""
    material = text.say(language, f"material.{item['proof']}") if item["proof"] else ""
    if not item["flow"] or item["flow"] == item["proof"]:
        return material
    flow = text.say(language, f"flow.{item['flow']}")
    return text.say(language, "submission.kind", material=material, flow=flow)


def about(language: str, facts: Facts) -> Mrkdwn:
    """Return which programme and which round a page is about."""
    return text.mrkdwn(
        language,
        "submission.about",
        name=facts["program"]["name"],
        ref=facts["program"]["ref"],
        round=facts["next"],
    )


def _acts(language: str, facts: Facts) -> list[Json]:
    works = facts["program"]["state"] in {"active", "launched"} and facts["state"] in {"open", "blocked"}
    number = facts["id"]
    made = []
    if works:
        ready = bool(facts["open"])
        made.append(act(language, "submit", f"submission.submit:{number}", facts, primary=not ready))
        made.append(act(language, "sent", f"submission.sent:{number}", facts, primary=ready))
    if facts["rounds"]:
        made.append(act(language, "rounds", f"submission.rounds:{number}", facts))
    made.append(act(language, "step", f"submission.step:{number}", facts))
    return made


def act(language: str, name: str, action_id: str, facts: Facts, *, primary: bool = False) -> Json:
    """Return a button about the step of the submission."""
    return block.button(
        text.say(language, f"button.{name}"),
        action_id,
        str(facts["id"]),
        style="primary" if primary else None,
        accessibility_label=text.say(language, f"button.{name}_label", title=line.short(facts["title"], 40)),
    )


def _prepared(language: str, facts: Facts) -> list[Json]:
    """Return what is said about a round that is not sent yet, with a second try for what failed."""
    if not facts["open"]:
        return []
    one = facts["rounds"][0]
    who = line.name(facts, one["by"])
    blocks = [block.section(text.mrkdwn(language, f"submission.is_{one['state']}", ref=one["ref"], who=who))]
    for packet in facts["failed"][:5]:
        words = text.mrkdwn(
            language, "submission.failed", name=packet["name"], why=failure(language, packet["error"])
        )
        again = block.button(
            text.say(language, "button.again"), f"packet.again:{packet['id']}", str(packet["id"])
        )
        blocks.append(block.section(words, accessory=again))
    return blocks


def failure(language: str, code: str) -> Mrkdwn:
    """Return why a packet did not arrive, and what to do."""
    known, _, needed = code.partition(" ")
    if text.has(f"packet.error.{known}"):
        return text.mrkdwn(language, f"packet.error.{known}", scope=needed)
    return text.mrkdwn(language, "packet.error.other", code=code)


def _item(language: str, item: Mapping[str, Any]) -> Mrkdwn:
    head = text.mrkdwn(language, "submission.item", number=item["number"], kind=kind(language, item))
    state = text.mrkdwn(language, f"itemstate.{item['state']}")
    parts = [text.escape(item["title"]), state]
    if item["required"] and item["state"] == "missing":
        parts.append(text.mrkdwn(language, "submission.required"))
    return Mrkdwn("\n".join([head, Mrkdwn(" · ".join(parts))]))


def _shown(language: str, facts: Facts, item: Mapping[str, Any]) -> Mrkdwn:
    """Return what a good file shows, who collects it, and which files are there for the next round."""
    who = line.name(facts, item["collector"])
    key = "submission.collects" if item["taken"] else "submission.collects_lead"
    said = [text.escape(item["good"]), text.mrkdwn(language, key, who=who)]
    if item["state"] == "ready" and item["files"]:
        named = [line.short(name, 60) for name in item["files"][:3]]
        said.append(
            text.mrkdwn(
                language, "submission.files", names=text.listing(language, named), count=len(item["files"])
            )
        )
    return Mrkdwn("\n".join(said))


def _add(language: str, facts: Facts, item: Mapping[str, Any]) -> Json:
    return block.button(
        text.say(language, "button.add"),
        f"submission.add:{item['key']}",
        f"{facts['id']}:{item['key']}",
        accessibility_label=text.say(language, "button.add_label", title=line.short(item["title"], 40)),
    )


def file(name: str) -> Mrkdwn:
    """Return the name of a file as it is typed."""
    return Mrkdwn(f"`{text.escape(name)}`")


def bullet(language: str, words: str) -> Mrkdwn:
    """Return what somebody typed as a line of a list."""
    return text.mrkdwn(language, "submission.bullet", words=line.short(words, 150))


def _comparison(language: str, found: Sequence[Mapping[str, Any]]) -> list[Json]:
    """Return what changed against the round before, item by item; what did not is one line."""
    said = [text.mrkdwn(language, "submission.compared")]
    for item in found:
        if item["change"] in {"new", "changed"}:
            said.append(
                text.mrkdwn(
                    language,
                    f"submission.{item['change']}",
                    title=item["title"],
                    before=" ".join(item["before"][:3]),
                    after=" ".join(item["after"][:3]),
                )
            )
            if item["words"]:
                said.append(text.mrkdwn(language, "submission.asked", words=line.short(item["words"], 150)))
    same = [item["title"] for item in found if item["change"] == "unchanged" and item["state"] != "to_change"]
    if same:
        said.append(text.mrkdwn(language, "submission.unchanged", items=text.listing(language, same)))
    return [block.section(Mrkdwn("\n".join(said)))]
