"""What people do in the other Slack: a programme from the start form to launch, the same over HTTP and a socket."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from storage import Database
from storage.tables import Evidence, File, Program
from tests.other_server.server import LEAD, MATE, PDF, TEAM, Json, OtherSlack


def until(true: Callable[[], Any], seconds: float = 20) -> Any:
    """What a call gives, once it gives something true."""
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
    return found


FILE = {"id": "F0S43P1CZ", "name": "terms.pdf", "filetype": "pdf", "size": len(PDF),
        "url_private": f"https://files.slack.com/files-pri/{TEAM}-F0S43P1CZ/terms.pdf"}  # fmt: skip


def filled(view: Json, **wanted: Any) -> Json:
    """What a person enters: what is wanted, else what is proposed, else the first choice."""
    return {
        block["block_id"]: {
            block["element"]["action_id"]: entered(block["block_id"], block["element"], wanted)
        }
        for block in view["blocks"]
        if block["type"] == "input"
    }


def entered(name: str, element: Json, wanted: Json) -> Json:
    kind, options = element["type"], element.get("options", [])
    pick = next((one for one in options if one["value"] == wanted.get(name)), None)
    chosen = pick or element.get("initial_option") or (options or [None])[0]
    values: dict[str, Json] = {
        "plain_text_input": {"value": wanted.get(name, "words")},
        "url_text_input": {"value": None},
        "email_text_input": {"value": None},
        "radio_buttons": {"selected_option": chosen},
        "static_select": {"selected_option": chosen},
        "checkboxes": {"selected_options": element.get("initial_options") or options[:1]},
        "users_select": {"selected_user": {"deputy": MATE}.get(name, LEAD)},
        "multi_users_select": {"selected_users": [LEAD, MATE]},
        "datepicker": {"selected_date": element.get("initial_date")},
        "datetimepicker": {"selected_date_time": element.get("initial_date_time")},
        "file_input": {"files": [FILE]},
    }
    return {"type": kind, **values[kind]}


def buttons(shown: Json) -> dict[str, str]:
    """The buttons of a view or a message by action id, with what they carry."""
    return {
        element["action_id"]: element.get("value", "")
        for block in shown.get("blocks") or []
        for element in [*block.get("elements", []), block.get("accessory") or {}]
        if element.get("action_id")
    }


def start(slack: OtherSlack, name: str) -> None:
    assert slack.command(f"/onboarding start {name}") == {}
    form = slack.views.get(timeout=10)
    refused = slack.submit(form, filled(form, name=name, variant="embedded_finance", region="eu"))
    assert refused["response_action"] == "errors"
    assert slack.submit(form, filled(form, name=name, variant="expense_management", region="us")) == {}


def visit(slack: OtherSlack, page: Json, step: str) -> None:
    """Open the page of a step, and do what there is to do."""
    slack.click("step.open:all", step, page, chosen=True)
    shown = slack.views.get(timeout=10)
    open_buttons = buttons(shown)
    if f"step.answered:{step}" in open_buttons:
        slack.click(f"step.answered:{step}", step, shown)
        form = slack.views.get(timeout=10)
        # Words are no Stripe account: nothing there means the platform and all its cards.
        given = filled(form, stripe_account=None, tell_value=None)
        assert "errors" not in slack.submit(form, given)
        assert slack.views.get(timeout=10)["callback_id"] == "step.page"  # the page below follows
        return
    if f"step.done:{step}" not in open_buttons:
        return
    slack.click(f"step.done:{step}", step, shown)
    after = slack.views.get(timeout=10)
    while after["callback_id"] == "failure":  # it wants evidence first, a piece for each required item
        slack.click(f"step.evidence:{step}", step, shown)
        form = slack.views.get(timeout=10)
        assert slack.submit(form, filled(form)) == {}
        assert slack.views.get(timeout=10)["callback_id"] == "step.page"
        slack.click(f"step.done:{step}", step, shown)
        after = slack.views.get(timeout=10)
    if after["callback_id"] != "step.page":
        assert slack.submit(after, filled(after)) == {}, after["callback_id"]
        assert slack.views.get(timeout=10)["callback_id"] == "step.page"


def walk(slack: OtherSlack, database: Database) -> None:
    """Every step with its forms, Stripe's answers and evidence, until the programme is launched."""
    start(slack, "Expenses & more")
    root = until(lambda: next((ts for ts, one in slack.messages.items() if "thread_ts" not in one), None))
    assert "Expenses &amp; more" in slack.messages[root]["text"]
    # The first step in the thread, as people do it: take it, and finish it at its own message.
    first = until(
        lambda: next(((ts, one) for ts, one in slack.messages.items() if one.get("thread_ts") == root), None)
    )
    take, number = next(
        (name, value) for name, value in buttons(first[1]).items() if name.startswith("step.take")
    )
    slack.click(take, number, ts=first[0])
    own = until(
        lambda: next(
            (ts for ts, one in slack.messages.items() if f"step.done:{number}" in buttons(one)), None
        )
    )
    slack.click(f"step.done:{number}", number, ts=own)
    until(lambda: f"step.done:{number}" not in buttons(slack.messages[own]))
    # The others from the page of all steps, which opens at once.
    slack.command("/onboarding steps")
    page = slack.views.get(timeout=10)
    menu = next(
        element for block in page["blocks"] for element in block.get("elements", []) if "options" in element
    )
    for _ in range(6):
        for option in menu["options"]:
            visit(slack, page, option["value"])
        with database.reading() as session:
            if session.exec(select(Program.state)).one() == "launched":
                break
    else:
        pytest.fail("never launched")
    until(lambda: not _arriving(database))
    with database.reading() as session:
        assert {row.state for row in session.exec(select(Evidence)).all()} == {"stored"}
        assert session.exec(select(File.size)).one() == len(PDF)
    assert set(slack.fetched) == {f"/files-pri/{TEAM}-F0S43P1CZ/terms.pdf"}
    slack.command("/gantry show")
    assert slack.command("/onboarding list")["response_type"] == "ephemeral"


def _arriving(database: Database) -> list[Evidence]:
    with database.reading() as session:
        return list(session.exec(select(Evidence).where(Evidence.state == "arriving")).all())
