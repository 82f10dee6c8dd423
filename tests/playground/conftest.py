"""A local Slack per test, a Web API client for it, and a small Bolt app that plays the bot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from slack_sdk import WebClient

from bot.playground.local import LocalSlack


@dataclass
class Wall:
    """A wall clock that tests move."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def slack(wall: Wall) -> Iterator[LocalSlack]:
    with LocalSlack(wall=wall) as running:
        yield running


@pytest.fixture
def client(slack: LocalSlack) -> WebClient:
    return WebClient(token=slack.token, base_url=slack.api_url, retry_handlers=[])
