from __future__ import annotations

from tests.reliability.conftest import bot, build, empty_database, running_slack, slack, started

__all__ = ["bot", "build", "empty_database", "running_slack", "slack", "started"]
