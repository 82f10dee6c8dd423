"""The line in front of requests: who comes first, and who makes way."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import commands
from bot.listeners.line import Line

WAIT = 10.0


def _standing(pool: ThreadPoolExecutor, line: Line, work: Callable[[], None]) -> "Future[None]":
    """Let a thread stand in line; return once it does."""
    before = len(line._waiting)

    def pass_through() -> None:
        with line.place():
            work()

    future = pool.submit(pass_through)
    while len(line._waiting) == before and not future.done():
        threading.Event().wait(0.001)
    return future


def test_an_urgent_request_passes_a_full_line() -> None:
    line = Line(1)
    with line.place(), line.urgent():
        assert not line._waiting


def test_nobody_is_let_in_while_something_urgent_is_under_way() -> None:
    came: list[str] = []
    other = Line(2)
    line = Line(2, other)
    with ThreadPoolExecutor(2) as pool:
        with line.urgent():
            waiting = [_standing(pool, one, lambda: came.append("in")) for one in (line, other)]
            assert not came
        for future in waiting:
            future.result(WAIT)
    assert came == ["in", "in"]


def test_two_urgent_requests_keep_the_line_still_until_both_are_through() -> None:
    came: list[str] = []
    line = Line(1)
    with ThreadPoolExecutor(1) as pool:
        with line.urgent():
            with line.urgent():
                waiting = _standing(pool, line, lambda: came.append("in"))
            assert not came
        waiting.result(WAIT)
    assert came == ["in"]


def test_those_who_waited_come_in_the_order_in_which_they_came() -> None:
    came: list[int] = []
    line = Line(1)
    with ThreadPoolExecutor(5) as pool:
        with line.urgent():
            waiting = [_standing(pool, line, lambda mine=mine: came.append(mine)) for mine in range(5)]  # type: ignore[misc]
        for future in waiting:
            future.result(WAIT)
    assert came == list(range(5))


def test_everything_makes_way_for_the_click_and_the_form_that_freeze_a_card_and_for_nothing_else() -> None:
    doors = commands.DOORS
    assert doors.urgent({"type": "block_actions", "actions": [{"action_id": "lost.freeze:ic_1"}]})
    assert doors.urgent({"type": "view_submission", "view": {"callback_id": "lost.freeze"}})
    assert not doors.urgent({"type": "block_actions", "actions": [{"action_id": "lost.release:1"}]})
    assert not doors.urgent({"type": "view_submission", "view": {"callback_id": "lost.revoke"}})
    assert not doors.urgent({"command": "/lost-card", "text": "4242"})
    assert not doors.urgent({"type": "event_callback", "event": {"type": "message"}})
