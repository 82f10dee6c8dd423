from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from bot.playground.stripe.local import LocalStripe
from tests.lost_card.rig import SECRET, SIGNS, Scene
from tests.reliability.conftest import at_once, beginning, build, running_slack
from tests.reliability.rig import OLGA, OPS, SAM, Bot

__all__ = ["at_once", "beginning", "build", "running_slack"]


@pytest.fixture(autouse=True)
def _at_once(at_once: None) -> None:
    """Here nothing is about how fast messages leave."""


@pytest.fixture
def scene(build: Callable[..., Bot]) -> Iterator[Scene]:
    """A bot with an operations channel beside a local Stripe, in which Jenny has a card that is live."""
    with LocalStripe() as local:
        bot = build(
            {
                "STRIPE_API_KEY": "rk_live_local,rk_test_local",
                "STRIPE_API_URL": local.origin,
                "STRIPE_WEBHOOK_SECRETS": SECRET,
                "STRIPE_AUTHORIZATION_SECRETS": SIGNS,
                "GANTRY_FALLBACK": "decline",
                "GANTRY_OPERATIONS_CHANNEL": OPS,
                "GANTRY_OPERATORS": OLGA,
                "GANTRY_SUPPORT": SAM,
            }
        )
        found = Scene(bot, local)
        local.vault.now = lambda: bot.clock.now().timestamp()
        local.deliveries.wall = lambda: bot.clock.wall().timestamp()
        local.attach(f"{found.url}/stripe/webhook", SECRET)
        found.begin()
        yield found
