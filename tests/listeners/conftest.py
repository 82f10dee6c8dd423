from __future__ import annotations

import pytest

from tests.listeners.dispute_desk import desk
from tests.reliability.conftest import (
    at_once,
    beginning,
    bot,
    build,
    running_slack,
    slack,
    started,
)

__all__ = ["at_once", "beginning", "bot", "build", "desk", "running_slack", "slack", "started"]


@pytest.fixture(autouse=True)
def _at_once(at_once: None) -> None:
    """Here nothing is about how fast messages leave."""
