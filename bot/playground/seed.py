"""The workspace as a newcomer finds it: seven people, eight channels, a conversation in progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.playground import identity as the
from bot.playground.clock import Timestamps
from bot.playground.workspace import Channel, Message, Person

if TYPE_CHECKING:
    from bot.playground.workspace import Workspace

_EVERYBODY = [the.LENA, the.MARC, the.SAM, the.OLGA, the.CLAIRE, the.NOOR]

# Minutes before the start, who, what.
_TALK = {
    the.CARDS: (
        (52, the.LENA, "Morning all. Acme's board said yes last night: we are building the card programme."),
        (49, the.SAM, "Finally! Customers ask me about a card every single week."),
        (47, the.MARC, "Good news. Which date did you promise them, Lena?"),
        (44, the.LENA, "First cards before the spring campaign. I know, it is tight."),
        (41, the.OLGA, "Then I want to see every waiting time in one place, with a name next to it."),
        (38, the.MARC, "Me too. Last time I heard about the revision from a *screenshot*, a week late."),
        (33, the.SAM, "Who answers a customer who loses a card on a Sunday?"),
        (31, the.LENA, "That is on the list. Everything is on a list somewhere :slightly_smiling_face:"),
        (
            12,
            the.CLAIRE,
            "I have the intake form in front of me. Shall we start it here, so that everybody sees it?",
        ),
        (9, the.LENA, "Yes, here. Gantry is in the channel, give me a second."),
    ),
    the.CARTES: (
        (95, the.CLAIRE, "Bonjour à tous, on prépare la version française de l'offre dans ce canal."),
        (90, the.MARC, "Parfait. Je relis les conditions générales cet après-midi."),
        (
            71,
            the.NOOR,
            "J'ai déjà les captures d'écran du parcours d'inscription, je les ajoute quand vous voulez.",
        ),
    ),
    the.OPS: (
        (120, the.OLGA, "Quiet night. Nothing open from my side."),
        (115, the.SAM, "Same here. I take the phones until noon."),
    ),
    the.COMPLAINTS: (
        (180, the.SAM, "Mrs Alvarez called again about the fee on her statement. She is not happy."),
        (174, the.MARC, "Please log it as a complaint, so that the clock starts properly."),
    ),
    the.MANAGERS: ((240, the.MARC, "I read this channel once a day. Please only what needs a decision."),),
    the.RANDOM: (
        (300, the.NOOR, "There is cake in the kitchen."),
        (296, the.SAM, "There *was* cake in the kitchen."),
        (290, the.GUS, "I am only here on Tuesdays and I always miss it."),
    ),
    the.PRIVATE: ((400, the.LENA, "Budget for the plastic cards is in the usual folder."),),
}


def people() -> list[Person]:
    """The seven people, in the order in which the page offers them."""
    return [
        Person(the.LENA, "Lena Vogt", "Programme lead", "lead", "en-US", "America/New_York", "c0562f"),
        Person(the.MARC, "Marc Dubois", "Manager", "manager", "fr-FR", "Europe/Paris", "2f6f8f"),
        Person(the.SAM, "Sam Okoro", "Support agent", "support", "en-US", "America/Chicago", "3f7d4e"),
        Person(the.OLGA, "Olga Berg", "Operator", "operator", "en-GB", "Europe/London", "6b5ca5"),
        Person(the.CLAIRE, "Claire Petit", "Programme lead", "lead", "fr-FR", "Europe/Paris", "b03a5b"),
        Person(
            the.NOOR, "Noor Haddad", "Member without a role", "stranger", "fr-FR", "Europe/Paris", "8a6d1d"
        ),
        Person(
            the.GUS,
            "Gus Guest",
            "Single-channel guest",
            "guest",
            "en-US",
            "America/New_York",
            "6d7680",
            guest=True,
        ),
    ]


def channels() -> list[Channel]:
    """The eight channels, four of them private, one shared with another company; the bot is in six."""
    bot = the.BOT_USER
    return [
        Channel(the.CARDS, "acme-cards", [*_EVERYBODY, bot]),
        Channel(the.CARTES, "cartes-fr", [the.CLAIRE, the.MARC, the.NOOR, bot]),
        Channel(the.OPS, "ops", [the.MARC, the.OLGA, the.SAM, bot], private=True),
        Channel(the.COMPLAINTS, "complaints", [the.LENA, the.SAM, the.MARC, bot], private=True),
        Channel(the.MANAGERS, "managers", [the.MARC, bot], private=True),
        Channel(the.RANDOM, "random", [*_EVERYBODY, the.GUS]),
        Channel(the.PRIVATE, "finance-private", [the.MARC, the.LENA], private=True),
        Channel(the.PARTNERS, "partners-harbour", [the.MARC, the.LENA, bot], shared=True),
    ]


def settle(workspace: Workspace, *, talk: bool = True) -> None:
    """Fills an empty workspace; without `talk` the channels stay silent (tests)."""
    for person in people():
        workspace.add_person(person)
    workspace.add_person(
        Person(the.BOT_USER, the.BOT_NAME, "App", "bot", "en-US", "UTC", "1d3557", is_bot=True)
    )
    for channel in channels():
        workspace.add_channel(channel)
    if not talk:
        return
    start = workspace.clock.wall()
    for channel_id, lines in _TALK.items():
        for minutes, person_id, text in lines:
            moment = start - minutes * 60
            ts = Timestamps.at(int(moment * 1_000_000))
            workspace.post(Message(channel_id, ts, person_id, text, at=moment + workspace.clock.offset))
