"""The compliance submission: what goes to Stripe, in which packets, and what the next round holds.

Sources: https://docs.stripe.com/issuing/onboarding-overview (the five proofs, the loop of revisions) and
https://docs.stripe.com/issuing/compliance-us (at most 5 attachments for each form).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.plan import MATERIALS, PROOFS, Step

STEP: Final = "submission"
"""The step whose work this is."""

MOST_ATTACHMENTS: Final = 5
STATES: Final = ("missing", "arriving", "ready", "sent", "approved", "to_change")
ENDINGS: Final = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}
SHORT: Final = 12
"""Characters of a SHA-256 that people compare."""


@dataclass(frozen=True)
class Item:
    """One thing Stripe asks to see, from the plan."""

    step: str
    id: str
    proof: str
    flow: str = ""
    required: bool = False

    @property
    def key(self) -> str:
        """Its name within a programme."""
        return f"{self.step}/{self.id}"

    @property
    def number(self) -> int:
        """1 to 5 for what the guide numbers, more for other material."""
        return {**PROOFS, **MATERIALS}[self.proof]


@dataclass(frozen=True)
class Piece:
    """A file or a link that somebody added for an item. `digest` is the SHA-256 of its bytes or address."""

    id: int
    item: str
    name: str = ""
    digest: str = ""
    kind: str = "file"
    arriving: bool = False
    mimetype: str = "application/pdf"


@dataclass(frozen=True)
class Entry:
    """What one round says about one item: a file or link that was sent, and what became of it.

    Without a `digest` nothing was sent for the item in that round: Stripe asked to change what came before.
    """

    item: str
    digest: str = ""
    result: str = "sent"
    words: str = ""


@dataclass(frozen=True)
class Round:
    """What was sent to Stripe at one time; `state` is sent, approved or revision."""

    number: int
    state: str
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class Look:
    """One item as it is now: what the next round would hold of it, what went before, what must change."""

    item: Item
    state: str
    fresh: tuple[Piece, ...] = ()
    before: tuple[str, ...] = ()
    version: int = 1
    words: str = ""

    @property
    def change(self) -> str:
        """Against the round before: `new`, `changed`, `unchanged`; nothing when there is nothing to say."""
        if self.state == "ready":
            return "changed" if self.before else "new"
        return "unchanged" if self.before else ""


@dataclass(frozen=True)
class Attachment:
    """A file under the name it has in its packet."""

    look: Look
    piece: Piece
    name: str
    packet: int


def items(steps: Sequence[Step]) -> tuple[Item, ...]:
    """Return what goes to Stripe, by number, then in plan order; `steps` are those that apply."""
    found = [
        Item(step.id, item.id, item.proof, item.flow, item.required)
        for step in steps
        for item in step.evidence
        if item.proof
    ]
    return tuple(sorted(found, key=lambda item: item.number))


def look(item: Item, pieces: Sequence[Piece], rounds: Sequence[Round]) -> Look:
    """Return how an item stands.

    Only what was never sent counts for the next round: a file added after a revision takes the place of the
    one before it, and the same file added again changes nothing.
    """
    mine = [piece for piece in pieces if piece.item == item.key]
    said = [(one, entry) for one in rounds for entry in one.entries if entry.item == item.key]
    known = {entry.digest for _, entry in said if entry.digest}
    fresh = {
        piece.digest: piece for piece in reversed(mine) if not piece.arriving and piece.digest not in known
    }
    sent_in = sorted({one.number for one, entry in said if entry.digest})
    last = tuple(
        dict.fromkeys(
            entry.digest for one, entry in said if entry.digest and sent_in and one.number == sent_in[-1]
        )
    )
    newest = said[-1][0].number if said else 0
    asked = [entry for one, entry in said if one.number == newest and entry.result == "to_change"]
    if any(piece.arriving for piece in mine):
        state = "arriving"
    elif fresh:
        state = "ready"
    elif rounds and rounds[-1].state == "approved":
        state = "approved" if known else "missing"
    elif asked:
        state = "to_change"
    else:
        state = "sent" if known else "missing"
    return Look(
        item=item,
        state=state,
        fresh=tuple(piece for piece in mine if fresh.get(piece.digest) is piece),
        before=last,
        version=len(sent_in) + 1,
        words=asked[0].words if asked else "",
    )


def looks(found: Sequence[Item], pieces: Sequence[Piece], rounds: Sequence[Round]) -> tuple[Look, ...]:
    """Return how every item stands."""
    return tuple(look(item, pieces, rounds) for item in found)


def held(found: Sequence[Look]) -> tuple[Look, ...]:
    """Return what the next round holds: at first all that is there, later only what changed."""
    return tuple(one for one in found if one.state == "ready")


def lacking(found: Sequence[Look]) -> tuple[Look, ...]:
    """Return the required items without which nothing may be sent."""
    return tuple(one for one in found if one.item.required and not one.before and one.state != "ready")


def left_out(found: Sequence[Look]) -> tuple[Look, ...]:
    """Return what the next round would leave out, to be said before it is sent.

    In the first round that is all that is missing. Later it is only what Stripe asked to change and did not
    change: what was left out knowingly is not asked about again.
    """
    first = not any(one.before for one in found)
    open_states = {"arriving", "to_change"} | ({"missing"} if first else set())
    return tuple(one for one in found if one.state in open_states)


def links(found: Sequence[Look]) -> tuple[tuple[Look, Piece], ...]:
    """Return the links of the next round: they go into its text, an attachment they cannot be."""
    return tuple((one, piece) for one in held(found) for piece in one.fresh if piece.kind == "link")


def attachments(found: Sequence[Look]) -> tuple[Attachment, ...]:
    """Return the files of the next round with their names and packets, at most 5 in each, in a fixed order.

    An item's files stay in one packet when they fit into one.
    """
    placed: list[Attachment] = []
    used: Counter[str] = Counter()
    packet, room = 0, 0
    for one in held(found):
        files = [piece for piece in one.fresh if piece.kind == "file"]
        if files and len(files) > room:
            packet, room = packet + 1, MOST_ATTACHMENTS
        for piece in files:
            if not room:
                packet, room = packet + 1, MOST_ATTACHMENTS
            stem, ending = stem_of(one), ENDINGS.get(piece.mimetype, "bin")
            used[stem] += 1
            again = f"-{used[stem]}" if used[stem] > 1 else ""
            placed.append(Attachment(one, piece, f"{stem}{again}.{ending}", packet))
            room -= 1
    return tuple(placed)


def stem_of(one: Look) -> str:
    """Return what a file of this item is called: `2-complaints-account-v3`."""
    item = one.item
    flow = "" if item.flow == item.proof else item.flow
    return "-".join(part for part in (str(item.number), item.proof, flow, f"v{one.version}") if part)


def short(digest: str) -> str:
    """Return the beginning of a SHA-256, for people to compare."""
    return digest[:SHORT]
