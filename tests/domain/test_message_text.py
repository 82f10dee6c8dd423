"""What a message says is found wherever Slack's apps put it."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.message_text import files_of, text_of

RICH = {
    "type": "rich_text",
    "elements": [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": "The card "}, {"type": "text", "text": "fails"}]},
        {"type": "rich_text_list", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "twice"}]}]},
        {"type": "rich_text_quote", "elements": [{"type": "link", "url": "https://a.example", "text": "here"}, {"type": "emoji", "name": "rage"}]},
    ],
}  # fmt: skip
SECTION = {
    "type": "section",
    "text": {"type": "mrkdwn", "text": "*Ada* &amp; co"},
    "fields": [{"type": "plain_text", "text": "Plan: &amp;"}],
}
DEEP: dict[str, Any] = {"type": "text", "text": "bottom"}
for _ in range(40):
    DEEP = {"type": "x", "elements": [DEEP]}

CASES: list[tuple[dict[str, Any], str, str]] = [
    ({"text": "My card fails"}, "My card fails", "text"),
    ({"text": "Write to <mailto:a@b.example|a@b.example> or <https://x.example>"}, "Write to a@b.example or https://x.example", "links"),
    ({"text": "a &lt;b&gt; &amp; <@U1|ada> <#C1|ops> <!here>"}, "a <b> & @ada #ops here", "signs and names"),
    ({"text": "", "blocks": [RICH]}, "The card fails\n\ntwice\n\nhere:rage:", "rich text"),
    ({"text": "", "blocks": [SECTION]}, "*Ada* & coPlan: &amp;", "section and fields"),
    ({"text": "", "attachments": [{"title": "Ticket 7", "text": "No refund", "fields": [{"title": "From", "value": "Ada"}]}]}, "Ticket 7\nNo refund\nFrom: Ada", "a helpdesk's attachment"),
    ({"text": "", "attachments": [{"fallback": "Only this"}]}, "Only this", "fallback"),
    ({"text": "New ticket", "attachments": [{"blocks": [{"type": "section", "text": {"type": "plain_text", "text": "It broke"}}]}]}, "New ticket\n\nIt broke", "blocks of an attachment"),
    ({"text": "the same", "blocks": [{"type": "section", "text": {"type": "plain_text", "text": "the same"}}]}, "the same", "said once"),
    ({"text": "", "blocks": [DEEP]}, "", "too deep to be a message"),
    ({"text": 7, "blocks": "x", "attachments": {"a": 1}, "files": 3}, "", "not what Slack documents"),
    ({}, "", "nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("message", "said"), [c[:2] for c in CASES], ids=[c[2] for c in CASES])
def test_a_message_says(message: dict[str, Any], said: str) -> None:
    assert text_of(message) == said


def test_files_are_named_by_slacks_ids() -> None:
    message = {"files": [{"id": "F1", "name": "a.png"}, {"id": "F2"}, {"id": "no"}, "x", {}]}
    assert files_of(message) == [{"id": "F1", "name": "a.png"}, {"id": "F2", "name": "F2"}]
