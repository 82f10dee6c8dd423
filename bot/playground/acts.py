"""The acts scenes are made of: what a person does, in the words of the playground.

A scene is a list of acts; each act is one call below. Acts look for things the way people do, by label,
by the start of an action id or by text, and wait until they are there, so that a scene needs no pauses:

    Scene(
        name="start",
        title="Start",
        minutes=1,
        blurb="Lena starts a programme.",
        acts=(
            command(LENA, CARDS, "/onboarding start"),
            fill(LENA, {"Name": "Acme", "Region": "US"}),
            wait(LENA, CARDS, "Acme"),
            click(MARC, "take", CARDS),
            later(days=1),
            next_event(),
        ),
    )

Every act takes `caption=` (what the caption bar says) and `seconds=` (wall time until it fails, 10).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.playground import finding, forms, gestures, methods_files
from bot.playground.errors import PlayError, SceneError
from bot.playground.spoken import Words, said

if TYPE_CHECKING:
    from bot.playground.ack import Ack
    from bot.playground.modals import View
    from bot.playground.stage import Stage
    from bot.playground.workspace import Message

PATIENCE: Final = 10.0
# A person looks before they act again; a bot may change the form shortly after its acknowledgement.
_GLANCE: Final = 0.4


@dataclass(frozen=True)
class Act:
    """One thing that happens. `try_once` raises `PlayError` while it cannot be done yet.

    `show` is for people who watch: it lets them see beforehand what `try_once` is about to do.
    """

    person: str | None
    caption: Words
    try_once: Callable[[Stage], Awaitable[None]]
    seconds: float = PATIENCE
    paced: bool = True
    show: Callable[[Stage], Awaitable[None]] | None = None


@dataclass(frozen=True)
class Scene:
    """A scene of the side bar; `minutes` is how long watching takes, for people."""

    name: str
    title: Words
    minutes: int
    blurb: Words
    acts: Sequence[Act]


def say(
    person: str,
    channel: str,
    text: str,
    *,
    under: str | None = None,
    files: Mapping[str, bytes] | None = None,
    caption: Words = "",
    seconds: float = PATIENCE,
) -> Act:
    """Writes a message; `under` answers in the thread of the newest message with this text.

    Files are name -> bytes. Names are mentioned as `<@U…>`; `dm` as channel is the talk with the bot.
    """

    async def do(stage: Stage) -> None:
        root = seen(stage, person, channel, under) if under else None
        ids = [methods_files.keep(stage.slack, name, body, person).id for name, body in (files or {}).items()]
        thread = (root.thread_ts or root.ts) if root else None
        gestures.say(stage.slack, person, channel, text, thread_ts=thread, files=ids)

    return Act(person, caption or text, do, seconds)


def command(person: str, channel: str, text: str, *, caption: Words = "", seconds: float = PATIENCE) -> Act:
    """Types a slash command and waits for its acknowledgement."""

    async def do(stage: Stage) -> None:
        ack = await gestures.command(stage.slack, person, channel, text)
        if ack is not None:
            judge(stage, text, ack)

    return Act(person, caption or text, do, seconds)


def click(
    person: str,
    button: str,
    channel: str | None = None,
    *,
    value: object = None,
    home: bool = False,
    caption: Words = "",
    seconds: float = PATIENCE,
) -> Act:
    """Uses a button, select or other element: by the start of its action id, or its words.

    Looks in the newest message of the channel that has it (threads and ephemeral ones too), with `home`
    in the Home tab, else in the open form. `value` is the option, date or user that is chosen.
    """

    async def do(stage: Stage) -> None:
        container, block, element = finding.button_in(stage.slack, person, button, channel=channel, home=home)
        before = in_front(stage, person)
        ack = await forms.act(stage.slack, person, container, finding.choose(block, element, value))
        judge(stage, f"“{button}”", ack)
        if before is not None:
            await glance(stage, person, before)

    return Act(person, caption or f"“{button}”", do, seconds)


def fill(
    person: str,
    fields: Mapping[str, object],
    *,
    send: bool = True,
    refused: bool = False,
    caption: Words = "",
    seconds: float = PATIENCE,
) -> Act:
    """Fills in the open form and sends it.

    Fields are named by block id, action id or label (its start is enough); values are text, the value or
    label of an option, a date, a person's id, a list of those, or for files `{name: bytes}`.
    With `refused` the scene wants errors at fields, without `send` the form stays open.
    """

    async def enter(stage: Stage) -> View:
        top = stage.slack.modals.top(person)
        if top is None:
            raise PlayError(f"{person} has no form open.")
        entered = {
            name: [methods_files.keep(stage.slack, file, body, person).id for file, body in value.items()]
            if isinstance(value, Mapping)
            else value
            for name, value in fields.items()
        }
        stage.slack.modals.enter(top, await forms.filled(stage.slack, person, entered))
        return top

    async def show(stage: Stage) -> None:
        await enter(stage)

    async def do(stage: Stage) -> None:
        top = await enter(stage)
        if not send:
            return
        answer = await forms.submit(stage.slack, person, top.id, top.values)
        if "error" in answer:
            raise PlayError(str(answer["error"]))
        if ("errors" in answer) is not refused:
            raise SceneError(f"The form was answered with {answer}.")

    # Files would be uploaded twice; their names alone are no sight.
    plain = not any(isinstance(value, Mapping) for value in fields.values())
    return Act(person, caption or ", ".join(fields), do, seconds, show=show if plain and send else None)


def shortcut(
    person: str,
    callback_id: str,
    channel: str | None = None,
    text: str | None = None,
    *,
    caption: Words = "",
    seconds: float = PATIENCE,
) -> Act:
    """Uses a global shortcut, or with channel and text one on the newest message with this text."""

    async def do(stage: Stage) -> None:
        message = seen(stage, person, channel, text) if channel and text else None
        ack = await gestures.shortcut(
            stage.slack, person, callback_id, channel, message.ts if message else None
        )
        judge(stage, callback_id, ack)

    return Act(person, caption or callback_id, do, seconds)


def open_home(person: str, *, caption: Words = "", seconds: float = PATIENCE) -> Act:
    """Opens the bot's Home tab."""

    async def do(stage: Stage) -> None:
        gestures.open_home(stage.slack, person)

    return Act(person, caption or said("home"), do, seconds)


