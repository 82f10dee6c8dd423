"""Two scenes about complaints, in both languages: an operational one, and an executive one with its lock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.playground.acts import Act, Scene, click, close, command, fill, later, say, shortcut, wait, wait_form
from bot.playground.identity import CARDS, CARTES, CLAIRE, COMPLAINTS, LENA, MARC, SAM
from bot.playground.spoken import said

if TYPE_CHECKING:
    from collections.abc import Sequence


TOLD: Final = "avant l\u2019examen de Stripe"
"""What Marc, who reads French, is told of a contact that was not allowed."""


@dataclass(frozen=True)
class Cast:
    """Who plays, where, in which language; what the customer said, and what people write."""

    lead: str
    agent: str
    channel: str
    language: str
    name: str
    customer: str
    calm: str
    angry: str
    logged: str
    late: str
    resolution: str
    cause: str
    answer: str


ENGLISH: Final = Cast(
    LENA,
    SAM,
    CARDS,
    "en",
    "Harbour Pay",
    "Ada Alvarez",
    "Mrs Alvarez writes: my card was declined twice at the petrol station.",
    "Mr Okoro writes: unblock the card today or you will hear from my lawyer.",
    "Logged as C-1",
    "Breach",
    "The limit was set to 50; it is 500 again, and the fee was paid back.",
    "The limit of new cards was wrong.",
    "Stripe has reviewed it: send the text we agreed on, and nothing else.",
)
FRENCH: Final = Cast(
    CLAIRE,
    MARC,
    CARTES,
    "fr",
    "Cartes du quai",
    "Mme Petit",
    "Mme Petit écrit : ma carte a été refusée deux fois à la station-service.",
    "M. Roux écrit : débloquez la carte aujourd'hui, sinon mon avocat vous écrira.",
    "Enregistré sous C-1",
    "Manquement",
    "Le plafond était de 50 ; il est de nouveau de 500, et les frais sont remboursés.",
    "Le plafond des nouvelles cartes était faux.",
    "Stripe l'a examinée : envoyez le texte convenu, et rien d'autre.",
)


def scenes() -> tuple[Scene, ...]:
    """Return the scenes, each in both languages."""
    plain, lock = said("scene.complaint_blurb"), said("scene.executive_blurb")
    return (
        Scene("complaint", said("scene.complaint"), 1, plain, operational(ENGLISH)),
        Scene("complaint_fr", said("scene.complaint_fr"), 1, plain, operational(FRENCH)),
        Scene("executive", said("scene.executive"), 1, lock, executive(ENGLISH)),
        Scene("executive_fr", said("scene.executive_fr"), 1, lock, executive(FRENCH)),
    )


def operational(cast: Cast) -> Sequence[Act]:
    """A customer's message is logged; weeks pass; it is acknowledged late, and resolved."""
    agent = cast.agent
    return (
        *_begun(cast),
        *_logged(cast, cast.calm),
        wait(agent, COMPLAINTS, "C-1", seconds=30, caption=said("complaint.thread")),
        wait(agent, cast.channel, cast.logged, seconds=45, caption=said("complaint.public")),
        later(days=10, caption=said("complaint.weeks")),
        wait(agent, COMPLAINTS, cast.late, seconds=45, caption=said("complaint.late")),
        click(agent, "complaint.acknowledge", COMPLAINTS, caption=said("complaint.acknowledges")),
        fill(agent, {}, caption=said("complaint.acknowledged")),
        later(days=5),
        click(agent, "complaint.resolve", COMPLAINTS, caption=said("complaint.resolves")),
        fill(
            agent,
            {"resolution": cast.resolution, "root_cause": cast.cause},
            caption=said("complaint.resolved"),
        ),
        click(agent, "complaint.open", COMPLAINTS, caption=said("complaint.page")),
        wait_form(agent, "C-1"),
    )


def executive(cast: Cast) -> Sequence[Act]:
    """Words look executive: nobody answers until Stripe has reviewed it; what happened is shown."""
    agent = cast.agent
    return (
        *_begun(cast),
        *_logged(cast, cast.angry),
        wait_form(agent, caption=said("complaint.asks")),
        fill(agent, {"executive": "yes"}, caption=said("complaint.yes")),
        wait(MARC, "dm", "C-1", seconds=30, caption=said("complaint.managers")),
        wait(agent, COMPLAINTS, "C-1", seconds=30, caption=said("complaint.locked")),
        click(agent, "complaint.notice", COMPLAINTS, caption=said("complaint.notice")),
        fill(agent, {}, caption=said("complaint.notice_sent")),
        click(agent, "complaint.open", COMPLAINTS, caption=said("complaint.page")),
        click(agent, "complaint.contact", caption=said("complaint.contact")),
        fill(agent, {}, caption=said("complaint.breach")),
        close(agent, caption=""),
        wait(MARC, "dm", TOLD, seconds=30, caption=said("complaint.managers_breach")),
        later(days=1),
        click(agent, "complaint.released", COMPLAINTS, caption=said("complaint.stripe")),
        fill(agent, {"answer": cast.answer}, caption=said("complaint.released")),
        click(agent, "complaint.acknowledge", COMPLAINTS, seconds=30, caption=said("complaint.free")),
        fill(agent, {}, caption=said("complaint.acknowledged")),
    )


def _begun(cast: Cast) -> Sequence[Act]:
    """A programme whose manager is Marc, in the language of its channel."""
    return (
        command(cast.lead, cast.channel, "/onboarding start", caption=said("command")),
        wait_form(cast.lead),
        fill(cast.lead, {"name": cast.name}, send=False, caption=said("five_fields")),
        click(cast.lead, "start.more", caption=said("manager")),
        fill(cast.lead, {"manager": MARC, "language": cast.language}, caption=said("start")),
        wait(cast.lead, cast.channel, cast.name),
    )


def _logged(cast: Cast, words: str) -> Sequence[Act]:
    """The agent logs a message by its shortcut."""
    return (
        say(cast.agent, cast.channel, words, caption=said("complaint.message")),
        shortcut(cast.agent, "complaint.message", cast.channel, words, caption=said("complaint.shortcut")),
        wait_form(cast.agent),
        fill(cast.agent, {"customer": cast.customer}, caption=said("complaint.log")),
    )
