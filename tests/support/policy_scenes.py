"""Scenes about the policy in Slack."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import partial

from bot import plans
from bot.domain.policy import RULES
from bot.domain.signal import SIGNALS
from bot.services.policy import STATES
from bot.services.policy_desk import DAYS
from bot.views import policy
from tests.support.scenery import NASTY, STRANGERS, WORDS, Facts, Scene

AT = "2026-11-25T12:00:00+00:00"


def replayed(decisions: int = 10**6, *, same: bool = False) -> Facts:
    """What the replay of a text shows."""
    return {
        "draft": 7,
        "version": 3,
        "same": same,
        "days": 30,
        "decisions": decisions,
        "unreadable": 3,
        "newly_declined": decisions // 3,
        "newly_approved": decisions // 7,
        "rules": [
            {
                "rule": rule,
                "state": STATES[number % 2],
                "declines": decisions // (number + 1),
                "approved_before": decisions // (number + 2),
            }
            for number, rule in enumerate(RULES)
        ],
    }


def scenes() -> Iterator[Scene]:
    """Every view of `bot.views.policy`."""
    for number, by in enumerate(("", STRANGERS[0])):
        rules = [{"rule": rule, "state": STATES[n % 2]} for n, rule in enumerate(RULES)]
        names = {STRANGERS[0]: NASTY}
        facts = {"version": number, "sha256": "0" * 64, "by": by, "names": names, "rules": rules[number:]}
        yield Scene("policy", {**facts, "at": ""}, f"shipped {number}")
        yield Scene("policy", {**facts, "at": AT}, f"loaded {number}")
    spent = [{"currency": "jpy", "total": 10**15, "stopped": 1}] * 3
    for kind, value, share in (("country", "FR", spent), ("category", "5942", [])):
        changed = {"what": "set", "kind": kind, "value": value, "until": AT, "share": share}
        yield Scene("brake.changed", changed, f"{value} with its share")
    for decisions in (0, 1, 10**6):
        for same in (True, False):
            yield Scene("policy.replayed", replayed(decisions, same=same), f"{decisions} {same}")
        yield Scene("policy.picture", replayed(decisions), f"{decisions}")
    failed = {"picture": 1, "kind": "policy", "code": "no_file", "shown": replayed()}
    yield Scene("picture.failed", failed, "policy")
    yield Scene("policy.replaying", {})
    for what in ("loaded", "dropped", *STATES, *(f"already_{state}" for state in STATES)):
        yield Scene("policy.changed", {"what": what, "version": 3, "rule": "limit_authorization"}, what)


def signals() -> Iterator[Scene]:
    """Everything that is said of what Stripe shows, whatever Gantry did about it."""
    program = {"id": 1, "ref": "P-1", "name": NASTY}
    for (name, one), act, whole in itertools.product(
        SIGNALS.items(), ("tell", "propose", "tick"), (True, False)
    ):
        actor = "stripe" if one.step in {"apple_pay", "physical_cards_custom"} else "us"
        told: Facts = {
            "signal": name,
            "act": act,
            "source": "ipi_1",
            "events": ["evt_1", "evt_2"] if whole else [""],
            "item": one.item,
            "complete": whole and bool(one.item),
            "ms": 420,
            "reasons": ["card_logo:network_name", f"carrier_text:{NASTY}"] if whole else [],
            "step": {"id": 7, "title": NASTY, "actor": actor},
            "program": program,
        }
        yield Scene("step.signal", told, f"{name} {act} {whole}")


def parcels() -> Iterator[Scene]:
    """Cards on their way, one and many."""
    program = {"id": 1, "ref": "P-1", "name": NASTY}
    for stage, many in itertools.product(("shipped", "returned", "failure", "delivered"), (1, 40)):
        cards = [{"card": "ic_" + "1A" * 40, "last4": "4242", "stage": stage}] * many
        yield Scene("card.shipping", {"cards": cards, "program": program}, f"{stage} {many}")


def modals() -> Iterator[tuple[str, Callable[[str], Facts]]]:
    """Every form about the policy."""
    for body in (plans.policy(), WORDS * 20):
        yield "policy", partial(policy.ask, body=body, days=DAYS)
    for state in STATES:
        yield "policy rule", partial(policy.ask_rule, states=dict.fromkeys(RULES, state))
