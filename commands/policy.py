"""`/gantry policy`: what is obeyed; propose a text, see what it would flip, load it; enforce a rule."""

from functools import partial
from typing import Any, Final

from bot.domain.policy import RULES
from bot.domain.role import Right
from bot.listeners import field
from bot.listeners.door import Button, Doors, Form, Reply, Request, Verb, form, say
from bot.listeners.field import number
from bot.services import policy as service
from bot.services import policy_desk as desk
from bot.views import policy as view
from storage import Session

TEXT: Final[dict[str, Any]] = {
    "body": field.words(),
    "days": field.one_of(*(str(one) for one in desk.DAYS)),
}
RULE: Final[dict[str, Any]] = {
    "rule": field.one_of(*RULES),
    "state": field.one_of(*service.STATES),
    "cards": field.words(required=False),
}


def policy(session: Session, request: Request) -> Reply:
    """Show the policy that is obeyed."""
    return say("policy", **desk.page(session, request.who.team))


def ask(session: Session, request: Request) -> Reply:
    """Open the form for a text, filled with the one that is obeyed."""
    return form(
        partial(view.ask, request.language, service.current(session).body, desk.DAYS, request.channel)
    )


def ask_rule(session: Session, request: Request) -> Reply:
    """Open the form for the state of a rule."""
    return form(partial(view.ask_rule, request.language, service.states(session), request.channel))


def proposed(session: Session, request: Request) -> Reply:
    """Keep a text; its replay is shown before anything is loaded."""
    values = request.values
    desk.propose(session, request.who, f"{values['body']}\n", int(values["days"]), request.now)
    return say("policy.replaying")


def replayed(session: Session, request: Request) -> Reply:
    """Replay the policy that is obeyed."""
    desk.replay_now(session, request.who, request.now)
    return say("policy.replaying")


def loaded(session: Session, request: Request) -> Reply:
    """Obey a text that was proposed."""
    return say("policy.changed", **desk.load(session, request.who, number(request.value), request.now))


def dropped(session: Session, request: Request) -> Reply:
    """Forget a text that was proposed."""
    return say("policy.changed", **desk.drop(session, request.who, number(request.value), request.now))


def changed(session: Session, request: Request) -> Reply:
    """Enforce a rule, or put it into shadow."""
    values = request.values
    told = desk.set_rule(session, request.who, values["rule"], values["state"], values["cards"], request.now)
    return say("policy.changed", **told)


DOORS: Final = Doors(
    verbs=(
        Verb(
            "gantry.policy",
            "/gantry",
            "policy",
            Right.BRAKE,
            policy,
            aliases=("policy", "politique"),
        ),
    ),
    buttons=(
        Button("policy.ask", Right.BRAKE, ask, writes=False),
        Button("policy.rule", Right.BRAKE, ask_rule, writes=False),
        Button("policy.replay", Right.BRAKE, replayed),
        Button("policy.load", Right.BRAKE, loaded),
        Button("policy.drop", Right.BRAKE, dropped),
    ),
    forms=(
        Form("policy.propose", Right.BRAKE, proposed, TEXT),
        Form("policy.set", Right.BRAKE, changed, RULE),
    ),
)
