"""`/gantry hand-over @from @to`: what somebody holds goes to somebody else, all of it or what is ticked."""

from functools import partial
from typing import Final

from bot.domain.error import FormError, NotFoundError
from bot.domain.role import Right
from bot.listeners import field
from bot.listeners.door import Button, Doors, Form, Reply, Request, Verb, form, say
from bot.services import handover as service
from bot.services import person as people
from bot.services.role import user_of
from bot.views import handover as view
from storage import Session

PEOPLE: Final = {"from": field.person(), "to": field.person()}
LISTS: Final = tuple(f"items_{number}" for number in range(view.MOST_LISTS))
ITEMS: Final = {
    "to": field.person(),
    "what": field.one_of("all", "ticked"),
    **{name: field.ticks() for name in LISTS},
}


def ask(session: Session, request: Request) -> Reply:
    """Open the list of what the first person holds; without two people, ask for them."""
    users = [user_of(word) for word in request.text.split()]
    if not all(users) or len(users) > 2:  # noqa: PLR2004 - from and to
        raise NotFoundError("handover.usage")
    if len(users) < 2:  # noqa: PLR2004 - the same
        return form(partial(view.people, request.language, request.who.user, users[0] if users else ""))
    facts = service.facts(session, request.who, users[0], request.now)
    return form(partial(view.items, request.language, facts, users[1]))


def opened(session: Session, request: Request) -> Reply:
    """Open the list of what the person behind a button holds."""
    user = user_of(request.value)
    if not user or user != request.value:
        raise NotFoundError("error.old_button")
    facts = service.facts(session, request.who, user, request.now)
    return form(partial(view.items, request.language, facts, ""))


def chosen(session: Session, request: Request) -> Reply:
    """Show the list, once it is known who hands over to whom."""
    user, to = request.values["from"], request.values["to"]
    if user == to:
        raise FormError({"to": ("handover.same", {})})
    facts = service.facts(session, request.who, user, request.now)
    return form(partial(view.items, request.language, facts, to))


def moved(session: Session, request: Request) -> Reply:
    """Move all of it, or what is ticked."""
    fields, user = request.values, user_of(str(request.private.get("from", "")))
    if not user:
        raise NotFoundError("error.old_button")
    ticked = [value for name in LISTS for value in fields[name]]
    everything = fields["what"] == "all"
    if everything and ticked:
        raise FormError({"what": ("handover.both", {})})
    if not everything and not ticked:
        raise FormError({"what": ("handover.none_ticked", {})})
    count = service.move(
        session, request.who, user, fields["to"], None if everything else ticked, request.now
    )
    names = people.names(session, request.who.team, [user, fields["to"]])
    return say("handover.done", **{"from": user}, to=fields["to"], count=count, names=names)


DOORS: Final = Doors(
    verbs=(
        Verb(
            "gantry.hand_over",
            "/gantry",
            "hand-over",
            Right.SEE,
            ask,
            aliases=("hand-over", "handover", "transmettre"),
            hint="[@from @to]",
            opens_form=True,
        ),
    ),
    buttons=(Button("handover.open", Right.SEE, opened, writes=False),),
    forms=(
        Form("handover.people", Right.SEE, chosen, PEOPLE, writes=False, asks=("from", "to")),
        Form("handover.items", Right.SEE, moved, ITEMS, asks=("to",)),
    ),
)