def close(person: str, *, caption: Words = "", seconds: float = PATIENCE) -> Act:
    """Leaves the open form."""

    async def do(stage: Stage) -> None:
        top = stage.slack.modals.top(person)
        if top is None:
            raise PlayError(f"{person} has no form open.")
        await forms.close(stage.slack, person, top.id)

    return Act(person, caption or said("close"), do, seconds)


def wait(
    person: str,
    channel: str,
    text: str,
    *,
    caption: Words = "",
    seconds: float = PATIENCE,
) -> Act:
    """Waits until the person sees a message with this text in the channel, threads and ephemeral ones too."""

    async def do(stage: Stage) -> None:
        seen(stage, person, channel, text)

    return Act(person, caption, do, seconds, paced=bool(caption))


def wait_form(person: str, title: str = "", *, caption: Words = "", seconds: float = PATIENCE) -> Act:
    """Waits until a form whose title starts like this is open."""

    async def do(stage: Stage) -> None:
        top = stage.slack.modals.top(person)
        if top is None:
            raise PlayError(f"{person} has no form open.")
        shown = str((top.payload.get("title") or {}).get("text", ""))
        if not shown.startswith(title):
            raise PlayError(f"{person} has “{shown}” open.")

    return Act(person, caption, do, seconds, paced=bool(caption))


def later(*, days: float = 0, hours: float = 0, caption: Words = "") -> Act:
    """Moves the business clock."""

    async def do(stage: Stage) -> None:
        stage.forward(days * 86_400 + hours * 3_600)

    lapse = said("days", number=f"{days:g}") if days else said("hours", number=f"{hours:g}")
    return Act(None, caption or lapse, do)


def until(moment: Callable[[], float], *, caption: Words = "") -> Act:
    """Moves the business clock to a unix second that is worked out when the act is played."""

    async def do(stage: Stage) -> None:
        stage.to(moment())

    return Act(None, caption, do)


def next_event(*, caption: Words = "", seconds: float = PATIENCE) -> Act:
    """Moves the business clock to the next deadline the bot knows."""

    async def do(stage: Stage) -> None:
        await stage.next_event()

    return Act(None, caption or said("next_event"), do, seconds)


def call(work: Callable[[Stage], Awaitable[None]], *, caption: Words = "", seconds: float = PATIENCE) -> Act:
    """Anything else; it is tried again while it raises `PlayError`."""
    return Act(None, caption, work, seconds, paced=bool(caption))


def judge(stage: Stage, what: str, ack: Ack) -> None:
    """Fails an act whose acknowledgement failed; only an unreachable bot is worth another try.

    Raises:
        PlayError: the bot could not be reached.
        SceneError: it was late, or answered with an error.
    """
    if not ack.ok:
        kind = PlayError if ack.problem == "connection_failed" else SceneError
        raise kind(f"{what}: {gestures.trouble(stage.slack, ack)}")


def in_front(stage: Stage, person: str) -> str | None:
    """What tells the form in front of a person from what was there before; None without one."""
    top = stage.slack.modals.top(person)
    return f"{top.id} {top.hash}" if top else None


async def glance(stage: Stage, person: str, before: str) -> None:
    """Waits a moment for the form to change, as people do who want to see what their click did."""
    end = time.monotonic() + _GLANCE
    while time.monotonic() < end:
        if in_front(stage, person) != before:
            return
        await asyncio.sleep(_GLANCE / 20)


def seen(stage: Stage, person: str, channel: str, text: str) -> Message:
    """The newest message with this text that the person sees.

    Raises:
        PlayError: there is none.
    """
    place = gestures.place_of(stage.slack, person, channel)
    hidden = [m for m in stage.slack.workspace.ephemerals.values() if m.ephemeral_for == person]
    for message in sorted(
        [*stage.slack.workspace.messages(place.id), *hidden], key=lambda m: m.ts, reverse=True
    ):
        if message.channel != place.id or message.deleted:
            continue
        if text in message.text or text in str(message.blocks or ""):
            return message
    raise PlayError(f"{person} sees no message with “{text}” in #{place.name}.")
