from __future__ import annotations

from tests.reliability.conftest import beginning, bot, build, empty_database, running_slack, slack, started

__all__ = ["beginning", "bot", "build", "empty_database", "running_slack", "slack", "started"]
