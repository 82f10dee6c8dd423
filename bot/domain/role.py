"""Who may do what. Roles have an order, rights name the least role; what is not listed is refused."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

ROLES = ("guest", "member", "support", "operator", "manager", "admin")
"""From least to most: a higher role includes the lower ones. A guest is anybody who is no full member."""

SETTING_OF_ROLE = {
    "support": "GANTRY_SUPPORT",
    "operator": "GANTRY_OPERATORS",
    "manager": "GANTRY_MANAGERS",
    "admin": "GANTRY_ADMINS",
}
"""The setting that plants the first people of each role."""


class Right(StrEnum):
    """What a door asks for before it opens."""

    HELP = "help"
    SEE = "see"
    ADD_EVIDENCE = "add_evidence"
    TAKE = "take"
    FREEZE = "freeze"
    LOG_COMPLAINT = "log_complaint"
    START_PROGRAM = "start_program"
    CUSTOMER_DATA = "customer_data"
    DISPUTE = "dispute"
    SUBMIT_DISPUTE = "submit_dispute"
    REVOKE = "revoke"
    LOST_CARDS = "lost_cards"
    OUTBOX = "outbox"
    BRAKE = "brake"
    EVENTS = "events"
    STEP = "step"
    CHANGE_PROGRAM = "change_program"
    STEER_PROGRAM = "steer_program"
    HAND_OVER = "hand_over"
    CALENDAR = "calendar"
    ROLES = "roles"


GANTRY: Final = "gantry"
"""Stands where else the id of a person stands, for what Gantry itself did; never an id of Slack's."""

LEAST_ROLE: dict[Right, str] = {
    Right.HELP: "guest",
    Right.SEE: "member",
    Right.ADD_EVIDENCE: "member",
    Right.TAKE: "member",
    Right.FREEZE: "member",
    Right.LOG_COMPLAINT: "member",
    Right.START_PROGRAM: "member",
    Right.CUSTOMER_DATA: "support",
    Right.DISPUTE: "support",
    Right.SUBMIT_DISPUTE: "operator",
    Right.REVOKE: "support",
    Right.LOST_CARDS: "operator",
    Right.OUTBOX: "operator",
    Right.BRAKE: "operator",
    Right.EVENTS: "operator",
    Right.STEP: "admin",
    Right.CHANGE_PROGRAM: "manager",
    Right.STEER_PROGRAM: "manager",
    Right.HAND_OVER: "manager",
    Right.CALENDAR: "manager",
    Right.ROLES: "admin",
}
"""The least role that holds a right everywhere."""

RELATIONS: dict[Right, tuple[str, ...]] = {
    Right.STEP: ("assignee", "lead", "deputy", "manager"),
    Right.CHANGE_PROGRAM: ("lead", "deputy", "manager"),
    Right.STEER_PROGRAM: ("manager",),
}
"""Who holds a right in their own programme, whatever their role (source: the issue's list of rights)."""


@dataclass(frozen=True)
class Asker:
    """Somebody who asks for something: a Slack user with the role that counts now.

    `verified` is false when Slack did not answer who this is: then only a freeze is allowed.
    """

    team: str
    user: str
    role: str = "guest"
    language: str = "en"
    zone: str = "UTC"
    verified: bool = True


@dataclass(frozen=True)
class Relations:
    """The people of one programme and, where it matters, of one step."""

    lead: str = ""
    manager: str = ""
    deputies: frozenset[str] = field(default_factory=frozenset)
    assignee: str = ""
    stand_ins: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    """Who is away, and who acts for them meanwhile."""

    @property
    def people(self) -> frozenset[str]:
        """Everybody named here."""
        return frozenset({self.lead, self.manager, *self.deputies, self.assignee} - {""})

    def of(self, user: str) -> frozenset[str]:
        """Return what this user is to the programme and the step, also for those they stand in for."""
        acts_as = {user, *(away for away, stand_in in self.stand_ins if stand_in == user)}
        names = {
            "lead": self.lead in acts_as,
            "manager": self.manager in acts_as,
            "deputy": bool(self.deputies & acts_as),
            "assignee": self.assignee in acts_as,
        }
        return frozenset(name for name, yes in names.items() if yes) if user else frozenset()


def rank(role: str) -> int:
    """Return the place of a role in `ROLES`; an unknown role has none and ranks below all."""
    return ROLES.index(role) if role in ROLES else -1


def highest(roles: Iterable[str], *, full_member: bool) -> str:
    """Return the role that counts: the highest granted one, else member or guest."""
    base = "member" if full_member else "guest"
    return max((base, *roles), key=rank)


def may(asker: Asker, right: Right, relations: Relations | None = None) -> bool:
    """Tell whether this person holds this right, by role or as somebody of the programme."""
    if not asker.verified:
        return right in {Right.FREEZE, Right.HELP}
    if rank(asker.role) >= rank(LEAST_ROLE[right]):
        return True
    if relations is None or rank(asker.role) < rank("member"):
        return False
    return bool(relations.of(asker.user) & set(RELATIONS.get(right, ())))


def holders(right: Right, relations: Relations | None = None) -> tuple[str, ...]:
    """Return the user ids who hold this right in this programme, in a fixed order, without repeats."""
    if relations is None:
        return ()
    named = {
        "assignee": (relations.assignee,),
        "lead": (relations.lead,),
        "deputy": tuple(sorted(relations.deputies)),
        "manager": (relations.manager,),
    }
    acting = dict(relations.stand_ins)
    users = [
        acting.get(user, user) for relation in RELATIONS.get(right, ()) for user in named[relation] if user
    ]
    return tuple(dict.fromkeys(users))
